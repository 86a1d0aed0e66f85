"""Differences that matter: four words, one for each part of what may be true."""

from __future__ import annotations

import numpy as np
import pytest

from harness import stats


def verdict(
    tuned: list[float], default: list[float], margin: float, **options: object
) -> stats.MarginVerdict:
    scores = np.array(default)
    bars = [(scores + margin, scores - margin)]
    (found,) = stats.judge_margins([tuned], [default], bars, **options)  # type: ignore[arg-type]
    return found


DEFAULT = [-1.0, -0.5, 0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("shift", "margin", "word"),
    [
        (10.0, 2.0, "better"),
        (-10.0, 2.0, "worse"),
        (1.0, 5.0, "equivalent"),
        (-1.0, 5.0, "equivalent"),
        (2.0, 2.0, "undecided"),
        # Clearly more than nothing, and yet nobody knows whether it matters.
        (3.0, 2.5, "undecided"),
    ],
)
def test_the_word_says_where_the_difference_lies(shift: float, margin: float, word: str) -> None:
    found = verdict([score + shift for score in DEFAULT], DEFAULT, margin)
    assert found.word == word
    assert found.margin == pytest.approx(margin)


@pytest.mark.parametrize("shift", np.linspace(-8, 8, 33))
def test_the_interval_says_what_the_word_says(shift: float) -> None:
    found = verdict([score + shift for score in DEFAULT], DEFAULT, 3.0)
    assert found.low <= shift <= found.high
    assert (found.word == "better") == (found.low > 3)
    assert (found.word == "worse") == (found.high < -3)
    assert (found.word == "equivalent") == (found.low > -3 and found.high < 3)


def test_few_or_failed_runs_decide_nothing() -> None:
    assert verdict([9.0, 9.1, 9.2], DEFAULT, 1.0).word == "too few seeds"
    assert verdict([9.0, 9.1, 9.2, 9.3, 9.4], DEFAULT, 1.0).word == "better"
    failed = verdict([9.0, 9.1, 9.2, 9.3, 9.4], DEFAULT, 1.0, failures=[(5, 0)])
    assert failed.word == "undecided"


@pytest.mark.parametrize("margin", [1.0, 100.0])
def test_three_scores_and_a_failed_run_are_too_few_whatever_the_margin(margin: float) -> None:
    # By ranks the raised bar lies clearly above, which is no finding by itself.
    assert verdict([9.0, 9.1, 9.2], DEFAULT[:4], margin, failures=[(1, 0)]).word == "too few seeds"
