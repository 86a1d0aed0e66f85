"""Computes what the best policies of the toy text tasks earn: the references of these scenarios.

    python tests/benchmarks/optima.py

Tables of transitions are Gymnasium's own, policies may look at the time that is left, and
Blackjack is solved on its rules: an endless deck, a dealer who draws to 17, and naturals that lose
to nothing but pay no more than other wins.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import gymnasium
import numpy as np

from scenarios import SCENARIOS

BUST = 21
CARDS = (*range(1, 10), *(10,) * 4)

NATURAL = (11, True)

Hand = tuple[int, bool]
"""Sum with an ace counted as 1, and whether there is one."""


def best_return(name: str) -> float:
    """Expected return of the best policy within the scenario's time limit."""
    scenario = next(scenario for scenario in SCENARIOS if scenario.name == name)
    env: Any = gymnasium.make(name).unwrapped
    values = np.zeros(env.observation_space.n)
    for _ in range(scenario.max_episode_steps or 0):
        values = np.array([best_of(env.P[state], values) for state in range(len(values))])
    return float(values @ env.initial_state_distrib)


def best_of(actions: dict[int, list[tuple[float, int, float, bool]]], after: Any) -> float:
    return max(
        sum(p * (reward + (not over) * after[then]) for p, then, reward, over in outcomes)
        for outcomes in actions.values()
    )


def best_blackjack() -> float:
    hands = [(one + other, 1 in {one, other}) for one in CARDS for other in CARDS]
    deals = [(hand, shown) for hand in hands for shown in CARDS]
    return sum(
        1.0 - CARDS.count(completing(shown)) / len(CARDS)
        if hand == NATURAL
        else best_hand(hand, shown)
        for hand, shown in deals
    ) / len(deals)


def completing(shown: int) -> int:
    """The card that makes a natural of the dealer's; 0 for none."""
    return {1: 10, 10: 1}.get(shown, 0)


@cache
def best_hand(hand: Hand, shown: int) -> float:
    """What a hand earns against a dealer who shows a card."""
    if hand[0] > BUST:
        return -1.0
    own = worth(hand)
    stand = sum(p * ((own > end) - (own < end)) for end, p in dealt((shown, shown == 1)).items())
    draw = sum(best_hand(drawn(hand, card), shown) for card in CARDS) / len(CARDS)
    return max(stand, draw)


@cache
def dealt(hand: Hand, cards: int = 1) -> dict[int, float]:
    """How likely a dealer ends with which score; 0 for one who is bust."""
    if hand[0] > BUST or (cards > 1 and worth(hand) >= 17):
        return {worth(hand): 1.0}
    ends: dict[int, float] = {}
    for card in CARDS:
        for end, p in dealt(drawn(hand, card), cards + 1).items():
            ends[end] = ends.get(end, 0.0) + p / len(CARDS)
    return ends


def drawn(hand: Hand, card: int) -> Hand:
    return hand[0] + card, hand[1] or card == 1


def worth(hand: Hand) -> int:
    total, ace = hand
    if total > BUST:
        return 0
    return total + 10 if ace and total + 10 <= BUST else total


def main() -> None:
    for name in ("FrozenLake-v1", "FrozenLake8x8-v1", "Taxi-v4", "CliffWalking-v1"):
        print(f"{name:20}{best_return(name):10.4f}", flush=True)
    print(f"{'Blackjack-v1':20}{best_blackjack():10.4f}")


if __name__ == "__main__":
    main()
