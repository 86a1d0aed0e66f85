"""Types and ranges of learner arguments: what each may be, stated once.

The arguments are those of stable-baselines3 and sb3-contrib. Whether one may be null its
constructor says by its own default. `harness.core.learner_arguments.argument_problems` holds values
against these.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

_INF: Final = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number between inclusive bounds.

    Attributes:
        low, high: The bounds.
        above: Whether `low` itself is excluded.
        without: A number between the bounds that is excluded.
        whole: Whether it counts something.
        scheduled: Whether the learner also takes a function of the training's progress.
        words: Pattern of the texts that may stand in its place; `example` shows one.
    """

    low: float = -_INF
    high: float = _INF
    above: bool = False
    without: float | None = None
    whole: bool = False
    scheduled: bool = False
    words: str = ""
    example: str = ""

    def problem(self, value: object) -> str | None:
        """What is wrong with a value, as the rest of a sentence; None for nothing."""
        if isinstance(value, str) and self.words and re.fullmatch(self.words, value):
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            kind = "a whole number" if self.whole else "a number"
            more = f" or {self.example}" if self.example else ""
            return f"must be {kind}{more}, not {format_value(value)}"
        return self._outside(value)

    def _outside(self, value: float) -> str | None:
        if self.whole and isinstance(value, float) and not value.is_integer():
            return f"must be a whole number, not {format_value(value)}"
        if not isinstance(value, int) and not math.isfinite(value):
            return f"must be a finite number, not {format_value(value)}"
        if value < self.low or (self.above and value == self.low):
            limit = f"{'above' if self.above else 'at least'} {self.low:g}"
            return f"must be {limit}, not {format_value(value)}"
        if value > self.high or value == self.high == self.without:
            limit = "below" if self.high == self.without else "at most"
            return f"must be {limit} {self.high:g}, not {format_value(value)}"
        return f"must not be {format_value(value)}" if value == self.without else None

    def normal(self, value: object) -> Any:
        """The value in its one form: a count written ``1e6`` is 1000000."""
        if self.whole and isinstance(value, float) and value.is_integer():
            return int(value)
        return value


class _AsWritten:
    """A type whose values have one form only."""

    __slots__ = ()

    def normal(self, value: object) -> Any:
        """The value."""
        return value


@dataclass(frozen=True, slots=True)
class Flag(_AsWritten):
    """True or false."""

    def problem(self, value: object) -> str | None:
        """What is wrong with a value; None for nothing."""
        return (
            None if isinstance(value, bool) else f"must be true or false, not {format_value(value)}"
        )


@dataclass(frozen=True, slots=True)
class Pair(_AsWritten):
    """Two numbers, each of a type."""

    number: Number

    def problem(self, value: Any) -> str | None:
        """What is wrong with a value as a whole; None for nothing."""
        is_list = isinstance(value, list | tuple)
        if is_list and len(value) == 2:
            return None
        text = f"of {len(value)}" if is_list else format_value(value)
        return f"must be a list of two numbers, not {text}"


@dataclass(frozen=True, slots=True)
class Options:
    """A mapping of options.

    Attributes:
        types: What each may be; None for any, which the learner itself checks.
        are_all: Whether there are no others, which the learner itself would check.
    """

    types: Mapping[str, Any] | None = None
    are_all: bool = True

    def problem(self, value: object) -> str | None:
        """What is wrong with a value as a whole; None for nothing."""
        return (
            None if isinstance(value, Mapping) else f"must be a mapping, not {format_value(value)}"
        )

    def normal(self, value: object) -> Any:
        """The value with its options in their one form."""
        if not isinstance(value, Mapping) or self.types is None:
            return value
        types = self.types
        return {k: types[k].normal(v) if k in types else v for k, v in value.items()}


@dataclass(frozen=True, slots=True)
class Unwritable(_AsWritten):
    """A Python class or object, which no matrix can hold."""

    def problem(self, value: object) -> str | None:
        """What is wrong with a value."""
        return f"takes a Python class, which a matrix cannot hold: {format_value(value)}"


@dataclass(frozen=True, slots=True)
class _Word(_AsWritten):
    words: tuple[str, ...]

    def problem(self, value: object) -> str | None:
        fits = isinstance(value, str) and value in self.words
        return (
            None if fits else f"must be one of {', '.join(self.words)}, not {format_value(value)}"
        )


def format_value(value: object) -> str:
    """A value as a matrix writes it, not too long."""
    if isinstance(value, str):
        return f'the text "{value[:60]}"'
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    if isinstance(value, Mapping | list | tuple):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    return str(value)[:60]


_COUNT: Final = Number(low=1, whole=True)
_SHARE: Final = Number(low=0, high=1)
_POSITIVE_SHARE: Final = Number(low=0, high=1, above=True)
_NOT_NEGATIVE: Final = Number(low=0)
_POSITIVE: Final = Number(low=0, above=True)
_SCHEDULED: Final = Number(low=0, above=True, scheduled=True)
_ANY: Final = Number()
_FLAG: Final = Flag()
_PATTERN: Final = r"[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?"

TEMPERATURE: Final = Number(
    low=0, words=rf"auto(_(?!0*\.?0*(e|$)){_PATTERN})?", example="`auto` or `auto_0.1`"
)
"""``ent_coef`` where the learner can learn it; it takes a number above 0 to begin with."""

ARGUMENTS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "alive_bonus_offset": _ANY,
        "batch_size": _COUNT,
        "buffer_size": _COUNT,
        "cg_damping": _NOT_NEGATIVE,
        "cg_max_steps": _COUNT,
        "clip_range": _SCHEDULED,
        "clip_range_vf": _SCHEDULED,
        "delta_std": _SCHEDULED,
        "ent_coef": Number(low=0, scheduled=True),
        "exploration_final_eps": _SHARE,
        "exploration_fraction": _POSITIVE_SHARE,
        "exploration_initial_eps": _SHARE,
        "gae_lambda": _SHARE,
        "gamma": _SHARE,
        # -1 takes as many as there were steps.
        "gradient_steps": Number(low=-1, without=0, whole=True),
        "learning_rate": _SCHEDULED,
        "learning_starts": Number(low=0, whole=True),
        "line_search_max_iter": _COUNT,
        "line_search_shrinking_factor": _POSITIVE_SHARE,
        "max_grad_norm": _POSITIVE,
        "n_critic_updates": _COUNT,
        "n_delta": _COUNT,
        "n_epochs": _COUNT,
        "n_eval_episodes": _COUNT,
        "n_steps": _COUNT,
        "n_top": _COUNT,
        "normalize_advantage": _FLAG,
        "optimize_memory_usage": _FLAG,
        "policy_delay": _COUNT,
        "replay_buffer_kwargs": Options(
            {
                "copy_info_dict": _FLAG,
                "goal_selection_strategy": _Word(("future", "final", "episode")),
                "handle_timeout_termination": _FLAG,
                "n_sampled_goal": _COUNT,
            }
        ),
        "rms_prop_eps": _POSITIVE,
        "rollout_buffer_class": Unwritable(),
        # The learner itself gives all that these buffers take.
        "rollout_buffer_kwargs": Options({}),
        # -1 draws once per rollout.
        "sde_sample_freq": Number(low=-1, whole=True),
        "stats_window_size": _COUNT,
        "sub_sampling_factor": _COUNT,
        "target_entropy": Number(words="auto", example="`auto`"),
        "target_kl": _POSITIVE,
        "target_noise_clip": _NOT_NEGATIVE,
        "target_policy_noise": _NOT_NEGATIVE,
        "target_update_interval": _COUNT,
        "tau": _POSITIVE_SHARE,
        "top_quantiles_to_drop_per_net": Number(low=0, whole=True),
        "train_freq": _COUNT,
        "use_rms_prop": _FLAG,
        "use_sde": _FLAG,
        "use_sde_at_warmup": _FLAG,
        "vf_coef": _NOT_NEGATIVE,
        "zero_policy": _FLAG,
    }
)
"""Constructor arguments of learners, but those that have a grammar of their own."""

POLICY_ARGUMENTS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "batch_norm": _FLAG,
        "batch_norm_eps": _POSITIVE,
        "batch_norm_momentum": _POSITIVE_SHARE,
        "clip_mean": _NOT_NEGATIVE,
        "enable_critic_lstm": _FLAG,
        "features_extractor": Unwritable(),
        "features_extractor_class": Unwritable(),
        "features_extractor_kwargs": Options(),
        "full_std": _FLAG,
        # Beyond, its exponential leaves the numbers of a network.
        "log_std_init": Number(low=-20, high=20),
        "lstm_hidden_size": _COUNT,
        # The policy itself gives all else, or hands over what other layouts do not take.
        "lstm_kwargs": Options({"bias": _FLAG, "dropout": _SHARE}),
        "n_critics": _COUNT,
        "n_lstm_layers": _COUNT,
        "n_quantiles": _COUNT,
        "normalize_images": _FLAG,
        "optimizer_kwargs": Options(
            {
                "alpha": _NOT_NEGATIVE,
                "amsgrad": _FLAG,
                "betas": Pair(Number(low=0, high=1, without=1)),
                "centered": _FLAG,
                "eps": _NOT_NEGATIVE,
                "momentum": _NOT_NEGATIVE,
                "nesterov": _FLAG,
                "weight_decay": _NOT_NEGATIVE,
            },
            are_all=False,
        ),
        "ortho_init": _FLAG,
        "renorm_warmup_steps": Number(low=0, whole=True),
        "share_features_extractor": _FLAG,
        "shared_lstm": _FLAG,
        "squash_output": _FLAG,
        "use_expln": _FLAG,
        "with_bias": _FLAG,
    }
)
"""Keys of ``policy_kwargs``, but those that have a grammar of their own."""
