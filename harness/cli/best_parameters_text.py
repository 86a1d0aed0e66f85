"""What a campaign found best, in words and as JSON, with the commands that train it again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from harness.cli.text_format import number, numbers
from harness.core.decisions.best_configurations import BestConfiguration, OtherVariant
from harness.core.objectives import RETURN
from harness.core.record import TrialRecord
from harness.core.run import DEFAULT

_MANY: Final = 12
"""Cells up to which a terminal shows them all."""

_DEFAULT: Final = "the library's default"

_RUNS: Final = Path("runs")
"""Where the commands look for campaigns by themselves."""


def best_json(best: Iterable[BestConfiguration], runs: Path) -> dict[str, dict[str, object]]:
    """Cell -> what it ships and the command that trains it.

    Args:
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
            "objectives": {
                name: {"shipped": best_value, "default": default}
                for name, (best_value, default) in each.objectives.items()
            },
            "variants": {
                other.variant: {
                    "configurations": [dict(one) for one in other.configurations],
                    "score": other.score,
                    "objectives": dict(other.objectives),
                    "command": each.command(_folder_option(runs), other.variant),
                }
                for other in each.others
            },
        }
        for each in best
    }


def best_lines(
    best: Sequence[BestConfiguration],
    runs: Path,
    verdicts: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Per cell its best parameters and, below, the command that trains them.

    What the cell tests beside them follows, e.g. named configurations and ensembles.

    Args:
        runs: Folder of the campaigns.
        verdicts: Cell -> its word, where it has one.
    """
    if len(best) > _MANY:
        command = f"harness export {best[0].campaign} --format yaml"
        yield f"\nbest parameters of {len(best)} cells: {command}"
        return
    for each in best:
        scores = _scores(each, verdicts.get(each.cell, ""))
        # The result first: of dozens of parameters, its end would hardly be read.
        if each.winner == DEFAULT:
            yield f"\nchosen for {each.cell}: {_DEFAULT}, {scores}"
        else:
            yield f"\nchosen for {each.cell}: {scores}\n  {_assignments(each.values)}"
        yield f"  {each.command(_folder_option(runs))}"
        for other in each.others:
            yield f"  {other.variant}: {_configurations(other)} ({_other_scores(other)})"
            yield f"    {each.command(_folder_option(runs), other.variant)}"


def _folder_option(runs: Path) -> tuple[str, ...]:
    return () if runs == _RUNS else ("--runs", str(runs))


def _assignments(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in values.items())


def _configurations(other: OtherVariant) -> str:
    first, *more = other.configurations
    if more:
        return f"{1 + len(more)} configurations together"
    return _assignments(first) or _DEFAULT


def best_trial_lines(best: Mapping[str, TrialRecord]) -> Iterator[str]:
    """Per cell that has not decided its best trial so far; none where they would be many."""
    for cell, each in best.items() if len(best) <= _MANY else ():
        values = _assignments(each.values) if each.number else _DEFAULT
        yield (
            f"\nbest so far of {cell}: {values} (trial {each.number}, {number(each.score)} in "
            "the search)"
        )


def best_trials_json(best: Mapping[str, TrialRecord]) -> dict[str, dict[str, object]]:
    """Cell -> its best trial so far."""
    return {
        cell: {
            "trial": each.number,
            "values": dict(each.values),
            "arguments": dict(each.arguments),
            "score": each.score,
        }
        for cell, each in best.items()
    }


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def _scores(best: BestConfiguration, verdict: str) -> str:
    best_value, default = numbers((best.score, best.default))
    scores = f"held-out seeds {best_value}"
    if best.winner != DEFAULT:
        scores += f", default {default}"
    if verdict:
        scores += f": {verdict}"
    for name, pair in best.objectives.items():
        if name != RETURN:
            best_value, default = numbers(pair)
            scores += f"; {name} {best_value}, default {default}"
    return scores


def _other_scores(other: OtherVariant) -> str:
    values = {n: value for n, value in other.objectives.items() if n != RETURN}
    objectives = "".join(f"; {name} {number(value)}" for name, value in values.items())
    return f"held-out seeds {number(other.score)}{objectives}"
