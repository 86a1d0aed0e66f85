"""Scenarios as algorithms see them, families by id, and the saved models among arguments."""

import math
from dataclasses import fields, replace

import pytest

from harness.core.curriculum import Curriculum, Level
from harness.core.declarations import declaration_of
from harness.core.opponents import (
    SavedModel,
    map_leaves,
    models_in,
    models_of,
    replace_models,
    saved_model_from_json,
)
from harness.core.scenario import (
    Description,
    Family,
    Normalize,
    Scenario,
    SourceFile,
    family_of,
    is_checksum,
)

PLAIN = Scenario(name="s", env="s", action="MultiDiscrete", arguments={"n": 1})
ONE = SavedModel(path="/runs/c/models/ppo@s/tuned.zip", sha256="1" * 64)
TWO = SavedModel(path="/elsewhere/best.zip", sha256="2" * 64, sampled=True)


def test_the_first_kind_of_actions_that_an_algorithm_supports_is_taken() -> None:
    scenario = replace(PLAIN, alternatives={"Box": {"kind": "box"}, "Discrete": {"flat": True}})
    discrete = scenario.with_action_kind(frozenset({"Discrete"}))
    assert (discrete.action, discrete.arguments) == ("Discrete", {"n": 1, "flat": True})
    assert scenario.with_action_kind(frozenset({"Discrete", "Box"})).action == "Box"
    # Its own kind comes first, and stays where no kind is supported.
    assert scenario.with_action_kind(frozenset({"MultiDiscrete", "Box"})) is scenario
    assert scenario.with_action_kind(frozenset({"MultiBinary"})) is scenario


def test_on_policy_learners_are_normalised_unless_the_scenario_says_how() -> None:
    both = Normalize(observation=True, reward=True)
    scenario = replace(PLAIN, normalize_on_policy=both)
    usual = scenario.with_usual_normalization
    assert usual(on_policy=True, has_discount=True).normalize == both
    assert usual(on_policy=True, has_discount=False).normalize == Normalize(observation=True)
    assert usual(on_policy=False, has_discount=True) is scenario
    own = replace(scenario, normalize=Normalize(reward=True))
    assert own.with_usual_normalization(on_policy=True, has_discount=True) is own
    seen = replace(PLAIN, normalize_on_policy=Normalize(observation=True))
    assert not seen.with_usual_normalization(on_policy=True, has_discount=True).normalize.reward


def test_a_family_covers_ids_behind_a_module_and_the_first_one_wins() -> None:
    games = Family(ids=("ALE/*", "Atari-v?"), draft=PLAIN)
    everything = Family(ids=("*",), draft=PLAIN)
    assert games.covers("ale_py:ALE/Pong-v5")
    assert games.covers("Atari-v0")
    assert not games.covers("Atari-v10")
    assert not games.covers("ale/Pong-v5")
    assert family_of("ALE/Pong-v5", (games, everything)) is games
    assert family_of("Pong-v5", (games, everything)) is everything
    assert family_of("Pong-v5", (games,)) is None


def test_models_are_found_in_their_order_and_each_once() -> None:
    arguments = {"a": [TWO, {"b": (ONE, TWO)}], "c": ONE, "d": "text", "e": 3}
    assert models_in(arguments) == (TWO, ONE)
    assert models_in({"opponents": ["random"]}) == ()
    assert models_in(ONE) == (ONE,)


def test_models_of_the_scenario_and_of_its_levels_are_replaced() -> None:
    levels = (Level(name="easy", arguments={"rivals": [TWO, "random"]}),)
    scenario = replace(
        PLAIN,
        arguments={"opponents": [ONE]},
        curriculum=Curriculum(levels=levels, shares=(0.5,)),
    )
    assert models_of(scenario) == (ONE, TWO)
    assert models_of(replace(scenario, curriculum=None)) == (ONE,)
    replaced = replace_models(scenario, lambda model: model.name)
    assert replaced.arguments == {"opponents": ["model 11111111"]}
    assert replaced.curriculum is not None
    assert replaced.curriculum.levels[0].arguments == {"rivals": ["model 22222222", "random"]}
    assert replaced.curriculum.shares == (0.5,)
    assert models_of(replaced) == ()
    assert replace_models(PLAIN, lambda model: model.name) == PLAIN


def test_outer_parts_are_replaced_before_inner_ones() -> None:
    def function(part: object) -> object:
        return "model" if part == {"m": 1} else part * 2 if isinstance(part, int) else part

    assert map_leaves({"a": [{"m": 1}, {"m": 2}], "b": (3,)}, function) == {
        "a": ["model", {"m": 4}],
        "b": [6],
    }


def test_a_record_describes_a_saved_model_by_exactly_its_fields() -> None:
    fields = {"path": ONE.path, "sha256": ONE.sha256, "sampled": False}
    assert saved_model_from_json(fields) == ONE
    for other in ({**fields, "more": 1}, {"path": ONE.path}, "text", None, 3):
        assert saved_model_from_json(other) is other


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/runs/c/models/ppo@s/tuned.zip", "ppo@s/tuned"),
        ("/models/runs/c/models/ppo@s/tuned.zip", "ppo@s/tuned"),
        ("/elsewhere/best.zip", "best"),
        ("/elsewhere/best", "best"),
    ],
)
def test_a_model_is_called_by_its_cell_or_its_file(path: str, title: str) -> None:
    model = SavedModel(path=path, sha256="0123456789abcdef")
    assert model.title == f"{title} (01234567)"
    assert model.name == "model 01234567"


def test_a_scenario_is_one_unchanged_environment_unless_it_says_otherwise() -> None:
    scenario = Scenario(name="s", env="s", action="Box")
    assert (scenario.n_envs, scenario.observation) == (1, "vector")
    assert (scenario.normalize, scenario.normalize_on_policy) == (Normalize(), Normalize())
    assert (scenario.wrappers, scenario.training_wrappers, scenario.arguments) == ((), (), {})


def test_one_environment_and_one_step_are_enough() -> None:
    declarations = {each.name: declaration_of(each) for each in fields(Scenario)}
    for name in ("n_envs", "max_episode_steps"):
        declaration = declarations[name]
        assert declaration is not None
        assert declaration.at_least == 1


def test_a_level_and_a_training_are_the_scenario_with_other_arguments() -> None:
    scenario = replace(
        PLAIN,
        arguments={"n": 1, "m": 2},
        training_arguments={"m": 3},
        curriculum=Curriculum(levels=(Level(name="easy", arguments={"n": 0}),), shares=(0.5,)),
    )
    easy = scenario.at_level(Level(name="easy", arguments={"n": 0}))
    assert (easy.arguments, easy.curriculum) == ({"n": 0, "m": 2}, None)
    assert scenario.at_level(None) == replace(scenario, curriculum=None)
    training = scenario.in_training()
    assert (training.arguments, training.training_arguments) == ({"n": 1, "m": 3}, {})


def test_infinity_among_arguments_is_a_text_that_json_has() -> None:
    arguments = {"high": math.inf, "low": [-math.inf, 1.5], "pair": (0, math.inf), "word": "inf"}
    assert replace(PLAIN, arguments=arguments).arguments == {
        "high": ".inf", "low": ["-.inf", 1.5], "pair": (0, ".inf"), "word": "inf",
    }  # fmt: skip


def test_what_an_environment_says_of_itself_fills_what_the_scenario_leaves_open() -> None:
    said = Description(
        action="Box",
        observation="image",
        action_space="Box(2)",
        observation_space="Box(64, 64)",
        layouts=("a", "o"),
        max_episode_steps=200,
        threshold=9.0,
    )
    scenario = replace(PLAIN, alternatives={"Discrete": {"flat": True}})
    filled = scenario.with_description(said)
    assert (filled.action, filled.observation, filled.threshold) == ("Box", "image", 9.0)
    assert (filled.max_episode_steps, filled.alternatives) == (200, {})
    assert replace(scenario, max_episode_steps=7).with_description(said).max_episode_steps == 7


def test_a_source_is_known_by_its_content() -> None:
    source = SourceFile(
        module="own.env", name="own/env.py", path="/a/own/env.py", sha256="0123456789abcdef" * 4
    )
    assert source.version == "sha256:0123456789abcdef"
    assert is_checksum(source.version)
    assert not is_checksum("1.2.3")
    assert not source.is_package
    assert replace(source, name="own/__init__.py").is_package
    data = replace(source, text="import os").to_json()
    assert sorted(data) == ["module", "name", "path", "sha256"]
    assert SourceFile.from_json(data) == source
