"""Matrices whose runs are begun: what breaks is said where it was written."""

from dataclasses import replace

import pytest

from harness.config import load_matrix
from harness.core.run import Fault
from harness.errors import MatrixError, UsageError

MATRIX = """\
scenarios:
  - name: CartPole-v1
    wrappers: [{path: some.Wrapper, arguments: {func: x}}]
algorithms: [{name: ppo, arguments: {gamma: 0.9, policy_kwargs: {ortho_init: true}}}, a2c]
variants:
  wide: {arguments: {ppo: {policy_kwargs: {net_arch: [512]}}}}
overrides: [{match: "a2c@*", space: {vf_coef: {choices: [0.5, 0.7]}}}]
"""


class Trials:
    """Runs that were begun, and what breaks."""

    def __init__(self, *faults):
        self.faults = faults
        self.runs = []

    def __call__(self, runs):
        self.runs.append([(run.algorithm.name, dict(run.arguments)) for run in runs])
        return self.faults


def load(write, registry, text, trials):
    return load_matrix(write(text), replace(registry, dry_run=trials))


def test_every_configuration_that_is_written_is_begun(write, registry):
    trials = Trials()
    load(write, registry, MATRIX, trials)
    ((ppo, wide, a2c, low, high),) = trials.runs
    assert ppo == ("ppo", {"gamma": 0.9, "policy_kwargs": {"ortho_init": True}})
    assert wide[1]["policy_kwargs"] == {"ortho_init": True, "net_arch": [512]}
    assert a2c == ("a2c", {})
    assert (low[1]["vf_coef"], high[1]["vf_coef"]) == (0.5, 0.7)


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ("{}", 0),
        ("{gamma: 0.9, policy_kwargs: {net_arch: [8], ortho_init: false}}", 0),
        ("{policy_kwargs: {optimizer_kwargs: {eps: 1e-5}}}", 1),
    ],
)
def test_in_registered_scenarios_only_what_types_cannot_decide(write, registry, arguments, count):
    trials = Trials()
    text = f"scenarios: [CartPole-v1]\nalgorithms: [{{name: ppo, arguments: {arguments}}}]\n"
    load(write, registry, text, trials)
    assert len(trials.runs) == count


def test_a_range_below_another_argument_is_begun_with_what_it_depends_on(write, registry):
    space = (
        "{optimizer: {choices: [adam, sgd]}, momentum: {low: 0.1, high: 0.9}, gamma: {low: 0.9}, "
        "policy_kwargs.optimizer_kwargs.foreach: {choices: [true]}}"
    )
    trials = Trials()
    load(write, registry, f"scenarios: [CartPole-v1]\nalgorithms: [ppo]\nspace: {space}\n", trials)
    begun = [arguments.get("policy_kwargs") for run in trials.runs for _, arguments in run]
    assert {"optimizer_class": "sgd", "optimizer_kwargs": {"momentum": 0.1}} in begun
    # What an optimizer takes is tried with one that is searched: the learner may have another.
    assert {"optimizer_class": "adam", "optimizer_kwargs": {"foreach": True}} in begun
    # Of numbers one is enough to see whether the argument is taken.
    options = [each.get("optimizer_kwargs", {}) for each in begun if each]
    assert [each["momentum"] for each in options if "momentum" in each] == [0.1]
    assert not any("gamma" in arguments for run in trials.runs for _, arguments in run)


@pytest.mark.parametrize(
    ("fault", "place"),
    [
        (Fault(message="m", path=("arguments", "gamma")), (4, 45)),
        (Fault(message="m", path=("arguments", "policy_kwargs", "ortho_init")), (4, 78)),
        (Fault(message="m", run=1, path=("arguments", "policy_kwargs", "net_arch")), (6, 54)),
        (Fault(message="m", run=3, path=("arguments", "vf_coef")), (7, 47)),
        (Fault(message="m", run=3, path=("arguments", "gamma")), (7, 38)),
        (Fault(message="m", path=("wrappers", "0", "arguments", "func")), (3, 55)),
        (Fault(message="m", path=("wrappers", "0")), (3, 16)),
        (Fault(message="m"), (2, 11)),
    ],
)
def test_what_breaks_is_said_where_it_was_written(write, registry, fault, place):
    with pytest.raises(MatrixError) as caught:
        load(write, registry, MATRIX, Trials(fault))
    (problem,) = caught.value.problems
    assert (problem.message, problem.line, problem.column) == ("m", *place)


def test_an_environment_that_gives_no_answer_is_a_problem_of_its_scenario(write, registry):
    def silent(runs):
        raise UsageError("no answer", help="wait")

    with pytest.raises(MatrixError) as caught:
        load(write, registry, MATRIX, silent)
    (problem,) = caught.value.problems
    assert (problem.message, problem.help, problem.line) == ("no answer", "wait", 2)


def test_what_may_be_meant_is_a_note_of_each_cell(write, registry):
    trials = Trials(Fault(message="nothing ends it", is_note=True))
    matrix = load(write, registry, MATRIX, trials)
    notes = [(note.cell, note.source) for note in matrix.notes if note.text == "nothing ends it"]
    assert [cell for cell, _ in notes] == ["ppo@CartPole-v1", "a2c@CartPole-v1"]
    assert all(source.endswith(":2") for _, source in notes)
    assert {note.text for note in matrix.notes if note.of_environment} == {"nothing ends it"}


@pytest.mark.parametrize(
    ("message", "place"), [("pruner `median`: no", (4, 32)), ("sampler `tpe`: no", (4, 19))]
)
def test_what_refuses_its_options_is_said_where_it_is_written_and_built_once(
    write, registry, message, place
):
    built = []

    def build(cell, names):
        built.append(cell.name)
        raise UsageError(message, help="other ones")

    text = (
        "scenarios: [CartPole-v1]\nalgorithms: [ppo, a2c]\n\n"
        "search: {sampler: tpe, pruner: {name: median, n_startup_trials: 3}}\n"
    )
    with pytest.raises(MatrixError) as caught:
        load_matrix(write(text), replace(registry, build_components=build))
    (problem,) = caught.value.problems
    assert (problem.message, problem.help) == (message, "other ones")
    assert (problem.line, problem.column) == place
    assert built == ["ppo@CartPole-v1"]


def test_what_nothing_can_be_wrong_with_is_not_built(write, registry):
    def build(cell, names):
        raise AssertionError

    for search in ("{}", "{sampler: tpe, pruner: median}"):
        text = f"scenarios: [CartPole-v1]\nalgorithms: [ppo]\nsearch: {search}\n"
        assert load_matrix(write(text), replace(registry, build_components=build)).cells
