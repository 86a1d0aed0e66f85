"""A learner of its own: A2C that updates after every second step."""

from __future__ import annotations

from typing import Any

from stable_baselines3 import A2C


class QuickA2C(A2C):
    """A2C with short rollouts."""

    def __init__(
        self,
        policy: Any,
        env: Any,
        learning_rate: float = 1e-3,
        n_steps: int = 2,
        gamma: float = 0.95,
        seed: int | None = None,
        device: str = "auto",
        verbose: int = 0,
    ) -> None:
        super().__init__(
            policy,
            env,
            learning_rate=learning_rate,
            n_steps=n_steps,
            gamma=gamma,
            seed=seed,
            device=device,
            verbose=verbose,
        )
