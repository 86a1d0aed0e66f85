"""Saved models in an environment that nobody plays: their spaces are known, they do not act."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cloudpickle  # type: ignore[import-untyped]
import numpy as np
from gymnasium import spaces

from harness import saved_models
from harness.core.opponents import SavedModel, map_leaves
from harness.errors import UsageError

__all__ = ["Unopened", "unopened"]

Array = np.ndarray[Any, Any]

_PICKLED: Final = ":serialized:"
"""Key under which stable-baselines3 writes what is no JSON."""


class Unopened:
    """A saved model as far as its spaces."""

    def __init__(self, model: SavedModel) -> None:
        """Read the spaces.

        Raises:
            UsageError: It is no model of stable-baselines3, or its spaces cannot be read.
        """
        self.name = model.name
        content = saved_models.read(Path(model.path))
        data = saved_models.read_description(content, sampled=model.sampled)
        self.observation_space = _space(data, "observation_space", model)
        self.action_space = _space(data, "action_space", model)

    def __call__(self, observations: Array, masks: Array | None, rng: np.random.Generator) -> Array:
        raise UsageError(
            f"{self.name} plays in trainings and evaluations only",
            help="replace it by a scripted opponent to try the environment alone",
        )


def unopened(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of an environment with every model that is still a file replaced by its spaces.

    Raises:
        UsageError: A file is missing, or no model.
    """
    changed: dict[str, Any] = map_leaves(
        arguments, lambda part: _read(part) if isinstance(part, SavedModel) else part
    )
    return changed


@lru_cache(maxsize=32)
def _read(model: SavedModel) -> Unopened:
    return Unopened(model)


def _space(data: Mapping[str, Any], key: str, model: SavedModel) -> spaces.Space[Any]:
    try:
        found = cloudpickle.loads(base64.b64decode(data[key][_PICKLED]))
    except Exception as exc:
        raise UsageError(
            f"the {key.replace('_', ' ')} of {model.path} cannot be read: {exc}",
            help="save the model again with the versions that are installed here",
        ) from exc
    if not isinstance(found, spaces.Space):
        raise UsageError(f"{model.path} has no {key.replace('_', ' ')}", help="save it again")
    return found
