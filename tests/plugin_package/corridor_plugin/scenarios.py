"""Data only; the environment is imported when it is made."""

from harness.core.scenario import Scenario

SCENARIOS = (
    Scenario(
        name="corridor/short",
        env="corridor_plugin.env:corridor/Corridor-v0",
        family="corridor",
        action="Discrete",
        arguments={"length": 8},
        max_episode_steps=100,
        steps=2_000,
        description="Walk right.",
    ),
)
