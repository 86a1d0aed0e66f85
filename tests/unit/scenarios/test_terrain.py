"""Slopes and randomised bodies: what is drawn, from where, and what it does to the simulation."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import numpy as np
import pytest

from harness.core.scenario import Scenario
from harness.envs import make
from harness.errors import EnvironmentFailedError, UsageError
from harness.testing.scenario_contract import rollout

RANGES = {"friction": [0.5, 1.5], "mass": [0.8, 1.2], "gravity": [0.9, 1.1], "slope": [-3, 6]}


def hopper(**arguments: Any) -> Scenario:
    return Scenario(
        name="hopper",
        env="scenarios.terrain:locomotion/Hopper-v5",
        action="Box",
        arguments=arguments,
        max_episode_steps=1000,
    )


def drawn(env: gymnasium.Env[Any, Any], episodes: int, seed: int) -> list[dict[str, float]]:
    return [
        env.reset(seed=seed if episode == 0 else None)[1]["drawn"] for episode in range(episodes)
    ]


def test_every_episode_draws_within_its_ranges() -> None:
    env = make(hopper(**RANGES))
    episodes = drawn(env, 200, seed=1)
    for name, (low, high) in RANGES.items():
        values = [episode[name] for episode in episodes]
        assert low <= min(values) < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < max(values) <= high
        assert len(set(values)) == 200
    env.close()


def test_draws_follow_from_the_environments_seed() -> None:
    env = make(hopper(**RANGES))
    first, again, other = (drawn(env, 5, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    env.close()


def test_the_model_is_the_drawn_one() -> None:
    env = make(hopper(**RANGES))
    model = env.unwrapped.model  # type: ignore[attr-defined]
    mass, friction = model.body_mass.copy(), model.geom_friction.copy()
    # Twice: factors must not multiply over the episodes.
    for seed in (3, 4):
        _, info = env.reset(seed=seed)
        factors = info["drawn"]
        np.testing.assert_allclose(model.body_mass, mass * factors["mass"])
        np.testing.assert_allclose(model.geom_friction[:, 0], friction[:, 0] * factors["friction"])
        np.testing.assert_allclose(model.geom_friction[:, 1:], friction[:, 1:])
        weight, angle = 9.81 * factors["gravity"], math.radians(factors["slope"])
        expected = [-weight * math.sin(angle), 0.0, -weight * math.cos(angle)]
        np.testing.assert_allclose(model.opt.gravity, expected)
    env.close()


def test_up_a_slope_gravity_pulls_back() -> None:
    def slid(slope: float) -> float:
        env = make(hopper(slope=slope, terminate_when_unhealthy=False))
        env.reset(seed=0)
        for _ in range(30):
            env.step(np.zeros(3, dtype=np.float32))
        data = env.unwrapped.data  # type: ignore[attr-defined]
        return float(data.qvel[0])

    assert slid(20.0) < slid(0.0) < slid(-20.0)


def test_without_arguments_it_is_the_plain_task() -> None:
    plain = Scenario(name="Hopper-v5", env="Hopper-v5", action="Box")
    one, other = rollout(make(hopper())), rollout(make(plain))
    assert len(one) == len(other)
    for mine, its in zip(one, other, strict=True):
        np.testing.assert_array_equal(
            mine[0] if isinstance(mine, tuple) else mine, its[0] if isinstance(its, tuple) else its
        )


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"friction": [1.5, 0.5]}, "lower end comes first"),
        ({"mass": 0.0}, "above 0"),
        ({"gravity": [-1.0, 1.0]}, "above 0"),
        ({"slope": 60}, "at most 45 degrees"),
        ({"slope": [1, 2, 3]}, r"a number or \[low, high\]"),
        ({"mass": "heavy"}, r"a number or \[low, high\]"),
        ({"wind": 3}, "wind"),
    ],
)
def test_what_does_not_hold_is_said(arguments: dict[str, Any], what: str) -> None:
    with pytest.raises((UsageError, EnvironmentFailedError), match=what):
        make(hopper(**arguments))
