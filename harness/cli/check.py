"""``harness check``: is a matrix valid?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from harness.cli import console
from harness.cli.options import AsJson, Profile, Sets
from harness.cli.plan import unsaid_lines
from harness.errors import MatrixError, Problem, UsageError

__all__ = ["check"]

INVALID = 2


def check(
    matrices: Annotated[
        list[str],
        typer.Argument(metavar="MATRIX", help="YAML files, or built-in matrices by name."),
    ],
    profile: Profile = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Validate matrices: every problem at once, with its position."""
    checked = [_checked(source, profile, sets or []) for source in matrices]
    if as_json:
        console.emit({"matrices": checked})
    if any(not result["valid"] for result in checked):
        raise typer.Exit(INVALID)


def _checked(source: str, profile: str | None, sets: list[str]) -> dict[str, Any]:
    from harness import campaign
    from harness.config import render_problems

    try:
        matrix = campaign.load(source, profile=profile, sets=sets)
    except MatrixError as error:
        console.note(render_problems(error.problems).rstrip() + "\n")
        console.note(f"{source}: {error.message}")
        return _invalid(source, error.problems)
    except UsageError as error:
        console.note(f"error: {error}\n")
        return _invalid(source, [Problem(message=error.message, source=source, help=error.help)])
    names = [cell.name for cell in matrix.cells]
    console.note(f"{source}: {len(names)} cell{'s' if len(names) != 1 else ''}, valid")
    found = campaign.unsaid(matrix)
    for line in unsaid_lines(found, len(names)):
        console.note(f"{source}: {line}")
    listed = [asdict(one) for one in found]
    return {"matrix": source, "valid": True, "cells": names, "problems": [], "unsaid": listed}


def _invalid(source: str, problems: Sequence[Problem]) -> dict[str, Any]:
    listed = [asdict(problem) for problem in problems]
    return {"matrix": source, "valid": False, "cells": [], "problems": listed, "unsaid": []}
