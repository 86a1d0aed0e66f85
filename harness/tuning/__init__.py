"""The Optuna door: suggest in order, replay pruning, project the study."""

import optuna

from harness.core.matrix import Cell
from harness.tuning import pruners, samplers
from harness.tuning.importance import importances
from harness.tuning.projection import Projection, disagreement
from harness.tuning.replay import Replay
from harness.tuning.suggestion import Memory, suggest
from harness.tuning.tables import Tables, open_tables

__all__ = [
    "Memory",
    "Projection",
    "Replay",
    "Tables",
    "check",
    "disagreement",
    "importances",
    "open_tables",
    "pruners",
    "samplers",
    "suggest",
]

# One line per new study and per trial belongs to no one's log.
optuna.logging.set_verbosity(optuna.logging.WARNING)


def check(cell: Cell) -> None:
    """Build a cell's sampler and pruner once, before anything is trained.

    Raises:
        UsageError: An unknown name or an option that does not hold.
    """
    samplers.build(cell, 1)
    pruners.build(cell.search.pruner, evals=cell.search.evals)
