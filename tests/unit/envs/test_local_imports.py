"""Environments in files are made from the text that the scenario carries."""

from __future__ import annotations

import pickle
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import pytest
from descriptions import probe

from harness.config.local_scenarios import with_sources
from harness.core.scenario import Scenario, Wrapper
from harness.envs import make
from harness.envs.local_imports import use_sources
from harness.errors import MissingExtraError, UsageError
from harness.local_modules import read_sources

ENV = """\
import gymnasium
import numpy
{more}
class MyEnv(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Discrete(2)
    number = {number}
    def __init__(self, size=0):
        self.size = size
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return numpy.zeros(2, dtype="float32"), {{}}
    def step(self, action):
        return numpy.zeros(2, dtype="float32"), 0.0, True, False, {{}}
"""


@pytest.fixture(autouse=True)
def _fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    read_sources.cache_clear()
    yield
    use_sources(())


def put(path: str, *, number: int = 1, more: str = "") -> str:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(ENV.format(number=number, more=more), encoding="utf-8")
    return str(file.absolute())


def scenario(env: str, *imports: str, wrappers: tuple[Wrapper, ...] = ()) -> Scenario:
    written = Scenario(name="x", env=env, action="Discrete", imports=imports, wrappers=wrappers)
    # Sent to the process that trains, where the files are not.
    return pickle.loads(pickle.dumps(with_sources(written)))


def number(scenario: Scenario) -> int:
    env = make(scenario)
    env.reset(seed=1)
    return env.unwrapped.number


def test_the_text_is_imported_and_not_the_file() -> None:
    file = put("my_env.py", number=3)
    one = scenario(f"{file}:MyEnv")
    assert one.env == "my_env:MyEnv"
    put("my_env.py", number=4)
    assert number(one) == 3
    Path(file).unlink()
    assert number(one) == 3
    assert not list(Path().rglob("*.pyc"))


def test_two_files_of_one_name_are_two_environments() -> None:
    more = "gymnasium.register('Twin-v0', entry_point=lambda: MyEnv())"
    twins = [
        scenario("Twin-v0", put(f"{folder}/twin_env.py", number=n, more=more))
        for n, folder in enumerate(("one", "two"))
    ]
    assert [number(twin) for twin in (*twins, *twins)] == [0, 1, 0, 1]
    use_sources(())
    assert "Twin-v0" not in gymnasium.registry
    assert "twin_env" not in sys.modules


def test_packages_and_folders_that_are_none() -> None:
    put("pkg_a/core.py", number=5)
    Path("pkg_a/__init__.py").write_text("from pkg_a.core import MyEnv as Renamed")
    package = Path("pkg_a/__init__.py").absolute()
    assert number(scenario(f"{package}:Renamed")) == 5
    put("plain/inner.py", number=6, more="from . import beside")
    Path("plain/beside.py").write_text("")
    assert number(scenario(f"{Path.cwd()}/./plain/inner.py:MyEnv")) == 6


def test_a_file_called_as_another_module_leaves_that_alone() -> None:
    file = put("random.py", number=7, more="import random as own\nown.random()")
    assert number(scenario(f"{file}:MyEnv")) == 7
    assert sys.modules["random"] is random


def test_a_registered_id_and_a_function_in_a_file() -> None:
    more = (
        "def make_it(size=2): return MyEnv(size)\ngymnasium.register('F-v0', entry_point=make_it)"
    )
    file = put("factory_env.py", more=more)
    for env in (f"{file}:make_it", f"{file}:F-v0"):
        assert make(scenario(env)).unwrapped.size == 2
    assert make(scenario("F-v0", file)).unwrapped.size == 2


def test_a_wrapper_in_a_file() -> None:
    Path("local_wrap.py").write_text(
        "import gymnasium\nclass Plus(gymnasium.RewardWrapper):\n"
        "    def reward(self, reward): return reward + 1\n"
    )
    wrapper = Wrapper(path=f"{Path.cwd()}/local_wrap.py:Plus")
    env = make(scenario("CartPole-v1", wrappers=(wrapper,)))
    env.reset(seed=0)
    assert env.step(0)[1] == 2.0


@pytest.mark.parametrize(
    ("more", "name", "words"),
    [
        ("", "gymnasium", "is no environment|is a module"),
        ("class Other: pass", "Other", "is a class, and no environment"),
        ("THING = 3", "THING", "is a int, and no environment"),
        ("def nothing(): pass", "nothing", "or a function that returns one"),
        ("def wants(size): pass", "wants", "missing 1 required positional argument: 'size'"),
        ("x = 1 / 0", "MyEnv", "ZeroDivisionError"),
    ],
)
def test_what_is_no_environment(more: str, name: str, words: str) -> None:
    file = put("odd_env.py", more=more)
    with pytest.raises(UsageError) as caught:
        make(scenario(f"{file}:{name}"))
    assert any(part in str(caught.value) for part in words.split("|"))


def test_what_a_file_misses_may_be_a_file() -> None:
    file = put("needy_env.py", more="import no_such_helper")
    with pytest.raises(MissingExtraError, match=r"put `no_such_helper.py` beside"):
        make(scenario(f"{file}:MyEnv"))


def test_a_name_that_is_not_in_the_file_is_no_scenario() -> None:
    draft = scenario(f"{put('small_env.py')}:MyEnvy")
    assert probe(draft.env, draft) is None
