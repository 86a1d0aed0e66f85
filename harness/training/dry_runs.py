"""Runs that are only begun: environments are made, reset and stepped once, learners are built.

What breaks here would break every run of a cell. User code runs in it, so it is asked for in a
child process; see `harness.execution.user_code`.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import FrameType, TracebackType
from typing import Any, Final

import numpy as np
from gymnasium import spaces
from sb3_contrib.common.maskable.utils import is_masking_supported
from stable_baselines3.common.vec_env import VecEnv

from harness import constructors
from harness.core.arguments import HINDSIGHT
from harness.core.evaluation import longest_episode
from harness.core.run import Fault, Run
from harness.core.scenario import WRAPPER_KEYS, Scenario, Wrapper
from harness.core.settings import CPU
from harness.envs.environment_inspection import SMALLEST_IMAGE, space_text
from harness.envs.environment_lookup import import_object
from harness.errors import EnvironmentFailedError, HarnessError, RunError
from harness.training.learner import build_learner, make_environments
from harness.training.preloading import preload
from harness.training.repeatability import repeatability_faults, step_randomly

_FEW_STEPS: Final = 4
"""Of each environment, before a learner learns from them."""

_RANDOM_STEPS: Final = 1_000
_RANDOM_SECONDS: Final = 3.0
"""How long the end of an episode is looked for."""

_GOAL_PARTS: Final = ("observation", "achieved_goal", "desired_goal")
"""What hindsight reads of an observation."""

_NO_FUNCTION: Final = (
    "a matrix holds no functions, only their text: write a `gymnasium.Wrapper` of your own and "
    "name it, e.g. `path: my_env.py:MyWrapper`"
)


_RENAME: Final = (
    "rename that part of the observation, e.g. by a wrapper: torch wants letters that name nothing "
    "of its own"
)

_HINTS: Final = {
    "finite lower and upper bound": "give its action space finite bounds, in the environment or by "
    "a wrapper around it",
    "You should use NatureCNN only with images": "images are uint8 from 0 to 255; for others write "
    "`policy_kwargs: {normalize_images: false}`",
    "Kernel size can't be greater": "a part of a Dict that is uint8 from 0 to 255 is read as an "
    "image, and those need 36 pixels a side: make it float, or larger",
    "input_size should be of type int": "its memory takes no choices of several kinds: write "
    "`wrappers: [gymnasium.wrappers.FlattenObservation]`",
    "module name": _RENAME,
    "already exists": _RENAME,
    "unexpected keyword argument": "take it out: what it goes to does not know it",
}
"""Parts of what the libraries complain of -> what to do."""


def dry_run(runs: Sequence[Run]) -> tuple[Fault, ...]:
    """Begin runs in one scenario, and say what breaks.

    Args:
        runs: In the same environments, with any arguments.
    """
    preload()
    first = replace(runs[0], device=CPU)
    begin = time.monotonic()
    try:
        env = make_environments(first)
    except Exception as error:  # noqa: BLE001 - said, not swallowed
        return (_of_environment(error, first.scenario),)
    faults: list[Fault] = []
    is_quick = time.monotonic() - begin < _RANDOM_SECONDS
    try:
        for index, run in enumerate(runs):
            faults += _of_learner(replace(run, device=CPU), env, index)
        masked = any(run.algorithm.masks for run in runs)
        _step(env, first.seed, masked=masked)
        faults += _goals(env, runs)
        faults += _float_images(env, first)
        faults += _endless(env, first, masked=masked)
    except Exception as error:  # noqa: BLE001 - said, not swallowed
        faults.append(_of_environment(error, first.scenario))
    else:
        # What breaks only now is no function of its seed, or cannot be made again and again.
        with suppress(Exception):
            faults += repeatability_faults(first, masked=masked) if is_quick else ()
    finally:
        env.close()
    return tuple(faults)


def _step(env: VecEnv, seed: int, *, masked: bool) -> None:
    """Reset the environments, and step them once with actions of their space."""
    env.seed(seed)
    env.reset()
    env.action_space.seed(seed)
    step_randomly(env, masked=masked)


def _endless(env: VecEnv, run: Run, *, masked: bool) -> Iterator[Fault]:
    """Says so where no time limit ends episodes, and nothing else has in many random steps."""
    spec = env.get_attr("unwrapped")[0].spec if env.has_attr("unwrapped") else None
    if run.scenario.max_episode_steps or (spec is not None and spec.max_episode_steps):
        return
    start = time.monotonic()
    for _ in range(_RANDOM_STEPS):
        # A slow environment is given the benefit of the doubt.
        if step_randomly(env, masked=masked)[2].any() or time.monotonic() - start > _RANDOM_SECONDS:
            return
    most = longest_episode(None, run.steps)
    text = (
        f"nothing ends an episode of `{run.scenario.name}` within {_RANDOM_STEPS:,} random steps, "
        f"no time limit (`max_episode_steps`) either: one that takes {most:,} steps fails its run"
    )
    yield Fault(message=text, is_note=True)


def _goals(env: VecEnv, runs: Sequence[Run]) -> Iterator[Fault]:
    """Says so where hindsight finds no goals, and asks for the rewards of two at once.

    Raises:
        EnvironmentFailedError: Their rewards are none.
    """
    for index, run in enumerate(runs):
        if run.arguments.get("replay_buffer_class") != HINDSIGHT:
            continue
        space = env.observation_space
        parts = space.spaces if isinstance(space, spaces.Dict) else {}
        lacking = [name for name in _GOAL_PARTS if name not in parts]
        if lacking:
            text = f"`{HINDSIGHT}` learns from goals: an observation of `{run.scenario.name}` has "
            text += f"no `{lacking[0]}`"
            hint = f"it has to be a Dict of {', '.join(f'`{name}`' for name in _GOAL_PARTS)}"
            path = ("arguments", "replay_buffer_class")
            yield Fault(run=index, message=text, help=hint, path=path)
        elif not (run.arguments.get("replay_buffer_kwargs") or {}).get("copy_info_dict"):
            goals = np.array([parts[_GOAL_PARTS[1]].sample() for _ in range(2)])
            env.env_method("compute_reward", goals, goals[::-1], [{}, {}], indices=[0])


def _float_images(env: VecEnv, run: Run) -> Iterator[Fault]:
    """Says so where what looks like an image is read as a row of numbers, for its type."""
    space = env.observation_space
    parts = space.spaces.items() if isinstance(space, spaces.Dict) else [("observation", space)]
    for name, part in parts:
        shape = part.shape or ()
        if len(shape) == 3 and part.dtype != np.uint8 and sorted(shape)[1] >= SMALLEST_IMAGE:
            text = (
                f"the {name} of `{run.scenario.name}` has the shape of an image, {shape}, of type "
                f"{part.dtype}: it is trained as a row of {math.prod(shape):,} numbers; a wrapper "
                "that makes it uint8 from 0 to 255 gives it a network for images"
            )
            yield Fault(message=text, is_note=True)


def _of_learner(run: Run, env: VecEnv, index: int) -> Iterator[Fault]:
    parameters = constructors.read(run.algorithm.learner).parameters
    if "buffer_size" in parameters and _has_constant_action(env.action_space):
        text = f"`{run.algorithm.name}` scales actions to -1 .. 1, and in `{run.scenario.name}` "
        text += f"one has equal bounds: {space_text(env.action_space)}"
        hint = "take what cannot be chosen out of the action space, e.g. by a wrapper around it"
        yield Fault(run=index, message=text, help=hint)
        return
    error, what = _build_error(run, env), "be built"
    if error is not None:
        path = _culprit(run, env, _build_error)
    else:
        error, what = _learning_error(run, env), "learn"
        path = () if error is None else _culprit(run, env, _learning_error)
        if error is None:
            return
    text, hint = _words(error)
    hint = hint or next((hint for part, hint in _HINTS.items() if part in text), "")
    if path:
        message = f"`{path[-1]}`: `{run.algorithm.name}` cannot {what} with it: {_line(text)}"
    elif what == "learn":
        # Where nothing written is to blame, a whole run may well do better.
        text = f"the first steps of `{run.algorithm.name}` in `{run.scenario.name}`: {_line(text)}"
        yield Fault(run=index, message=text, is_note=True)
        return
    else:
        message = f"`{run.algorithm.name}` cannot be built for `{run.scenario.name}`: {_line(text)}"
    yield Fault(run=index, message=message, help=hint, path=("arguments", *path) if path else ())


def _has_constant_action(space: spaces.Space[Any]) -> bool:
    return isinstance(space, spaces.Box) and bool((space.low == space.high).any())


def _build_error(run: Run, env: VecEnv) -> Exception | None:
    try:
        learner = build_learner(run, env)
        if run.algorithm.name == "ars":
            observations: Any = env.reset()
            learner.predict(observations)  # its learning is not tried, see below
    except RunError:
        return None  # of the environment, which is stepped by itself
    except Exception as error:  # noqa: BLE001 - said, not swallowed
        return error
    return None


def _learning_error(run: Run, env: VecEnv) -> Exception | None:
    """What breaks when a learner takes a few steps and learns from them once."""
    if run.algorithm.name == "ars" or "replay_buffer_class" in run.arguments:
        return None  # whole episodes, which may be long
    rollout = _FEW_STEPS * env.num_envs
    few: dict[str, object] = {"learning_starts": 1, "train_freq": 1, "gradient_steps": 1}
    if run.algorithm.on_policy:
        few = {"n_steps": _FEW_STEPS, "n_epochs": 1, "sub_sampling_factor": 1}
    few["batch_size"] = rollout
    parameters = constructors.read(run.algorithm.learner).parameters
    few = {name: value for name, value in few.items() if name in parameters}
    masking = {"use_masking": is_masking_supported(env)} if run.algorithm.masks else {}
    try:
        learner: Any = build_learner(replace(run, arguments={**run.arguments, **few}), env)
        learner.learn(rollout, log_interval=sys.maxsize, **masking)
    except RunError:
        return None  # of the environment, which is stepped by itself, or of luck
    except Exception as error:  # noqa: BLE001 - said, not swallowed
        return error
    return None


def _culprit(
    run: Run, env: VecEnv, error_of: Callable[[Run, VecEnv], Exception | None]
) -> tuple[str, ...]:
    """The argument without which there is no error; empty where none is alone to blame."""
    for name, value in run.arguments.items():
        rest = {key: other for key, other in run.arguments.items() if key != name}
        if error_of(replace(run, arguments=rest), env) is not None:
            continue
        for key in value if isinstance(value, Mapping) else ():
            part = {each: option for each, option in value.items() if each != key}
            if error_of(replace(run, arguments={**rest, name: part}), env) is None:
                return (name, str(key))
        return (name,)
    return ()


def _of_environment(error: Exception, scenario: Scenario) -> Fault:
    text, hint = _words(error)
    if not isinstance(error, HarnessError) or isinstance(error, EnvironmentFailedError):
        hint = "it has to work before it is trained"
    about = f"`{scenario.name}`: "
    for key in WRAPPER_KEYS:
        for index, wrapper in enumerate(getattr(scenario, key)):
            if _is_raised_in(wrapper, error):
                about += f"wrapper `{wrapper.path}`: "
                return _of_wrapper(
                    Fault(message=about + _line(text), help=hint), wrapper, key, index
                )
    return Fault(message=about + _line(text), help=hint)


def _words(error: Exception) -> tuple[str, str]:
    """What an error says, and its help."""
    if isinstance(error, HarnessError):
        return error.message, error.help
    return f"{type(error).__name__}: {error}", ""


def _of_wrapper(fault: Fault, wrapper: Wrapper, key: str, index: int) -> Fault:
    path: tuple[str, ...] = (key, str(index))
    if "object is not callable" in fault.message:
        texts = [name for name, value in wrapper.arguments.items() if isinstance(value, str)]
        for name in texts[:1]:
            message = f"{fault.message}; `{name}` takes a function"
            return replace(
                fault, message=message, help=_NO_FUNCTION, path=(*path, "arguments", name)
            )
    return replace(fault, path=path)


def _is_raised_in(wrapper: Wrapper, error: BaseException | None) -> bool:
    """Whether the innermost wrapper among the frames of an error is this one."""
    innermost: Any = None
    while error is not None:
        for frame in _frames(error.__traceback__):
            owner = frame.f_locals.get("self")
            if hasattr(owner, "unwrapped") and hasattr(owner, "env"):
                innermost = owner
        error = error.__cause__
    kind = import_object(wrapper.path)
    return isinstance(kind, type) and type(innermost) is kind


def _frames(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def _line(text: str) -> str:
    return " ".join(text.split())
