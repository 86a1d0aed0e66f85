"""Playing the episodes of an agent's evaluation once more, to look at them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from harness import envs
from harness.campaign.agents import Agent
from harness.errors import UsageError
from harness.training.model_playback import Moment, Player, open_player

__all__ = ["Episode", "Render", "play"]

Render = Literal["human", "text", "none"]

_SLOWEST: Final = 10
"""Moments per second of a text on a terminal at most; nobody reads faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One episode that was played.

    Attributes:
        number: Place in the evaluation, from 0.
        seed: What its environment was reset with.
        score: Undiscounted raw return.
        length: Steps.
    """

    number: int
    seed: int
    score: float
    length: int


def play(
    agent: Agent,
    *,
    episodes: int,
    seed: int | None = None,
    render: Render = "none",
    model: Path | None = None,
    tell: Callable[[str], None] = lambda text: None,
    slowly: bool = False,
) -> Iterator[Episode]:
    """Play episodes of an agent's evaluation, with the returns that evaluation gave.

    Args:
        agent: Whose.
        episodes: How many.
        seed: Of the first one; None for the evaluation's own.
        render: In a window, as text, or not at all.
        model: The model; None for the one that the campaign saved.
        tell: Takes the text.
        slowly: Whether somebody reads the text while it is told.

    Raises:
        UsageError: The scenario cannot be shown that way, or there is no display.
        StorageError: The model is missing or damaged.
        RunError: The environment failed.
    """
    scenario = agent.run.scenario
    if render == "human" and not envs.has_display():
        raise UsageError(
            "there is no display to open a window on",
            help="`--render text` prints the episode, `harness record` makes a film of it",
        )
    if render != "human":
        envs.render_into_memory()
    drawn = "ansi" if render == "text" and "ansi" in envs.render_modes(scenario) else None
    mode = "human" if render == "human" else drawn
    make = envs.make if mode is None else partial(envs.make_renderable, render_mode=mode)
    first = agent.run.schedule.seed if seed is None else seed
    with open_player(agent.run, model or agent.model, make) as player:
        pause = 1 / min(envs.frame_rate(player.env), _SLOWEST) if slowly else 0.0
        for number in range(episodes):
            for moment in player.episode(number, first):
                if render == "text":
                    tell(_text(player, moment, number, drawn=drawn is not None))
                    time.sleep(pause)
            yield Episode(
                number=number, seed=first + number, score=moment.total, length=moment.step
            )


def _text(player: Player, moment: Moment, number: int, *, drawn: bool) -> str:
    numbers = f"episode {number}  step {moment.step}"
    if moment.step:
        numbers += f"  action {_action(moment.action)}  reward {moment.reward:.4g}"
    numbers += f"  return {moment.total:.6g}"
    return f"{numbers}\n{envs.render_frame(player.env)}\n" if drawn else numbers


def _action(action: Any) -> str:
    return json.dumps(np.round(np.asarray(action, dtype=float), 3).tolist())
