"""How often `harness history` sees a step where nothing changes, and how soon where something does.

Thirty nights of three cells with ten new seeds each, by the same rule as the page; half a standard
deviation, one and two are lost from night 11 on. Prints JSON.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from harness import stats
from harness.analysis.campaigns.campaign_histories import WINDOWS

NIGHTS, CELLS, SEEDS, CHANGE = 30, 3, 10, 11


def first_steps(generator: np.random.Generator, loss: float) -> list[int]:
    """Nights at which a step of the first cell is seen, of any cell where nothing is lost."""
    nights = [[generator.normal(size=SEEDS) for _ in range(CELLS)]]
    for night in range(2, NIGHTS + 1):
        nights.append([generator.normal(size=SEEDS) for _ in range(CELLS)])
        if night >= CHANGE:
            nights[-1][0] = nights[-1][0] - loss
        cases = [
            (cell, np.concatenate([n[cell] for n in nights[-length:]]),
             np.concatenate([n[cell] for n in nights[:-length]]))
            for cell in range(CELLS)
            for length in WINDOWS
            if len(nights) > length
        ]  # fmt: skip
        verdicts = stats.judge_jointly(
            [(after, before) for _, after, before in cases],
            share=stats.series_share(night - 1),
        )
        words = [
            verdict.word
            for (cell, _, _), verdict in zip(cases, verdicts, strict=True)
            if cell == 0 or not loss
        ]
        if {"improved", "worse"} & set(words):
            return [night]
    return []


def main(histories: int) -> None:
    """Print the shares for each loss."""
    generator = np.random.default_rng(0)
    answer = {}
    for loss in (0.0, 1.0, 2.0):
        steps = [first_steps(generator, loss) for _ in range(histories)]
        nights = [each[0] for each in steps if each]
        answer[f"loss of {loss:g} sd"] = {
            "histories": histories,
            "with a step": len(nights) / histories,
            "before the change": sum(night < CHANGE for night in nights) / histories,
            "on its night": sum(night == CHANGE for night in nights) / histories,
            "within seven nights": sum(CHANGE <= night < CHANGE + 7 for night in nights)
            / histories,
        }
    print(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
