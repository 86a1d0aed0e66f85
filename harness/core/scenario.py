"""Scenario: an environment with its settings, budget hints and reference scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.core.curriculum import Curriculum, Level
from harness.core.identity import LATER, RUNTIME

__all__ = ["Normalize", "Scenario", "Score", "Wrapper"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A published or measured mean return and where it comes from."""

    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """A `gymnasium.Wrapper` by dotted path, with its keyword arguments."""

    path: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalize:
    """Running normalisation of a training environment (SB3's VecNormalize).

    Evaluation uses the frozen observation statistics and raw rewards.
    """

    observation: bool = False
    reward: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An environment with its settings, budget hints and reference scores.

    Attributes:
        name: The word users write, e.g. ``CartPole-v1``; unique in the registry.
        env: Gymnasium id, or ``module:Id`` to import the module first.
        family: Group in listings, e.g. ``classic_control``.
        action: Kind of action space: Discrete, Box, MultiDiscrete, MultiBinary.
        observation: Kind of observation: ``vector``, ``image`` or ``dict``.
        arguments: Keyword arguments of the environment's constructor.
        imports: Modules that register the environment.
        n_envs: Parallel training environments.
        normalize: Running normalisation in training.
        on_policy: Running normalisation in training for on-policy learners, where `normalize` is
            not set; what the field does on unscaled observations.
        wrappers: Applied inside out, to training and evaluation alike.
        training_wrappers: Applied over those in training only, e.g. to clip rewards.
        max_episode_steps: Time limit; None keeps the environment's own.
        threshold: Return at which the environment counts as solved.
        random: Mean return of a uniformly random policy: 0 on the normalised scale.
        reference: A strong published return: 1 on the normalised scale.
        baselines: Other policies that learn nothing, by name, e.g. scripted ones: mean returns.
        ranges: Hyperparameter -> where it is searched here unless the matrix says otherwise, in the
            words of a matrix: ``{"gamma": {"low": 0.5}}``; what is left out stays the algorithm's.
        alternatives: Other kinds of action space it can have -> constructor arguments that give
            it, for algorithms that cannot act in `action`.
        levels: Easier versions that a curriculum may begin with, the easiest first.
        curriculum: What training goes through before the scenario itself; None for nothing.
        choices: Argument -> the words that it, or each item of its list, may be; an argument that
            is not here is left to the environment.
        steps: A sensible training budget, in environment steps.
        requires: What pip has to install, e.g. ``gymnasium[mujoco]``; empty for nothing more.
        packages: Distributions that decide its numbers, beyond those every campaign records.
        versions: Package -> version of these, once a matrix is resolved; results of others are
            those of other units.
        licence: Of its code and assets.
        description: One line for listings.
    """

    name: str
    env: str
    family: str = field(default="other", metadata=RUNTIME)
    action: str
    observation: str = "vector"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    n_envs: int = 1
    normalize: Normalize = Normalize()
    on_policy: Normalize = field(default=Normalize(), metadata=RUNTIME)
    wrappers: tuple[Wrapper, ...] = ()
    training_wrappers: tuple[Wrapper, ...] = field(default=(), metadata=LATER)
    max_episode_steps: int | None = None
    threshold: float | None = field(default=None, metadata=RUNTIME)
    random: Score | None = field(default=None, metadata=RUNTIME)
    reference: Score | None = field(default=None, metadata=RUNTIME)
    baselines: Mapping[str, Score] = field(default_factory=dict, metadata=RUNTIME)
    ranges: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, metadata=RUNTIME)
    alternatives: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, metadata=RUNTIME)
    levels: tuple[Level, ...] = field(default=(), metadata=RUNTIME)
    curriculum: Curriculum | None = field(default=None, metadata=LATER)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict, metadata=RUNTIME)
    steps: int | None = field(default=None, metadata=RUNTIME)
    requires: str = field(default="", metadata=RUNTIME)
    packages: tuple[str, ...] = field(default=(), metadata=RUNTIME)
    versions: Mapping[str, str] = field(default_factory=dict, metadata=LATER)
    licence: str = field(default="", metadata=RUNTIME)
    description: str = field(default="", metadata=RUNTIME)

    def named(self, name: str, **given: Any) -> Scenario:
        """This draft as the scenario of a Gymnasium id.

        Args:
            name: The id, which is also the scenario's name.
            given: Further fields.
        """
        return replace(self, name=name, env=name, **given)

    def acting(self, able: frozenset[str]) -> Scenario:
        """The scenario in the first of its kinds of action space that an algorithm can act in.

        Args:
            able: The algorithm's `actions`.

        Returns:
            Itself where its own kind is one of them, or no kind is.
        """
        for kind, arguments in self.alternatives.items():
            if self.action not in able and kind in able:
                return replace(self, action=kind, arguments={**self.arguments, **arguments})
        return self

    def on(self, level: Level | None) -> Scenario:
        """One level as a scenario of its own; None for the scenario without its curriculum."""
        more = {} if level is None else level.arguments
        return replace(self, curriculum=None, arguments={**self.arguments, **more})

    def learned(self, *, on_policy: bool, discounts: bool) -> Scenario:
        """The scenario normalised as the field does it for a kind of learner.

        Args:
            on_policy: Whether the learner is; others are left unnormalised.
            discounts: Whether it has a ``gamma``, by which rewards are scaled.
        """
        wanted = self.on_policy
        if not on_policy or self.normalize != Normalize():
            return self
        return replace(self, normalize=replace(wanted, reward=wanted.reward and discounts))
