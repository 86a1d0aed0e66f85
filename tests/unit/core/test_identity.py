"""Identity: every field has a role, and the same experiment keeps its digest."""

import dataclasses
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from builders import cell
from hypothesis import given
from hypothesis import strategies as st

from harness.core import algorithm, matrix, run, scenario
from harness.core.decisions import plan
from harness.core.declarations import settings_of
from harness.core.evaluation import Schedule
from harness.core.identity import (
    RUNTIME,
    Role,
    canonical,
    decode,
    differences,
    digest,
    extendable,
    role_of,
)
from harness.core.run import PruningRule, Run
from harness.core.scenario import Score
from harness.core.search_settings import Component, Search
from harness.core.settings import Resources

GOLDEN_UNIT_ID = "bd7d4783ea4c8274991bcd3f508f464ba5c744cde4f966db59f732c101417466"
GOLDEN_STUDY_DIGEST = "5ec2842158c731ffe2ce080a9d2a18ffb026134a6fe12534bf0c926dc27a6f41"

ROLES = {
    # What may differ between two runs of one campaign; everything else is identity. Settings are
    # not here: they declare their role.
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
        "sources",
        "licence",
        "description",
    },
    algorithm.Algorithm: {"title", "on_policy", "importance", "priors", "source"},
    matrix.Cell: {"ensembles", "variants"},
    matrix.Donor: set(),
    matrix.NamedConfiguration: {"source"},
    matrix.Matrix: {"document", "notes", "origins"},
    run.Run: set(),
    run.PruningRule: {"finished", "effort"},
}
IDENTITY_FIELDS = {
    scenario.Scenario: {
        "name", "env", "action", "observation", "arguments", "training_arguments", "imports",
        "versions",
    },
    algorithm.Algorithm: {"name", "learner", "policies", "actions", "recurrent", "masks", "space"},
    matrix.Cell: {
        "scenario", "algorithm", "space", "arguments", "seed", "device", "backend", "donors",
        "repeat",
    },
    matrix.Donor: {"name", "study"},
    matrix.NamedConfiguration: {"name", "arguments"},
    matrix.Matrix: {"cells"},
    run.Run: {
        "scenario", "algorithm", "policy", "arguments", "seed", "steps", "schedule",
        "pruning", "replicas", "over_seeds", "device", "backend", "measures",
    },
    run.PruningRule: {"study", "number", "pruner"},
}  # fmt: skip


@pytest.mark.parametrize("kind", ROLES, ids=lambda kind: kind.__name__)
def test_every_field_is_classified(kind):
    """A new field that is no setting: decide whether it changes numbers, and add it here."""
    settings = {field.name for field in settings_of(kind)}
    fields = [field for field in dataclasses.fields(kind) if field.name not in settings]
    identity = {field.name for field in fields if role_of(field) is Role.IDENTITY}
    assert {field.name for field in fields} - identity == ROLES[kind]
    assert identity == IDENTITY_FIELDS[kind]


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
    """A changed id means that campaigns begun before cannot be resumed."""
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
    assert list(differences({"a": {"b": 1}}, {"a": 2})) == ['a: {"b": 1} -> 2']


def test_of_named_objects_only_what_differs_is_told():
    """A range that moved once came as both whole spaces, kilobytes of them."""
    low, high = ({"name": "low", "domain": {"high": number}} for number in (75, 100))
    other = {"name": "other", "domain": {"high": 1}}
    assert list(differences({"s": [low, other]}, {"s": [high, other]})) == [
        "s.low.domain.high: 75 -> 100"
    ]
    assert list(differences([low, other], [other, low], "s")) == ["s: other order"]
    assert list(differences([low], [low, other], "s")) == [
        's.other: null -> {"name": "other", "domain": {"high": 1}}'
    ]


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


class Colour(StrEnum):
    RED = "red"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Leaf:
    size: float
    colour: Colour = Colour.RED


@dataclasses.dataclass(frozen=True, kw_only=True)
class Own:
    """A value with a JSON form of its own."""

    text: str

    def to_json(self):
        return {"own": self.text}

    @classmethod
    def from_json(cls, data):
        return cls(text=data["own"])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tree:
    leaves: tuple[Leaf, ...] = ()
    pair: tuple[int, str] = (1, "a")
    seeds: int | tuple[int, ...] | Leaf = 1
    names: frozenset[str] = frozenset()
    by_name: Mapping[str, Leaf] = dataclasses.field(default_factory=dict)
    limit: float | None = None
    own: Own | None = None
    note: str = dataclasses.field(default="", metadata=RUNTIME)
    anything: Any = None


leaves = st.builds(Leaf, size=st.floats(allow_nan=False, allow_infinity=False))
trees = st.builds(
    Tree,
    leaves=st.lists(leaves, max_size=2).map(tuple),
    seeds=st.integers() | st.lists(st.integers()).map(tuple) | leaves,
    names=st.frozensets(st.text(max_size=3), max_size=3),
    by_name=st.dictionaries(st.text(max_size=3), leaves, max_size=2),
    limit=st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    own=st.none() | st.builds(Own, text=st.text(max_size=3)),
    note=st.text(max_size=3),
    anything=st.none() | st.booleans() | st.lists(st.integers(), max_size=2),
)


@given(trees)
def test_decode_is_the_inverse_of_canonical(tree):
    data = json.loads(json.dumps(canonical(tree, everything=True)))
    assert decode(Tree, data) == tree


class Label(str):
    __slots__ = ()


@dataclasses.dataclass(frozen=True)
class Labelled:
    label: Label
    second: Label | None = None


def test_decode_makes_kinds_of_text():
    value = decode(Labelled, json.loads('{"label": "a", "second": "b"}'))
    assert value == Labelled(Label("a"), Label("b"))
    assert (type(value.label), type(value.second)) == (Label, Label)
    assert decode(Labelled, {"label": "a", "second": None}).second is None


def test_decode_keeps_the_defaults_of_what_is_left_out():
    assert decode(Tree, {"leaves": [{"size": 2}]}) == Tree(leaves=(Leaf(size=2),))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"leafs": []}, "Tree has no field leafs"),
        ({"leaves": [{}]}, "size"),
        ({"seeds": "many"}, "'many' stands for no int or tuple or Leaf"),
        ({"limit": True}, "True stands for no float or NoneType"),
    ],
)
def test_decode_refuses_what_is_no_such_value(data, message):
    with pytest.raises(TypeError, match=message):
        decode(Tree, data)


def test_only_identity_counts_in_the_canonical_form():
    assert canonical(Tree(note="x")) == canonical(Tree())
    assert canonical(Tree(note="x"), everything=True)["note"] == "x"
    assert canonical(Tree())["leaves"] == []


@pytest.mark.parametrize(
    ("kind", "data", "value"),
    [
        (Annotated[int, "a note"], 3, 3),
        (Annotated[int, "a note"] | None, None, None),
        (Annotated[float, "a note"] | str, "x", "x"),
        (Literal["a", "b"], "a", "a"),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[int, ...] | int, [1, 2], (1, 2)),
        (tuple[int, ...] | int, 1, 1),
        (frozenset[str], ["a"], frozenset("a")),
        (Mapping[str, tuple[int, ...]], {"a": [1]}, {"a": (1,)}),
        (float | None, 1, 1),
        (int | str, "1", "1"),
        (Literal["a"] | int, "a", "a"),
        (Role | int, "runtime", Role.RUNTIME),
        (Role | int, 3, 3),
    ],
)
def test_decode_takes_the_member_that_fits(kind, data, value):
    assert decode(kind, data) == value
    assert type(decode(kind, data)) is type(value)


@pytest.mark.parametrize(
    ("kind", "data"),
    [(int | str, 1.5), (int | str, True), (float | str, True), (tuple[int, ...] | int, "x")],
)
def test_decode_refuses_what_fits_no_member(kind, data):
    with pytest.raises(TypeError, match="stands for no"):
        decode(kind, data)


def test_what_may_grow_is_told_apart_from_what_may_not():
    grown = extendable(cell())
    assert grown["test"] == {"seeds": 4, "variants": ["default", "tuned"], "against": None}
    assert (grown["search"]["trials"], grown["transfer"]["seeds"]) == (6, 0)
    assert not {"timeout", "seed", "scenario"} & set(grown)
