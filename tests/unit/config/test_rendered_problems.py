"""How problems look in a terminal."""

from __future__ import annotations

from pathlib import Path

from harness.config import render_problems
from harness.errors import Problem

GOLDEN = Path(__file__).parent / "golden" / "problems.txt"

BROKEN = """\
name: broken
scenarios: [CartPol-v1, Pendulum-v1]
algorithms:
  - ppo
  - dqn
search:
  n_trails: 100
  steps: "50_000"
space:
  learning_rate: {low: 0, log: true}
test: {seeds: [1, 2, 2]}
"""


def test_rendered_problems_look_as_they_did(problems):
    found = problems(BROKEN, profile="smoke", sets=["search.trails=5"])

    assert render_problems(found) + "\n" == GOLDEN.read_text(encoding="utf-8")


def test_the_mark_stays_under_its_column_after_a_tab():
    problem = Problem(message="odd", source="m.yaml", line=3, column=4, text="a:\tb", width=1)

    assert render_problems([problem]).split("\n")[-2:] == ["3 | a: b", "  |    ^"]


def test_a_problem_without_a_place_is_still_told():
    assert render_problems([Problem(message="odd", help="mend it")]) == (
        "error: odd\n = help: mend it"
    )
