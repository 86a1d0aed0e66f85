"""A scenario entry and a cell's settings -> the scenario of the cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_type_hints

from harness.config.nodes import place_of, plain
from harness.config.opponents import with_models
from harness.config.schema import ScenarioEntry
from harness.config.selection import Entry
from harness.core.identity import decode
from harness.core.scenario import Scenario, Score
from harness.core.settings import settings_of
from harness.registry import Registry

__all__ = ["scenario_of", "with_settings"]


def scenario_of(entry: Entry, registry: Registry) -> Scenario:
    """The registered or probed scenario under the entry's name, with what identifies it.

    Raises:
        HarnessError: Nothing has that name, or a package is missing.
    """
    keys = ScenarioEntry.model_validate(plain(entry.settings)).model_dump(exclude_unset=True)
    base = _base(keys, registry)
    changes: dict[str, Any] = {
        name: keys[name] for name in ("name", "action", "observation") if name in keys
    }
    if "imports" in keys:
        changes["imports"] = tuple(keys["imports"])
    for name in ("random", "reference"):
        if name in keys:
            source = keys[name].get("source") or str(place_of(entry.settings.get(name)))
            changes[name] = Score(value=keys[name]["value"], source=source)
    return replace(base, **changes)


def _base(keys: Mapping[str, Any], registry: Registry) -> Scenario:
    """Look the environment up; one that has to be imported first goes by ``module:Id``."""
    name: str = keys.get("env", keys["name"])
    for module in keys.get("imports", ()):
        scenario = registry.probed(f"{module}:{name}")
        if scenario is not None:
            return replace(scenario, env=name)
    return registry.scenario(name)


def with_settings(
    scenario: Scenario, settings: Mapping[str, Any], *, explicit: frozenset[str] = frozenset()
) -> Scenario:
    """The scenario with a cell's settings applied; arguments mix, everything else is replaced.

    Other arguments make another environment, and its scores are other ones: those that the
    document does not give itself are dropped.

    Args:
        scenario: Registered or probed.
        settings: The cell's, validated. A curriculum among them is left aside.
        explicit: The keys of the scenario's entry in the document.
    """
    types = get_type_hints(Scenario, include_extras=True)
    names = [field.name for field in settings_of(Scenario) if field.name != "curriculum"]
    changes: dict[str, Any] = {
        name: decode(types[name], settings[name]) for name in names if name in settings
    }
    if "env_arguments" in settings:
        changes["arguments"] = {**scenario.arguments, **with_models(settings["env_arguments"])}
        if changes["arguments"] != scenario.arguments:
            changes["baselines"] = {}
            changes |= dict.fromkeys({"random", "reference"} - explicit)
    return replace(scenario, **changes)
