"""Modules in files, named by a matrix: part of the cell, kept with the campaign."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.config import load_matrix, look_up_scenario
from harness.core.identity import canonical, decode, digest
from harness.core.matrix import Cell, Matrix
from harness.core.scenario import Description, Scenario
from harness.errors import HarnessError, MatrixError, Problem, UnknownNameError
from harness.registry import Registry

ENV = "class MyEnv: pass\nclass Wrapper: pass\nregister('X-v0')\n"


def find(name: str, draft: Scenario | None = None) -> Scenario | None:
    """Looks at names alone."""
    known = name.rpartition(":")[2] in {"MyEnv", "X-v0", "my_game", "make"}
    drafted = draft or Scenario(name=name, env=name, action="Discrete")
    return replace(drafted, env=name) if known else None


@pytest.fixture
def local(write, registry) -> Callable[[str], Matrix]:
    """Load a matrix of one scenario, written in YAML's flow style, in the folder `m`."""
    games = {"game": Scenario(name="game", env="pettingzoo:some.game", action="Discrete")}
    changed: Registry = replace(registry, find=find, scenarios={**registry.scenarios, **games})
    write(ENV, "m/my_env.py")

    def load(scenario: str) -> Matrix:
        text = f"algorithms: [ppo]\nscenarios:\n  - {scenario}\n"
        return load_matrix(write(text, "m/matrix.yaml"), changed)

    return load


@pytest.fixture
def wrong(local) -> Callable[[str], Problem]:
    def load(scenario: str) -> Problem:
        with pytest.raises(MatrixError) as caught:
            local(scenario)
        (problem,) = caught.value.problems
        return problem

    return load


def scenario(matrix: Matrix) -> Scenario:
    return matrix.cells[0].scenario


@pytest.mark.parametrize(
    ("written", "name", "env"),
    [
        ("my_env.py:MyEnv", "my_env.py:MyEnv", "my_env:MyEnv"),
        ("{env: my_env.py:MyEnv}", "my_env.py:MyEnv", "my_env:MyEnv"),
        ("{name: a, env: my_env.py:MyEnv}", "a", "my_env:MyEnv"),
        ("{name: a, env: 'my_env:MyEnv'}", "a", "my_env:MyEnv"),
        ("my_env:X-v0", "my_env:X-v0", "my_env:X-v0"),
        ("{name: X-v0, imports: [my_env]}", "X-v0", "X-v0"),
        ("{name: X-v0, imports: [my_env.py]}", "X-v0", "X-v0"),
        ("{name: a, env: X-v0, imports: [my_env]}", "a", "X-v0"),
        ("{name: a, env: 'pettingzoo:my_game.py'}", "a", "pettingzoo:my_game"),
        ("pettingzoo:my_game.py:make", "pettingzoo:my_game.py:make", "pettingzoo:my_game:make"),
    ],
)
def test_every_way_to_name_a_file(local, write, written: str, name: str, env: str) -> None:
    write(ENV, "m/my_game.py")
    resolved = scenario(local(written))
    assert (resolved.name, resolved.env) == (name, env)
    (source,) = resolved.sources
    assert resolved.versions == {source.name: source.version}
    assert source.text == ENV
    assert resolved.imports in ((), ("my_env",))


def test_wrappers_and_players_are_sources_too(local, write) -> None:
    write("", "m/wrap_a.py")
    write("", "m/wrap_b.py")
    write("", "m/my_players.py")
    wrapped = scenario(
        local("{name: CartPole-v1, wrappers: [wrap_a.py:A], training_wrappers: [{path: wrap_b.B}]}")
    )
    # Installed ones go by dotted path; a module beside the matrix may, too.
    assert wrapped.wrappers[0].path == "wrap_a:A"
    assert {each.module for each in wrapped.sources} == {"wrap_a", "wrap_b"}
    played = scenario(
        local("{name: game, arguments: {players: my_players, panel: [random, my_players:hero]}}")
    )
    assert played.arguments == {"players": "my_players", "panel": ["random", "my_players:hero"]}
    assert [each.module for each in played.sources] == ["my_players"]


def test_players_of_a_level_are_called_by_their_module(local, write) -> None:
    write("", "m/my_players.py")
    write("", "m/more_players.py")
    levels = "{levels: [{arguments: {panel: ['more_players.py:weak']}}]}"
    resolved = scenario(
        local(f"{{name: game, arguments: {{players: my_players.py}}, curriculum: {levels}}}")
    )
    assert resolved.curriculum is not None
    (level,) = resolved.curriculum.levels
    assert level.arguments == {"panel": ["more_players:weak"]}
    assert level.name == "panel=['more_players:weak']"
    assert {each.module for each in resolved.sources} == {"my_players", "more_players"}


def test_words_of_other_environments_stay_words(local, write) -> None:
    write("", "m/random_words.py")
    plain = scenario(local("{name: Pendulum-v1, arguments: {players: random_words}}"))
    assert plain.arguments["players"] == "random_words"
    assert plain.sources == ()


def test_the_content_is_part_of_the_cell_and_the_folder_is_not(local, write) -> None:
    entry = "{name: a, env: my_env.py:MyEnv}"
    first = local(entry)
    write(ENV, "m/elsewhere/my_env.py")
    moved = local("{name: a, env: elsewhere/my_env.py:MyEnv}")
    assert digest(first.cells[0]) == digest(moved.cells[0])
    write(ENV + "# more\n", "m/my_env.py")
    assert digest(first.cells[0]) != digest(local(entry).cells[0])
    write(ENV + "import helper\n", "m/my_env.py")
    write("x = 1", "m/helper.py")
    before = local(entry)
    write("x = 2", "m/helper.py")
    assert digest(before.cells[0]) != digest(local(entry).cells[0])


def test_the_document_finds_the_files_again_from_anywhere(local, registry, write, tmp_path) -> None:
    write("", "m/wrap.py")
    matrix = local("{name: X-v0, imports: [my_env], wrappers: [wrap:W]}")
    write(json.dumps(matrix.document), "copy/matrix.json")
    again = load_matrix("copy/matrix.json", replace(registry, find=find))
    assert digest(matrix.cells[0]) == digest(again.cells[0])
    assert len(scenario(again).sources) == 2


def test_a_record_names_the_files_without_their_text(local) -> None:
    cell = local("{name: a, env: my_env.py:MyEnv}").cells[0]
    data: Any = json.loads(json.dumps(canonical(cell, everything=True)))
    assert "class MyEnv" not in json.dumps(data)
    del data["algorithm"]["space"]
    sources = decode(Scenario, data["scenario"]).sources
    assert sources == cell.scenario.sources
    assert isinstance(cell, Cell)


@pytest.mark.parametrize(
    ("written", "column", "words"),
    [
        ("{name: a, env: my_emv.py:MyEnv}", 20, "there is no file `my_emv.py`"),
        ("{name: a, env: my_env.py}", 20, "which environment of `my_env.py`?"),
        ("{name: a, env: my_env.py:MyEnw}", 20, "unknown environment `my_env:MyEnw`"),
        ("{name: a, env: broken.py:MyEnv}", 20, "line 1, is no Python"),
        ("{name: X-v0, imports: [my_env.py:MyEnv]}", 28, "`imports` takes modules"),
        ("{name: X-v0, imports: [random]}", 28, "a module of Python itself"),
        ("{name: X-v3, imports: [my_env]}", 12, "unknown environment `X-v3`"),
        ("{name: CartPole-v1, wrappers: [my_wrap.py:W]}", 36, "there is no file `my_wrap.py`"),
        ("../m/my_env.py:MyEnv", 5, "is no name of a scenario"),
        (
            "{name: a, env: my_env.py:MyEnv, wrappers: [sub/my_env.py:W]}",
            47,
            "two files are called",
        ),
    ],
)
def test_what_does_not_hold_is_shown_once_and_in_its_place(
    wrong, write, written: str, column: int, words: str
) -> None:
    write("class A(:\n", "m/broken.py")
    write("", "m/random.py")
    write("", "m/sub/my_env.py")
    problem = wrong(written)
    assert words in problem.message
    assert problem.help
    assert (problem.source, problem.line, problem.column) == ("m/matrix.yaml", 3, column)


def test_a_file_has_no_room_in_include(local) -> None:
    with pytest.raises(MatrixError, match="the matrix has 1 problem") as caught:
        local("CartPole-v1\ninclude: [ppo@my_env.py:MyEnv]")
    assert "not under `scenarios`" in caught.value.problems[0].message
    listed = local("my_env.py:MyEnv\ninclude: [a2c@my_env.py:MyEnv]")
    assert [cell.name for cell in listed.cells] == ["ppo@my_env.py:MyEnv", "a2c@my_env.py:MyEnv"]


def test_a_misspelt_class_gets_the_names_of_the_file(wrong) -> None:
    assert wrong("{name: a, env: my_env.py:MyEnw}").help == "did you mean `MyEnv`?"
    assert "MyEnv, Wrapper, X-v0" in wrong("{name: a, env: my_env.py:Nothing}").help


def test_a_command_names_a_scenario_by_its_name_or_by_its_file(write, registry) -> None:
    write(ENV)
    write(ENV, "my_env.py")
    described = Description(
        action="Box", observation="vector", action_space="Box(1)", observation_space="Box(3)",
        layouts=("Box(1)", "Box(3)"), max_episode_steps=20, threshold=None,
    )  # fmt: skip
    asked = replace(registry, find=find)
    assert look_up_scenario("CartPole-v1", asked) == asked.scenario("CartPole-v1")
    own = look_up_scenario("my_env.py:MyEnv", asked)
    assert (own.name, own.env, own.action) == ("my_env.py:MyEnv", "my_env:MyEnv", "Discrete")
    told = look_up_scenario("my_env.py:MyEnv", replace(asked, describe=lambda _: described))
    assert (told.action, told.max_episode_steps) == ("Box", 20)
    with pytest.raises(HarnessError, match=r"there is no file `no_env\.py`"):
        look_up_scenario("no_env.py:MyEnv", asked)
    with pytest.raises(UnknownNameError, match="CartPole-v2"):
        look_up_scenario("CartPole-v2", replace(asked, find=lambda name, draft=None: None))
