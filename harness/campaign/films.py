"""Filming an agent: one episode as GIF, MP4 and filmstrip, in the campaign's folder."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from harness import envs
from harness.campaign.agents import Agent
from harness.campaign.recordings import place_of, write_note
from harness.files import replace_directory
from harness.report import Film
from harness.training.model_playback import Moment, Player, open_player
from harness.video import Gif, Mp4, Strip, Thumbnails, check_formats, rgb_picture

__all__ = ["FORMATS", "Filmed", "film"]

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
    folder = place_of(agent.folder, agent.cell, agent.variant)
    first = agent.run.schedule.seed if seed is None else seed
    with (
        open_player(
            agent.run, agent.model, partial(envs.make_renderable, render_mode="rgb_array")
        ) as player,
        replace_directory(folder) as building,
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
