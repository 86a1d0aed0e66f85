"""What a campaign ships for each of its cells, and the command that trains it again."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.core.printable_text import slugs
from harness.core.record import CampaignRecord, CellRecord, TrialRecord
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.settings import Rung

__all__ = [
    "BestConfiguration",
    "best_configurations",
    "held_out_mean",
    "model_folder",
    "shipped_trial",
    "train_command",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BestConfiguration:
    """What a cell ships.

    Attributes:
        campaign, cell: Names.
        winner: The default, or a trial's configuration.
        values: Searched values, readable.
        arguments: Constructor arguments.
        score, default: Mean on the held-out seeds of what is shipped and of the default; None while
            there is none.
        seed: The first held-out seed; None while none is planned.
    """

    campaign: str
    cell: str
    winner: str
    values: Mapping[str, Any]
    arguments: Mapping[str, Any]
    score: float | None
    default: float | None
    seed: int | None

    def command(self, options: Sequence[str] = ()) -> str:
        """Trains it again and saves the model; `options` say e.g. where the campaign is."""
        return train_command(self.campaign, self.cell, self.seed, options)


def best_configurations(record: CampaignRecord) -> tuple[BestConfiguration, ...]:
    """What is shipped, for every cell whose confirm rung has decided; of a brief record too."""
    rows = []
    for cell in record.cells:
        trial = shipped_trial(cell)
        if trial is None:
            continue
        seeds = [run.seed for run in cell.runs if (run.rung, run.variant) == (Rung.TEST, TUNED)]
        rows.append(
            BestConfiguration(
                campaign=record.name,
                cell=cell.name,
                winner=str(cell.winner),
                values=trial.values,
                arguments=trial.arguments,
                score=held_out_mean(cell, TUNED),
                default=held_out_mean(cell, DEFAULT),
                seed=next(iter(seeds), None),
            )
        )
    return tuple(rows)


def shipped_trial(cell: CellRecord) -> TrialRecord | None:
    """The trial whose parameters are shipped; trial 0 if the default won, None if undecided."""
    if cell.winner is None:
        return None
    number = cell.winner.trial or 0
    return next((trial for trial in cell.trials if trial.number == number), None)


def held_out_mean(cell: CellRecord, variant: Variant) -> float | None:
    """Mean score of a variant on the held-out seeds so far; None without any."""
    scores = [
        run.result.score
        for run in cell.runs
        if run.rung == Rung.TEST
        and run.variant == variant
        and run.result is not None
        and run.result.score is not None
    ]
    return math.fsum(scores) / len(scores) if scores else None


def train_command(campaign: str, cell: str, seed: int | None, options: Sequence[str] = ()) -> str:
    """The shell command that trains what a cell ships and saves the model."""
    words = ["harness", "train", cell, "--campaign", campaign, *options]
    words += [] if seed is None else ["--seed", str(seed)]
    return shlex.join([*words, "--out", f"{model_folder(cell)}/model.zip"])


def model_folder(cell: str) -> str:
    """Folder for a cell's model, relative to where a command is typed."""
    return f"models/{slugs([cell])[cell]}"
