"""A scenario entry and a cell's settings -> the scenario of the cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.config.nodes import place_of, plain
from harness.config.opponents import with_models
from harness.config.schema import ScenarioEntry, ScoreEntry, Settings, WrapperEntry
from harness.config.selection import Entry
from harness.core.scenario import Normalize, Scenario, Score, Wrapper
from harness.registry import Registry

__all__ = ["scenario_of", "with_settings"]


def scenario_of(entry: Entry, registry: Registry) -> Scenario:
    """The registered or probed scenario under the entry's name, with what identifies it.

    Raises:
        HarnessError: Nothing has that name, or a package is missing.
    """
    written = ScenarioEntry.model_validate(plain(entry.settings))
    base = _base(written, registry)
    given: dict[str, Any] = {"name": written.name}
    if written.imports is not None:
        given["imports"] = tuple(written.imports)
    for field in ("action", "observation"):
        if getattr(written, field) is not None:
            given[field] = getattr(written, field)
    for field in ("random", "reference"):
        score: ScoreEntry | None = getattr(written, field)
        if score is not None:
            origin = str(place_of(entry.settings.get(field)))
            given[field] = Score(value=score.value, source=score.source or origin)
    return replace(base, **given)


def _base(written: ScenarioEntry, registry: Registry) -> Scenario:
    """Look the environment up; one that has to be imported first goes by ``module:Id``."""
    name = written.env or written.name
    for module in written.imports or ():
        found = registry.probed(f"{module}:{name}")
        if found is not None:
            return replace(found, env=name)
    return registry.scenario(name)


def with_settings(
    scenario: Scenario, settings: Settings, *, written: frozenset[str] = frozenset()
) -> Scenario:
    """The scenario with a cell's settings applied; arguments mix, everything else is replaced.

    Other arguments make another environment, and its scores are other ones: those that the
    document does not give itself are dropped.

    Args:
        scenario: Registered or probed.
        settings: The cell's.
        written: What the document says of the scenario.
    """
    given: dict[str, Any] = {}
    if settings.n_envs is not None:
        given["n_envs"] = settings.n_envs
    if settings.normalize is not None:
        normalize = settings.normalize
        given["normalize"] = Normalize(observation=normalize.observation, reward=normalize.reward)
    if settings.wrappers is not None:
        given["wrappers"] = _wrappers(settings.wrappers)
    if settings.training_wrappers is not None:
        given["training_wrappers"] = _wrappers(settings.training_wrappers)
    if "max_episode_steps" in settings.model_fields_set:
        given["max_episode_steps"] = settings.max_episode_steps
    if settings.env_arguments is not None:
        given["arguments"] = {**scenario.arguments, **with_models(settings.env_arguments)}
        if given["arguments"] != scenario.arguments:
            given["baselines"] = {}
            given |= dict.fromkeys({"random", "reference"} - written)
    return replace(scenario, **given)


def _wrappers(written: Sequence[WrapperEntry]) -> tuple[Wrapper, ...]:
    return tuple(Wrapper(path=entry.path, arguments=entry.arguments) for entry in written)
