"""The harness from Python: load a matrix, run it, and read what came of it as tables and figures.

::

    from harness import load_matrix, results, run

    matrix = load_matrix("benchmarks/quick.yaml", sets={"search.trials": 10})
    campaign = run(matrix, workers=2)
    campaign.leaderboard
    campaign.figure("ppo@CartPole-v1", "history").show()

What is run is a campaign like any other: the command line goes on with it, and this with those of
the command line.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import campaign
from harness.config import render_problems
from harness.core.events import Event, all_of
from harness.core.matrix import Matrix
from harness.core.record import CampaignRecord
from harness.errors import MatrixError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Results", "load_matrix", "results", "run"]


def load_matrix(
    source: str | Path,
    *,
    profile: str | None = None,
    sets: Mapping[str, object] | None = None,
    name: str | None = None,
    dry_runs: bool = True,
) -> Matrix:
    """Read, check and resolve a matrix.

    Args:
        source: Path of a YAML file, or a built-in matrix by its name.
        profile: One of its profiles, laid over it.
        sets: Dotted key -> value, laid over everything else: ``{"search.trials": 10}``.
        name: Of the campaign, instead of the matrix' own.
        dry_runs: Whether each environment is stepped and each learner built, once.

    Raises:
        MatrixError: With everything that is wrong in it, each with its line.
    """
    changes = dict(sets or {}) | ({} if name is None else {"name": name})
    try:
        return campaign.load(
            str(source),
            campaign.registry(dry_runs=dry_runs),
            profile=profile,
            sets=[f"{key}={json.dumps(value)}" for key, value in changes.items()],
        )
    except MatrixError as error:
        # A traceback shows them under its last line.
        error.add_note(render_problems(error.problems))
        raise


def run(  # noqa: PLR0913
    matrix: Matrix,
    *,
    workers: int | None = None,
    budget: float | None = None,
    runs: str | Path = "runs",
    reports: str | Path = "reports",
    storage: str | None = None,
    save_models: bool = False,
    listener: Callable[[Event], None] | None = None,
    quiet: bool = False,
) -> Results:
    """Run what a campaign lacks and write its report; the same call again goes on.

    Args:
        matrix: What to run.
        workers: How many runs are executed at once; None for the cores.
        budget: Seconds of wall clock it may take; None for no limit.
        runs, reports: Folders of the campaigns and of the reports.
        storage: URL of the database; None for a file in the campaign's folder.
        save_models: Whether to keep the models of the test rung.
        listener: Is told what happens, event by event.
        quiet: Whether to say on stderr only what fails.

    Returns:
        What is known when it ends, be it early.

    Raises:
        HarnessError: It cannot be run, e.g. because another process runs it.
    """
    from harness.cli.progress_lines import Lines

    options = campaign.RunOptions(
        workers=workers,
        budget=budget,
        runs=Path(runs),
        reports=Path(reports),
        storage=storage,
        save_models=save_models,
    )
    with Lines(_say, resume="call run(matrix) again", quiet=quiet) as lines:
        listeners = lines if listener is None else all_of(listener, lines)
        campaign.run_campaign(matrix, options, listeners)
    return results(matrix.name, runs=runs, storage=storage)


def results(name: str, *, runs: str | Path = "runs", storage: str | None = None) -> Results:
    """What is known of a campaign, also while it runs.

    Args:
        name: Its name; with a moment, as in ``night@2026-11-20``, what was known of it then; or,
            with a slash, the folder of a published one.
        runs: Folder of the campaigns.
        storage: URL of the database; None for a file in the campaign's folder.

    Raises:
        UnknownNameError: There is no such campaign.
        StorageError: Its database cannot be read.
    """
    return Results(record=campaign.record(name, Path(runs), storage))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Results:
    """A campaign's results; a notebook shows them as headline and leaderboard.

    Attributes:
        record: Everything that is known, typed.
    """

    record: CampaignRecord

    @property
    def headline(self) -> str:
        """The answer to "did tuning help?", as the report begins with it."""
        from harness.report.campaign_views import campaign_view

        return campaign_view(self.record).headline

    @property
    def leaderboard(self) -> pd.DataFrame:
        """One row per cell, with scores, difference, interval and verdict, unrounded."""
        import pandas as pd

        from harness.report.campaign_views import campaign_view
        from harness.report.leaderboard_files import leaderboard_csv

        return pd.read_csv(io.StringIO(leaderboard_csv(campaign_view(self.record))))

    @property
    def scores(self) -> pd.DataFrame:
        """One row per run, trials included; the score of a failed one is NaN."""
        from harness.analysis.score_tables import score_table

        return score_table(self.record)

    @property
    def curves(self) -> pd.DataFrame:
        """One row per evaluation of every run."""
        from harness.analysis.score_tables import curves_table

        return curves_table(self.record)

    @property
    def trials(self) -> pd.DataFrame:
        """One row per trial, with a column for each hyperparameter."""
        from harness.analysis.score_tables import trials_table

        return trials_table(self.record)

    @property
    def best(self) -> Mapping[str, Mapping[str, Any]]:
        """Cell -> what it ships, as `harness export --format json` has it."""
        from harness.analysis import best_parameters

        return best_parameters(self.record)

    def figure(self, cell: str, kind: str = "history", parameters: Sequence[str] = ()) -> Any:
        """A plot of a cell's search, as a figure of plotly.

        Args:
            cell: Name of the cell.
            kind: ``history``, ``importances``, ``importances-fanova``, ``slices``, ``parallel``,
                ``contour`` or ``impact``.
            parameters: Of the last four; those that matter most if there are none.

        Raises:
            UnknownNameError: There is no such cell, kind or parameter.
            UsageError: Too few trials are complete.
        """
        from harness.tuning.plots import plots_of

        return plots_of(self.record.name, self.record.cell(cell)).figure(kind, parameters)

    def __repr__(self) -> str:
        """The headline: the whole record would fill a terminal."""
        return f"Results of {self.record.name}: {self.headline}"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from html import escape

        columns = ["scenario", "algorithm", "default_mean", "tuned_mean", "difference", "outcome"]
        table = self.leaderboard[columns].to_html(
            index=False, float_format="{:.4g}".format, na_rep=""
        )
        return f"<p>{escape(self.headline)}</p>{table}"


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201  # a notebook shows it under the cell
