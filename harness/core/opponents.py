"""Opponents that were trained: saved models among the arguments of an environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any, Final, Protocol

import numpy as np

from harness.core.identity import RUNTIME
from harness.core.scenario import Scenario

__all__ = [
    "KEY",
    "Opponent",
    "SavedModel",
    "exchanged",
    "models_in",
    "models_of",
    "recorded",
    "with_exchanged",
]

Array = np.ndarray[Any, Any]

KEY: Final = "saved_model"
"""What a matrix writes before the file: ``{saved_model: best.zip}``."""


class Opponent(Protocol):
    """What an environment is given in the place of a `SavedModel`.

    Attributes:
        name: For messages and for the parts of a return.
        observation_space, action_space: What the policy was trained in.
    """

    @property
    def name(self) -> str: ...
    @property
    def observation_space(self) -> Any: ...
    @property
    def action_space(self) -> Any: ...

    def __call__(self, observations: Array, masks: Array | None, rng: np.random.Generator) -> Array:
        """Actions (B, ...) for raw observations (B, ...) and masks (B, n) of what is allowed.

        Args:
            observations: B of them; the policy normalises them itself.
            masks: None where everything is allowed.
            rng: The environment's own; drawn from where actions are sampled.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedModel:
    """A model of stable-baselines3 in a file; it is known by its content, wherever it lies.

    Attributes:
        path: Absolute; where it lies on this machine.
        sha256: Of the model, and of its running statistics where they lie beside it.
        sampled: Whether actions are drawn from its policy instead of being the policy's mode.
    """

    path: str = field(metadata=RUNTIME)
    sha256: str
    sampled: bool = False

    @property
    def name(self) -> str:
        """Of its content alone, so that results do not depend on where a file lies."""
        return f"model {self.sha256[:8]}"

    @property
    def title(self) -> str:
        """For people: a campaign's model by its cell, any other by its file, with its checksum."""
        path = PurePath(self.path).with_suffix("")
        parts = path.parts
        inside = parts[len(parts) - parts[::-1].index("models") :] if "models" in parts else ()
        return f"{'/'.join(inside) or path.name} ({self.sha256[:8]})"


_FIELDS: Final = frozenset({"path", "sha256", "sampled"})


def recorded(part: Any) -> Any:
    """The saved model that a part of a campaign's record describes; any other part as it is."""
    if isinstance(part, Mapping) and part.keys() == _FIELDS:
        return SavedModel(**part)
    return part


def exchanged(value: Any, change: Callable[[Any], Any]) -> Any:
    """Plain data in which `change` has replaced what it gives another object for.

    Args:
        value: Mappings, lists and scalars, nested at will.
        change: Given every part, outer ones first; what it leaves alone it returns.
    """
    found = change(value)
    if found is not value:
        return found
    if isinstance(value, Mapping):
        return {key: exchanged(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [exchanged(item, change) for item in value]
    return value


def models_in(value: Any) -> tuple[SavedModel, ...]:
    """The saved models in the arguments of an environment, each once, in their order."""
    found: dict[SavedModel, None] = {}

    def note(part: Any) -> Any:
        if isinstance(part, SavedModel):
            found[part] = None
        return part

    exchanged(value, note)
    return tuple(found)


def with_exchanged(scenario: Scenario, change: Callable[[SavedModel], Any]) -> Scenario:
    """The scenario with every saved model among its arguments, and its levels', exchanged."""

    def changed(arguments: Mapping[str, Any]) -> Any:
        return exchanged(
            arguments, lambda part: change(part) if isinstance(part, SavedModel) else part
        )

    curriculum = scenario.curriculum
    if curriculum is not None:
        levels = [replace(one, arguments=changed(one.arguments)) for one in curriculum.levels]
        curriculum = replace(curriculum, levels=tuple(levels))
    return replace(scenario, arguments=changed(scenario.arguments), curriculum=curriculum)


def models_of(scenario: Scenario) -> tuple[SavedModel, ...]:
    """The saved models among a scenario's arguments and its levels', each once."""
    levels = () if scenario.curriculum is None else scenario.curriculum.levels
    return models_in([scenario.arguments, *(level.arguments for level in levels)])
