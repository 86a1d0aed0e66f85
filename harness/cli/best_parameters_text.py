"""What a campaign found best, in words and as JSON, with the commands that train it again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from harness.cli.text_format import number
from harness.core.best_configurations import BestConfiguration
from harness.core.run import DEFAULT

__all__ = ["best_json", "best_lines"]

_MANY: Final = 12
"""Cells up to which a terminal shows them all."""

_RUNS: Final = Path("runs")
"""Where the commands look for campaigns by themselves."""


def best_json(best: Iterable[BestConfiguration], runs: Path) -> dict[str, dict[str, Any]]:
    """Cell -> what it ships and the command that trains it.

    Args:
        best: What is shipped.
        runs: Folder of the campaigns.
    """
    return {
        each.cell: {
            "winner": each.winner,
            "values": dict(each.values),
            "arguments": dict(each.arguments),
            "score": each.score,
            "default": each.default,
            "command": each.command(_folder_option(runs)),
        }
        for each in best
    }


def best_lines(best: Sequence[BestConfiguration], runs: Path) -> Iterator[str]:
    """Per cell its best parameters and, below, the command that trains them; likewise."""
    if len(best) > _MANY:
        command = f"harness export {best[0].campaign} --format yaml"
        yield f"\nbest parameters of {len(best)} cells: {command}"
        return
    for each in best:
        yield f"\nbest of {each.cell}: {_values(each)} ({_scores(each)})"
        yield f"  {each.command(_folder_option(runs))}"


def _folder_option(runs: Path) -> tuple[str, ...]:
    return () if runs == _RUNS else ("--runs", str(runs))


def _values(best: BestConfiguration) -> str:
    if best.winner == DEFAULT:
        return "the library's default"
    return ", ".join(f"{name}={_value(value)}" for name, value in best.values.items())


def _value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def _scores(best: BestConfiguration) -> str:
    scores = f"held-out seeds {number(best.score)}"
    return scores if best.winner == DEFAULT else f"{scores}, default {number(best.default)}"
