"""Scenarios as their environments describe them, in this process."""

from harness.core.scenario import Scenario
from harness.envs import describe_scenario, find_scenario


def probe(name: str, draft: Scenario | None = None) -> Scenario | None:
    """A scenario for an id with what its environment says of itself; None for no id."""
    scenario = find_scenario(name, draft)
    return None if scenario is None else scenario.with_description(describe_scenario(scenario))
