"""Files of saved models: their content, its checksum, and what can be told of it without torch."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.core.opponents import SavedModel
from harness.errors import UsageError

__all__ = ["STATISTICS", "Content", "content_of", "described", "read", "written"]

STATISTICS: Final = ".vecnormalize.pkl"
"""Suffix, in the place of ``.zip``, of the file with the running statistics of VecNormalize."""

_MEMBERS: Final = frozenset({"data", "policy.pth"})
"""What every archive of stable-baselines3 has."""

_MEMORY: Final = "sb3_contrib.common.recurrent"
"""Module of the policies that keep a memory."""

_MODES: Final = tuple(
    f"{package}."
    for package in (
        "stable_baselines3.dqn",
        "stable_baselines3.td3",
        "sb3_contrib.qrdqn",
        "sb3_contrib.ars",
    )
)
"""Modules of the policies that have nothing to sample from."""


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a model and of the running statistics beside it; None without any."""

    model: bytes
    statistics: bytes | None

    @property
    def sha256(self) -> str:
        """What ``sha256sum`` says of the model; with statistics, that of both such lines."""
        own = hashlib.sha256(self.model).hexdigest()
        if self.statistics is None:
            return own
        both = f"{own}\n{hashlib.sha256(self.statistics).hexdigest()}\n"
        return hashlib.sha256(both.encode()).hexdigest()


def read(path: Path) -> Content:
    """A model with its statistics.

    Raises:
        UsageError: It cannot be read.
    """
    beside = path.with_suffix(STATISTICS)
    try:
        statistics = beside.read_bytes() if beside.exists() else None
        return Content(path.read_bytes(), statistics)
    except OSError as exc:
        raise UsageError(
            f"the saved model {path} cannot be read: {exc.strerror or exc}",
            help="a path in a matrix begins at its file",
        ) from exc


def content_of(model: SavedModel) -> Content:
    """The content that a matrix named.

    Raises:
        UsageError: The file cannot be read, or is another one by now.
    """
    content = read(Path(model.path))
    if content.sha256 != model.sha256:
        raise UsageError(
            f"the saved model {model.path} is not what it was when the matrix was read: its "
            f"checksum is {content.sha256[:12]}…, not {model.sha256[:12]}…",
            help="restore the file, or begin another campaign",
        )
    return content


def written(content: Content, folder: Path) -> Path:
    """A file of that content inside `folder`, which is named by it."""
    path = folder / f"{content.sha256}.zip"
    path.write_bytes(content.model)
    if content.statistics is not None:
        path.with_suffix(STATISTICS).write_bytes(content.statistics)
    return path


def described(content: Content, *, sampled: bool) -> Mapping[str, Any]:
    """What the model says of itself, as stable-baselines3 wrote it.

    Args:
        content: The model.
        sampled: Whether its actions are to be drawn from its policy.

    Raises:
        UsageError: It is no model of stable-baselines3, or cannot be an opponent.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content.model)) as archive:
            if not set(archive.namelist()) >= _MEMBERS:
                raise _no_model("it is an archive of something else")
            data = json.loads(archive.read("data"))
            kind = str(data["policy_class"]["__module__"])
    except zipfile.BadZipFile as exc:
        raise _no_model("it is no zip archive") from exc
    except (KeyError, TypeError, ValueError) as exc:
        raise _no_model("it does not say what its policy is") from exc
    if kind.startswith(_MEMORY):
        raise UsageError("its policy keeps a memory", help="freeze a model of another algorithm")
    if sampled and kind.startswith(_MODES):
        raise UsageError("its policy has nothing to sample from", help="take `sampled` out")
    described: Mapping[str, Any] = data
    return described


def _no_model(why: str) -> UsageError:
    return UsageError(
        f"it is no model of stable-baselines3: {why}",
        help="name a .zip that `harness train` or `harness run --save-models` has written",
    )
