"""Scenario -> environment, and what is said when that fails."""

from __future__ import annotations

import dataclasses
import logging
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv

from harness.core.scenario import Scenario, Wrapper
from harness.envs import Guard, known_ids, make, make_vector
from harness.errors import (
    EnvironmentFailedError,
    HarnessError,
    MissingExtraError,
    UnknownNameError,
    UsageError,
)


def _scenario(env: str = "CartPole-v1", **changes: object) -> Scenario:
    return Scenario(name="mine", env=env, action="Discrete", **changes)  # type: ignore[arg-type]


def test_the_guard_is_outermost_and_can_be_left_out() -> None:
    assert isinstance(make(_scenario()), Guard)
    assert not isinstance(make(_scenario(), guard=False), Guard)


def test_arguments_reach_the_constructor() -> None:
    env = make(_scenario("FrozenLake-v1", arguments={"map_name": "8x8"}))
    assert env.observation_space.n == 64  # type: ignore[attr-defined]


def test_a_constructor_may_take_what_gymnasium_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    def timed(max_episode_steps: int, id: str = "") -> gymnasium.Env[Any, Any]:
        assert id == "mine"
        return gymnasium.wrappers.TimeLimit(gymnasium.make("CartPole-v1"), max_episode_steps)

    entry = gymnasium.envs.registration.EnvSpec(id="Timed-v0", entry_point=timed)
    monkeypatch.setitem(gymnasium.registry, "Timed-v0", entry)
    env = make(_scenario("Timed-v0", arguments={"max_episode_steps": 2, "id": "mine"}))
    env.reset(seed=0)
    assert [env.step(0)[3] for _ in range(2)] == [False, True]
    assert entry.kwargs == {}


def test_what_comes_in_batches_alone_cannot_be_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = gymnasium.envs.registration.EnvSpec(id="Batch-v0", vector_entry_point="somewhere:Batch")
    monkeypatch.setitem(gymnasium.registry, "Batch-v0", entry)
    with pytest.raises(UsageError, match="entry_point is not specified") as caught:
        make(_scenario("Batch-v0"))
    assert "evaluations play single environments" in caught.value.help


def test_a_batch_is_none_where_single_environments_are_wrapped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Batch(VectorEnv[Any, Any, Any]):
        metadata: ClassVar[dict[str, Any]] = {"autoreset_mode": AutoresetMode.SAME_STEP}

        def __init__(self, num_envs: int) -> None:
            self.num_envs = num_envs
            self.single_observation_space = self.observation_space = spaces.Discrete(3)
            self.single_action_space = self.action_space = spaces.Discrete(2)

    entry = gymnasium.envs.registration.EnvSpec(
        id="Batch-v0", entry_point=lambda: gymnasium.make("CartPole-v1"), vector_entry_point=Batch
    )
    monkeypatch.setitem(gymnasium.registry, "Batch-v0", entry)
    scenario = _scenario("Batch-v0", n_envs=2)
    assert isinstance(make_vector(scenario), VectorEnv)
    wrapper = gymnasium.wrappers.TimeAwareObservation.wrapper_spec()
    wrapped = dataclasses.replace(entry, additional_wrappers=(wrapper,))
    monkeypatch.setitem(gymnasium.registry, "Batch-v0", wrapped)
    assert make_vector(scenario) is None


def test_the_time_limit_replaces_the_environments_own() -> None:
    env = make(_scenario("Pendulum-v1", max_episode_steps=3))
    env.reset(seed=0)
    ends = [env.step(np.zeros(1, dtype=np.float32))[3] for _ in range(3)]
    assert ends == [False, False, True]


def test_wrappers_are_applied_inside_out() -> None:
    stack = Wrapper(path="gymnasium.wrappers.FrameStackObservation", arguments={"stack_size": 3})
    flat = Wrapper(path="gymnasium.wrappers:FlattenObservation")
    assert make(_scenario(wrappers=(stack, flat))).observation_space.shape == (12,)
    assert make(_scenario(wrappers=(flat, stack))).observation_space.shape == (3, 4)


def test_a_wrapper_that_lacks_a_package_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(name: str) -> None:
        raise ModuleNotFoundError("No module named 'jaxen'", name="jaxen")

    module = ModuleType("late_wrappers")
    module.__getattr__ = late  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "late_wrappers", module)
    with pytest.raises(MissingExtraError) as caught:
        make(_scenario(wrappers=(Wrapper(path="late_wrappers.Jax"),)))
    assert "`late_wrappers.Jax` needs a package that is not installed" in caught.value.message
    assert "pip install jaxen" in caught.value.help


def test_a_wrapper_that_asks_for_a_tuple_gets_one_of_a_list() -> None:
    table = Wrapper(path="gymnasium.wrappers.ReshapeObservation", arguments={"shape": [2, 2]})
    assert make(_scenario(wrappers=(table,))).observation_space.shape == (2, 2)


@pytest.mark.parametrize("lacking", ["observation_space", "action_space"])
def test_an_environment_without_a_space_is_refused(
    lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = make(_scenario()).unwrapped
    monkeypatch.setattr(gymnasium, "make", lambda *_, **__: env)
    delattr(env, lacking)
    with pytest.raises(UsageError, match=f"`{lacking}` of `CartPole-v1` is a NoneType"):
        make(_scenario())
    setattr(env, lacking, None)
    with pytest.raises(UsageError, match=f"`{lacking}` of `CartPole-v1` is a NoneType"):
        make(_scenario())


def test_modules_are_imported_before_the_id_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "late_registration.py").write_text(
        "import gymnasium\n"
        "gymnasium.register(id='late/Late-v0', max_episode_steps=5,\n"
        "    entry_point='gymnasium.envs.classic_control.cartpole:CartPoleEnv')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UnknownNameError):
        make(_scenario("late/Late-v0"))
    try:
        assert make(_scenario("late/Late-v0", imports=("late_registration",))).spec is not None
    finally:
        gymnasium.registry.pop("late/Late-v0", None)


@pytest.mark.parametrize(
    ("env", "hint"),
    [
        ("LunarLander-v2", "the registered version is `LunarLander-v3`"),
        ("CartPole-v7", "the registered version is `CartPole-v1`"),
        ("CartPole", "the registered version is `CartPole-v1`"),
        ("CartPoel-v1", "did you mean `CartPole-v1`"),
        ("zzzzz", "package:Id"),
    ],
)
def test_an_unknown_id_comes_with_a_hint(env: str, hint: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        make(_scenario(env))
    assert hint in caught.value.help


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("no_such_package.Wrapper", MissingExtraError, "pip install no-such-package"),
        ("gymnasium.wrappers.NoSuch", UsageError, "has no `NoSuch`"),
        ("gymnasium.no_such.Wrapper", UsageError, "is not there"),
        ("FlattenObservation", UsageError, "module.Name"),
        ("gymnasium.__version__", UsageError, "is a str"),
        ("builtins.id", UsageError, "returned a int"),
        ("gymnasium.wrappers.TimeLimit", UsageError, "max_episode_steps"),
    ],
)
def test_a_wrapper_that_does_not_fit(path: str, error: type[HarnessError], words: str) -> None:
    with pytest.raises(error) as caught:
        make(_scenario(wrappers=(Wrapper(path=path),)))
    assert words in str(caught.value)


def test_an_unknown_argument_is_the_users_mistake() -> None:
    with pytest.raises(UsageError, match="no_such_argument"):
        make(_scenario(arguments={"no_such_argument": 1}))


def test_a_constructor_that_raises_is_a_failure_at_step_0(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("no licence")

    entry = gymnasium.envs.registration.EnvSpec(id="Broken-v0", entry_point=broken)  # type: ignore[arg-type]
    monkeypatch.setitem(gymnasium.registry, "Broken-v0", entry)
    with pytest.raises(EnvironmentFailedError, match="no licence") as caught:
        make(_scenario("Broken-v0"))
    assert caught.value.step == 0


def test_without_mujoco_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in [name for name in sys.modules if name.startswith("gymnasium.envs.mujoco")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingExtraError) as told:
        make(_scenario("Hopper-v5"))
    with pytest.raises(MissingExtraError) as known:
        make(_scenario("Hopper-v5", requires="gymnasium[mujoco]"))
    assert "gymnasium[mujoco]" in told.value.help
    assert known.value.help == "pip install 'gymnasium[mujoco]'"


def test_a_module_that_fails_on_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "failing_module.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match="ZeroDivisionError"):
        make(_scenario(imports=("failing_module",)))


def test_mujoco_warns_in_the_log_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    env = make(_scenario("HalfCheetah-v5"))
    env.reset(seed=0)
    env.unwrapped.data.qvel[:] = 1e30  # type: ignore[attr-defined]
    with caplog.at_level(logging.WARNING, logger="harness.envs"):
        env.step(np.zeros(6, dtype=np.float32))
    assert "unstable" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_known_ids_are_the_latest_versions() -> None:
    ids = known_ids()
    assert {"CartPole-v1", "Ant-v5", "LunarLander-v3"} <= set(ids)
    assert not {"CartPole-v0", "Ant-v4"} & set(ids)
    assert list(ids) == sorted(ids)
