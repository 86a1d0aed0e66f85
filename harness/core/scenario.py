"""Scenarios and families of scenarios: environments with their settings, budgets and scores."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, get_args

from harness.core.curriculum import Curriculum, Level
from harness.core.declarations import MOST_STEPS, DottedPath, setting
from harness.core.identity import RUNTIME, SPARSE
from harness.core.seeds import STRIDE

ActionKind = Literal["Discrete", "Box", "MultiDiscrete", "MultiBinary"]
"""Kinds of action space, named as the classes in `gymnasium.spaces`."""

ObservationKind = Literal["vector", "image", "dict"]
"""Kinds of observation: each needs another policy network."""

ACTION_KINDS: Final[tuple[ActionKind, ...]] = get_args(ActionKind)
OBSERVATION_KINDS: Final[tuple[ObservationKind, ...]] = get_args(ObservationKind)

SCENARIO: Final = "scenario"
"""Among a configuration's arguments, what is the scenario's."""

WRAPPER_KEYS: Final = ("wrappers", "training_wrappers")
"""Settings that hold wrappers."""

TIME_LIMIT: Final = "max_episode_steps"
"""The setting, and the argument of `gymnasium.make`."""

MADE_OF: Final = ("env", "imports", "arguments", *WRAPPER_KEYS)
"""Fields that decide which environment is made."""

PETTINGZOO_PREFIX: Final = "pettingzoo:"
"""Stands before the module of a PettingZoo environment, in the place of a Gymnasium id."""

MULTI_AGENT_MODES: Final = ("shared", "learner_vs", "selfplay")
"""Argument ``mode`` of PettingZoo environments: who learns, and who plays the other seats.

``shared``: all learners at once, with one policy. ``learner_vs``: one learner a game, in each of
its seats by turns, against scripted or trained players. ``selfplay``: as ``learner_vs``, but
trained against snapshots of the learner.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What an environment says of itself, wrapped as a run wraps it.

    Attributes:
        action, observation: Kinds of the spaces.
        action_space, observation_space: The spaces, each in one line, to read.
        layouts: Action and observation space as text to compare: equal text, equal policy network.
        max_episode_steps: Time limit; None without one.
        threshold: Return at which it counts as solved; None without one.
    """

    action: ActionKind
    observation: ObservationKind
    action_space: str
    observation_space: str
    layouts: tuple[str, str]
    max_episode_steps: int | None
    threshold: float | None


INFINITIES: Final[Mapping[str, float]] = {".inf": math.inf, "-.inf": -math.inf}
"""How infinite numbers stand among the arguments of environments and wrappers.

JSON has none, and everything that is compared, stored or published is JSON; the environment gets
the number.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A published or measured mean return and where it comes from."""

    value: float = setting(MISSING, "The mean return.")
    source: str = setting(MISSING, "Where it is from.", unset="the place in the file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """A `gymnasium.Wrapper` by dotted path, with its keyword arguments."""

    path: DottedPath = setting(
        MISSING,
        "Dotted path of a `gymnasium.Wrapper`, also of a module beside the matrix; or "
        "`FILE.py:Wrapper`.",
    )
    arguments: Mapping[str, Any] = setting({}, "Its keyword arguments.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A module of the user's in a file, identified by its content and not by its path.

    Attributes:
        module: Dotted name that it is imported by.
        name: The file seen from the folder that its top-level module lies in: ``my_env.py``,
            ``my_package/core.py``.
        path: Absolute path on the machine that read it.
        sha256: Checksum of its bytes.
        text: What it says. Every process of a campaign imports this text, not the file, which may
            be edited meanwhile or lie on another machine. No record keeps it.
    """

    module: str
    name: str
    path: str
    sha256: str
    text: str = field(default="", repr=False, compare=False)

    @property
    def version(self) -> str:
        """What stands for it among the versions of a scenario."""
        return checksum_version(self.sha256)

    @property
    def is_package(self) -> bool:
        return self.name.endswith("/__init__.py")

    def to_json(self) -> dict[str, str]:
        """Everything but the text."""
        return {key: getattr(self, key) for key in ("module", "name", "path", "sha256")}

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> SourceFile:
        return cls(**data)


_CHECKSUM: Final = "sha256:"


def checksum_version(sha256: str) -> str:
    """What stands for a source of that checksum among the versions of a scenario."""
    return f"{_CHECKSUM}{sha256[:16]}"


def is_checksum(version: str) -> bool:
    """Whether a version of a scenario is that of a `SourceFile` and not of a package."""
    return version.startswith(_CHECKSUM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalize:
    """Running normalisation of a training environment (SB3's VecNormalize).

    Evaluation uses the frozen observation statistics and raw rewards.
    """

    observation: bool = setting(
        False, "Observations are centred and scaled by their running mean and variance."
    )
    reward: bool = setting(
        False,
        "Rewards are scaled by the running variance of the return; never in evaluation.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """An environment with its settings, budget hints and reference scores.

    The fields that are declared with `setting` can be set for a cell by a matrix.

    Attributes:
        name: The word users write, e.g. ``CartPole-v1``; unique in the registry.
        env: Gymnasium id, or ``module:Id`` to import the module first.
        family: Group in listings, e.g. ``classic_control``.
        action: Kind of action space.
        observation: Kind of observation.
        arguments: Keyword arguments of the environment's constructor.
        training_arguments: Others of them in training, as a configuration has them.
        imports: Modules that register the environment.
        normalize_on_policy: Running normalisation in training for on-policy learners, where
            `normalize` is not set; what the field does on unscaled observations.
        threshold: Return at which the environment counts as solved.
        random: Mean return of a uniformly random policy: 0 on the normalised scale.
        reference: A strong published return: 1 on the normalised scale.
        baselines: Other policies that learn nothing, by name, e.g. scripted ones: mean returns.
        ranges: Hyperparameter -> where it is searched here unless the matrix says otherwise, in the
            words of a matrix: ``{"gamma": {"low": 0.5}}``; what is left out stays the algorithm's.
        alternatives: Other kinds of action space it can have -> constructor arguments that give
            it, for algorithms that cannot act in `action`.
        levels: Easier versions that a curriculum may begin with, the easiest first.
        choices: Argument -> the words that it, or each item of its list, may be; an argument that
            is not here is left to the environment.
        steps: A sensible training budget, in environment steps.
        requires: What pip has to install, e.g. ``gymnasium[mujoco]``; empty for nothing more.
        packages: Distributions that decide its numbers, beyond those every campaign records.
        versions: Package -> version of these, and name of a source -> its checksum, once a matrix
            is resolved; results of others are those of other runs.
        sources: Modules of the user's in files, the environment's and what they import in turn.
        licence: Of its code and assets.
        description: One line for listings.
    """

    name: str
    env: str
    family: str = field(default="other", metadata=RUNTIME)
    action: ActionKind
    observation: ObservationKind = "vector"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    training_arguments: Mapping[str, Any] = field(default_factory=dict, metadata={SPARSE: True})
    imports: tuple[str, ...] = ()
    n_envs: int = setting(
        1,
        "Parallel training environments.",
        at_least=1,
        at_most=STRIDE,
        unset="the scenario's, else 1",
    )
    normalize: Normalize = setting(
        Normalize(),
        "Running normalisation in training; `true` for both.",
        unset="the scenario's, else false",
    )
    normalize_on_policy: Normalize = field(default=Normalize(), metadata=RUNTIME)
    wrappers: tuple[Wrapper, ...] = setting(
        (),
        "Wrappers of training and evaluation alike, the innermost first.",
        unset="the scenario's",
    )
    training_wrappers: tuple[Wrapper, ...] = setting(
        (),
        "Wrappers over those, in training only: what evaluation must not see, e.g. clipped "
        "rewards.",
        unset="the scenario's",
    )
    max_episode_steps: int | None = setting(
        None,
        "Time limit in steps; null keeps the environment's own.",
        at_least=1,
        at_most=MOST_STEPS,
        unset="the scenario's",
    )
    threshold: float | None = field(default=None, metadata=RUNTIME)
    random: Score | None = field(default=None, metadata=RUNTIME)
    reference: Score | None = field(default=None, metadata=RUNTIME)
    baselines: Mapping[str, Score] = field(default_factory=dict, metadata=RUNTIME)
    ranges: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, metadata=RUNTIME)
    alternatives: Mapping[ActionKind, Mapping[str, Any]] = field(
        default_factory=dict, metadata=RUNTIME
    )
    levels: tuple[Level, ...] = field(default=(), metadata=RUNTIME)
    curriculum: Curriculum | None = setting(
        None,
        "Easier levels that training begins with; `true` for the scenario's own, `false` for none.",
        unset="none",
    )
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict, metadata=RUNTIME)
    steps: int | None = field(default=None, metadata=RUNTIME)
    requires: str = field(default="", metadata=RUNTIME)
    packages: tuple[str, ...] = field(default=(), metadata=RUNTIME)
    versions: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[SourceFile, ...] = field(default=(), metadata=RUNTIME)
    licence: str = field(default="", metadata=RUNTIME)
    description: str = field(default="", metadata=RUNTIME)

    def __post_init__(self) -> None:
        # Packages write scenarios in Python, where infinity is a number.
        object.__setattr__(self, "arguments", _infinite_as_text(self.arguments))

    def with_action_kind(self, kinds: frozenset[ActionKind]) -> Scenario:
        """The scenario in the first of its kinds of action space that an algorithm supports.

        Args:
            kinds: The algorithm's `actions`.

        Returns:
            The scenario itself where its own kind is supported, or none of its kinds is.
        """
        for kind, arguments in self.alternatives.items():
            if self.action not in kinds and kind in kinds:
                return replace(self, action=kind, arguments={**self.arguments, **arguments})
        return self

    def with_description(self, description: Description) -> Scenario:
        """The scenario with what its environment says of itself, where it does not say otherwise.

        Its alternatives go: they were those of other arguments.
        """
        limit = self.max_episode_steps
        return replace(
            self,
            action=description.action,
            observation=description.observation,
            max_episode_steps=description.max_episode_steps if limit is None else limit,
            threshold=description.threshold,
            alternatives={},
        )

    def at_level(self, level: Level | None) -> Scenario:
        """One level as a scenario of its own; None for the scenario without its curriculum."""
        changes = {} if level is None else level.arguments
        return replace(self, curriculum=None, arguments={**self.arguments, **changes})

    def in_training(self) -> Scenario:
        """The scenario with the arguments that its training environments have."""
        arguments = {**self.arguments, **self.training_arguments}
        return replace(self, arguments=arguments, training_arguments={})

    def environment_count(self, arguments: Mapping[str, object]) -> int:
        """In how many environments a configuration is trained, whatever else is wrong with it.

        Args:
            arguments: The configuration's; what it has of the scenario counts before `n_envs`.
        """
        changes = arguments.get(SCENARIO)
        count = changes.get("n_envs") if isinstance(changes, Mapping) else None
        return count if type(count) is int and count > 0 else self.n_envs

    def with_usual_normalization(self, *, on_policy: bool, has_discount: bool) -> Scenario:
        """The scenario normalised as the field does it for a kind of learner.

        Args:
            on_policy: Whether the learner is; others are left unnormalised.
            has_discount: Whether the learner has a ``gamma``, by which rewards are scaled.
        """
        usual = self.normalize_on_policy
        if not on_policy or self.normalize != Normalize():
            return self
        return replace(self, normalize=replace(usual, reward=usual.reward and has_discount))


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Settings shared by the environments of a package that are not scenarios of their own.

    Attributes:
        ids: Patterns of Gymnasium ids, e.g. ``ALE/*``; ``*`` and ``?`` are wildcards.
        draft: What they share: imports, wrappers, arguments, licence, what pip has to install.
            Its name, environment and spaces are filled in by whoever looks an id up.
    """

    ids: tuple[str, ...]
    draft: Scenario

    def covers(self, env: str) -> bool:
        """Whether an id belongs to the family; ``module:`` may stand before it."""
        name = env.rpartition(":")[2]
        return any(fnmatchcase(name, pattern) for pattern in self.ids)


def family_of(env: str, families: Iterable[Family]) -> Family | None:
    """The first family that covers an id; None if none does."""
    return next((family for family in families if family.covers(env)), None)


def _infinite_as_text(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _infinite_as_text(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_infinite_as_text, value))
    if isinstance(value, float) and math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    return value
