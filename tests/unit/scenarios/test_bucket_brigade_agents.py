"""Scripted agents: the published distribution of their actions, and who they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bucket_brigade_reference import FIGURES, v1

from scenarios.bucket_brigade.agents import NAMES, Cast, heuristic
from scenarios.bucket_brigade.game import begin
from scenarios.bucket_brigade.rules import rules_of


@pytest.mark.parametrize(
    "case", FIGURES["heuristic"], ids=lambda case: f"{case['archetype']}: {case['case']}"
)
def test_the_heuristic_acts_as_published(case: dict[str, Any]) -> None:
    rules, draws = v1("default"), 40_000
    one = begin(rules, 1, np.random.RandomState(0))
    acted = case["last_action"] is not None
    last = np.zeros((1, rules.agents, 2), dtype=np.int64)
    last[0, case["agent_id"]] = case["last_action"] or (0, 0)
    state = replace(
        one,
        houses=np.array([case["houses"]]),
        locations=np.array([case["locations"]]),
        last_actions=last,
        night=np.array([int(acted)]),
    )
    seats = np.full(draws, case["agent_id"])
    parameters = np.tile(np.array(case["params"]), (1, draws, 1))
    acts = heuristic(rules, state, seats, parameters, np.random.default_rng(1))[0]
    # Five standard errors of a share near one half.
    near = {"abs": 5 * 0.5 / draws**0.5}
    assert acts[:, 2].mean() == pytest.approx(case["p_signal_work"], **near)
    assert acts[:, 1].mean() == pytest.approx(case["p_work"], **near)
    shares = np.bincount(acts[:, 0], minlength=10) / draws
    assert shares == pytest.approx(case["p_house"], **near)


def test_random_characters_are_drawn_anew_for_every_game() -> None:
    rules, rng = rules_of("easy", agents=2), np.random.default_rng(0)
    cast = Cast(rules, [0, 1], ["random", "hero"])
    everyone = np.ones(3, dtype=bool)
    cast.begin(everyone, 3, rng)
    before = cast._parameters.copy()
    assert len(np.unique(before[:, 0, 0])) == 3
    cast.begin(np.array([False, True, False]), 1, rng)
    changed = (cast._parameters != before).any(axis=-1)
    assert changed.tolist() == [[False, False], [True, False], [False, False]]


@pytest.mark.parametrize("name", NAMES)
def test_every_agent_plays_every_ring(name: str) -> None:
    for rules in (rules_of("hard", agents=3), rules_of("v2_minimal", "v1")):
        state = begin(rules, 50, np.random.RandomState(0))
        rng = np.random.default_rng(0)
        cast = Cast(rules, range(rules.agents), [name] * rules.agents)
        cast.begin(np.ones(50, dtype=bool), 50, rng)
        actions = cast.act(state, rng)
        assert actions.shape == (50, rules.agents, 3)
        assert actions.min() >= 0
        assert (actions < (rules.houses, 2, 2)).all()


def test_an_agent_of_ones_own_has_ten_parameters() -> None:
    rules = rules_of("easy", agents=2)
    with pytest.raises(ValueError, match="no 10 parameters"):
        Cast(rules, [0], [[0.5, 0.5]])
    with pytest.raises(ValueError, match="no agent `hreo`; there are: random, firefighter"):
        Cast(rules, [0], ["hreo"])
