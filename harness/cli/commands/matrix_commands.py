"""``harness init``, ``check`` and ``schema``: a matrix before anything is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from harness.cli import console
from harness.cli.command_options import AsJson, DryRuns, Profile, Safe, Sets, flag, matrix_source
from harness.cli.output_files import writing
from harness.cli.plan_text import implicit_budget_lines, note_lines
from harness.core.printable_text import quantity
from harness.errors import MatrixError, Problem, UsageError
from harness.files import write_atomically

if TYPE_CHECKING:
    from harness.registry import Registry


class Template(StrEnum):
    """Starter matrices."""

    CLASSIC = "classic"
    LOCOMOTION = "locomotion"


class Recipe(StrEnum):
    """What runs campaigns at night, and publishes them."""

    SYSTEMD = "systemd"
    CRON = "cron"
    SLURM = "slurm"
    CONTAINER = "container"
    GITHUB = "github"
    PAGES = "pages"


_RECIPES: Final = {
    Recipe.SYSTEMD: ("night.sh", "harness-night.service", "harness-night.timer"),
    Recipe.CRON: ("night.sh", "night.crontab"),
    Recipe.SLURM: ("slurm.sh",),
    Recipe.CONTAINER: ("Containerfile",),
    Recipe.GITHUB: ("night.yml",),
    Recipe.PAGES: ("pages.yml",),
}
"""The files of each, in the folder `recipes`."""


def init(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="The file to write, `-` for stdout; the folder of a recipe.",
            show_default="matrix.yaml",
        ),
    ] = None,
    template: Annotated[
        Template, typer.Option("--template", help="What kind of scenarios to start with.")
    ] = Template.CLASSIC,
    recipe: Annotated[
        Recipe | None,
        typer.Option(
            "--recipe",
            help="Write what runs campaigns at night, or publishes them, instead.",
        ),
    ] = None,
    force: Annotated[bool, flag("--force", help="Overwrite files.")] = False,
) -> None:
    """Write a commented matrix to start from, or a recipe for nights or publishing."""
    from harness import config

    if recipe is not None:
        _write_recipe(recipe, Path() if file is None else file, force=force)
        return
    file = Path("matrix.yaml") if file is None else file
    text = config.template(template.value, "" if str(file) == "-" else file.stem)
    if str(file) == "-":
        console.out(text.rstrip("\n"))
        return
    _write(file, text, force=force)
    console.note(f"next: harness plan {file}, then harness run --matrix {file}")


def _write_recipe(recipe: Recipe, folder: Path, *, force: bool) -> None:
    sources = [Path(__file__).parents[1] / "recipes" / name for name in _RECIPES[recipe]]
    for source in sources:
        _check(folder / source.name, force=force)
    for source in sources:
        _write(folder / source.name, source.read_text(encoding="utf-8"), force=force)
        if source.suffix == ".sh":
            (folder / source.name).chmod(0o755)


def _check(file: Path, *, force: bool) -> None:
    """See that a file may be written.

    Raises:
        UsageError: There is no folder for it, or something else is there.
    """
    if not file.parent.is_dir():
        raise UsageError(f"no folder {file.parent}", help=f"mkdir -p {file.parent}")
    if file.is_dir():
        raise UsageError(f"{file} is a folder", help=f"harness init {file / 'matrix.yaml'}")
    if file.exists() and not force:
        raise UsageError(f"{file} exists already", help="another name, or --force to overwrite it")


def _write(file: Path, text: str, *, force: bool) -> None:
    _check(file, force=force)
    with writing(file), write_atomically(file) as beside:
        beside.write_text(text, encoding="utf-8")
    console.out(str(file))


INVALID = 2


def check(
    matrices: Annotated[
        list[str] | None,
        typer.Argument(metavar="MATRIX", help="YAML files, or built-in matrices by name."),
    ] = None,
    more_matrices: Annotated[
        list[str] | None,
        typer.Option("--matrix", metavar="FILE", help="The same, as an option; may be repeated."),
    ] = None,
    profile: Profile = None,
    sets: Sets = None,
    dry_runs: DryRuns = True,
    safe: Safe = False,
    as_json: AsJson = False,
) -> None:
    """Validate matrices: every problem at once, with its position."""
    from harness import campaign

    sources = [*(matrices or []), *(more_matrices or [])] or [matrix_source("check", None, None)]
    registry = campaign.safe_registry() if safe else campaign.registry(dry_runs=dry_runs)
    results = [_check_one(source, registry, profile, sets or [], safe=safe) for source in sources]
    if as_json:
        console.emit({"matrices": results})
    if any(not result["valid"] for result in results):
        raise typer.Exit(INVALID)


def _check_one(
    source: str, registry: Registry, profile: str | None, sets: list[str], *, safe: bool
) -> dict[str, object]:
    from harness import campaign
    from harness.config import render_problems

    try:
        matrix = campaign.load(source, registry, profile=profile, sets=sets)
    except MatrixError as error:
        console.note(render_problems(error.problems).rstrip() + "\n")
        console.note(f"{source}: {error.message}")
        return _invalid(source, error.problems)
    except UsageError as error:
        console.note(f"error: {error}\n")
        return _invalid(source, [Problem(message=error.message, source=source, help=error.help)])
    names = [cell.name for cell in matrix.cells]
    verdict = "valid as far as no code was run" if safe else "valid"
    console.note(f"{source}: {quantity(len(names), 'cell')}, {verdict}")
    implicit = campaign.implicit_budgets(matrix)
    for line in implicit_budget_lines(implicit, len(names)):
        console.note(f"{source}: {line}")
    for line in note_lines(matrix.notes, len(names)):
        console.note(f"{source}: {line}")
    gaps = campaign.list_unverified(matrix) if safe else []
    for line in gaps:
        console.note(f"{source}: not verified: {line}")
    entries = [asdict(one) for one in implicit]
    return {
        "matrix": source,
        "valid": True,
        "cells": names,
        "problems": [],
        "implicit_budgets": entries,
        "notes": [asdict(note) for note in matrix.notes],
    } | ({"unverified": gaps} if safe else {})


def _invalid(source: str, problems: Sequence[Problem]) -> dict[str, object]:
    entries = [asdict(problem) for problem in problems]
    return {
        "matrix": source,
        "valid": False,
        "cells": [],
        "problems": entries,
        "implicit_budgets": [],
        "notes": [],
    }


def schema() -> None:
    """Print the JSON Schema of a matrix, for editors."""
    from harness import config

    console.emit(config.json_schema())
