"""``harness play`` and ``harness record``: episodes and films of trained agents."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from enum import StrEnum
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import console
from harness.cli.command_options import (
    AsJson,
    CampaignOption,
    CellName,
    Runs,
    Storage,
    VariantName,
    flag,
)
from harness.cli.console import Table, columns
from harness.cli.text_format import count, number, numbers
from harness.errors import UsageError
from harness.saved_models import model_file

if TYPE_CHECKING:
    from harness.campaign import Agent, Episode

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
        help="Seed of the first episode; that of the training's own evaluation if left out.",
    ),
]
Train = Annotated[bool, flag("--train", help="Train the model again first where none was saved.")]


def find_agent(
    name: str, cell: str, runs: Path, storage: str | None, *, variant: str, run: str, train: bool
) -> Agent:
    """The agent with a saved model; where there is none, it is trained if the user wants that.

    Raises:
        UsageError: No model was saved, and none is to be trained.
    """
    from harness import campaign

    if not campaign.names_now(name):
        raise UsageError(
            f"no models are kept of `{name}`, which has results alone",
            help=f"harness train {cell} --campaign {name} --variant {variant} --out model.zip, "
            "then `harness play --model model.zip`",
        )
    agent = campaign.agent(name, cell, runs=runs, storage=storage, variant=variant, run=run)
    if not agent.saved:
        if not (train or _confirm_training(agent)):
            raise agent.missing
        console.note(f"training {_label(agent)}: {count(agent.run.steps)} steps ...")
        campaign.make_model(agent)
    return agent


def _confirm_training(agent: Agent) -> bool:
    """Ask, where somebody can answer."""
    if not (console.terminal(sys.stdin) and console.terminal(sys.stderr)):
        return False
    steps = count(agent.run.steps)
    question = f"No model of {_label(agent)} was saved. Train it again now, {steps} steps?"
    return typer.confirm(question, err=True)


def _label(agent: Agent) -> str:
    return f"`{agent.variant}` of {agent.cell}, seed {agent.record.seed}"


def describe(agent: Agent) -> str:
    """E.g. ``tuned of ppo@CartPole-v1, trained with seed 7, score 498.2``."""
    result = agent.record.result
    score = number(None if result is None else result.score)
    return f"{agent.variant} of {agent.cell}, trained with seed {agent.record.seed}, score {score}"


class Render(StrEnum):
    """How episodes are shown."""

    HUMAN = "human"
    TEXT = "text"
    NONE = "none"


def play(
    cell: CellName,
    campaign: CampaignOption = None,
    variant: VariantName = "tuned",
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
    model = None if model is None else model_file(model)
    if model is None:
        agent = find_agent(name, cell, runs, storage, variant=variant, run=run, train=train)
        console.note(describe(agent))
    else:
        agent = campaigns.agent(
            name, cell, runs=runs, storage=storage, variant=variant, run=run, model=model
        )
        if seed is None:
            console.note(f"{model}: episodes of the evaluation of seed {agent.run.seed}")
    results = campaigns.play(
        agent,
        episodes=episodes,
        seed=seed,
        render=render.value,
        model=model,
        tell=console.note,
        slowly=console.terminal(sys.stderr),
    )
    if as_json:
        model_path = str(model or agent.model)
        summary = {"campaign": name, "cell": cell, "variant": variant, "model": model_path}
        console.emit(
            {**summary, "mean": _mean(results), "episodes": [_json(each) for each in results]}
        )
    else:
        console.show(_table(results))


def _mean(episodes: Sequence[Episode]) -> float:
    return fsum(episode.score for episode in episodes) / len(episodes)


def _json(episode: Episode) -> dict[str, int | float]:
    return {
        "episode": episode.number,
        "seed": episode.seed,
        "return": episode.score,
        "steps": episode.length,
    }


def _table(episodes: Sequence[Episode]) -> Table:
    titles = ("episode", "seed", "return", "steps")
    *scores, mean = numbers([*(each.score for each in episodes), _mean(episodes)])
    rows = tuple(
        (str(each.number), str(each.seed), score, count(each.length))
        for each, score in zip(episodes, scores, strict=True)
    )
    mean_steps = sum(each.length for each in episodes) / len(episodes)
    return Table(
        columns=columns(*titles, right=titles),
        rows=rows,
        footer=("mean", "", mean, f"{mean_steps:,.1f}"),
    )


class FilmFormat(StrEnum):
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
        ),
    ] = None,
    episode: Annotated[
        int, typer.Option("--episode", metavar="N", min=0, help="Which of the evaluation's.")
    ] = 0,
    seed: EpisodeSeed = None,
    formats: Annotated[
        list[FilmFormat] | None,
        typer.Option("--format", help="Repeat it for more; both if left out."),
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
    kinds = [kind.value for kind in dict.fromkeys(formats or FilmFormat)]
    summary: list[dict[str, object]] = []
    # All agents first: an hour of training should not end in a missing model.
    agents = [
        find_agent(name, cell, runs, storage, variant=each, run=run, train=train)
        for each in dict.fromkeys(variant or ("default", "tuned"))
    ]
    for agent in agents:
        console.note(describe(agent))
        film = campaigns.film(agent, episode=episode, seed=seed, formats=kinds, seconds=seconds)
        console.note(f"return {number(film.score)} in {count(film.length)} steps")
        files = [str(file) for file in film.files]
        summary.append(
            {"variant": agent.variant, "return": film.score, "steps": film.length, "files": files}
        )
        if not as_json:
            for file in files:
                console.out(file)
    if as_json:
        console.emit({"campaign": name, "cell": cell, "films": summary})
    command = shlex.join(["harness", "report", name])
    console.note(f"`{command}` puts the filmstrips into the report")
