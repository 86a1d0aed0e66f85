"""Spaces as learners understand them: counted from 0, and observations in their very form.

Stable-baselines3 takes an action of ``Discrete(3, start=-1)`` for 0, 1 or 2 and acts with fractions
in a box of whole numbers. Its buffers broadcast and cast what they are given, while a policy that
is evaluated gets it as it is. What leaves here has the shape and the type that the space says, in
training and in evaluation alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import TransformAction, TransformObservation

Form = Callable[[Any], Any]
"""An observation -> the same one in the form that its space says; ValueError if it has another."""

_NUMBERS: Final = "biuf"
"""Kinds of numpy's types that are numbers."""

_REAL: Final = (np.float32, np.float64)
"""Types of a box whose elements a learner's float32 numbers are."""


def _shift_to_zero(space: spaces.Space[object]) -> spaces.Space[object]:
    """The space counted from 0; the space itself where it is already."""
    if isinstance(space, spaces.Discrete | spaces.MultiDiscrete) and np.any(space.start):
        return _count_of(space)
    return space


def _count_of(space: spaces.Discrete | spaces.MultiDiscrete) -> spaces.Space[Any]:
    """As many choices, counted from 0 in 64 bits."""
    if isinstance(space, spaces.Discrete):
        return spaces.Discrete(int(space.n))
    return spaces.MultiDiscrete(space.nvec)


def _first_element(space: spaces.Space[object]) -> Any:
    """What an element counts from: a number, an array for several, 0 for what counts nothing."""
    if isinstance(space, spaces.Discrete | spaces.MultiDiscrete):
        return space.start
    return 0


def learner_actions(space: spaces.Space[object]) -> spaces.Space[object]:
    """The action space as a learner acts in it; the space itself where that is the same.

    Learners choose real numbers in any box, and count choices from 0 in 64 bits.
    """
    if isinstance(space, spaces.Box) and space.dtype not in _REAL:
        return spaces.Box(space.low.astype(np.float32), space.high.astype(np.float32))
    if isinstance(space, spaces.Discrete | spaces.MultiDiscrete) and space.dtype != np.int64:
        return _count_of(space)
    return _shift_to_zero(space)


def learner_observations(space: spaces.Space[object]) -> spaces.Space[object]:
    """The observations as a learner sees them; the space itself where that is the same.

    Networks read rows of numbers, so that a single number is a row of one.
    """
    if isinstance(space, spaces.Dict):
        parts = {key: learner_observations(part) for key, part in space.items()}
        same = all(parts[key] is part for key, part in space.items())
        return space if same else spaces.Dict(parts)
    if isinstance(space, spaces.Box) and space.shape == ():
        return spaces.Box(space.low.reshape(1), space.high.reshape(1), dtype=space.dtype.type)
    return _shift_to_zero(space)


def environment_action(space: spaces.Space[object]) -> Callable[[Any], Any]:
    """What makes an element of the space of a learner's action: whole numbers are the nearest."""
    dtype: Any = space.dtype
    if isinstance(space, spaces.Box):
        low, high, is_whole = space.low, space.high, dtype.kind != "f"
        return lambda action: np.asarray(
            np.clip(np.rint(action) if is_whole else action, low, high)
        ).astype(dtype)
    first = _first_element(space)
    return lambda action: np.asarray(action + first).astype(dtype)[()]


def count_from_zero(env: gymnasium.Env) -> gymnasium.Env:
    """The environment with actions and observations as learners understand them."""
    actions, observations = env.action_space, env.observation_space
    if learner_actions(actions) is not actions:
        env = TransformAction(env, environment_action(actions), learner_actions(actions))
    if learner_observations(observations) is not observations:
        env = TransformObservation(
            env,
            # What is a row of one the guard brings into this form.
            lambda observation: _from_zero(observations, observation),
            learner_observations(observations),
        )
    return env


def _from_zero(space: spaces.Space[object], observation: object) -> object:
    """An observation of a space as `learner_observations` of that space counts it."""
    if isinstance(space, spaces.Dict):
        if not isinstance(observation, Mapping):
            return observation
        return {
            key: _from_zero(space[key], part) if key in space.spaces else part
            for key, part in observation.items()
        }
    first = _first_element(space)
    return np.asarray(observation) - first if np.any(first) else observation


def observation_form(space: spaces.Space[object]) -> Form:
    """What brings the observations of a space that is counted from 0 into its form.

    Lists and single numbers become arrays, dimensions of length 1 come and go, and numbers take
    the space's type where it holds them.
    """
    if isinstance(space, spaces.Dict):
        return _dict_form({key: observation_form(part) for key, part in space.items()})
    if isinstance(space, spaces.Discrete):
        return _discrete_form(space)
    if isinstance(space, spaces.Box | spaces.MultiDiscrete | spaces.MultiBinary):
        return _array_form(space)
    return lambda observation: observation


def learner_form(space: spaces.Space[object]) -> Form:
    """What makes observations of a space those of `learner_observations` of that space."""
    form = observation_form(learner_observations(space))
    return lambda observation: form(_from_zero(space, observation))


def choice_counts(space: spaces.Space[object]) -> list[int]:
    """How many options each choice of an action has; none where it has no choices."""
    if isinstance(space, spaces.Discrete):
        return [int(space.n)]
    if isinstance(space, spaces.MultiDiscrete):
        return [int(count) for count in np.ravel(space.nvec)]
    if isinstance(space, spaces.MultiBinary):
        return [2] * int(np.prod(space.shape))
    return []


def mask_form(space: spaces.Space[object], *batch: int) -> Form:
    """What brings masks of a space of choices into their form, one truth value for each option.

    Args:
        space: Of one action.
        batch: How many masks stand together; nothing for one.
    """
    counts = choice_counts(space)
    shape, starts = (*batch, sum(counts)), np.cumsum([0, *counts[:-1]])

    def form(masks: object) -> Any:
        array = as_array(masks, shape, np.dtype(bool))
        if not np.logical_or.reduceat(array, starts, axis=-1).all():
            raise ValueError("forbids all there is to choose from")
        return array

    return form


def _dict_form(parts: Mapping[str, Form]) -> Form:
    def form(observation: object) -> Any:
        if not isinstance(observation, Mapping):
            raise ValueError(f"is a {type(observation).__name__}, not a dictionary")  # noqa: TRY004
        lacking = [key for key in parts if key not in observation]
        if lacking:
            raise ValueError(f"lacks `{lacking[0]}`")
        result = {}
        for key, part in parts.items():
            try:
                result[key] = part(observation[key])
            except ValueError as error:
                raise ValueError(f"`{key}` {error}") from error
        return result

    return form


def _discrete_form(space: spaces.Discrete) -> Form:
    count = int(space.n)

    def form(observation: Any) -> Any:
        if type(observation) not in {int, np.int64}:
            observation = as_array(observation, (), np.dtype(np.int64))[()]
        if not 0 <= observation < count:
            raise ValueError(f"is {observation}, counted from 0, and there are {count}")
        return observation

    return form


def _array_form(space: spaces.Space[object]) -> Form:
    shape, dtype = tuple(space.shape or ()), np.dtype(space.dtype)
    counts = space.nvec if isinstance(space, spaces.MultiDiscrete) else None

    def form(observation: Any) -> Any:
        fits = type(observation) is np.ndarray and observation.dtype == dtype
        if not fits or observation.shape != shape:
            observation = as_array(observation, shape, dtype)
        if counts is not None and ((observation < 0) | (observation >= counts)).any():
            raise ValueError(f"is {observation}, counted from 0, and there are {counts}")
        return observation

    return form


def as_array(value: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """A value as an array of that shape and type.

    Raises:
        ValueError: It has another shape, or numbers that the type does not have.
    """
    try:
        array = np.asarray(value)
    except Exception as error:
        raise ValueError(f"is no array: {error}") from error
    if array.dtype.kind not in _NUMBERS:
        raise ValueError(f"is a {type(value).__name__}, not numbers")
    if array.shape != shape:
        if _long(array.shape) != _long(shape):
            raise ValueError(f"has the shape {array.shape}, not {shape}")
        array = array.reshape(shape)
    # NaN is for the guard to tell.
    if array.dtype == dtype or (array.dtype.kind == "f" and not np.isfinite(array).all()):
        return array
    with np.errstate(over="ignore", invalid="ignore"):
        result = array.astype(dtype)
    if dtype.kind in "biu" and (result != array).any():
        misfit = array[result != array].flat[0]
        raise ValueError(f"holds {misfit}, which is no {dtype} as its space has them")
    return result


def as_number(value: object) -> float:
    """A number; some environments return arrays of one.

    Raises:
        ValueError: It is none.
    """
    return float(as_array(value, (), np.dtype(float)))


def _long(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in shape if length != 1)
