"""Where the scores of the built-in scenarios come from, in words."""

from __future__ import annotations

from harness.core.scenario import Score

__all__ = ["measured", "published"]

GYMNASIUM = "gymnasium 1.4.0"
MUJOCO = "mujoco 3.10.0"


def measured(
    value: float, *, episodes: int, error: float, versions: tuple[str, ...] = (GYMNASIUM,)
) -> Score:
    """Mean return of the uniformly random policy, measured with `harness.envs.random_score`.

    Args:
        value: Mean return.
        episodes: How many episodes; the seed was 2026.
        error: Standard error of the mean.
        versions: Packages that decide the number.
    """
    return Score(
        value=value,
        source="measured: uniformly random policy, "
        f"{episodes} episodes, standard error {error:g}, {', '.join(versions)}",
    )


def published(
    value: float, *, algorithm: str, steps: str, runs: str, source: str, task: str = ""
) -> Score:
    """A published mean return of a trained policy.

    Args:
        value: Mean return.
        algorithm: Who reached it, and whether it was tuned.
        steps: Environment steps of the training.
        runs: How many training seeds the mean is over, with its spread.
        source: Where it is published.
        task: The version it was reached on, where that is another one.
    """
    other = f"; reached on {task}, an earlier version of this task" if task else ""
    return Score(value=value, source=f"{algorithm}, {steps} steps, {runs}, {source}{other}")
