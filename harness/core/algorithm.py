"""Algorithm: a learner with its capabilities and its search space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from harness.core.identity import RUNTIME
from harness.core.scenario import ActionKind, ObservationKind
from harness.core.space import Space
from harness.core.spaces.axis import Scalar

ZOO_NAMES: Final[Mapping[str, str]] = {"ppo_recurrent": "ppo_lstm"}
"""Algorithms that rl-baselines3-zoo calls otherwise: name here -> name there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """A stable-baselines3 or sb3-contrib learner. Pure data; nothing here imports torch.

    Attributes:
        name: The word users write, e.g. ``ppo_recurrent``.
        title: Name in reports, e.g. ``Recurrent PPO``.
        learner: ``module:Class`` of the learner, the module that defines the class.
        policies: Kind of observation -> policy name of the learner.
        actions: Kinds of action space it can act in.
        on_policy: Whether it learns only from its own latest rollout.
        recurrent: Whether the policy carries a hidden state between steps.
        masks: Whether it takes action masks.
        space: What is searched; defaults that equal the constructor's are left `MISSING`.
        importance: Its parameters, those that matter most first; a small budget searches the first
            few. One that is not here comes last.
        priors: Parameter -> values that were good elsewhere, one as often as it shall be drawn;
            first trials are drawn near them half of the time.
        source: Where the algorithm is documented or published.
    """

    name: str
    title: str = field(metadata=RUNTIME)
    learner: str
    policies: Mapping[ObservationKind, str]
    actions: frozenset[ActionKind]
    on_policy: bool = field(metadata=RUNTIME)
    recurrent: bool = False
    masks: bool = False
    space: Space = Space()
    importance: tuple[str, ...] = field(default=(), metadata=RUNTIME)
    priors: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict, metadata=RUNTIME)
    source: str = field(default="", metadata=RUNTIME)

    def most_important(self, names: Iterable[str], count: int) -> tuple[str, ...]:
        """The `count` of these parameters that matter most, the first one most."""
        ranks = {name: rank for rank, name in enumerate(self.importance)}
        return tuple(sorted(names, key=lambda name: ranks.get(name, len(ranks))))[:count]
