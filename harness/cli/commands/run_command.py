"""``harness run``: tune, confirm, test and report; or go on where the last run stopped."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import console
from harness.cli.best_parameters_text import best_json, best_lines
from harness.cli.command_options import (
    FLAG,
    DryRuns,
    MatrixOption,
    MatrixSource,
    Profile,
    Reports,
    Runs,
    Sets,
    Storage,
    matrix_source,
)
from harness.cli.output_files import make_folder, nothing_left
from harness.cli.text_format import ending, utc_now
from harness.core.identity import canonical
from harness.core.printable_text import mask_argument
from harness.errors import UsageError
from harness.input_limits import parse_json

if TYPE_CHECKING:
    from harness.campaign import Outcome
    from harness.core.events import Event, Listener
    from harness.core.matrix import Matrix
    from harness.registry import Registry

__all__ = ["run"]


def run(
    matrix: MatrixSource = None,
    matrix_option: MatrixOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="How many runs are executed at once.",
            show_default="the cores",
        ),
    ] = None,
    profile: Profile = None,
    sets: Sets = None,
    accept_changes: Annotated[
        bool,
        typer.Option(
            "--accept-changes",
            metavar=FLAG,
            help="Go on although the matrix changed; results that no longer fit are redone.",
            show_default=False,
        ),
    ] = False,
    retry_failed: Annotated[
        bool,
        typer.Option(
            "--retry-failed", metavar=FLAG, help="Redo the failed runs.", show_default=False
        ),
    ] = False,
    save_models: Annotated[
        bool,
        typer.Option(
            "--save-models", metavar=FLAG, help="Keep the test rung's models.", show_default=False
        ),
    ] = False,
    executor: Annotated[
        str, typer.Option("--executor", metavar="NAME", help="What executes the runs.")
    ] = "local",
    deadline: Annotated[
        str | None,
        typer.Option(
            "--deadline",
            metavar="TIME",
            help="End by 06:30, or by a date-time, with what then is tested.",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="TIME", help="End after 8h, 90m, 1h30m, likewise."),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            "--address",
            metavar="WHERE",
            help="Of the executor's cluster: auto, HOST:PORT, ray://HOST:PORT.",
            show_default=False,
        ),
    ] = None,
    executor_options: Annotated[
        list[str] | None,
        typer.Option(
            "--executor-option",
            metavar="KEY=VALUE",
            help="Another option of the executor; repeat it for more.",
            show_default=False,
        ),
    ] = None,
    dry_runs: DryRuns = True,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    reports: Reports = Path("reports"),
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", "-q", metavar=FLAG, help="On stderr only failures.", show_default=False
        ),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            metavar=FLAG,
            help="Print events as JSON Lines, the outcome last.",
            show_default=False,
        ),
    ] = False,
) -> None:
    """Tune, confirm, test and report every cell of a matrix.

    The same command again resumes a campaign and repeats nothing.
    Ctrl-C once finishes the runs in progress and stops; twice stops them at once.
    """
    from harness import campaign
    from harness.execution import cores

    end = ending(deadline, budget, utc_now())
    registry = campaign.registry(dry_runs=dry_runs)
    source, sets = matrix_source("run", matrix, matrix_option), sets or []
    matrix_value = campaign.load(source, registry, profile=profile, sets=sets)
    seconds = None if end is None else max(0.0, (end - utc_now()).total_seconds())
    if seconds is not None or (runs / matrix_value.name / "origins.json").is_file():
        matrix_value = campaign.sized_by_time(
            matrix_value,
            # Whatever size its search has, it was tried out.
            partial(_with_budget, source, campaign.registry(), profile, sets),
            folder=runs / matrix_value.name,
            seconds=seconds,
            workers=workers or cores(),
        )
    options = campaign.RunOptions(
        workers=workers,
        runs=runs,
        storage=storage,
        reports=reports,
        accept_changes=accept_changes,
        retry_failed=retry_failed,
        save_models=save_models,
        executor=executor,
        budget=None if end is None else max(0.0, (end - utc_now()).total_seconds()),
        executor_options=_executor_options(executor_options or [], address),
    )
    resume = shlex.join(["harness", *map(mask_argument, sys.argv[1:])])
    with nothing_left(runs / matrix_value.name, reports) as keep:
        _check_places(matrix_value.name, runs, reports)
        with _listeners(resume, quiet=quiet, as_json=as_json) as listener:
            outcome = campaign.run_campaign(
                matrix_value,
                options,
                _announce_start(keep, listener),
                services=campaign.Services(registry=registry),
            )
    if outcome.report is not None:
        # As it was written: the campaign itself has absolute paths.
        report = reports / outcome.report.absolute().relative_to(reports.absolute())
        outcome = replace(outcome, report=report)
    _conclude(outcome, resume, runs, quiet=quiet, as_json=as_json)
    raise typer.Exit(outcome.exit_code)


def _with_budget(
    source: str, registry: Registry, profile: str | None, sets: Sequence[str], budget: float
) -> Matrix:
    from harness import campaign

    return campaign.load(source, registry, profile=profile, sets=sets, search_budget=budget)


def _check_places(name: str, runs: Path, reports: Path) -> None:
    """Learn now, not after the last training, that the results or the report have no place.

    Raises:
        UsageError: A file, or a folder with something else in it, is there.
        StorageError: A folder cannot be made.
    """
    from harness.report import check_folder

    make_folder(runs, "--runs")
    make_folder(reports, "--reports")
    check_folder(reports / name)


def _executor_options(texts: Sequence[str], address: str | None) -> dict[str, Any]:
    """Options by name; numbers and true/false as such, everything else as text.

    Raises:
        UsageError: One is not written KEY=VALUE.
    """
    options: dict[str, Any] = {} if address is None else {"address": address}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise UsageError(
                f"`--executor-option {text}` has no value", help="write --executor-option KEY=VALUE"
            )
        try:
            options[name] = parse_json(value)
        except ValueError:
            options[name] = value
    return options


def _announce_start(on_start: Callable[[], None], listener: Listener) -> Listener:
    """The same listener; the first event says that nothing was refused."""

    def announce(event: Event) -> None:
        on_start()
        listener(event)

    return announce


@contextmanager
def _listeners(resume: str, *, quiet: bool, as_json: bool) -> Iterator[Listener]:
    """The display on stderr, and events on stdout if wanted."""
    with _display(resume, plain=quiet or as_json, quiet=quiet) as display:
        if not as_json:
            yield display
            return
        from harness.cli.json_lines import JsonLines
        from harness.core.events import all_of

        yield all_of(JsonLines(partial(console.emit, indent=None)), display)


@contextmanager
def _display(resume: str, *, plain: bool, quiet: bool) -> Iterator[Callable[[Event], None]]:
    if plain or not console.terminal(sys.stderr):
        from harness.cli.progress_lines import Lines

        with Lines(console.note, resume=resume, quiet=quiet) as lines:
            yield lines
        return
    from rich.console import Console

    from harness.cli.progress_table import LiveTable

    with LiveTable(Console(stderr=True), resume=resume) as table:
        yield table


def _conclude(outcome: Outcome, resume: str, runs: Path, *, quiet: bool, as_json: bool) -> None:
    if outcome.failed_cells:
        console.note(
            f"failed: {', '.join(outcome.failed_cells)}\n"
            f"  = help: `harness status {outcome.campaign}` gives the reasons; "
            "run again with --retry-failed to redo failed runs"
        )
    if outcome.status == "partial":
        lines = "\n".join(f"  {each.cell}: {each}" for each in outcome.unfinished)
        console.note(
            f"partial: time ran out, {outcome.remaining} runs to do\n{lines}\n"
            f"  = help: the same command, with or without a time limit, goes on: {resume}"
        )
    elif outcome.interrupted:
        console.note(f"interrupted, {outcome.remaining} runs to do; resume: {resume}")
    for line in () if quiet else best_lines(outcome.best, runs):
        console.note(line)
    if as_json:
        from harness.cli.json_lines import JsonLines

        JsonLines(partial(console.emit, indent=None)).write(
            {
                "event": "outcome",
                "campaign": outcome.campaign,
                "status": outcome.status,
                "report": None if outcome.report is None else str(outcome.report),
                "failed_cells": list(outcome.failed_cells),
                "remaining": canonical(outcome.remaining),
                "unfinished": canonical(outcome.unfinished),
                "interrupted": outcome.interrupted,
                "best": best_json(outcome.best, runs),
                "exit_code": outcome.exit_code,
            }
        )
    elif outcome.report is not None:
        console.out(str(outcome.report))
