"""How a campaign ended, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.cli.best_parameters_text import best_json, best_lines
from harness.core.identity import canonical
from harness.core.printable_text import quantity

if TYPE_CHECKING:
    from harness.campaign import Outcome

_NAMED: Final = 3
"""Cells that are named where it is enough to know how many there are."""


def outcome_lines(outcome: Outcome, runs: Path, resume: str, *, best: bool) -> Iterator[str]:
    """What failed, what is left and how to go on, what came of tuning, and what is best.

    Args:
        runs: Folder of the campaigns.
        resume: The command that goes on.
        best: Whether what is shipped is told too.
    """
    for reason in outcome.sampler_errors.values():
        yield (
            f"failed: {reason}\n"
            f"  = help: mend or replace it; then, to search that cell again: {resume} "
            "--accept-changes"
        )
    failed_cells = [each for each in outcome.failed_cells if each not in outcome.sampler_errors]
    if failed_cells:
        yield (
            f"failed: {', '.join(failed_cells)}\n"
            f"  = help: `harness status {outcome.campaign}` gives the reasons; "
            "run again with --retry-failed to redo failed runs"
        )
    if outcome.status == "partial":
        lines = "\n".join(f"  {each.cell}: {each}" for each in outcome.unfinished)
        reason = "" if outcome.sampler_errors else "time ran out, "
        yield (
            f"partial: {reason}{outcome.remaining} runs to do\n{lines}\n"
            f"  = help: the same command, with or without a time limit, goes on: {resume}"
        )
    elif outcome.interrupted:
        yield f"interrupted, {outcome.remaining} runs to do; resume: {resume}"
    if outcome.unlisted:
        yield (
            f"note: the report leaves out {quantity(len(outcome.unlisted), 'cell')} of earlier "
            f"commands ({', '.join(outcome.unlisted[:_NAMED])}"
            f"{', ...' if len(outcome.unlisted) > _NAMED else ''})\n"
            "  = help: they come back, with their runs, once the matrix or --cells names them again"
        )
    if best:
        if outcome.answer.headline:
            yield f"\n{outcome.answer.headline}"
        yield from best_lines(outcome.best, runs, outcome.answer.verdicts)


def outcome_json(outcome: Outcome, runs: Path) -> dict[str, object]:
    """The same for other programs."""
    return {
        "campaign": outcome.campaign,
        "status": outcome.status,
        "report": None if outcome.report is None else str(outcome.report),
        "headline": outcome.answer.headline,
        "verdicts": dict(outcome.answer.verdicts),
        "failed_cells": list(outcome.failed_cells),
        "sampler_errors": dict(outcome.sampler_errors),
        "unlisted": list(outcome.unlisted),
        "remaining": canonical(outcome.remaining),
        "unfinished": canonical(outcome.unfinished),
        "interrupted": outcome.interrupted,
        "best": best_json(outcome.best, runs),
        "exit_code": outcome.exit_code,
    }
