"""What a campaign ships for each of its cells, and the command that trains it again."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.core.matrix import Cell
from harness.core.objectives import mean_values, run_values
from harness.core.printable_text import slug
from harness.core.record import CampaignRecord, CellRecord, RunRecord, TrialRecord
from harness.core.run import DEFAULT, TUNED, Variant, configurations_of
from harness.core.settings import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherVariant:
    """What a cell tests beside the default and what it ships.

    Attributes:
        variant: Its name: that of a configuration or an ensemble in the matrix, ``across``, or
            ``trial-<number>`` of several objectives.
        configurations: Constructor arguments; of an ensemble those of each member.
        score: Mean on the held-out seeds; None while there is none.
        objectives: Name -> mean on the held-out seeds; empty of one objective.
    """

    variant: Variant
    configurations: tuple[Mapping[str, Any], ...]
    score: float | None
    objectives: Mapping[str, float]


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
        objectives: Name -> mean on the held-out seeds of what is shipped, and of the default; empty
            of one objective.
        others: What is tested beside them, in the order of the matrix.
    """

    campaign: str
    cell: str
    winner: str
    values: Mapping[str, Any]
    arguments: Mapping[str, Any]
    score: float | None
    default: float | None
    seed: int | None
    objectives: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    others: tuple[OtherVariant, ...] = ()

    def command(self, options: Sequence[str] = (), variant: Variant = TUNED) -> str:
        """Trains it again and saves the model; `options` say e.g. where the campaign is."""
        return train_command(self.campaign, self.cell, self.seed, options, variant)


def best_configurations(record: CampaignRecord) -> tuple[BestConfiguration, ...]:
    """What is shipped, for every cell whose confirm rung has decided; of a brief record too."""
    rows = []
    for cell in record.cells:
        trial = find_best_trial(cell)
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
                score=mean_on_held_out_seeds(cell, TUNED),
                # The first search alone tests the default.
                default=mean_on_held_out_seeds(record.searches(cell)[0], DEFAULT),
                seed=next(iter(seeds), None),
                objectives=_both_objectives(cell),
                others=_others(cell),
            )
        )
    return tuple(rows)


def needs_whole_results(cell: Cell) -> bool:
    """Whether what is said of a cell takes more than scores: a brief record has no more."""
    return bool(cell.search.objectives or cell.ensembles_in_test or cell.transfer.tune_across)


def _others(cell: CellRecord) -> tuple[OtherVariant, ...]:
    first: dict[Variant, RunRecord] = {}
    for run in cell.runs:
        if run.is_held_out and run.variant not in {DEFAULT, TUNED}:
            first.setdefault(run.variant, run)
    # A brief record has no arguments of runs.
    by_name = {each.name: each.arguments for each in cell.cell.variants}
    return tuple(
        OtherVariant(
            variant=variant,
            configurations=configurations_of(run.arguments or by_name.get(variant, {})),
            score=mean_on_held_out_seeds(cell, variant),
            objectives=_objectives(cell, variant),
        )
        for variant, run in first.items()
    )


def _both_objectives(cell: CellRecord) -> dict[str, tuple[float | None, float | None]]:
    best, default = _objectives(cell, TUNED), _objectives(cell, DEFAULT)
    names = [each.name for each in cell.cell.search.objectives]
    return {name: (best.get(name), default.get(name)) for name in names}


def _objectives(cell: CellRecord, variant: Variant) -> dict[str, float]:
    """Mean of each objective over a variant's held-out runs; empty while there is none."""
    names = [each.name for each in cell.cell.search.objectives]
    if not names or not cell.trials:
        return {}
    default = cell.trials[0].arguments
    every = [
        run_values(cell.cell, run.result, run.arguments, default)
        for run in _held_out_runs(cell, variant)
        if run.result is not None
    ]
    means = mean_values(cell.cell, [values for values in every if values is not None])
    return {} if means is None else dict(zip(names, means, strict=True))


def _held_out_runs(cell: CellRecord, variant: Variant) -> list[RunRecord]:
    return [run for run in cell.runs if run.variant == variant and run.is_held_out]


def best_trials(record: CampaignRecord) -> dict[str, TrialRecord]:
    """Cell -> its best complete trial, if it has one and has not decided; of a whole record.

    Its score is that of the search, mostly on one seed: more than it will be on others.
    """
    undecided = (cell for cell in record.cells if cell.winner is None)
    return {cell.name: ranked[0] for cell in undecided if (ranked := cell.ranked_trials)}


def find_best_trial(cell: CellRecord) -> TrialRecord | None:
    """The trial whose parameters are shipped; trial 0 if the default won, None if undecided."""
    if cell.winner is None:
        return None
    number = cell.winner.trial or 0
    return next((trial for trial in cell.trials if trial.number == number), None)


def mean_on_held_out_seeds(cell: CellRecord, variant: Variant) -> float | None:
    """Mean score of a variant on the held-out seeds so far; None without any."""
    scores = [run.score for run in _held_out_runs(cell, variant) if run.score is not None]
    return math.fsum(scores) / len(scores) if scores else None


def train_command(
    campaign: str,
    cell: str,
    seed: int | None,
    options: Sequence[str] = (),
    variant: Variant = TUNED,
) -> str:
    """The shell command that trains what a cell ships, or another variant, and saves the model."""
    words = ["harness", "train", cell, "--campaign", campaign, *options]
    words += [] if seed is None else ["--seed", str(seed)]
    words += [] if variant == TUNED else ["--variant", variant]
    name = "model" if variant == TUNED else variant
    return shlex.join([*words, "--out", f"{model_folder(cell)}/{name}.zip"])


def model_folder(cell: str) -> str:
    """Folder for a cell's model, relative to where a command is typed."""
    return f"models/{slug(cell)}"
