"""``harness record``: films of trained agents."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

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

__all__ = ["record"]


class Format(StrEnum):
    """Kinds of film."""

    GIF = "gif"
    MP4 = "mp4"


def record(
    cell: CellName,
    campaign: CampaignOption = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(
            "--variant",
            metavar="NAME",
            help="Repeat it for more; default and tuned if left out.",
            show_default=False,
        ),
    ] = None,
    episode: Annotated[
        int, typer.Option("--episode", metavar="N", min=0, help="Which of the evaluation's.")
    ] = 0,
    seed: EpisodeSeed = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option("--format", help="Repeat it for more; both if left out.", show_default=False),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option("--seconds", metavar="S", min=0.1, help="Longest film; it runs in real time."),
    ] = 20.0,
    run: Run = "median",
    train: Train = False,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Film an episode of a cell's agents: GIF, MP4, and a filmstrip for the report."""
    from harness import campaign as campaigns

    name = campaign or campaigns.latest(runs, storage)
    kinds = [kind.value for kind in dict.fromkeys(formats or Format)]
    told: list[dict[str, Any]] = []
    # All agents first: an hour of training should not end in a missing model.
    agents = [
        find_agent(name, cell, runs, storage, variant=each, run=run, train=train)
        for each in dict.fromkeys(variant or ("default", "tuned"))
    ]
    for agent in agents:
        console.note(describe(agent))
        made = campaigns.film(agent, episode=episode, seed=seed, formats=kinds, seconds=seconds)
        console.note(f"return {number(made.score)} in {count(made.length)} steps")
        files = [str(file) for file in made.files]
        told.append(
            {"variant": agent.variant, "return": made.score, "steps": made.length, "files": files}
        )
        if not as_json:
            for file in files:
                console.out(file)
    if as_json:
        console.emit({"campaign": name, "cell": cell, "films": told})
    command = shlex.join(["harness", "report", name])
    console.note(f"`{command}` puts the filmstrips into the report")
