"""Saved models as opponents: where they are among the arguments of an environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any, Final, Protocol

import numpy as np

from harness.core.identity import RUNTIME
from harness.core.scenario import INFINITIES, Scenario

KEY: Final = "saved_model"
"""Key of a saved model's file in a matrix: ``{saved_model: best.zip}``."""


class Opponent(Protocol):
    """What an environment gets in the place of a `SavedModel`.

    Attributes:
        name: For messages and for the parts of a return.
        observation_space, action_space: Spaces that the policy was trained in.
    """

    @property
    def name(self) -> str: ...
    @property
    def observation_space(self) -> Any: ...
    @property
    def action_space(self) -> Any: ...

    def __call__(
        self, observations: np.ndarray, masks: np.ndarray | None, rng: np.random.Generator
    ) -> np.ndarray:
        """Actions (B, ...) for raw observations (B, ...) and masks (B, n) of what is allowed.

        Args:
            observations: B of them; the policy normalises them itself.
            masks: None where everything is allowed.
            rng: The environment's own generator; used where actions are sampled.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedModel:
    """A model of stable-baselines3 in a file, identified by its content and not by its path.

    Attributes:
        path: Absolute path on this machine.
        sha256: Checksum of the model, and of its running statistics where they lie beside it.
        sampled: Whether actions are drawn from its policy instead of being the policy's mode.
    """

    path: str = field(metadata=RUNTIME)
    sha256: str
    sampled: bool = False

    @property
    def name(self) -> str:
        """A name made of the content alone, so that results do not depend on a file's path."""
        return f"model {self.sha256[:8]}"

    @property
    def title(self) -> str:
        """A name for people: the cell of a campaign's model or a file's name, and the checksum."""
        path = PurePath(self.path).with_suffix("")
        parts = path.parts
        inside = parts[len(parts) - parts[::-1].index("models") :] if "models" in parts else ()
        return f"{'/'.join(inside) or path.name} ({self.sha256[:8]})"


_FIELDS: Final = frozenset({"path", "sha256", "sampled"})


def saved_model_from_json(value: object) -> object:
    """The saved model that a mapping of a campaign's record describes; any other value as it is."""
    if isinstance(value, Mapping) and value.keys() == _FIELDS:
        return SavedModel(**value)
    return value


def map_leaves(value: object, function: Callable[[object], object]) -> Any:
    """Nested data with every part replaced for which `function` returns another object.

    Args:
        value: Mappings, lists and scalars, nested at will.
        function: Called with every part, outer ones before inner ones. It returns a part unchanged
            to have its inner parts visited.
    """
    replacement = function(value)
    if replacement is not value:
        return replacement
    if isinstance(value, Mapping):
        return {key: map_leaves(item, function) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [map_leaves(item, function) for item in value]
    return value


def with_infinities(arguments: Mapping[str, object]) -> dict[str, Any]:
    """Arguments of an environment or wrapper with the infinite numbers that they name."""
    numbers: dict[str, Any] = map_leaves(
        arguments, lambda part: INFINITIES.get(part, part) if isinstance(part, str) else part
    )
    return numbers


def map_models(value: object, function: Callable[[SavedModel], object]) -> Any:
    """Nested data with every saved model in it replaced by what `function` makes of it."""
    return map_leaves(value, lambda part: function(part) if isinstance(part, SavedModel) else part)


def models_in(value: object) -> tuple[SavedModel, ...]:
    """The saved models in the arguments of an environment, each once, in their order."""
    return tuple(dict.fromkeys(_walk_models(value)))


def _walk_models(value: object) -> Iterator[SavedModel]:
    if isinstance(value, SavedModel):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _walk_models(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _walk_models(item)


def replace_models(scenario: Scenario, function: Callable[[SavedModel], Any]) -> Scenario:
    """The scenario with every saved model among its and its levels' arguments replaced."""
    curriculum = scenario.curriculum
    if curriculum is not None:
        levels = tuple(
            replace(level, arguments=map_models(level.arguments, function))
            for level in curriculum.levels
        )
        curriculum = replace(curriculum, levels=levels)
    arguments = map_models(scenario.arguments, function)
    return replace(scenario, arguments=arguments, curriculum=curriculum)


def models_of(scenario: Scenario) -> tuple[SavedModel, ...]:
    """The saved models among a scenario's arguments and its levels', each once."""
    levels = () if scenario.curriculum is None else scenario.curriculum.levels
    return models_in([scenario.arguments, *(level.arguments for level in levels)])
