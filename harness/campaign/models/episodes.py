"""Episodes of a trained model's evaluation, played once more: shown, or filmed for the report.

The environment is anybody's, so that it is played in a child process; see
`harness.execution.user_code`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from harness import envs
from harness.campaign.models.recordings import check_recording, recording_folder
from harness.campaign.models.trained_models import Agent
from harness.core.run import Run
from harness.errors import UsageError
from harness.execution import UserCode
from harness.files import replace_directory
from harness.training.preloading import MODULES
from harness.video import check_formats

Render = Literal["human", "text", "none"]


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
    code: UserCode | None = None,
) -> tuple[Episode, ...]:
    """Play episodes of an agent's evaluation, with the returns that evaluation gave.

    Args:
        seed: Of the first one; None for the evaluation's own.
        render: In a window, as text, or not at all.
        model: The model; None for the one that the campaign saved.
        tell: Takes the text.
        slowly: Whether somebody reads the text while it is told.
        code: Who runs the environment; None for a process that ends with the episodes.

    Raises:
        UsageError: The scenario cannot be shown that way, or there is no display.
        StorageError: The model is missing or damaged.
        RunError: The environment failed.
        UserCodeError: It ended its process.
    """
    if render == "human" and not envs.has_display():
        raise UsageError(
            "there is no display to open a window on",
            help="`--render text` prints the episode, `harness record` makes a film of it",
        )
    first = agent.run.schedule.seed if seed is None else seed
    file = (model or agent.model).absolute()
    results: tuple[Episode, ...] = _ask(
        *(code or UserCode(), agent.run, "play_episodes"),
        *(file, first, episodes, render, slowly),
        kind=tuple[Episode, ...],
        tell=tell,
    )
    return results


def _ask(
    code: UserCode, run: Run, question: str, *arguments: object, kind: object, **more: Any
) -> Any:
    """The answer of a function of `played_episodes`, however long the environment takes."""
    return code.ask(
        f"harness.campaign.models.played_episodes:{question}",
        *(run, *arguments),
        about=f"scenario `{run.scenario.name}`",
        kind=kind,
        limit=math.inf,
        preload=MODULES,
        **more,
    )


FORMATS: Final = ("gif", "mp4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What is to be filmed.

    Attributes:
        variant: Of the agent.
        run_id: Of the run that trained it.
        episode: Number of the episode in its evaluation, from 0.
        seed: Of the episode.
        formats: ``gif``, ``mp4``.
        seconds: How much of the episode the films show.
    """

    variant: str
    run_id: str
    episode: int
    seed: int
    formats: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmResult:
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
    code: UserCode | None = None,
) -> FilmResult:
    """Film one episode of an agent.

    Args:
        agent: With a saved model.
        episode: Which one of its evaluation, from 0.
        seed: Of episode 0; None for the evaluation's own.
        formats: ``gif``, ``mp4``.
        seconds: How much of the episode the films show; the filmstrip shows all of it.
        code: As of `play`.

    Raises:
        UsageError: The scenario draws no pictures, or there is no such format.
        MissingExtraError: A package is not installed.
        StorageError: The model is missing or damaged, or the film cannot be written.
        RunError: The environment failed.
        UserCodeError: It ended its process.
    """
    check_formats(formats)
    folder = recording_folder(agent.folder, agent.cell, agent.variant)
    check_recording(folder)
    first = agent.run.schedule.seed if seed is None else seed
    with replace_directory(folder.absolute()) as building:
        shot = Shot(
            variant=agent.variant,
            run_id=agent.record.run_id,
            episode=episode,
            seed=first + episode,
            formats=tuple(formats),
            seconds=seconds,
        )
        score, length, strip = _ask(
            *(code or UserCode(), agent.run, "shoot"),
            *(agent.model.absolute(), shot, building),
            kind=tuple[float, int, str],
        )
    names = [f"episode.{kind}" for kind in formats] + [strip]
    return FilmResult(score=score, length=length, files=tuple(folder / name for name in names))
