"""Backend: which code trains a run, a function of the run alone.

``sb3`` is plain stable-baselines3. ``fast`` is the same learner with its inner loops in numpy,
equal up to the rounding of float32, for what it covers. Rounding makes other digits in the long
run, so a run has one backend, and it is part of its identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.algorithm import Algorithm
from harness.core.arguments import ACTIVATIONS, OPTIMIZERS
from harness.core.scenario import Scenario

ON_POLICY: Final = frozenset(
    {
        "sb3_contrib.ppo_mask.ppo_mask:MaskablePPO",
        "stable_baselines3.a2c.a2c:A2C",
        "stable_baselines3.ppo.ppo:PPO",
    }
)
OFF_POLICY: Final = frozenset(
    {
        "sb3_contrib.crossq.crossq:CrossQ",
        "sb3_contrib.qrdqn.qrdqn:QRDQN",
        "sb3_contrib.tqc.tqc:TQC",
        "stable_baselines3.ddpg.ddpg:DDPG",
        "stable_baselines3.dqn.dqn:DQN",
        "stable_baselines3.sac.sac:SAC",
        "stable_baselines3.td3.td3:TD3",
    }
)
ACTIONS: Final = frozenset({"Box", "Discrete", "MultiDiscrete"})
OPTIMIZER_ARGUMENTS: Final = frozenset({"alpha", "betas", "eps", "weight_decay"})
POLICY_ARGUMENTS: Final = frozenset(
    {
        "activation_fn",
        "batch_norm",
        "batch_norm_eps",
        "batch_norm_momentum",
        "full_std",
        "log_std_init",
        "n_critics",
        "n_quantiles",
        "net_arch",
        "normalize_images",
        "optimizer_class",
        "optimizer_kwargs",
        "ortho_init",
        "renorm_warmup_steps",
        "share_features_extractor",
    }
)
OTHER_BUFFERS: Final = (
    "replay_buffer_class",
    "replay_buffer_kwargs",
    "rollout_buffer_class",
    "rollout_buffer_kwargs",
)


def cell_obstacle(algorithm: Algorithm, scenario: Scenario) -> str | None:
    """Why no run of a cell can be trained by `fast`; None if some can."""
    if algorithm.learner not in ON_POLICY | OFF_POLICY or algorithm.recurrent:
        return f"`{algorithm.name}` is not accelerated"
    if scenario.action not in ACTIONS:
        return f"actions of kind {scenario.action} are not accelerated"
    if scenario.observation != "vector":
        return f"observations of kind {scenario.observation} are not accelerated"
    return None


def obstacle(algorithm: Algorithm, scenario: Scenario, arguments: Mapping[str, Any]) -> str | None:
    """Why `fast` cannot train a run; None if it can.

    Args:
        arguments: Constructor arguments as JSON.
    """
    fault = cell_obstacle(algorithm, scenario)
    if fault is not None:
        return fault
    for name in OTHER_BUFFERS:
        if arguments.get(name):
            return f"`{name}` is not accelerated"
    if algorithm.learner in OFF_POLICY and arguments.get("use_sde"):
        return f"state-dependent exploration of `{algorithm.name}` is not accelerated"
    policy = arguments.get("policy_kwargs") or {}
    if not isinstance(policy, Mapping):
        return "`policy_kwargs` is no mapping"
    return _policy_obstacle(policy)


def _policy_obstacle(policy: Mapping[str, Any]) -> str | None:
    unknown = sorted(set(policy) - POLICY_ARGUMENTS)
    if unknown:
        return f"`policy_kwargs.{unknown[0]}` is not accelerated"
    for argument, kind, names in (
        ("activation_fn", "activation", ACTIVATIONS),
        ("optimizer_class", "optimiser", OPTIMIZERS),
    ):
        name = policy.get(argument)
        entry = names.get(str(name))
        if argument in policy and not (entry is not None and entry.accelerated):
            return f"{kind} `{name}` is not accelerated"
    options = sorted(set(policy.get("optimizer_kwargs") or {}) - OPTIMIZER_ARGUMENTS)
    return f"`optimizer_kwargs.{options[0]}` is not accelerated" if options else None
