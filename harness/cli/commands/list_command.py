"""``harness list``: everything that has a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from harness.cli import console
from harness.cli.command_options import AsJson, Runs, Storage
from harness.cli.console import Table, columns
from harness.cli.help_examples import EXAMPLES
from harness.cli.text_format import count, numbers
from harness.core.search_settings import OWN_ARGUMENTS
from harness.errors import UsageError, did_you_mean
from harness.registry import Registry

if TYPE_CHECKING:
    from harness.campaign import CampaignInfo

Row = Mapping[str, Any]

NUMBERS: Final = frozenset(
    {"random", "reference", "steps", "searched", "cells", "decided", "results", "failed"}
)
LONG: Final = frozenset({"description", "actions", "policies", "options", "problem"})


list_app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")


@list_app.callback()
def _group() -> None:
    """List scenarios, algorithms, samplers, campaigns, ..."""


@list_app.command("scenarios", epilog=EXAMPLES["list scenarios"])
def scenarios(
    family: Annotated[
        str | None, typer.Option("--family", metavar="NAME", help="Only this family.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Scenarios with their random and reference scores.

    Any other registered Gymnasium id works too, by naming it in a matrix.
    """
    _show("scenarios", _scenarios(_registry(), family), as_json=as_json)


@list_app.command("algorithms")
def algorithms(as_json: AsJson = False) -> None:
    """Algorithms with the actions they can take."""
    _show("algorithms", _algorithms(_registry()), as_json=as_json)


@list_app.command("samplers")
def samplers(as_json: AsJson = False) -> None:
    """Samplers for `search.sampler`, with their options."""
    _show("samplers", _components("sampler", OWN_ARGUMENTS["sampler"]), as_json=as_json)


@list_app.command("pruners")
def pruners(as_json: AsJson = False) -> None:
    """Pruners for `search.pruner`, with their options."""
    _show("pruners", _components("pruner", OWN_ARGUMENTS["pruner"]), as_json=as_json)


@list_app.command("executors")
def executors(as_json: AsJson = False) -> None:
    """Executors for `run --executor`."""
    own_arguments = frozenset({"workers", "threads"})
    _show("executors", _components("executor", own_arguments), as_json=as_json)


@list_app.command("listeners")
def listeners(as_json: AsJson = False) -> None:
    """Trackers of experiments for `listeners`, with their options."""
    _show("listeners", _components("listener", OWN_ARGUMENTS["listener"]), as_json=as_json)


@list_app.command("matrices")
def matrices(as_json: AsJson = False) -> None:
    """Matrices that come with it: `harness run NAME`."""
    from harness.config import builtin_matrices

    rows: list[Row] = []
    for name, file in builtin_matrices().items():
        first = file.read_text(encoding="utf-8").partition("\n")[0]
        rows.append({"name": name, "description": first.removeprefix("# ")})
    _show("matrices", rows, as_json=as_json)


@list_app.command("campaigns")
def campaigns(runs: Runs = Path("runs"), storage: Storage = None, as_json: AsJson = False) -> None:
    """Campaigns, the latest first."""
    from harness import campaign

    _show("campaigns", _campaigns(campaign.campaigns(runs, storage)), as_json=as_json)


def _registry() -> Registry:
    from harness import campaign

    return campaign.registry()


def _show(kind: str, rows: list[Row], *, as_json: bool) -> None:
    if as_json:
        console.emit({kind: rows})
    elif rows:
        console.show(rows_table(rows))
    else:
        console.note(f"no {kind}")


def rows_table(rows: Sequence[Row]) -> Table:
    """Rows with the same keys as a table; numbers to the right, long texts wrapped."""
    titles = columns(*rows[0], right=NUMBERS, wrapped=LONG)
    return Table(columns=titles, rows=tuple(map(_cells, rows)))


def _cells(row: Row) -> tuple[str, ...]:
    scores = iter(numbers([value for value in row.values() if isinstance(value, float)]))
    return tuple(
        next(scores) if isinstance(value, float) else _cell(value) for value in row.values()
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, int):
        return count(value)
    if isinstance(value, list):
        return ", ".join(value)
    return "-" if value is None else str(value)


def _scenarios(registry: Registry, family: str | None) -> list[Row]:
    items = sorted(registry.scenarios.values(), key=lambda item: (item.family, item.name))
    families = sorted({item.family for item in items})
    if family is not None and family not in families:
        hint = did_you_mean(family, families) or f"there are: {', '.join(families)}"
        raise UsageError(f"no family `{family}`", help=hint)
    return [
        {
            "name": item.name,
            "family": item.family,
            "action": item.action,
            "random": None if item.random is None else float(item.random.value),
            "reference": None if item.reference is None else float(item.reference.value),
            "steps": item.steps,
            "description": item.description,
        }
        for item in items
        if family in {None, item.family}
    ]


def _algorithms(registry: Registry) -> list[Row]:
    return [
        {
            "name": item.name,
            "title": item.title,
            "policy": "on" if item.on_policy else "off",
            "recurrent": item.recurrent,
            "masks": item.masks,
            "searched": len(item.space.parameters),
            "actions": sorted(item.actions),
        }
        for item in sorted(registry.algorithms.values(), key=lambda item: item.name)
    ]


def _components(kind: str, own_arguments: frozenset[str]) -> list[Row]:
    """Samplers, pruners or executors with the options a user may set, not those `given`."""
    registry = _registry()
    items: list[Row] = []
    for name in sorted(getattr(registry, f"{kind}s")):
        constructor = registry.component(kind, name)
        options = [
            f"{key}={value}"
            for key, value in constructor.parameters.items()
            if key not in own_arguments
        ]
        items.append({"name": name, "description": constructor.summary, "options": options})
    return items


def _campaigns(items: Sequence[CampaignInfo]) -> list[Row]:
    has_problems = any(info.problem for info in items)
    return [
        {
            "name": info.name,
            "cells": info.cells,
            "decided": info.decided,
            "results": info.results,
            "failed": info.failed,
            "created": info.created,
            "updated": info.updated,
            **({"problem": info.problem} if has_problems else {}),
        }
        for info in sorted(items, key=lambda info: info.updated, reverse=True)
    ]
