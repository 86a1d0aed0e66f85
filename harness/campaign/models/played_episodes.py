"""The child process of `harness play` and `harness record`: a model acts in its environment."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from harness import envs
from harness.call_watch import WATCH
from harness.campaign.models.episodes import Episode, Render, Shot
from harness.campaign.models.recordings import write_note
from harness.core.run import Run
from harness.report import Film
from harness.training.model_playback import Moment, Player, open_player
from harness.training.randomness import set_threads
from harness.video import FrameStrip, Gif, Mp4, Thumbnails, rgb_picture

_SLOWEST: Final = 10
"""Moments per second of a text on a terminal at most; nobody reads faster."""


def play_episodes(
    run: Run,
    file: Path,
    first: int,
    episodes: int,
    render: Render,
    slowly: bool,
    *,
    tell: Callable[[str], None],
) -> list[Episode]:
    """Play episodes of a model; `first` is the seed of the first one."""
    WATCH.start()
    set_threads(run.threads)
    scenario = run.scenario
    if render != "human":
        envs.render_into_memory()
    text_mode = "ansi" if render == "text" and "ansi" in envs.render_modes(scenario) else None
    mode = "human" if render == "human" else text_mode
    make = envs.make if mode is None else partial(envs.make_renderable, render_mode=mode)
    results = []
    with open_player(run, file, make) as player:
        pause = 1 / min(envs.frame_rate(player.env), _SLOWEST) if slowly else 0.0
        for number in range(episodes):
            for moment in player.episode(number, first):
                if render == "text":
                    tell(_text(player, moment, number, has_pictures=text_mode is not None))
                    time.sleep(pause)
            results.append(
                Episode(number=number, seed=first + number, score=moment.total, length=moment.step)
            )
    return results


def _text(player: Player, moment: Moment, number: int, *, has_pictures: bool) -> str:
    numbers = f"episode {number}  step {moment.step}"
    if moment.step:
        numbers += f"  action {_action(moment.action)}  reward {moment.reward:.4g}"
    numbers += f"  return {moment.total:.6g}"
    return f"{numbers}\n{envs.render_frame(player.env)}\n" if has_pictures else numbers


def _action(action: object) -> str:
    return json.dumps(np.round(np.asarray(action, dtype=float), 3).tolist())


def shoot(run: Run, model: Path, shot: Shot, folder: Path) -> tuple[float, int, str]:
    """Film an episode of a model into a folder; its return, its length, the filmstrip's name."""
    WATCH.start()
    set_threads(run.threads)
    envs.render_into_memory()
    make = partial(envs.make_renderable, render_mode="rgb_array")
    with open_player(run, model, make) as player:
        last, strip = _shoot(player, shot, folder)
    film = Film(
        variant=shot.variant,
        seed=run.seed,
        episode_seed=shot.seed,
        score=last.total,
        length=last.step,
        steps=strip.steps,
        data=strip.data,
        kind=strip.kind,
        width=strip.width,
        height=strip.height,
    )
    return last.total, last.step, write_note(folder, shot.run_id, film)


def _shoot(player: Player, shot: Shot, folder: Path) -> tuple[Moment, FrameStrip]:
    """Play the episode, and draw only what somebody wants."""
    rate = envs.frame_rate(player.env)
    thumbnails = Thumbnails()
    with ExitStack() as opened_films:
        writers: list[Gif | Mp4] = []
        for kind in shot.formats:
            path = folder / f"episode.{kind}"
            writer = Gif(path, rate) if kind == "gif" else Mp4(path, rate)
            opened_films.enter_context(writer)
            writers.append(writer)
        for moment in player.episode(shot.episode, shot.seed - shot.episode):
            is_filmed = moment.step <= shot.seconds * rate
            is_thumbnail = thumbnails.wants(moment.step, last=moment.over)
            if not (is_filmed or is_thumbnail):
                continue
            frame = rgb_picture(envs.render_frame(player.env))
            if is_thumbnail:
                thumbnails.add(moment.step, frame)
            for writer in writers if is_filmed else ():
                writer.add(frame)
    return moment, thumbnails.strip()
