"""What a cell's rungs choose: the best of a search, and the winner among them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness.core.matrix import Cell
from harness.core.plan import Candidate
from harness.core.record import RunResult, Status, TrialRecord
from harness.core.run import DEFAULT, Variant

__all__ = ["candidates", "winner"]


def candidates(cell: Cell, trials: Sequence[TrialRecord]) -> tuple[Candidate, ...]:
    """The default and the `top` best distinct configurations of a finished search.

    Only complete trials count: a pruned one was given up, a failed one has no score. Two trials
    with the same constructor arguments are one configuration; the default is not taken twice.
    """
    default = Candidate(variant=DEFAULT, arguments=cell.arguments)
    scored = [
        (-trial.result.score, trial.number, trial)
        for trial in trials
        if trial.number > 0
        and trial.result is not None
        and trial.result.status is Status.COMPLETE
        and trial.result.score is not None
    ]
    chosen = {_same(cell.arguments): default}
    for _, number, trial in sorted(scored, key=lambda item: item[:2]):
        if len(chosen) > cell.confirm.top:
            break
        chosen.setdefault(
            _same(trial.arguments),
            Candidate(variant=Variant.of_trial(number), arguments=trial.arguments),
        )
    return tuple(chosen.values())


def winner(chosen: Sequence[Candidate], results: Mapping[str, Sequence[RunResult]]) -> Candidate:
    """The candidate with the best mean on the confirm seeds; fewest failed runs go first.

    Args:
        chosen: Candidates, the default first; it wins ties.
        results: Variant -> results on the confirm seeds.
    """

    def merit(candidate: Candidate) -> tuple[int, float]:
        scores = [r.score for r in results[candidate.variant] if r.score is not None]
        failures = len(results[candidate.variant]) - len(scores)
        mean = math.fsum(scores) / len(scores) if scores else -math.inf
        return (-failures, mean)

    return max(chosen, key=merit)


def _same(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, sort_keys=True)
