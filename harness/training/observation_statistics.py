"""Running statistics of VecNormalize as arrays in a file: what a trained policy needs of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.vec_env import VecNormalize

from harness.errors import UsageError

_FIELDS: Final = ("mean", "var", "count")
_SETTINGS: Final = ("clip_obs", "epsilon")


class ObservationStatistics:
    """Means and variances of observations, by the key of a Dict space or for the one array."""

    def __init__(
        self, moments: RunningMeanStd | Mapping[str, RunningMeanStd] | None, clip: float, eps: float
    ) -> None:
        """`moments` is None where observations are not normalised."""
        self._moments = moments
        self._clip = clip
        self._epsilon = eps

    @classmethod
    def of(cls, normalization: VecNormalize) -> ObservationStatistics:
        """The statistics of an environment's normalisation."""
        moments = normalization.obs_rms if normalization.norm_obs else None
        return cls(moments, normalization.clip_obs, normalization.epsilon)

    @classmethod
    def read(cls, content: bytes) -> ObservationStatistics:
        """Read what `to_bytes` wrote; nothing is unpickled.

        Raises:
            UsageError: It is something else.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            clip, epsilon = (float(arrays.pop(name)) for name in _SETTINGS)
            keys = dict.fromkeys(name.rpartition("/")[0] for name in arrays)
            moments = {key: _moments(arrays, f"{key}/" if key else "") for key in keys}
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as exc:
            raise UsageError(
                f"its statistics cannot be read: {exc}", help="train the model again"
            ) from exc
        if set(moments) == {""}:
            return cls(moments[""], clip, epsilon)
        return cls(moments or None, clip, epsilon)

    def to_bytes(self) -> bytes:
        """A NumPy archive: ``mean``, ``var``, ``count``, or ``<key>/mean`` for each of several."""
        arrays = {"clip_obs": np.asarray(self._clip), "epsilon": np.asarray(self._epsilon)}
        for key, moments in self.moments.items():
            for name in _FIELDS:
                arrays[f"{key}/{name}" if key else name] = np.asarray(getattr(moments, name))
        file = io.BytesIO()
        np.savez(file, **arrays)  # type: ignore[arg-type]
        return file.getvalue()

    def apply(self, normalization: VecNormalize) -> None:
        """Give them to an environment's normalisation.

        Raises:
            ValueError: Its observations have another form.
        """
        if self._moments is None:
            return
        before, own = (
            _shapes(ObservationStatistics.of(normalization).moments),
            _shapes(self.moments),
        )
        if before != own:
            raise ValueError(f"its statistics are of {own}, not of {before}")
        normalization.obs_rms = self._moments  # type: ignore[assignment]

    def normalize_obs(self, observation: Any) -> object:
        """As `VecNormalize.normalize_obs` does it."""
        if self._moments is None:
            return observation
        if isinstance(self._moments, Mapping):
            arrays = {key: self._normalize(observation[key], m) for key, m in self._moments.items()}
            return {**observation, **arrays}
        return self._normalize(observation, self._moments)

    def _normalize(self, observation: Any, moments: RunningMeanStd) -> object:
        z_scores = (observation - moments.mean) / np.sqrt(moments.var + self._epsilon)
        return np.clip(z_scores, -self._clip, self._clip).astype(np.float32)

    @property
    def moments(self) -> Mapping[str, RunningMeanStd]:
        """Moments by key; the key of an array that is not in a Dict space is empty."""
        if self._moments is None:
            return {}
        return self._moments if isinstance(self._moments, Mapping) else {"": self._moments}


def _shapes(moments: Mapping[str, RunningMeanStd]) -> dict[str, tuple[int, ...]]:
    return {key: np.shape(each.mean) for key, each in moments.items()}


def _moments(arrays: Mapping[str, Any], prefix: str) -> RunningMeanStd:
    mean, variance, count = (arrays[f"{prefix}{name}"] for name in _FIELDS)
    moments = RunningMeanStd(shape=mean.shape)
    moments.mean, moments.var, moments.count = mean, variance, float(count)
    return moments
