"""Where the numbers come from: versions, machine, seeds, command, resolved matrix."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.core.record import CellRecord
from harness.report.section import Section
from harness.report.view import CampaignView

__all__ = ["SECTION", "CellSeeds", "Provenance", "Setting", "build", "settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One value of the resolved matrix and where it was written; empty for a built-in default."""

    path: str
    text: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSeeds:
    """Training seeds of a cell by rung; trials have one each."""

    cell: str
    search: tuple[int, ...]
    confirm: tuple[int, ...]
    test: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The campaign's origin.

    Attributes:
        rerun, again: Commands that repeat the campaign and its report.
        created, updated: UTC, ISO 8601.
        facts: Section -> name -> text, as recorded.
        settings: The resolved matrix, flat.
        seeds: Of every cell.
    """

    created: str
    updated: str
    facts: Mapping[str, Mapping[str, str]]
    settings: tuple[Setting, ...]
    seeds: tuple[CellSeeds, ...]
    rerun: str
    again: str


def build(view: CampaignView) -> Provenance:
    """Everything the record says about its own origin."""
    record = view.record
    return Provenance(
        created=record.created,
        updated=record.updated,
        facts=record.provenance,
        settings=tuple(settings(record.document, record.origins)),
        seeds=tuple(_seeds(cell) for cell in record.cells),
        rerun=f"harness run runs/{shlex.quote(record.name)}/matrix.json",
        again=shlex.join(["harness", "report", record.name]),
    )


def settings(document: Mapping[str, Any], origins: Mapping[str, str]) -> Iterator[Setting]:
    """Leaves of a document as dotted paths with the origin of the nearest written ancestor."""
    for path, text in _leaves(document, ()):
        places = (".".join(path[:length]) for length in range(len(path), 0, -1))
        origin = next((origins[place] for place in places if place in origins), "")
        yield Setting(path=".".join(path), text=text, origin=origin)


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, Mapping) and node:
        for key, item in node.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(node, str):
        yield path, node
    else:
        yield path, json.dumps(node)


def _seeds(cell: CellRecord) -> CellSeeds:
    def of(rung: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys(run.seed for run in cell.runs if run.rung == rung))

    return CellSeeds(
        cell=cell.name,
        search=tuple(trial.seed for trial in cell.trials),
        confirm=of("confirm"),
        test=of("test"),
    )


SECTION = Section(
    id="provenance",
    title="Origin",
    order=10,
    page="provenance",
    build=build,
    template="provenance.html",
)
