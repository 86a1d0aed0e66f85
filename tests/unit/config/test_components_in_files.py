"""Samplers, pruners and objectives in files beside a matrix: looked at, known by their content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import MatrixError
from harness.registry import Registry

MINE = '''
raise SystemExit("nobody imports this to look at it")

def halves(*, seed, space, tries=2):
    """A sampler."""

def late(*, evals, share=0.5):
    """A pruner."""

def steadiness(learner, evaluations):
    """An objective."""

def lonely(learner):
    """No objective."""

def greedy(learner, evaluations, more):
    """None either."""

def patient(learner, evaluations, more=1):
    """One that could take more."""
'''

ONE = "scenarios: [CartPole-v1]\nalgorithms: [ppo]\n"


@pytest.fixture(scope="module")
def registry():
    return Registry.from_packages()


@pytest.fixture
def searching(load, write):
    def of(written, mine=MINE, folder="."):
        write(mine, f"{folder}/mine.py")
        return load(ONE + f"search: {{{written}}}\n")

    return of


def test_a_component_is_known_by_its_short_name_and_its_content(searching):
    written = "sampler: {name: mine.py:halves, tries: 3}, pruner: mine.py:late"
    matrix = searching(written)
    search = matrix.cells[0].search
    assert (search.sampler.name, search.sampler.options) == ("mine.py:halves", {"tries": 3})
    assert search.sampler.version == search.pruner.version != ""
    assert Path(search.sampler.path.rpartition(":")[0]).is_file()
    edited = searching(written, MINE + "\n# edited\n").cells[0]
    assert edited.study_digest() != matrix.cells[0].study_digest()


def test_the_document_finds_the_file_from_anywhere(searching, load, tmp_path, monkeypatch):
    matrix = searching("sampler: mine.py:halves, objectives: [return, {mine.py:steadiness: max}]")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    Path("again.json").write_text(json.dumps(matrix.document), encoding="utf-8")
    assert load(json.dumps(matrix.document)).cells == matrix.cells


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        (
            "sampler: {name: qmc, qmc_type: haltn}",
            '`qmc_type` must be "sobol" or "halton", not "haltn"',
            "did you mean `halton`?",
        ),
        (
            "sampler: {name: mine.py:worded, order: downward}",
            '`order` must be "up" or "down", not "downward"',
            "did you mean `down`?",
        ),
        ("sampler: {name: mine.py:worded, strict: 1}", "`strict` must be true or false, not 1", ""),
    ],
)
def test_options_keep_to_the_words_of_their_annotation(searching, written, message, hint):
    mine = MINE + (
        '\ndef worded(*, seed, order: Literal["up", "down"] = "up", strict: bool = False):\n'
        '    """A sampler."""\n'
    )
    with pytest.raises(MatrixError) as caught:
        searching(written, mine)
    (problem,) = caught.value.problems
    assert (problem.message, problem.help) == (message, hint)
    assert searching("sampler: {name: mine.py:worded, order: down, strict: true}", mine)


def test_an_own_objective_belongs_to_the_run(searching):
    from harness.core.decisions import plan

    matrix = searching("objectives: [return, {mine.py:steadiness: max}]")
    cell = matrix.cells[0]
    run = plan.retrain(cell, {}, 1)
    assert [each.name for each in run.measures] == ["mine.py:steadiness"]
    without = searching("objectives: [return, effort]").cells[0]
    assert plan.retrain(without, {}, 1).id != run.id
    assert searching("objectives: [return, {mine.py:patient: min}]").cells


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("sampler: mine.py:gone", "defines no constructor in mine.py"),
        ("sampler: other.py:halves", "other.py"),
        ("sampler: {name: mine.py:halves, trys: 3}", "has no option `trys`"),
        ("pruner: no_such_package.parts:late", "package `no_such_package` is not installed"),
        (
            "objectives: [return, {mine.py:lonely: max}]",
            "`mine.py:lonely` must take two things: a learner and its evaluations",
        ),
        (
            "objectives: [return, {mine.py:greedy: max}]",
            "`mine.py:greedy` must take two things: a learner and its evaluations",
        ),
        ("objectives: [return, {mine.py:gone: max}]", "mine.py"),
        ("objectives: [return, mine.py:steadiness]", "a function of yours with its direction"),
    ],
)
def test_what_does_not_hold_is_said_where_it_stands(write, problems, written, message):
    write(MINE, "mine.py")
    every = problems(ONE + f"search: {{{written}}}\n")
    assert any(message in each.message for each in every)
    assert all(each.line == 3 for each in every)


@pytest.mark.parametrize("written", ["[{file: runs.jsonl}]", "[{file: a.jsonl, {}: b}]"])
def test_a_listener_without_a_name_is_refused(load, written):
    with pytest.raises(MatrixError) as caught:
        load(f"{ONE}listeners: {written.replace('{}', 'e' * 300)}\n")
    (problem,) = caught.value.problems
    assert problem.message == "a listener needs a `name`"
    assert problem.line == 3
