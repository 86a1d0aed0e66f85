"""Algorithm: a learner with its capabilities and its search space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.core.identity import RUNTIME
from harness.core.scenario import ActionKind, ObservationKind
from harness.core.space import Space

__all__ = ["Algorithm"]


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
    source: str = field(default="", metadata=RUNTIME)
