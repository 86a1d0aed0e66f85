"""What `play` and `record` share: options, and the agent they are meant for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import console
from harness.cli.formats import count, number
from harness.cli.options import FLAG

if TYPE_CHECKING:
    from harness.campaign import Agent

__all__ = ["CampaignOption", "CellName", "EpisodeSeed", "Run", "Train", "describe", "find_agent"]

CellName = Annotated[str, typer.Argument(metavar="CELL", help="As in ppo@CartPole-v1.")]
CampaignOption = Annotated[
    str | None, typer.Option("--campaign", metavar="NAME", help="The latest one if left out.")
]
Run = Annotated[
    str,
    typer.Option(
        "--run",
        metavar="WHICH",
        help="Which test run's model: of the median score, the best, or a training seed.",
    ),
]
EpisodeSeed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        help="Seed of the first episode; that of the run's own evaluation if left out.",
    ),
]
Train = Annotated[
    bool,
    typer.Option(
        "--train",
        metavar=FLAG,
        help="Train the model again first where none was saved.",
        show_default=False,
    ),
]


def find_agent(
    name: str, cell: str, runs: Path, storage: str | None, *, variant: str, run: str, train: bool
) -> Agent:
    """The agent with a saved model; where there is none, it is trained if the user wants that.

    Raises:
        UsageError: No model was saved, and none is to be trained.
    """
    from harness import campaign

    found = campaign.agent(name, cell, runs=runs, storage=storage, variant=variant, run=run)
    if not found.saved:
        if not (train or _asked(found)):
            raise found.missing
        console.note(f"training {_named(found)}: {count(found.run.steps)} steps ...")
        campaign.make_model(found)
    return found


def _asked(agent: Agent) -> bool:
    """Ask, where somebody can answer."""
    if not (console.terminal(sys.stdin) and console.terminal(sys.stderr)):
        return False
    steps = count(agent.run.steps)
    question = f"No model of {_named(agent)} was saved. Train it again now, {steps} steps?"
    return typer.confirm(question, err=True)


def _named(agent: Agent) -> str:
    return f"`{agent.variant}` of {agent.cell}, seed {agent.record.seed}"


def describe(agent: Agent) -> str:
    """E.g. ``tuned of ppo@CartPole-v1, trained with seed 7, score 498.2``."""
    result = agent.record.result
    score = number(None if result is None else result.score)
    return f"{agent.variant} of {agent.cell}, trained with seed {agent.record.seed}, score {score}"
