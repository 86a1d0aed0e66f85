"""A trained model as files that plain stable-baselines3 loads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cloudpickle  # type: ignore[import-untyped]
from stable_baselines3.common.base_class import BaseAlgorithm

from harness.files import write_with_checksum
from harness.saved_models import STATISTICS
from harness.training import constructor_arguments

__all__ = ["save"]


def save(learner: BaseAlgorithm, path: Path) -> None:
    """Write the model to `path` and its normalisation beside it.

    Both are written under another name and moved in place, each with its checksum. The model is
    loaded with the learner's own ``load``; the statistics, if the scenario is normalised, with
    ``VecNormalize.load``.

    Args:
        learner: A trained learner.
        path: The ``.zip`` to write; its folder is made.
    """
    normalization = learner.get_vec_normalize_env()
    if normalization is not None:
        with write_with_checksum(path.with_suffix(STATISTICS)) as beside, beside.open("wb") as file:
            cloudpickle.dump(normalization, file)
    with write_with_checksum(path) as beside, _self_contained(), beside.open("wb") as file:
        learner.save(file)


@contextmanager
def _self_contained() -> Iterator[None]:
    """Have schedules pickled with their code, so that loading a model needs no harness."""
    cloudpickle.register_pickle_by_value(constructor_arguments)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(constructor_arguments)
