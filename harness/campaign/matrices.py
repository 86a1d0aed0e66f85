"""From a matrix file to cells: nothing here runs anything."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Final

from harness import config
from harness.core.decisions.cell_pools import PARTS
from harness.core.identity import canonical
from harness.core.matrix import Cell, Matrix
from harness.core.opponents import models_in
from harness.core.run import Fault, Run
from harness.core.scenario import ACTION_KINDS, MADE_OF, Description, Scenario
from harness.errors import HarnessError, MatrixError
from harness.execution import UserCode
from harness.registry import Registry
from harness.training.preloading import MODULES


def registry(*, dry_runs: bool = False, runs: Path = Path("runs")) -> Registry:
    """All that is installed, with any Gymnasium id as a scenario; a command makes one, once.

    Args:
        dry_runs: Whether a matrix that is read with it is tried out: environments are stepped
            once, learners, samplers and pruners are built.
        runs: Folder of the campaigns that a matrix may begin with.
    """
    environments = Environments()
    more: dict[str, Any] = {}
    if dry_runs:
        more = {"dry_run": environments.dry_run, "build_components": _build_components}
    return Registry.from_packages(
        find=environments.find,
        suggest=environments.known_ids,
        describe=environments.describe,
        best_of=partial(_read_best, runs),
        **more,
    )


def _build_components(cell: Cell, names: Registry) -> None:
    from harness.tuning.components import check

    check(cell, names)


def _read_best(runs: Path, name: str) -> Mapping[str, object]:
    from harness.analysis import best_parameters
    from harness.campaign.campaign_records import record

    return best_parameters(record(name, runs))


def safe_registry() -> Registry:
    """All that is installed; nothing that a matrix names is imported, made or looked up.

    Of an environment that no installed package describes, only its name is known: its kind of
    action is any that is asked for.
    """
    # A folder may hold packages of its own, which would be found where it is searched first.
    package_folder = Path(__file__).parents[2]
    folder = Path.cwd()
    sys.path[:] = [
        entry
        for entry in sys.path
        if folder == package_folder or (entry and Path(entry).absolute() != folder)
    ]

    def find(name: str, draft: Scenario | None = None) -> Scenario:
        draft = Scenario(name=name, env=name, action="Discrete") if draft is None else draft
        return replace(draft, alternatives={kind: {} for kind in ACTION_KINDS})

    return Registry.from_packages(find=find, best_of=partial(_read_best, Path("runs")))


def list_unverified(matrix: Matrix) -> list[str]:
    """What of a matrix nothing but running it, or code that it names, can tell; one line each."""
    lines = []
    for scenario in {cell.scenario.name: cell.scenario for cell in matrix.cells}.values():
        parts = [f"environment `{scenario.env}`"]
        parts += [f"import of `{module}`" for module in scenario.imports]
        parts += [
            f"wrapper `{each.path}`" for each in (*scenario.wrappers, *scenario.training_wrappers)
        ]
        parts += [f"source `{source.path}`" for source in scenario.sources]
        parts += [f"saved model `{each.path}`" for each in models_in(scenario.arguments)]
        lines.append(f"`{scenario.name}`: {', '.join(parts)}")
    return lines


_DESCRIBED_BY: Final = ("name", *MADE_OF, "max_episode_steps", "n_envs", "requires", "sources")
"""Fields of a scenario that may change what its environment says of itself."""


class Environments:
    """What Gymnasium and environments say: each question is asked once, in a child process."""

    def __init__(self) -> None:
        self._code = UserCode()
        self._answers: dict[str, object] = {}

    def find(self, name: str, draft: Scenario | None = None) -> Scenario | None:
        """What `harness.envs.find_scenario` finds."""
        about = f"scenario `{name}`"
        key = repr([name, canonical([draft], everything=True)])
        scenario: Scenario | None = self._ask(
            key, Scenario | None, about, "find_scenario", name, draft
        )
        return scenario

    def describe(self, scenario: Scenario) -> Description:
        """What `harness.envs.describe_scenario` says."""
        about = f"scenario `{scenario.name}`"
        key = repr(canonical([getattr(scenario, name) for name in _DESCRIBED_BY]))
        description: Description = self._ask(key, Description, about, "describe_scenario", scenario)
        return description

    def dry_run(self, runs: Sequence[Run]) -> tuple[Fault, ...]:
        """What `harness.training.dry_runs` says; all that it has to load is loaded once."""
        faults: tuple[Fault, ...] = self._code.ask(
            "harness.training.dry_runs:dry_run",
            tuple(runs),
            about=f"scenario `{runs[0].scenario.name}`",
            kind=tuple[Fault, ...],
            limit=self._code.limit + len(runs),
            preload=(*MODULES, "harness.training.dry_runs"),
        )
        return faults

    def known_ids(self) -> tuple[str, ...]:
        """What `harness.envs.known_ids` lists."""
        ids: tuple[str, ...] = self._ask("", tuple[str, ...], "Gymnasium", "known_ids")
        return ids

    def _ask(self, key: str, kind: object, about: str, question: str, *arguments: object) -> Any:
        """The answer, or the error, that the same question had."""
        key = f"{question} {key}"
        if key not in self._answers:
            try:
                path = f"harness.envs:{question}"
                self._answers[key] = self._code.ask(path, *arguments, about=about, kind=kind)
            except HarnessError as error:
                self._answers[key] = error
        answer = self._answers[key]
        if isinstance(answer, HarnessError):
            raise answer
        return answer


def load(
    source: str,
    names: Registry | None = None,
    *,
    profile: str | None = None,
    sets: Sequence[str] = (),
    options: Mapping[str, str] = MappingProxyType({}),
    sizes: Mapping[str, object] = MappingProxyType({}),
) -> Matrix:
    """Read, lay over, validate and resolve a matrix.

    Args:
        source: Path of a YAML file, or a built-in matrix by its name.
        names: What the names in it stand for; None for all that is installed.
        profile: One of its profiles, laid over it.
        sets: Settings by hand, laid over everything else.
        options: Option of a command -> the setting that it stands for, laid over `sets`.
        sizes: Settings that follow from a given time, where the matrix does not name them.

    Raises:
        MatrixError: With everything that is wrong in it.
    """
    return config.load_matrix(
        source,
        names or registry(),
        profile=profile,
        sets=sets,
        options=options,
        sizes=sizes,
    )


def matrix_of(name: str, document: Mapping[str, Any], names: Registry) -> Matrix:
    """The matrix a campaign was last run with, from its ledger's document.

    One that was merged of several matrices has the cells of all.

    Raises:
        MatrixError: It no longer holds, e.g. because a plug-in is missing.
    """
    if PARTS in document:
        parts = [matrix_of(name, part, names) for part in document[PARTS].values()]
        cells = {cell.name: cell for part in reversed(parts) for cell in part.cells}
        return replace(parts[0], cells=tuple(cells.values()))
    with TemporaryDirectory() as folder:
        path = Path(folder, "matrix.json")
        path.write_text(json.dumps(document), encoding="utf-8")
        try:
            return load(str(path), names)
        except MatrixError as error:
            # It is in no file: a line of it would say nothing.
            source = f"the matrix of campaign `{name}`"
            raise MatrixError(
                [replace(each, source=source, line=0, text="") for each in error.problems]
            ) from error
