"""Environments of users that break whatever they can, looked at on the way to a matrix."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import cell

from harness import campaign
from harness.campaign.matrices import Environments
from harness.core.decisions import plan
from harness.core.matrix import Matrix
from harness.errors import MatrixError, Problem
from harness.registry import Registry

MODULE = """
import os, signal, sys, threading, time
import gymnasium, numpy
from gymnasium import spaces

class Env(gymnasium.Env):
    observation_space = spaces.Box(-1, 1, (2,))
    action_space = spaces.Discrete(2)

    def __init__(self, **arguments):
        pass
{body}

gymnasium.register("Mine-v0", entry_point=Env)
"""

Load = Callable[..., Matrix]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return campaign.registry()


@pytest.fixture
def load(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load a matrix of one cell with a module of its own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def of(body: str, *, algorithm: str = "ppo", **settings: str) -> Matrix:
        module = f"mine_{tmp_path.name}"
        Path(f"{module}.py").write_text(MODULE.format(body=body), encoding="utf-8")
        # A name of its own: the same question has the same answer.
        entry = {"name": tmp_path.name, "env": "Mine-v0", "imports": f"[{module}]", **settings}
        written = "".join(f"    {key}: {value}\n" for key, value in entry.items())
        text = f"scenarios:\n  -\n{written}algorithms: [{algorithm}]\n"
        Path("m.yaml").write_text(text, encoding="utf-8")
        return campaign.load("m.yaml", registry)

    return of


@pytest.fixture
def problem(load: Load) -> Callable[..., Problem]:
    def of(body: str, **settings: str) -> Problem:
        with pytest.raises(MatrixError) as caught:
            load(body, **settings)
        (found,) = caught.value.problems
        return found

    return of


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("        sys.exit(0)", "raised SystemExit: 0 (mine_"),
        ("        raise KeyboardInterrupt", "its code raised KeyboardInterrupt (mine_"),
        ("        os._exit(0)", "ended the process without a word"),
        ("        os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
        ("        1 / 0", "raised ZeroDivisionError: division by zero (mine_"),
        ("    def close(self): sys.exit(0)", "ended the process: SystemExit: 0"),
        ("sys.exit(0)", "cannot be imported: SystemExit: 0 (mine_"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt (mine_"),
        ("    action_space = spaces.Text(3)", "no algorithm acts in the action space Text"),
        ("    observation_space = spaces.Box(0, 1, (0,))", "without a number in it"),
        ("    observation_space = spaces.Dict()", "without a number in it"),
    ],
)
def test_what_breaks_is_a_problem_of_its_scenario(
    problem: Callable[..., Problem], tmp_path: Path, body: str, said: str
) -> None:
    fault = problem(body)
    assert said in fault.message
    assert f"`{tmp_path.name}`" in fault.message or "Mine-v0" in fault.message
    assert fault.source == "m.yaml"
    assert fault.line in {3, 4, 5}
    assert fault.help


@pytest.mark.parametrize(
    "body",
    [
        "        os.chdir('/')",
        "        threading.Thread(target=time.sleep, args=(4713,)).start()",
        "        sys.stdout.close(); sys.stderr.close(); os.close(1)",
        "        print('{}' * 10**6)",
        "        os.environ.clear(); sys.path.clear()",
        "        signal.signal(signal.SIGINT, signal.SIG_IGN)",
    ],
)
def test_what_a_constructor_changes_stays_its_own(load: Load, body: str) -> None:
    before = (Path.cwd(), list(sys.path), threading.active_count())
    assert load(body).cells
    assert (Path.cwd(), list(sys.path), threading.active_count()) == before


SWITCH = """
    def __init__(self, pixels=False, continuous=False, *, size):
        if continuous:
            self.action_space = spaces.Box(-1, 1, (2,))
        if pixels:
            self.observation_space = spaces.Box(0, 255, (64, 64, 3), numpy.uint8)
"""


def test_arguments_are_those_of_the_matrix(load: Load, problem: Callable[..., Problem]) -> None:
    size = "{size: 3}"
    assert load(SWITCH, arguments=size).cells[0].policy == "MlpPolicy"
    pixels = "{size: 3, pixels: true}"
    assert load(SWITCH, arguments=pixels).cells[0].policy == "CnnPolicy"
    continuous = "{size: 3, continuous: true}"
    assert load(SWITCH, arguments=continuous, algorithm="sac").cells
    refusal = problem(SWITCH, arguments=continuous, algorithm="dqn")
    assert "its actions are Box" in refusal.message
    assert "'size'" in problem(SWITCH).message
    misspelt = problem(SWITCH, arguments="{size: 3, contnuous: true}")
    assert ("'contnuous'" in misspelt.message, misspelt.line) == (True, 6)
    elsewhere = problem(SWITCH, arguments="{size: 3, max_episode_steps: 9}")
    assert "{name: ..., max_episode_steps: 9}" in elsewhere.help


@pytest.mark.parametrize(
    ("body", "wrappers"),
    [
        (
            "    observation_space = spaces.Tuple((spaces.Discrete(3), spaces.Box(-1, 1, (2,))))",
            "[gymnasium.wrappers.FlattenObservation]",
        ),
        (
            "    observation_space = spaces.Dict(a=spaces.Dict(b=spaces.Discrete(2)))",
            "[gymnasium.wrappers.FlattenObservation]",
        ),
        ("    action_space = spaces.MultiBinary([2, 2])", "[harness.envs.FlattenAction]"),
    ],
)
def test_the_wrapper_that_the_help_names_helps(
    load: Load, problem: Callable[..., Problem], body: str, wrappers: str
) -> None:
    assert f"`wrappers: {wrappers}`" in problem(body).help
    assert load(body, wrappers=wrappers).cells


def test_training_sees_what_evaluation_sees(problem: Callable[..., Problem]) -> None:
    space = "    observation_space = spaces.Box(-1, 1, (2, 2))"
    fault = problem(space, training_wrappers="[gymnasium.wrappers.FlattenObservation]")
    assert "`training_wrappers` observes Box((4,), float32) in training" in fault.message
    assert fault.line == 6


def test_the_time_limit_of_a_wrapper_is_the_scenarios(load: Load) -> None:
    wrappers = "[{path: gymnasium.wrappers.TimeLimit, arguments: {max_episode_steps: 7}}]"
    assert load("", wrappers=wrappers).cells[0].scenario.max_episode_steps == 7


def test_each_run_that_is_begun_adds_a_second_to_the_limit(monkeypatch):
    limits = []

    class Code:
        limit = 10.0

        def ask(self, *arguments, limit, **others):
            limits.append(limit)
            return ()

    monkeypatch.setattr("harness.campaign.matrices.UserCode", Code)
    Environments().dry_run([plan.retrain(cell(), {}, 0)] * 3)
    assert limits == [13.0]
