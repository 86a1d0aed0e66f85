"""What is said of documents just inside and just outside of what holds, word for word.

`golden/answers.txt` has an answer for each of `golden/documents.txt` and of the broken matrices; if
another one is meant, replace it by the file that the failing test names.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_broken_matrices import CASES

from harness.config import load_matrix, render_problems
from harness.core.curriculum import Level
from harness.core.scenario import Scenario
from harness.errors import HarnessError, MatrixError

GOLDEN = Path(__file__).parent / "golden"

DOCUMENTS = (GOLDEN / "documents.txt").read_text(encoding="utf-8").split("=====\n")

FILES = {
    "some.json": '{"ppo@CartPole-v1": {"arguments": {"gamma": 0.9}}, "a2c@CartPole-v1": {}}',
    "whole.json": '{"ppo@CartPole-v1": {"values": {"gamma": 0.95}, "arguments": {"gamma": 0.95}}}',
    "other.json": '{"ppo@CartPole-v0": {"values": {"gamma": 0.95}}}',
    "values.json": '{"ppo@CartPole-v1": {"values": {"gamma": 0.5, "zzz": 1}}}',
    "list.json": "[1]",
    "text.json": "{",
    "empty.json": "{}",
    "mine.py": "class Maze:\n    pass\n",
}


@pytest.fixture
def wide_registry(registry):
    """One with a scenario that has goals, words of its own and levels, and a grid."""
    goals = Scenario(
        name="Goals-v0",
        env="Goals-v0",
        action="Box",
        observation="dict",
        arguments={"size": 3, "mode": "shared"},
        choices={"mode": ("shared", "selfplay")},
        levels=(
            Level(name="easy", arguments={"size": 1}),
            Level(name="fair", arguments={"size": 2}),
        ),
        max_episode_steps=50,
    )
    return replace(
        registry,
        scenarios={**registry.scenarios, goals.name: goals},
        samplers={**registry.samplers, "grid": "config_components:random"},
    )


def answer(text, write, registry, notes):
    """All that is said of a document; a note that others have had too is not repeated."""
    try:
        matrix = load_matrix(write(text), registry)
    except MatrixError as error:
        return render_problems(error.problems)
    except HarnessError as error:
        return f"{type(error).__name__}: {error.message}\n{error.help}"
    lines = ["it holds"]
    for cell in matrix.cells:
        curriculum = cell.scenario.curriculum
        levels = "" if curriculum is None else f", levels {curriculum.shares}"
        levels += "" if curriculum is None else f" {curriculum.thresholds}"
        searched = ", ".join(f"{p.name} {p.domain.describe()}" for p in cell.space.parameters)
        first = "".join(f", first {dict(each)}" for each in cell.search.first)
        others = "".join(f", {each.name} {dict(each.arguments)}" for each in cell.variants)
        lines.append(f"{cell.name}: {dict(cell.arguments)}{levels}{first}{others}")
        lines += [f"  {searched}"] if "space" in text else []
    for note in matrix.notes:
        # How far rollouts overshoot is the business of other tests.
        if note.text not in notes and "whole rollouts" not in note.text:
            lines.append(f"  {note.source}: {note.text}")
        notes.add(note.text)
    return "\n".join(lines)


def test_documents_are_answered_as_they_were(write, wide_registry, registry, tmp_path):
    for name, text in FILES.items():
        write(text, name)
    notes = set()
    answers = [f"=== {each.id}\n{answer(each.text, write, registry, notes)}" for each in CASES]
    for number, text in enumerate(DOCUMENTS):
        answers.append(f"=== {number}\n{text}---\n{answer(text, write, wide_registry, notes)}")
    whole = "\n\n".join(answers) + "\n"
    for folder in (tmp_path, tmp_path.parent):
        whole = whole.replace(str(folder), "FOLDER")
    new = tmp_path / "answers.txt"
    new.write_text(whole, encoding="utf-8")

    assert whole == (GOLDEN / "answers.txt").read_text(encoding="utf-8"), new
