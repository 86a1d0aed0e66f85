"""Episodes of a trained model's evaluation, played once more: shown, or filmed for the report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, chdir
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from harness import envs
from harness.campaign.recordings import check_recording, recording_folder, write_note
from harness.campaign.trained_models import Agent
from harness.errors import UsageError
from harness.files import replace_directory
from harness.report import Film
from harness.training.model_playback import Moment, Player, open_player
from harness.video import Gif, Mp4, Strip, Thumbnails, check_formats, rgb_picture

__all__ = ["FORMATS", "Episode", "Filmed", "Render", "film", "play"]


Render = Literal["human", "text", "none"]

_SLOWEST: Final = 10
"""Moments per second of a text on a terminal at most; nobody reads faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One episode that was played.

    Attributes:
        number: Index in the evaluation, from 0.
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
        agent: The trained model.
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
    # An environment may change the folder of the process.
    file = (model or agent.model).absolute()
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
    with open_player(agent.run, file, make) as player:
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


FORMATS: Final = ("gif", "mp4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filmed:
    """A film that was made.

    Attributes:
        score: Return of the episode.
        length: Its steps.
        files: What was written, the filmstrip last.
    """

    score: float
    length: int
    files: tuple[Path, ...]


def film(
    agent: Agent,
    *,
    episode: int = 0,
    seed: int | None = None,
    formats: Sequence[str] = FORMATS,
    seconds: float = 20.0,
) -> Filmed:
    """Film one episode of an agent.

    Args:
        agent: With a saved model.
        episode: Which one of its evaluation, from 0.
        seed: Of episode 0; None for the evaluation's own.
        formats: ``gif``, ``mp4``.
        seconds: How much of the episode the films show; the filmstrip shows all of it.

    Raises:
        UsageError: The scenario draws no pictures, or there is no such format.
        MissingExtraError: A package is not installed.
        StorageError: The model is missing or damaged, or the film cannot be written.
        RunError: The environment failed.
    """
    check_formats(formats)
    envs.render_into_memory()
    folder = recording_folder(agent.folder, agent.cell, agent.variant)
    check_recording(folder)
    # An environment may change the folder of the process.
    place = folder.absolute()
    first = agent.run.schedule.seed if seed is None else seed
    with (
        chdir(Path.cwd()),
        open_player(
            agent.run,
            agent.model.absolute(),
            partial(envs.make_renderable, render_mode="rgb_array"),
        ) as player,
        replace_directory(place) as building,
    ):
        last, strip = _shoot(player, building, episode, first, formats, seconds)
        shown = Film(
            variant=agent.variant,
            seed=agent.record.seed,
            episode_seed=first + episode,
            score=last.total,
            length=last.step,
            steps=strip.steps,
            data=strip.data,
            kind=strip.kind,
            width=strip.width,
            height=strip.height,
        )
        name = write_note(building, agent.record.run_id, shown)
    files = [f"episode.{kind}" for kind in formats] + [name]
    return Filmed(score=last.total, length=last.step, files=tuple(folder / file for file in files))


def _shoot(
    player: Player,
    building: Path,
    episode: int,
    first: int,
    formats: Sequence[str],
    seconds: float,
) -> tuple[Moment, Strip]:
    """Play the episode, and draw only what somebody wants."""
    rate = envs.frame_rate(player.env)
    thumbnails = Thumbnails()
    with ExitStack() as opened_films:
        takers: list[Gif | Mp4] = []
        for kind in formats:
            path = building / f"episode.{kind}"
            taker = Gif(path, rate) if kind == "gif" else Mp4(path, rate)
            opened_films.enter_context(taker)
            takers.append(taker)
        for moment in player.episode(episode, first):
            rolling = moment.step <= seconds * rate
            wanted = thumbnails.wants(moment.step, last=moment.over)
            if not (rolling or wanted):
                continue
            frame = rgb_picture(envs.render_frame(player.env))
            if wanted:
                thumbnails.add(moment.step, frame)
            for taker in takers if rolling else ():
                taker.add(frame)
    return moment, thumbnails.strip()
