"""Ranges, and orders of importance, that several algorithms share, each with its source.

Where no default is given it is read from the constructor. A default stated here belongs to a value
that is no constructor argument of that name; the tests compare it with the library's own model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.core.arguments import NO_NOISE, NOISES, SCHEDULES
from harness.core.scenario import ACTION_KINDS, ObservationKind
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo
from harness.core.spaces.parameter import Parameter, When

ZOO: Final = "rl-baselines3-zoo 2.8.0, hyperparams_opt.py"
EARLIER_ZOO: Final = "rl-baselines3-zoo 2.5.0"
"""Its samplers changed in 2.6.0; what the later ones do not search is from the earlier release."""

TUNED_ZOO: Final = "tuned files of rl-baselines3-zoo 2.8.0"
ANDRYCHOWICZ: Final = "Andrychowicz et al. 2021, What Matters for On-Policy Deep Actor-Critic"
LOCOMOTION: Final = "hyperparameter guide for MuJoCo locomotion with PPO and SAC"
TUTORIAL: Final = "tutorials on tuning stable-baselines3 with Optuna"

POLICIES: Final[Mapping[ObservationKind, str]] = {
    "vector": "MlpPolicy",
    "image": "CnnPolicy",
    "dict": "MultiInputPolicy",
}
"""Kind of observation -> policy, as most learners name them."""

ACTOR_CRITIC_ACTIONS: Final = frozenset(ACTION_KINDS)
"""Kinds of action space of the on-policy actor-critic learners."""

# An order by hand, after Obando-Ceron et al. 2024 (consistency of DQN's), Hessel et al. 2018,
# rl-baselines3-zoo.
DQN_IMPORTANCE: Final = (
    "learning_rate",
    "target_update_interval",
    "train_freq",
    "replay_ratio",
    "exploration_fraction",
    "gamma",
    "batch_size",
    "exploration_final_eps",
)

# An order by hand, after Eimer et al. 2023 (tuning in RL), Fujimoto et al. 2018, Henderson et al.
# 2018, rl-baselines3-zoo.
DETERMINISTIC_IMPORTANCE: Final = (
    "learning_rate",
    "gamma",
    "noise",
    "noise_sigma",
    "replay_ratio",
    "batch_size",
    "train_freq",
    "tau",
)

# An order by hand, after Andrychowicz et al. 2021 (on-policy study), Eimer et al. 2023 (tuning in
# RL), rl-baselines3-zoo.
PPO_IMPORTANCE: Final = (
    "learning_rate",
    "gamma",
    "n_steps",
    "n_epochs",
    "gae_lambda",
    "batch_size",
    "entropy_bonus",
    "ent_coef",
)

LEARNING_RATE: Final = Parameter(
    name="learning_rate",
    domain=Float(low=1e-5, high=1e-2, log=True),
    source=f"{TUTORIAL} (1e-5 .. 1e-2); {ZOO} (1e-5 .. 2e-3); {LOCOMOTION} (1e-5 .. 1e-3)",
)

LR_SCHEDULE: Final = Parameter(
    name="lr_schedule",
    domain=Choice(options=SCHEDULES),
    default=SCHEDULES[0],
    target="learning_rate.schedule",
    source=f"{LOCOMOTION} (linear and cosine decay); {ANDRYCHOWICZ} (decay to 0 helps a little)",
)

GAMMA: Final = Parameter(
    name="gamma",
    domain=Float(low=0.8, high=0.9999, log=True, complement=True),
    source=f"{ZOO} (0.97 .. 0.9999); {TUTORIAL} (0.9 .. 0.9999); lower for short horizons",
)

GAE_LAMBDA: Final = Parameter(
    name="gae_lambda",
    domain=Float(low=0.8, high=0.9999, log=True, complement=True),
    source=f"{ANDRYCHOWICZ} (0.8 .. 0.99); {ZOO} (0.9 .. 0.9999)",
)

N_EPOCHS: Final = Parameter(
    name="n_epochs",
    domain=Int(low=1, high=30, log=True),
    source=f"{ZOO} (1 .. 20); {TUTORIAL} (3 .. 30)",
)

CLIP_RANGE: Final = Parameter(
    name="clip_range",
    domain=Float(low=0.05, high=0.5),
    source=f"{ANDRYCHOWICZ} (0.1 .. 0.5); {TUTORIAL} (0.1 .. 0.4)",
)

VF_COEF: Final = Parameter(
    name="vf_coef",
    domain=Float(low=0.1, high=1.0),
    source=f"{TUTORIAL} (0.1 .. 1.0); {EARLIER_ZOO} (0 .. 1)",
)

MAX_GRAD_NORM: Final = Parameter(
    name="max_grad_norm",
    domain=Float(low=0.3, high=5.0, log=True),
    source=f"{ZOO} (0.3 .. 2); {EARLIER_ZOO} (0.3 .. 5); {ANDRYCHOWICZ} (0.5 .. 5)",
)

ENTROPY: Final = (
    Parameter(
        name="entropy_bonus",
        domain=Choice(options=(False, True)),
        default=False,
        target="ent_coef",
        source="switches `ent_coef`, whose default 0 lies outside any logarithmic range",
    ),
    Parameter(
        name="ent_coef",
        domain=Float(low=1e-8, high=0.1, log=True),
        default=0.01,
        when=When(parameter="entropy_bonus", values=(True,)),
        source=f"{ZOO} (1e-8 .. 0.1); {LOCOMOTION} (0 .. 0.01)",
    ),
)
"""Whether there is an entropy bonus, and how large."""

GSDE: Final = (
    Parameter(
        name="use_sde",
        domain=Choice(options=(False, True)),
        actions=frozenset({"Box"}),
        source="Raffin et al. 2022, Smooth Exploration for Robotic Reinforcement Learning",
    ),
    Parameter(
        name="sde_sample_freq",
        domain=Choice(options=(-1, 4, 8, 16, 32, 64, 128, 256)),
        when=When(parameter="use_sde", values=(True,)),
        actions=frozenset({"Box"}),
        source=f"{EARLIER_ZOO} (-1, 8 .. 256, switched off there); Raffin et al. 2022 (4 .. 64)",
    ),
)
"""State-dependent exploration, for continuous actions only."""

BUFFER_SIZE: Final = Parameter(
    name="buffer_size",
    domain=Int(low=10_000, high=1_000_000, log=True),
    source=f"{EARLIER_ZOO} (1e4 .. 1e6); {LOCOMOTION} (1e5 .. 1e6)",
)

LEARNING_STARTS: Final = Parameter(
    name="learning_starts",
    domain=Int(low=10, high=20_000, log=True),
    source=f"{EARLIER_ZOO} (0 .. 20000)",
)

TAU: Final = Parameter(
    name="tau",
    domain=Float(low=0.001, high=0.1, log=True),
    source=f"{ZOO} (0.001 .. 0.08); {LOCOMOTION} (0.005 .. 0.02)",
)

TARGET_UPDATE_INTERVAL: Final = Parameter(
    name="target_update_interval",
    domain=Int(low=1, high=20_000, log=True),
    source=f"{ZOO} (1 .. 20000); {TUNED_ZOO} (1 .. 1000)",
)

EXPLORATION: Final = (
    Parameter(
        name="exploration_fraction",
        domain=Float(low=0.005, high=0.5, log=True),
        source=f"{ZOO} (0 .. 0.5)",
    ),
    Parameter(
        name="exploration_final_eps",
        domain=Float(low=0.0, high=0.2),
        source=f"{ZOO} (0 .. 0.2)",
    ),
)
"""Linear epsilon-greedy decay."""

TEMPERATURE: Final = Parameter(
    name="ent_coef",
    domain=Choice(options=("auto", "auto_0.1", 0.1, 0.01, 0.001)),
    source=f"{EARLIER_ZOO} (auto, 0.5 .. 0.0001, switched off there); "
    "Haarnoja et al. 2018b (learned)",
)
"""Entropy temperature of the maximum-entropy learners, learned or fixed."""

ACTION_NOISE: Final = (
    Parameter(
        name="noise",
        domain=Choice(options=(NO_NOISE, *NOISES)),
        default=NO_NOISE,
        target="action_noise.noise",
        source=f"{ZOO} (both, or none); Lillicrap et al. 2016 (ornstein_uhlenbeck)",
    ),
    Parameter(
        name="noise_sigma",
        domain=Float(low=0.01, high=1.0, log=True),
        default=0.1,
        target="action_noise.sigma",
        when=When(parameter="noise", values=tuple(NOISES)),
        source=f"{ZOO} (0 .. 0.5); {EARLIER_ZOO} (0 .. 1); Fujimoto et al. 2018 (0.1)",
    ),
)
"""Exploration noise of the deterministic learners; the library's default has none."""

OFF_POLICY: Final = (LEARNING_RATE, LR_SCHEDULE, BUFFER_SIZE, LEARNING_STARTS)
"""Of every learner with a replay buffer."""


def n_steps(low: int, high: int, *, source: str) -> Parameter:
    """Steps per environment and rollout."""
    return Parameter(name="n_steps", domain=PowerOfTwo(low=low, high=high), source=source)


def batch_size(low: int, high: int, *, source: str) -> Parameter:
    """Transitions per gradient step."""
    return Parameter(name="batch_size", domain=PowerOfTwo(low=low, high=high), source=source)


PPO: Final = (
    LEARNING_RATE,
    LR_SCHEDULE,
    n_steps(
        8,
        8192,
        source=f"{ZOO} (32 .. 4096); {TUNED_ZOO} (8 .. 2048); locomotion guide (1024 .. 8192)",
    ),
    batch_size(16, 4096, source="tutorials (16 .. 4096); locomotion guide (64 .. 512)"),
    N_EPOCHS,
    GAMMA,
    GAE_LAMBDA,
    CLIP_RANGE,
    *ENTROPY,
    VF_COEF,
    MAX_GRAD_NORM,
)
"""Of PPO and its kin."""

CONTINUOUS_BATCH_SIZE: Final = batch_size(
    32,
    2048,
    source=f"locomotion guide (256 .. 1024); {ZOO} (4 .. 2048); {TUNED_ZOO} (64 .. 2048)",
)
DISCRETE_BATCH_SIZE: Final = batch_size(
    16, 512, source=f"{EARLIER_ZOO} (16 .. 512); {ZOO} (4 .. 2048)"
)
"""Of learners with a replay buffer, by their actions."""


def network(default: str, *others: str) -> Parameter:
    """Hidden layers.

    Args:
        default: What the learner's policy builds for vector observations.
    """
    options = (default, *(label for label in others if label != default))
    return Parameter(
        name="net_arch",
        domain=Choice(options=options),
        default=default,
        target="policy_kwargs.net_arch",
        source=f"{ZOO} (tiny, small, medium, big); {TUTORIAL} (widths 64 .. 512)",
    )


def activation(default: str) -> Parameter:
    """Activation of the hidden layers.

    Args:
        default: What the learner's policy uses.
    """
    others = (name for name in ("tanh", "relu", "elu") if name != default)
    return Parameter(
        name="activation_fn",
        domain=Choice(options=(default, *others)),
        default=default,
        target="policy_kwargs.activation_fn",
        source=f"{ZOO} (tanh, relu); {ANDRYCHOWICZ} (elu too; tanh best on policy)",
    )


def replay(*, ratio: float) -> tuple[Parameter, Parameter]:
    """How often to update and how many gradient steps to take per environment step.

    Args:
        ratio: Default gradient steps per step, `gradient_steps` / `train_freq`.
    """
    return (
        Parameter(
            name="train_freq",
            domain=PowerOfTwo(low=1, high=256),
            source=f"{ZOO} (1 .. 10); {EARLIER_ZOO} (1 .. 512, for discrete actions 1 .. 1000); "
            f"{TUNED_ZOO} (1 .. 256); "
            f"{LOCOMOTION} (1 .. 64)",
        ),
        Parameter(
            name="replay_ratio",
            domain=Choice(options=(0.125, 0.25, 0.5, 1.0, 2.0)),
            default=ratio,
            target="gradient_steps",
            source="Fedus et al. 2020, Revisiting Fundamentals of Experience Replay (0.25 .. 8); "
            f"{LOCOMOTION} (1 .. 64 gradient steps)",
        ),
    )
