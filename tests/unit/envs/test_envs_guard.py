"""The guard names the step at which an environment or a policy breaks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.envs import Guard, VectorGuard
from harness.envs.environment_answers import is_finite
from harness.errors import DivergedError, EnvironmentFailedError


class Scripted(gymnasium.Env[Any, Any]):
    """Returns what it is told, or raises it."""

    observation_space = spaces.Box(-1.0, 1.0, (2,))
    action_space = spaces.Box(-1.0, 1.0, (1,))

    def __init__(self, *steps: Any, first: Any = None) -> None:
        self.script = list(steps)
        self.first = np.zeros(2) if first is None else first

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        if isinstance(self.first, BaseException):
            raise self.first
        return self.first, {"reset": True}

    def step(self, action: Any) -> Any:
        answer = self.script.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return (*answer, False, False, {"answer": True})


FINE = (np.zeros(2), 1.0)
ACTION = np.zeros(1, dtype=np.float32)


def _walk(env: gymnasium.Env[Any, Any], steps: int) -> None:
    env.reset(seed=0)
    for _ in range(steps):
        env.step(ACTION)


class Masked(Scripted):
    """Allows what it is told to, or raises it."""

    def __init__(self, mask: Any, action_space: spaces.Space[Any]) -> None:
        super().__init__(FINE)
        self.mask, self.action_space = mask, action_space  # type: ignore[assignment]

    def action_masks(self) -> Any:
        if isinstance(self.mask, BaseException):
            raise self.mask
        return self.mask


CHOICES = {
    3: spaces.Discrete(3, start=5),
    5: spaces.MultiDiscrete([2, 3]),
    4: spaces.MultiBinary(2),
}


@pytest.mark.parametrize("size", list(CHOICES))
def test_action_masks_have_one_form(size: int) -> None:
    mask = [index % 2 for index in range(size)]
    for form in (mask, np.array(mask, float), np.array([mask], bool)):
        masks = Guard(Masked(form, CHOICES[size])).action_masks()
        assert (masks.dtype, masks.tolist()) == (np.bool_, [bool(each) for each in mask])


@pytest.mark.parametrize("size", list(CHOICES))
@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ([1], r"shape \(1,\), not"),
        (None, "is a NoneType"),
        ("yes", "is a str"),
        ([0, 0, 1, 1, 1], "forbids all there is to choose from"),
        (RuntimeError("no moves"), "raised RuntimeError in action_masks .*no moves"),
    ],
)
def test_an_action_mask_that_is_none_is_named(size: int, mask: Any, words: str) -> None:
    if isinstance(mask, list) and len(mask) > 1:
        mask = [0] * size if size == 3 else mask[:size]
    guard = Guard(Masked(mask, CHOICES[size]))
    guard.reset()
    guard.step(1)
    with pytest.raises(EnvironmentFailedError, match=words) as caught:
        guard.action_masks()
    assert caught.value.step == 1


def test_who_masks_nothing_has_no_masks() -> None:
    for env in (Scripted(), Masked([True], spaces.Box(-1, 1, (1,)))):
        assert "action_masks" not in vars(Guard(env))


def test_masks_of_a_batch() -> None:
    def masks(*rows: Any) -> Any:
        batch = Batch(rows)
        batch.single_action_space = spaces.Discrete(2)  # type: ignore[attr-defined]
        batch.action_masks = lambda: np.array(rows)  # type: ignore[attr-defined]
        return VectorGuard(batch).action_masks()

    assert masks([1, 0], [1, 1], [0, 1]).tolist() == [[True, False], [True, True], [False, True]]
    with pytest.raises(EnvironmentFailedError, match="forbids all"):
        masks([1, 0], [0, 0], [0, 1])
    with pytest.raises(EnvironmentFailedError, match="shape"):
        masks([1, 0], [1, 1])


class Ending(Scripted):
    """Says in its own way whether an episode ends."""

    def __init__(self, end: Any, *, truncates: bool) -> None:
        super().__init__(FINE)
        self.ends = (False, end) if truncates else (end, False)

    def step(self, action: Any) -> Any:
        observation, reward, *_ = super().step(action)
        return observation, reward, *self.ends, {}


@pytest.mark.parametrize("truncates", [False, True])
@pytest.mark.parametrize(
    ("end", "truth"),
    [
        *((end, False) for end in (False, 0, np.False_, np.array([False]), np.array(0.0))),
        *((end, True) for end in (True, 1, np.True_, np.array([[True]]), 1.0)),
        *((end, None) for end in ("False", "", None, 2, [], [True, False], np.nan, {})),
    ],
)
def test_an_end_is_true_or_false(end: Any, truth: bool | None, truncates: bool) -> None:
    guard = Guard(Ending(end, truncates=truncates))
    guard.reset(seed=0)
    if truth is None:
        with pytest.raises(EnvironmentFailedError, match=r"end of an episode of Ending .*true"):
            guard.step(ACTION)
        return
    ends = guard.step(ACTION)[2:4]
    assert ends[truncates] is truth
    assert ends[not truncates] is False


def test_a_finite_step_passes_through_unchanged() -> None:
    guard = Guard(Scripted((np.array([0.5, 1.0]), 3.0)))
    assert guard.reset(seed=0)[1] == {"reset": True}
    observation, reward, terminated, truncated, info = guard.step(ACTION)
    assert observation.tolist() == [0.5, 1.0]
    assert (reward, terminated, truncated, info) == (3.0, False, False, {"answer": True})
    assert guard.steps == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("what", ["observation", "reward"])
def test_what_is_not_finite_ends_the_run_at_its_step(bad: float, what: str) -> None:
    broken = (np.array([0.0, bad]), 1.0) if what == "observation" else (np.zeros(2), bad)
    with pytest.raises(DivergedError, match=f"{what} of Scripted .* in step 3") as caught:
        _walk(Guard(Scripted(FINE, FINE, broken)), 3)
    assert caught.value.step == 3


def test_a_bad_action_never_reaches_the_environment() -> None:
    env = Scripted(FINE)
    guard = Guard(env)
    guard.reset()
    with pytest.raises(DivergedError, match="action"):
        guard.step(np.array([np.nan]))
    assert len(env.script) == 1


def test_a_bad_first_observation_is_found_in_reset() -> None:
    with pytest.raises(DivergedError, match="observation") as caught:
        Guard(Scripted(first=np.array([np.nan, 0.0]))).reset()
    assert caught.value.step == 0


def test_an_exception_keeps_its_cause_and_step() -> None:
    cause = RuntimeError("boom")
    with pytest.raises(EnvironmentFailedError, match=r"RuntimeError in step .*boom") as caught:
        _walk(Guard(Scripted(FINE, cause)), 2)
    assert caught.value.step == 2
    assert caught.value.__cause__ is cause


def test_an_exception_in_reset_is_a_failure_too() -> None:
    with pytest.raises(EnvironmentFailedError, match="in reset"):
        Guard(Scripted(first=ValueError("no level"))).reset()


def test_steps_count_over_episodes() -> None:
    guard = Guard(Scripted(FINE, FINE, FINE))
    _walk(guard, 2)
    _walk(guard, 1)
    assert guard.steps == 3


def test_an_episode_that_nothing_ends_is_a_failure() -> None:
    guard = Guard(Scripted(*[FINE] * 9), longest=4)
    _walk(guard, 3)
    with pytest.raises(EnvironmentFailedError, match=r"nothing ends .* taken 4 steps") as caught:
        _walk(guard, 4)
    assert caught.value.step == 7


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), GeneratorExit()])
def test_interrupts_are_not_failures(interrupt: BaseException) -> None:
    with pytest.raises(type(interrupt)):
        _walk(Guard(Scripted(interrupt)), 1)


def test_an_environment_that_ends_the_process_has_failed() -> None:
    with pytest.raises(EnvironmentFailedError, match="raised SystemExit in step"):
        _walk(Guard(Scripted(FINE, SystemExit(0))), 2)


def test_the_innermost_diagnosis_wins() -> None:
    diagnosed = DivergedError("from inside", step=17)
    with pytest.raises(DivergedError) as caught:
        _walk(Guard(Scripted(diagnosed)), 1)
    assert caught.value is diagnosed


@pytest.mark.parametrize("reward", [np.float32(0.25), np.float64(0.25)])
def test_numpy_rewards_leave_as_floats(reward: Any) -> None:
    guard = Guard(Scripted((np.zeros(2), reward)))
    guard.reset()
    assert type(guard.step(ACTION)[1]) is float


_finite = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    hnp.arrays(np.float32, (3,), elements=st.floats(-(2.0**60), 2.0**60, width=32)),
    hnp.arrays(np.uint8, (2, 2)),
    st.text(max_size=3),
)
_nested = st.recursive(
    _finite,
    lambda inner: st.one_of(
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_numbers_too_large_to_add_up_are_still_numbers(dtype: Any) -> None:
    large = np.full(3, np.finfo(dtype).max, dtype)
    assert is_finite(large)
    for bad in (np.nan, np.inf, -np.inf):
        large[1] = bad
        assert not is_finite(large)


def test_infinities_do_not_cancel() -> None:
    assert not is_finite(np.array([np.inf, 0.0, -np.inf]))


@pytest.mark.parametrize("shape", [(4,), (400,), (2, 2), (1, 2, 2)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_a_bad_number_is_found_in_arrays_of_any_kind(dtype: Any, shape: Any) -> None:
    for place in (0, 1, -2, -1):
        array = np.ones(shape, dtype)
        assert is_finite(array)
        array.flat[place] = -np.inf
        assert not is_finite(array)
        array[...] = 0
        array.flat[place] = np.nan
        assert not is_finite(array)


@given(_nested)
def test_finite_nests_are_finite(value: Any) -> None:
    assert is_finite(value)


@given(_nested, st.sampled_from([np.nan, np.inf, np.float32(np.nan), np.array([0.0, -np.inf])]))
def test_one_bad_leaf_is_found_at_any_depth(value: Any, bad: Any) -> None:
    assert not is_finite({"fine": value, "deep": ({"bad": bad}, value)})


@pytest.mark.parametrize("error", [RuntimeError("the viewer is gone"), SystemExit(3)])
def test_a_close_that_raises_is_said_and_ends_nothing(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def close(*_: Any, **__: Any) -> None:
        raise error

    batch = Batch(rows())
    single = gymnasium.make("CartPole-v1")
    monkeypatch.setattr(type(single.unwrapped), "close", close)
    monkeypatch.setattr(batch, "close", close)
    Guard(single).close()
    VectorGuard(batch).close()
    assert [f"raised {type(error).__name__} in close" in text for text in caplog.messages] == [
        True,
        True,
    ]


class Batch(VectorEnv[Any, Any, Any]):
    """Three environments that return what they are told, or raise it."""

    num_envs = 3
    spec = None
    observation_space = spaces.Box(-1.0, 1.0, (3, 2))
    single_observation_space = spaces.Box(-1.0, 1.0, (2,))

    def __init__(self, first: Any, *steps: Any, last: Any = ([0, 0], [0, 0], [0, 0])) -> None:
        self.first = first
        self.script = list(steps)
        self.last = {} if last is None else {"final_obs": last}

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        if isinstance(self.first, BaseException):
            raise self.first
        return self.first, {"reset": np.nan}

    def step(self, actions: Any) -> Any:
        answer = self.script.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        ends = () if len(answer) > 2 else (np.zeros(3, dtype=bool), np.zeros(3, dtype=bool))
        return (*answer, *ends, {"info": np.nan, **self.last})


def rows(*bad: int) -> np.ndarray[Any, Any]:
    values = np.zeros((3, 2))
    values[list(bad), 1] = np.nan
    return values


def test_a_finite_batch_passes_and_counts_the_steps_of_all() -> None:
    guard = VectorGuard(Batch(rows(), (rows(), np.ones(3)), (rows(), np.ones(3))))
    assert guard.reset()[0].tolist() == rows().tolist()
    for steps in (3, 6):
        assert guard.step(rows())[1].tolist() == [1.0, 1.0, 1.0]
        assert guard.steps == steps


@pytest.mark.parametrize(
    ("answer", "actions", "message"),
    [
        ((rows(2), np.ones(3)), rows(), "observation of Batch .* in step 3 in environment 2"),
        ((rows(1, 2), np.ones(3)), rows(), "observation of Batch .* in step 3 in environment 1"),
        ((rows(), np.array([np.inf, 0, 0])), rows(), "reward of Batch .* in environment 0"),
        ((rows(), np.ones(3)), rows(1), "action of Batch .* in step 3 in environment 1"),
    ],
)
def test_a_batch_names_the_environment_that_breaks(answer: Any, actions: Any, message: str) -> None:
    guard = VectorGuard(Batch(rows(), answer))
    guard.reset()
    with pytest.raises(DivergedError, match=message) as caught:
        guard.step(actions)
    assert caught.value.step == 3


def test_a_batch_that_breaks_or_raises_at_once() -> None:
    with pytest.raises(DivergedError, match=r"observation of Batch .* in step 0 in environment 1"):
        VectorGuard(Batch(rows(1))).reset()
    with pytest.raises(EnvironmentFailedError, match="Batch raised ValueError in reset"):
        VectorGuard(Batch(ValueError("no"))).reset()
    with pytest.raises(EnvironmentFailedError, match=r"Batch raised ValueError in step .*step 3"):
        VectorGuard(Batch(rows(), ValueError("no"))).step(rows())
    diverged = DivergedError("inner", step=1)
    with pytest.raises(DivergedError, match="inner"):
        VectorGuard(Batch(rows(), diverged)).step(rows())
    with pytest.raises(DivergedError, match="inner"):
        VectorGuard(Batch(diverged)).reset()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((np.zeros((3, 3)), np.ones(3)), r"observations of the batch .*shape \(3, 3\)"),
        ((rows(), np.ones(2)), r"rewards of the batch .*an array of 3"),
        ((rows(), ["a", 1, 2]), "rewards of the batch .*not numbers"),
        ((rows(), np.ones(3), False, np.zeros(3, bool)), "ends of episodes of the batch"),
    ],
)
def test_a_batch_of_another_form_is_named(answer: Any, message: str) -> None:
    guard = VectorGuard(Batch(rows(), answer))
    guard.reset()
    with pytest.raises(EnvironmentFailedError, match=message):
        guard.step(rows())


@pytest.mark.parametrize(
    ("last", "error", "message"),
    [
        (None, EnvironmentFailedError, "`final_obs` of environment 1 .*is not there"),
        ([None, None, None], EnvironmentFailedError, "`final_obs` of environment 1 .*not numbers"),
        (np.zeros((3, 3)), EnvironmentFailedError, r"`final_obs` of environment 1 .*shape \(3,\)"),
        (rows(1), DivergedError, "last observation of Batch .*step 3 in environment 1"),
    ],
)
def test_what_an_episode_of_a_batch_comes_to_is_looked_at(
    last: Any, error: Any, message: str
) -> None:
    end, no_end = np.array([False, True, False]), np.zeros(3, dtype=bool)
    guard = VectorGuard(Batch(rows(), *[(rows(), np.ones(3), end, no_end)] * 2, last=last))
    guard.reset()
    with pytest.raises(error, match=message):
        guard.step(rows())


def test_a_batch_comes_in_the_form_of_its_space() -> None:
    answer = (rows().tolist(), [1, 2, 3], [True, False, False], [0, 0, 0])
    guard = VectorGuard(Batch(rows().astype(np.float64), answer))
    assert guard.reset()[0].dtype == guard.observation_space.dtype
    observations, rewards, terminated, truncated, info = guard.step(rows())
    assert observations.dtype == info["final_obs"][0].dtype == guard.observation_space.dtype
    assert (rewards / 2).tolist() == [0.5, 1.0, 1.5]
    assert (terminated | truncated).tolist() == [True, False, False]


def test_an_episode_that_nothing_ends_in_a_batch() -> None:
    ends = (np.array([True, False, True]), np.zeros(3, dtype=bool))
    guard = VectorGuard(Batch(rows(), *[(rows(), np.ones(3), *ends)] * 5), longest=4)
    guard.reset()
    for _ in range(3):
        guard.step(rows())
    with pytest.raises(EnvironmentFailedError, match="one has taken 4 steps"):
        guard.step(rows())


class TestCallsThatDoNotReturn:
    @pytest.fixture
    def answer(self) -> Callable[[str], str]:
        """What a process of its own says of an environment whose step does something."""

        def run(deed: str) -> str:
            script = SLEEPER.format(deed=deed)
            command = [sys.executable, "-c", script]
            variables = {**os.environ, "HARNESS_USER_CODE_SECONDS": "0.05"}
            done = subprocess.run(
                command, capture_output=True, text=True, env=variables, check=False
            )
            return done.stdout + done.stderr

        return run

    @pytest.mark.parametrize("deed", ["time.sleep(60)", "exec('while True: pass')"])
    def test_they_are_failures_with_that_reason(
        self, answer: Callable[[str], str], deed: str
    ) -> None:
        assert "did not return from step within 1 s (environment step 1)" in answer(deed)

    def test_many_short_ones_take_as_long_as_they_like(self, answer: Callable[[str], str]) -> None:
        assert answer("time.sleep(0.01)").strip() == "250 steps"


SLEEPER = """
import time
import gymnasium, numpy as np
from harness.call_watch import WATCH
from harness.envs import Guard

class Sleeper(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {{}}

    def step(self, action):
        {deed}
        return np.zeros(2, np.float32), 0.0, False, False, {{}}

WATCH.start()
guard = Guard(Sleeper())
guard.reset()
for _ in range(250):
    guard.step(0)
print(guard.steps, "steps")
"""


@pytest.mark.parametrize(("length", "text"), [(100, "x" * 100), (101, "x" * 97 + "...")])
def test_long_values_are_cut_in_messages(length: int, text: str) -> None:
    class Value(float):
        def __str__(self) -> str:
            return "x" * length

    with pytest.raises(DivergedError, match=rf": {re.escape(text)}(\n|$)"):
        _walk(Guard(Scripted((np.zeros(2), Value("nan")))), 1)
