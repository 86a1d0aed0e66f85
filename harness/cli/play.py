"""``harness play``: episodes of a trained agent."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import console
from harness.cli.agents import (
    CampaignOption,
    CellName,
    EpisodeSeed,
    Run,
    Train,
    describe,
    find_agent,
)
from harness.cli.formats import count, number
from harness.cli.options import AsJson, Runs, Storage
from harness.cli.tables import Column, Table

if TYPE_CHECKING:
    from harness.campaign import Episode

__all__ = ["play"]


class Render(StrEnum):
    """How episodes are shown."""

    HUMAN = "human"
    TEXT = "text"
    NONE = "none"


def play(
    cell: CellName,
    campaign: CampaignOption = None,
    variant: Annotated[
        str, typer.Option("--variant", metavar="NAME", help="default, tuned or a named one.")
    ] = "tuned",
    episodes: Annotated[
        int, typer.Option("--episodes", metavar="N", min=1, help="How many episodes.")
    ] = 5,
    seed: EpisodeSeed = None,
    render: Annotated[
        Render,
        typer.Option("--render", help="In a window, as text on stderr, or the scores alone."),
    ] = Render.NONE,
    run: Run = "median",
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            metavar="FILE",
            help="A model that `harness train` saved; the campaign's own if left out.",
            show_default=False,
        ),
    ] = None,
    train: Train = False,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Play episodes of a cell's trained agent and print their scores."""
    from harness import campaign as campaigns

    name = campaign or campaigns.latest(runs, storage)
    if model is None:
        agent = find_agent(name, cell, runs, storage, variant=variant, run=run, train=train)
        console.note(describe(agent))
    else:
        agent = campaigns.agent(name, cell, runs=runs, storage=storage, variant=variant, run=run)
    played = list(
        campaigns.play(
            agent,
            episodes=episodes,
            seed=seed,
            render=render.value,
            model=model,
            tell=console.note,
            slowly=console.terminal(sys.stderr),
        )
    )
    if as_json:
        shown = str(model or agent.model)
        told = {"campaign": name, "cell": cell, "variant": variant, "model": shown}
        console.emit({**told, "mean": _mean(played), "episodes": [_json(each) for each in played]})
    else:
        console.show(_table(played))


def _mean(played: Sequence[Episode]) -> float:
    return fsum(episode.score for episode in played) / len(played)


def _json(episode: Episode) -> dict[str, int | float]:
    return {
        "episode": episode.number,
        "seed": episode.seed,
        "return": episode.score,
        "steps": episode.length,
    }


def _table(played: Sequence[Episode]) -> Table:
    titles = ("episode", "seed", "return", "steps")
    rows = tuple(
        (str(each.number), str(each.seed), number(each.score), count(each.length))
        for each in played
    )
    mean_steps = sum(each.length for each in played) / len(played)
    return Table(
        columns=tuple(Column(title=title, right=True) for title in titles),
        rows=rows,
        footer=("mean", "", number(_mean(played)), f"{mean_steps:,.1f}"),
    )
