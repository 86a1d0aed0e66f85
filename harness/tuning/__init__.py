"""The Optuna door: suggest in order, replay pruning, project the study.

Each name is imported when it is first used: a worker only replays, and needs no database.
"""

from typing import TYPE_CHECKING

import optuna

from harness.lazy import lazily

if TYPE_CHECKING:
    from harness.tuning.checking import check
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
    "suggest",
]

__getattr__ = lazily(
    __name__,
    {
        "checking": ("check",),
        "importance": ("importances",),
        "projection": ("Projection", "disagreement"),
        "replay": ("Replay",),
        "suggestion": ("Memory", "suggest"),
        "tables": ("Tables", "open_tables"),
    },
)

# One line per new study and per trial belongs to no one's log.
optuna.logging.set_verbosity(optuna.logging.WARNING)
