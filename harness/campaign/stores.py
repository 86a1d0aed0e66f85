"""Where a campaign writes: the ledger, which decides, and Optuna's studies, which follow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from harness.campaign.provenance import environment_key, provenance
from harness.core.decisions.plan import first_seeds
from harness.core.identity import differences, digest
from harness.core.ledger import CampaignState, CellState, Ledger
from harness.core.matrix import Cell, Matrix
from harness.core.record import (
    RAISED_SEARCHES,
    RAISED_SEEDS,
    CampaignRecord,
    Suggestion,
    TrialRecord,
)
from harness.core.run import TUNED
from harness.core.scenario import is_checksum
from harness.core.settings import Rung
from harness.errors import CampaignChangedError
from harness.registry import Registry
from harness.tuning.importance import importances
from harness.tuning.optuna_tables import OptunaTables
from harness.tuning.projection import Projection
from harness.tuning.suggestion import Suggester


class Tuner(Protocol):
    """What a campaign wants of the library that searches; `OptunaTuner` is the one there is."""

    def follow(self, cell: Cell, finished_trials: Sequence[TrialRecord]) -> None:
        """Make the cell's study one of exactly these finished trials."""

    def record(self, cell: Cell, trial: TrialRecord) -> None:
        """Add a finished trial to the cell's study; one that is in it already changes nothing."""

    def suggest(
        self, cell: Cell, finished_trials: Sequence[TrialRecord], running: Sequence[TrialRecord]
    ) -> Suggestion:
        """Propose the next trial; the same arguments give the same suggestion."""

    def importances(
        self, cell: Cell, finished_trials: Sequence[TrialRecord]
    ) -> Mapping[str, float]:
        """Share of each searched parameter in the score."""

    def transaction(self) -> AbstractContextManager[None]:
        """What is recorded inside is written when the block is left."""


class OptunaTuner:
    """Optuna, with a study for every cell in the campaign's database."""

    def __init__(self, tables: OptunaTables, campaign: str, registry: Registry) -> None:
        self._tables = tables
        self._campaign = campaign
        self._registry = registry
        self._studies: dict[str, Projection] = {}
        self._suggesters: dict[str, Suggester] = {}

    def follow(self, cell: Cell, finished_trials: Sequence[TrialRecord]) -> None:
        self._studies[cell.name] = Projection(self._tables, self._campaign, cell)
        self._suggesters[cell.name] = Suggester(self._registry, self._campaign, cell)
        self._studies[cell.name].sync(finished_trials)

    def record(self, cell: Cell, trial: TrialRecord) -> None:
        self._studies[cell.name].add(trial)

    def suggest(
        self, cell: Cell, finished_trials: Sequence[TrialRecord], running: Sequence[TrialRecord]
    ) -> Suggestion:
        return self._suggesters[cell.name].suggest(finished_trials, running)

    def importances(
        self, cell: Cell, finished_trials: Sequence[TrialRecord]
    ) -> Mapping[str, float]:
        return importances(cell.space, finished_trials, seed=cell.seed)

    def transaction(self) -> AbstractContextManager[None]:
        return self._tables.transaction()


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignStores:
    """What a campaign reads and writes.

    Attributes:
        campaign: Its name.
        ledger: Open for writing.
        tuner: Its studies lie in the same database.
        environment: Key of the versions that change numbers.
    """

    campaign: str
    ledger: Ledger
    tuner: Tuner
    environment: str

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is decided inside is written when the block is left, the ledger first."""
        with self.tuner.transaction(), self.ledger.transaction():
            yield


def study_key(cell: Cell, environment: str) -> str:
    """Key of a cell's trials: they belong to what decides the search and to the versions."""
    return digest([cell.study_digest(), environment])


def enter_campaign(ledger: Ledger, matrix: Matrix, *, storage: str, accept_changes: bool) -> str:
    """Enter the campaign in the ledger and return its environment key.

    Args:
        ledger: Open for writing.
        matrix: What is asked now.
        storage: How the provenance names the database, without a password.
        accept_changes: Continue although identity or versions differ.

    Raises:
        CampaignChangedError: Identity or versions differ from before, and that was not accepted.
    """
    environment = environment_key()
    facts = provenance(storage=storage, scenarios=[cell.scenario for cell in matrix.cells])
    before = ledger.campaign(matrix.name)
    if before is not None and not accept_changes:
        changes = _changes(before, matrix, environment, facts)
        if changes:
            raise CampaignChangedError(
                matrix.name,
                changes,
                help=(
                    "begin a new campaign with `--set name=...`, or continue this one with "
                    "--accept-changes: what is affected runs again, the old results stay on record"
                ),
            )
    additions = {} if before is None else _find_additions(ledger, before, matrix)
    ledger.begin(
        matrix.name,
        document=matrix.document,
        origins=matrix.origins,
        provenance=facts | additions,
        environment=environment,
        cells=[CellState(cell=cell, study=study_key(cell, environment)) for cell in matrix.cells],
    )
    return environment


def _find_additions(
    ledger: Ledger, before: CampaignState, matrix: Matrix
) -> dict[str, dict[str, str]]:
    """Numbers of seeds and searches whose results were seen before more were asked for."""
    sections = {
        section: dict(before.provenance.get(section, {}))
        for section in (RAISED_SEEDS, RAISED_SEARCHES)
    }
    if ledger.document(matrix.name) != matrix.document:
        record = ledger.record(matrix.name, brief=True)
        for section, pairs in (
            (RAISED_SEEDS, _seen_seeds(record, matrix)),
            (RAISED_SEARCHES, _seen_searches(record, matrix)),
        ):
            section_facts = sections[section]
            for cell, number in pairs:
                numbers = dict.fromkeys([*section_facts.get(cell, "").split(", "), str(number)])
                section_facts[cell] = ", ".join(filter(None, numbers))
    return {section: section_facts for section, section_facts in sections.items() if section_facts}


def _seen_seeds(record: CampaignRecord, matrix: Matrix) -> Iterator[tuple[str, int]]:
    """Cells that are to have more held-out seeds, and of how many there are results."""
    cells = {cell.name: cell for cell in matrix.cells}
    for each in record.cells:
        new = cells.get(each.name)
        if new is None or new.test.seeds == each.cell.test.seeds:
            continue
        runs = each.runs_of(Rung.TEST, TUNED)
        results = sum(run.result is not None for run in runs)
        most = first_seeds(new) if new.test.adaptive is None else new.test.adaptive.max
        if results and most > len(runs):
            yield each.name, results


def _seen_searches(record: CampaignRecord, matrix: Matrix) -> Iterator[tuple[str, int]]:
    """First searches that are to have more beside them, and of how many winners are tested."""
    counts = Counter(cell.first_search for cell in matrix.cells)
    for first in record.first_searches:
        searches = record.searches(first)
        winner_count = sum(
            any(run.result is not None and run.variant == TUNED for run in search.runs)
            for search in searches
        )
        if winner_count and counts[first.name] > len(searches):
            yield first.name, winner_count


def _changes(
    before: CampaignState,
    matrix: Matrix,
    environment: str,
    facts: Mapping[str, Mapping[str, object]],
) -> list[str]:
    changes = []
    for cell in matrix.cells:
        old = before.identities.get(cell.name)
        if old is not None:
            changes += [f"{cell.name}: {line}" for line in _cell_changes(old, cell.identity())]
    if before.environment != environment:
        old_versions = before.provenance.get("versions", {})
        changes += [f"version of {line}" for line in differences(old_versions, facts["versions"])]
    return changes


def _cell_changes(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """A line for everything of a cell that is another one now, files of the user's first."""
    (old, before), (new, now) = map(_split_sources, (old, new))
    for name in sorted({*before, *now}):
        was, is_now = (each.get(name, "no part of it") for each in (before, now))
        if was != is_now:
            yield f"`{name}` was edited, which makes it another cell: {was} -> {is_now}"
    yield from differences(old, new)


def _split_sources(identity: Mapping[str, Any]) -> tuple[Mapping[str, object], dict[str, str]]:
    """The identity without the checksums of the user's files, and these."""
    scenario = identity["scenario"]
    versions: Mapping[str, str] = scenario["versions"]
    sources = {name: text for name, text in versions.items() if is_checksum(text)}
    packages = {name: text for name, text in versions.items() if name not in sources}
    return {**identity, "scenario": {**scenario, "versions": packages}}, sources
