"""The programs behind the numbers of docs/statistics.md: each question has an answer."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

PROGRAMS = Path(__file__).parents[2] / "benchmarks" / "statistics"
QUESTIONS = {
    "verdicts": (
        "detectable", "looks", "failures", "constant", "selection", "margins", "share",
    ),
    "intervals": ("means", "published", "effects", "aggregates", "probability", "sensitivity"),
    "reliability": ("spread", "worst", "ranges"),
}  # fmt: skip
SLOW = {"candidates"}


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROGRAMS))


@pytest.mark.parametrize(
    ("program", "question"), [(name, each) for name, some in QUESTIONS.items() for each in some]
)
def test_every_question_is_answered(
    program: str, question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scores.txt").write_text("1\n2\n4\n7\n")
    monkeypatch.setenv("REAL_SCORES", str(tmp_path / "scores.txt"))
    ask = importlib.import_module(program).QUESTIONS[question]
    row = next(ask(1, np.random.default_rng(0)))
    shares = [value for value in row.values() if isinstance(value, float)]
    assert json.loads(json.dumps(row))
    assert shares or row["seeds"]


@pytest.mark.parametrize("program", QUESTIONS)
def test_no_question_is_left_out(program: str) -> None:
    known = set(importlib.import_module(program).QUESTIONS)
    assert known - SLOW == set(QUESTIONS[program])


def test_components_and_searches_are_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    components, searches = map(importlib.import_module, ("components", "searches"))
    for program in (components, searches):
        monkeypatch.setattr(program, "CAMPAIGNS", 4)
    levels = components.simulate(3, 4, (1.0, 1.0, 0.5, 1.0), components.skewed)
    assert list(levels) == ["groups", "seeds", "evaluations", "episodes"]
    assert all(0 <= cover <= 1 for _, cover in levels.values())
    for kind in searches.KINDS:
        shares = searches.simulate(kind, 3, 4)
        assert len(shares) == 5
        assert ((shares >= 0) & (shares <= 1)).all()
