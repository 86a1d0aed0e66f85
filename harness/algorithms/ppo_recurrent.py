"""Recurrent PPO: PPO whose policy remembers through an LSTM."""

from __future__ import annotations

from harness.algorithms import ranges, rules
from harness.algorithms.priors import priors_of
from harness.core.algorithm import Algorithm
from harness.core.space import Space
from harness.core.spaces.domain import Choice, PowerOfTwo
from harness.core.spaces.parameter import Parameter

ALGORITHM = Algorithm(
    name="ppo_recurrent",
    title="Recurrent PPO",
    learner="sb3_contrib.ppo_recurrent.ppo_recurrent:RecurrentPPO",
    policies={
        "vector": "MlpLstmPolicy",
        "image": "CnnLstmPolicy",
        "dict": "MultiInputLstmPolicy",
    },
    # Its buffer keeps switches as bytes, which no probability can be computed of.
    actions=ranges.ACTOR_CRITIC_ACTIONS - {"MultiBinary"},
    on_policy=True,
    recurrent=True,
    source="Pleines et al. 2022, https://arxiv.org/abs/2205.11104",
    # An order by hand, after Andrychowicz et al. 2021 (on-policy study), Eimer et al. 2023
    # (tuning in RL), rl-baselines3-zoo; Pleines et al. 2022.
    importance=(
        "learning_rate",
        "gamma",
        "n_steps",
        "n_epochs",
        "gae_lambda",
        "batch_size",
        "lstm_hidden_size",
        "entropy_bonus",
    ),
    priors=priors_of("ppo_recurrent"),
    space=Space(
        parameters=(
            *ranges.PPO,
            *ranges.GSDE,
            ranges.network("small", "tiny", "[128, 128]", "medium", "[512, 512]"),
            ranges.activation("tanh"),
            Parameter(
                name="lstm_hidden_size",
                domain=PowerOfTwo(low=16, high=512),
                default=256,
                target="policy_kwargs.lstm_hidden_size",
                source=f"{ranges.EARLIER_ZOO} (16 .. 512)",
            ),
            Parameter(
                name="enable_critic_lstm",
                domain=Choice(options=(True, False)),
                default=True,
                target="policy_kwargs.enable_critic_lstm",
                source=ranges.EARLIER_ZOO,
            ),
        ),
        budget_rules=(rules.bounded_rollout, rules.fitted_batch),
        rules=(rules.scheduled_learning_rate, rules.entropy_bonus, rules.network),
    ),
)
