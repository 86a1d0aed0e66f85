"""Identity: every field has a role, and the same experiment keeps its digest."""

import dataclasses

import pytest
from builders import cell

from harness.core import algorithm, matrix, plan, protocol, resources, run, scenario
from harness.core.identity import IDENTITY_VERSION, canonical, differences, digest
from harness.core.protocol import Component, Schedule, Search
from harness.core.resources import Resources
from harness.core.run import PruningRule, Run
from harness.core.scenario import Score

GOLDEN_UNIT_ID = "94b07e5428245d667a0c6dac91bfdea360950b2cc79df0fe57caaba23c66d290"
GOLDEN_STUDY_DIGEST = "7ff6331092641264dbdf016fb01711045d991a9e7c3d3e419af6423f0eda7994"

ROLES = {
    # What may differ between two runs of one campaign; everything else is identity.
    scenario.Scenario: {
        "family",
        "threshold",
        "random",
        "reference",
        "baselines",
        "ranges",
        "alternatives",
        "levels",
        "choices",
        "normalize_on_policy",
        "steps",
        "requires",
        "packages",
        "licence",
        "description",
    },
    algorithm.Algorithm: {"title", "on_policy", "source"},
    protocol.Search: {"trials"},
    protocol.Confirm: {"top", "seeds"},
    protocol.Test: {"seeds", "variants"},
    protocol.Transfer: {"seeds"},
    matrix.Cell: {"variants", "timeout", "memory", "baseline", "resources", "transfer"},
    matrix.NamedConfiguration: {"source"},
    matrix.Matrix: {"document", "origins"},
    run.Run: {"timeout", "memory", "resources"},
    resources.Resources: {"cpus", "gpus"},
    run.PruningRule: {"finished"},
}
IDENTITY_FIELDS = {
    scenario.Scenario: {
        "name", "env", "action", "observation", "arguments", "imports", "n_envs", "normalize",
        "wrappers", "training_wrappers", "versions", "max_episode_steps", "curriculum",
    },
    algorithm.Algorithm: {"name", "learner", "policies", "actions", "recurrent", "masks", "space"},
    protocol.Search: {
        "steps", "evals", "episodes", "in_flight", "sampler", "pruner", "cost_aware",
        "first",
    },
    protocol.Confirm: set(),
    protocol.Test: {"steps", "evals", "episodes"},
    protocol.Transfer: set(),
    matrix.Cell: {
        "scenario", "algorithm", "space", "arguments", "search", "confirm", "test", "seed",
        "threads", "device", "backend",
    },
    matrix.NamedConfiguration: {"name", "arguments"},
    matrix.Matrix: {"name", "cells", "seed"},
    run.Run: {
        "scenario", "algorithm", "policy", "arguments", "seed", "steps", "schedule", "threads",
        "pruning", "device", "backend",
    },
    resources.Resources: set(),
    run.PruningRule: {"study", "number", "pruner"},
}  # fmt: skip

NO_IDENTITY = {"extendable", "runtime"}


@pytest.mark.parametrize("kind", ROLES, ids=lambda kind: kind.__name__)
def test_every_field_is_classified(kind):
    """A new field: decide whether it changes numbers, add it here, and raise IDENTITY_VERSION
    if it does and its default is not what was done before.
    """
    marked = {f.name for f in dataclasses.fields(kind) if f.metadata.get("role") in NO_IDENTITY}
    assert marked == ROLES[kind]
    assert {f.name for f in dataclasses.fields(kind)} - marked == IDENTITY_FIELDS[kind]


def make_run(**changes):
    toy = cell()
    settings = {
        "scenario": toy.scenario,
        "algorithm": toy.algorithm,
        "policy": "MlpPolicy",
        "arguments": {"lr": 0.1, "net": "big"},
        "seed": 1,
        "steps": 100,
        "schedule": Schedule(evals=4, episodes=2, seed=3),
    }
    return Run(**(settings | changes))


def test_golden_ids():
    """One line per IDENTITY_VERSION; a changed id means that old campaigns cannot be resumed."""
    assert IDENTITY_VERSION == 1
    assert make_run().id == GOLDEN_UNIT_ID
    assert cell().study_digest() == GOLDEN_STUDY_DIGEST


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"steps": 101},
        {"threads": 2},
        {"device": "cuda"},
        {"backend": "fast"},
        {"arguments": {"lr": 0.1}},
        {"policy": "CnnPolicy"},
        {"schedule": Schedule(evals=4, episodes=2, seed=4)},
        {"pruning": PruningRule(study="s", number=1, pruner=Component(name="median"))},
    ],
)
def test_what_changes_numbers_changes_the_id(change):
    assert make_run(**change).id != make_run().id


def test_what_changes_no_number_leaves_the_id():
    run = make_run()
    told = dataclasses.replace(run.scenario, random=Score(value=1.0, source="x"), steps=5)
    assert make_run(timeout=9.0, memory=2**30, scenario=told).id == run.id
    assert make_run(timeout=9.0, scenario=told).id == run.id
    assert make_run(resources=Resources(cpus=4, gpus=0.5)).id == run.id
    assert make_run(arguments={"net": "big", "lr": 0.1}).id == run.id


def test_a_field_that_came_later_counts_only_where_it_is_used():
    assert "device" not in cell().identity()
    moved = dataclasses.replace(cell(), device="cuda")
    assert list(differences(cell().identity(), moved.identity())) == ['device: null -> "cuda"']
    assert moved.study_digest() != cell().study_digest()


def test_more_trials_are_the_same_study_but_another_pruner_is_not():
    base = cell()
    more = dataclasses.replace(base, search=dataclasses.replace(base.search, trials=99))
    other = dataclasses.replace(
        base, search=dataclasses.replace(base.search, pruner=Component(name="none"))
    )
    longer = dataclasses.replace(base, test=dataclasses.replace(base.test, steps=999))
    assert more.study_digest() == base.study_digest() == longer.study_digest()
    assert more.identity() == base.identity()
    assert other.study_digest() != base.study_digest()
    assert longer.identity() != base.identity()


def test_differences_name_the_place_and_both_values():
    old = cell().identity()
    new = dataclasses.replace(
        cell(), search=Search(trials=6, steps=300, evals=4, episodes=2)
    ).identity()
    assert list(differences(old, new)) == ["search.steps: 100 -> 300"]


def test_a_value_without_json_form_is_refused():
    with pytest.raises(TypeError, match="object has no JSON form"):
        canonical({"a": object()})


def test_a_digest_refuses_nan():
    with pytest.raises(ValueError, match="JSON"):
        digest(float("nan"))


def test_the_description_of_a_cell_keeps_everything():
    spec = cell().describe()
    assert spec["name"] == "toy@Toy-v0"
    assert spec["search"]["trials"] == 6
    assert spec["algorithm"]["title"] == "Toy"
    assert plan.study_name("c", cell()) == "c/toy@Toy-v0"
