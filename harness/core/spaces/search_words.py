"""What may be searched of any algorithm beyond its own space, by the names that a matrix writes.

Words (``optimizer``, ``target_kl``), schedules of scheduled arguments (``clip_range.schedule``,
``ent_coef.final``), dotted paths below constructor arguments, and what a configuration changes of
its scenario. They join a search only where a matrix names them; each brings the rule that makes an
argument of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from harness.core.arguments import HINDSIGHT, OPTIMIZER_OPTIONS, RESERVED, SCHEDULES
from harness.core.learner_arguments.argument_types import ARGUMENTS, Flag, Number
from harness.core.scenario import Scenario
from harness.core.space import Space
from harness.core.spaces.domain import Choice, Domain, Float, Int
from harness.core.spaces.parameter import Parameter, When, look_up
from harness.core.spaces.training_scenario import SCENARIO_NAMES, present_value, scenario_target
from harness.core.spaces.value_rules import Context, Rule, TrialValues

NO_RANGE: Final = Choice(options=())
"""Domain of what has no range of its own: a matrix has to give one."""

LAYERS: Final = ".layers"
WIDTH: Final = ".width_"
NETWORK: Final = "net_arch"
SWITCH: Final = ".use"
"""Endings of names: layers of a network, the width of one of them, whether there is a value."""

_SCHEDULE: Final = ".schedule"
_FINAL: Final = ".final"
_LR_SCHEDULE: Final = "lr_schedule"
_LEARNING_RATE: Final = "learning_rate"
SCHEDULE_OF_RATE: Final = frozenset({_LR_SCHEDULE, f"{_LEARNING_RATE}{_SCHEDULE}"})
"""Names of one hyperparameter: the algorithms' own, and that of any schedule."""

OPTIMIZER: Final = "policy_kwargs.optimizer_class"
OPTIONS: Final = "policy_kwargs.optimizer_kwargs"
_BETAS: Final = ("beta1", "beta2")
_ADAPTIVE: Final = OPTIMIZER_OPTIONS["betas"]
_WITH_MOMENTUM: Final = OPTIMIZER_OPTIONS["momentum"]
_WITH_HINDSIGHT: Final = When(parameter="replay_buffer_class", values=(HINDSIGHT,))
_KINGMA: Final = "Kingma and Ba 2015, Adam"
_ZOO: Final = "rl-baselines3-zoo 2.8.0, hyperparams_opt.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A name that joins a search where a matrix writes it.

    Attributes:
        parameter: What it stands for, with a range of its own, or `NO_RANGE`.
        rules: What makes an argument of it.
        nullable: Whether the library's default is no value at all, so that a switch stands before.
        replaces: Parameters of an algorithm's space that decide nothing beside it.
    """

    parameter: Parameter
    rules: tuple[Rule, ...] = ()
    nullable: bool = False
    replaces: frozenset[str] = frozenset()


def scheduled(values: TrialValues, _context: Context) -> TrialValues:
    """Join ``X``, ``X.schedule`` and ``X.final`` into a schedule of `X`."""
    result = dict(values)
    bases = {
        name.removesuffix(ending)
        for name in values
        for ending in (_SCHEDULE, _FINAL)
        if name.endswith(ending)
    }
    for base in sorted(bases):
        final = result.pop(f"{base}{_FINAL}", None)
        kind = result.pop(f"{base}{_SCHEDULE}", None)
        if kind is None and base == _LEARNING_RATE:
            kind = result.pop(_LR_SCHEDULE, None)
        initial = result.get(base)
        if kind in {None, SCHEDULES[0]} or not isinstance(initial, int | float):
            continue
        end = {} if final is None else {"final": final}
        result[base] = {"schedule": kind, "initial": initial, **end}
    return result


def switched(values: TrialValues, _context: Context) -> TrialValues:
    """Take ``X.use`` out, and give `X` no value where that is false."""
    result = {name: value for name, value in values.items() if not name.endswith(SWITCH)}
    for name, value in values.items():
        if name.endswith(SWITCH) and value is False:
            result[name.removesuffix(SWITCH)] = None
    return result


def joined_betas(values: TrialValues, _context: Context) -> TrialValues:
    """Join ``beta1`` and ``beta2`` into the optimiser's `betas`."""
    result = dict(values)
    betas = [result.pop(name, None) for name in _BETAS]
    if betas == [None, None]:
        return result
    usual = (0.9, 0.999)
    pair = [usual[index] if beta is None else beta for index, beta in enumerate(betas)]
    return result | {f"{OPTIONS}.betas": pair}


def layered_network(values: TrialValues, _context: Context) -> TrialValues:
    """Join numbers of layers and their widths into hidden layers, part by part."""
    result = dict(values)
    parts: dict[str, list[Any]] = {}
    for name, count in values.items():
        if name.startswith(NETWORK) and name.endswith(LAYERS):
            root = name.removesuffix(LAYERS)
            own = [v for n, v in values.items() if n.startswith(f"{root}{WIDTH}")]
            result = {
                n: v for n, v in result.items() if n != name and not n.startswith(f"{root}{WIDTH}")
            }
            # A default deeper than the range goes on with the last width there is.
            widths = (own + own[-1:] * count)[:count]
            parts[root.removeprefix(NETWORK).removeprefix(".")] = widths
    if not parts or not all(parts.values()):
        return result
    return result | {f"policy_kwargs.{NETWORK}": parts.get("", parts)}


def _option(
    name: str, domain: Domain, default: object, kinds: tuple[str, ...], source: str
) -> Word:
    """One of the optimiser's options, which only some optimisers have."""
    is_beta = name in _BETAS
    when = When(parameter="optimizer", values=kinds) if kinds else None
    parameter = Parameter(
        name=name,
        domain=domain,
        default=default,
        target=f"{OPTIONS}.{name}",
        when=when,
        source=source,
    )
    return Word(parameter=parameter, rules=(joined_betas,) if is_beta else ())


_WORDS: Final[Mapping[str, Word]] = {
    word.parameter.name: word
    for word in (
        Word(
            parameter=Parameter(
                name="optimizer",
                domain=Choice(options=("adam", "adamw", "sgd", "rmsprop")),
                default="adam",
                target=OPTIMIZER,
                source="classes of torch.optim",
            ),
            # A2C passes its own optimiser over where one is named.
            replaces=frozenset({"use_rms_prop"}),
        ),
        _option(
            "betas",
            Choice(options=("[0.9, 0.999]", "[0.9, 0.99]", "[0.8, 0.99]", "[0.5, 0.999]")),
            "[0.9, 0.999]",
            _ADAPTIVE,
            f"{_KINGMA} (0.9, 0.999); Bhatt et al. 2024 (0.5, 0.999); the others are ours",
        ),
        _option("beta1", Float(low=0.5, high=0.99), 0.9, _ADAPTIVE, f"{_KINGMA} (0.9); ours"),
        _option("beta2", Float(low=0.9, high=0.9999), 0.999, _ADAPTIVE, f"{_KINGMA} (0.999); ours"),
        _option("momentum", Float(low=0.0, high=0.99), 0.0, _WITH_MOMENTUM, "torch.optim; ours"),
        _option("weight_decay", Float(low=1e-6, high=1e-2, log=True), 0.0, (), "ours"),
        Word(
            parameter=Parameter(
                name="target_kl",
                domain=Float(low=0.003, high=0.3, log=True),
                # Searched where it is named: a stop at a divergence would be another way in which
                # a trial may learn too little, for what nobody's tuned PPO has.
                source="ours; no PPO of rl-baselines3-zoo 2.8.0, tuned or sampled, has one; its "
                "tuned TRPO takes 0.04",
            ),
            rules=(switched,),
            nullable=True,
        ),
        Word(
            parameter=Parameter(
                name="clip_range_vf",
                domain=Float(low=0.05, high=0.5),
                source="ours, as `clip_range`; rl-baselines3-zoo 2.8.0 samples none; Andrychowicz "
                "et al. 2021 (value clipping)",
            ),
            rules=(switched,),
            nullable=True,
        ),
        Word(
            parameter=Parameter(
                name="n_sampled_goal",
                domain=Int(low=1, high=5),
                default=4,
                target="replay_buffer_kwargs.n_sampled_goal",
                when=_WITH_HINDSIGHT,
                source=f"{_ZOO} (1 .. 5)",
            )
        ),
        Word(
            parameter=Parameter(
                name="goal_selection_strategy",
                domain=Choice(options=("future", "final", "episode")),
                default="future",
                target="replay_buffer_kwargs.goal_selection_strategy",
                when=_WITH_HINDSIGHT,
                source=f"{_ZOO} (final, episode, future)",
            )
        ),
    )
}

COUNTS_WITH: Final[Mapping[str, When]] = {
    name: When(parameter=owner, values=(True,))
    for name, owner in (
        ("use_sde_at_warmup", "use_sde"),
        ("policy_kwargs.full_std", "use_sde"),
        ("policy_kwargs.use_expln", "use_sde"),
        ("policy_kwargs.clip_mean", "use_sde"),
        ("rms_prop_eps", "use_rms_prop"),
    )
}
"""Arguments without a word of their own that a learner reads only beside another one."""

_OF_HINDSIGHT: Final = ("n_sampled_goal", "goal_selection_strategy")
_PLAIN: Final = (int, float, str, bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What may be searched in a cell beyond the algorithm's space.

    Attributes:
        space: The algorithm's.
        parameters: Of its constructor, with their defaults.
        policy: Of its policy's; None where that is not known.
        scenario: Where it learns; None for anywhere.
        arguments: What the matrix fixes.
    """

    space: Space
    parameters: Mapping[str, Any]
    policy: Mapping[str, Any] | None = None
    scenario: Scenario | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that has a range of its own, or is a constructor argument, to suggest."""
        words = [name for name in _WORDS if self.find(name) is not None]
        return (*self.space.names, *self.parameters, *words, *SCENARIO_NAMES)

    @property
    def words(self) -> tuple[Word, ...]:
        """Words of this learner that have a range of their own."""
        words = (self.find(name) for name in _WORDS if name not in self.space)
        return tuple(word for word in words if word is not None)

    def idle_names(self, space: Space) -> frozenset[str]:
        """Parameters that decide nothing beside a word that is fixed or searched in a space."""
        words = (
            word
            for word in self.words
            if word.parameter.name in space
            or look_up(self.arguments, word.parameter.target or word.parameter.name)[0]
        )
        return frozenset().union(*(word.replaces for word in words))

    @property
    def implied_words(self) -> tuple[Word, ...]:
        """Words that what is fixed brings in by itself: hindsight has parameters of its own."""
        is_hindsight = self.arguments.get("replay_buffer_class") == HINDSIGHT
        return tuple(_WORDS[name] for name in _OF_HINDSIGHT) if is_hindsight else ()

    def parameter(self, name: str) -> Parameter:
        """The parameter that a name stands for; one without a range for a name of nothing."""
        if name in self.space:
            return self.space[name]
        word = self.find(name)
        return Parameter(name=name, domain=NO_RANGE) if word is None else word.parameter

    def find(self, name: str) -> Word | None:
        """What a name stands for, if it is not in the algorithm's space; None for nothing."""
        target = scenario_target(name)
        if target is not None:
            default = None if self.scenario is None else present_value(self.scenario, target)
            return Word(parameter=_without_range(name, default, target))
        if name in _WORDS and self._takes(_WORDS[name].parameter):
            return self._with_default(_WORDS[name])
        if name in self.parameters:
            return Word(parameter=_without_range(name, self.parameters[name]))
        return self._schedule(name) or self._find_below(name)

    def _takes(self, parameter: Parameter) -> bool:
        root, _, rest = (parameter.target or parameter.name).partition(".")
        key = rest.partition(".")[0]
        is_parameter = root in self.parameters
        return is_parameter and (
            root != "policy_kwargs" or self.policy is None or key in self.policy
        )

    def _with_default(self, word: Word) -> Word:
        """The word with the default of this constructor."""
        parameter = word.parameter
        if parameter.name in self.parameters:
            return replace(
                word, parameter=replace(parameter, default=self.parameters[parameter.name])
            )
        if word.replaces & set(self.parameters):
            # What the learner takes where none is named is no class that has a name here.
            return replace(word, parameter=replace(parameter, default=None))
        return word

    def _schedule(self, name: str) -> Word | None:
        """The schedule, or the last value, of an argument that may have one."""
        base, _, ending = name.rpartition(".")
        if f".{ending}" not in {_SCHEDULE, _FINAL} or base not in self.parameters:
            return None
        kind = ARGUMENTS.get(base)
        default = self.parameters[base]
        is_number = isinstance(default, int | float) or default is None
        if not isinstance(kind, Number) or not kind.scheduled or not is_number:
            return None
        own = base in self.space
        when = self.space[base].when if own else None
        if f".{ending}" == _SCHEDULE:
            domain: Domain = Choice(options=SCHEDULES)
            parameter = replace(_without_range(name, SCHEDULES[0], name), domain=domain, when=when)
            return Word(parameter=parameter, rules=(scheduled,))
        of_space = base == _LEARNING_RATE and _LR_SCHEDULE in self.space
        owner = _LR_SCHEDULE if of_space else f"{base}{_SCHEDULE}"
        when = When(parameter=owner, values=SCHEDULES[1:], further=when)
        parameter = replace(_without_range(name, 0.0, name), when=when)
        return Word(parameter=parameter, rules=(scheduled,))

    def _find_below(self, name: str) -> Word | None:
        """What lies below a constructor argument."""
        root, _, rest = name.partition(".")
        if not rest or root not in self.parameters or root in RESERVED:
            return None
        if isinstance(ARGUMENTS.get(root), Number | Flag) or isinstance(
            self.parameters[root], _PLAIN
        ):
            return None  # nothing lies below it
        for word in _WORDS.values():
            if word.parameter.target == name and self._takes(word.parameter):
                # The same under its full name, without the range.
                own = self._with_default(word)
                parameter = replace(own.parameter, name=name, domain=NO_RANGE, source="")
                return replace(own, parameter=parameter)
        default = (self.policy or {}).get(rest) if root == "policy_kwargs" else None
        default = default if isinstance(default, _PLAIN) else None
        return Word(parameter=_without_range(name, default, name))


def decided_path(parameter: Parameter) -> str:
    """Dotted path of the argument, or the part of one, that a parameter decides."""
    path = parameter.target or parameter.name
    for index, name in enumerate(_BETAS):
        if path == f"{OPTIONS}.{name}":
            return f"{OPTIONS}.betas.{index}"
    return path


def _without_range(name: str, default: object, target: str = "") -> Parameter:
    when = COUNTS_WITH.get(name)
    return Parameter(name=name, domain=NO_RANGE, default=default, target=target, when=when)
