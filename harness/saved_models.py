"""Files of saved models: their content, its checksum, and their description, without torch."""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.core.opponents import SavedModel
from harness.errors import UsageError
from harness.input_limits import MOST_BYTES, read_file


def model_file(path: Path) -> Path:
    """The file that a user means by the path of a model, with or without ``.zip``."""
    return path if path.suffix == ".zip" else path.with_name(f"{path.name}.zip")


STATISTICS: Final = ".vecnormalize.npz"
"""Suffix, instead of ``.zip``, of the file with the running statistics of VecNormalize."""

_PICKLED_STATISTICS: Final = ".vecnormalize.pkl"
"""What earlier versions wrote; nobody unpickles it any more."""

VERSIONS: Final = "scenario_versions"
"""Attribute of a learner, and key in the member ``data`` of its archive, with the versions of the
packages and the checksums of the files that its environment came from."""

_MEMBERS: Final = frozenset({"data", "policy.pth"})
"""Members of every archive of stable-baselines3."""

_MOST_BYTES: Final = 4 * 2**30
"""Of a model; the largest that stable-baselines3 writes hold networks, no replay buffer."""

_RECURRENT: Final = "sb3_contrib.common.recurrent"
"""Module of the policies with a hidden state between steps."""

_DETERMINISTIC: Final = tuple(
    f"{package}."
    for package in (
        "stable_baselines3.dqn",
        "stable_baselines3.td3",
        "sb3_contrib.qrdqn",
        "sb3_contrib.ars",
    )
)
"""Modules of the policies without a distribution of actions to sample from."""


_UNREADABLE: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    NotImplementedError,
)
"""What is raised by archives that are none, are cut off, or packed by a method nobody knows."""


@dataclass(frozen=True, slots=True)
class ModelContent:
    """The bytes of a model and of the running statistics beside it; None without any."""

    model: bytes
    statistics: bytes | None

    @property
    def sha256(self) -> str:
        """The model's checksum; with statistics, the checksum of both checksums, one a line."""
        own = hashlib.sha256(self.model).hexdigest()
        if self.statistics is None:
            return own
        lines = f"{own}\n{hashlib.sha256(self.statistics).hexdigest()}\n"
        return hashlib.sha256(lines.encode()).hexdigest()


def read(path: Path) -> ModelContent:
    """A model with its statistics.

    Raises:
        UsageError: It cannot be read.
    """
    refuse_pickled_statistics(path)
    statistics_path = path.with_suffix(STATISTICS)
    try:
        statistics = read_file(statistics_path) if statistics_path.exists() else None
        return ModelContent(read_file(path, most=_MOST_BYTES), statistics)
    except OSError as exc:
        raise UsageError(
            f"the saved model {path} cannot be read: {exc.strerror or exc}",
            help="a path in a matrix begins at its file",
        ) from exc


def refuse_pickled_statistics(path: Path) -> None:
    """Refuse a model whose statistics are a pickle: without them it would play another game.

    Raises:
        UsageError: They are.
    """
    pickle_file = path.with_suffix(_PICKLED_STATISTICS)
    if pickle_file.exists() and not path.with_suffix(STATISTICS).exists():
        raise UsageError(
            f"{pickle_file} is a pickle, which can hold any program and is not read",
            help="train the model again: its statistics then are arrays",
        )


def read_verified_content(model: SavedModel) -> ModelContent:
    """The content of a model that a matrix names, checked against its checksum.

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


def write_model(content: ModelContent, folder: Path) -> Path:
    """Write a model and its statistics into `folder`, named by the checksum; returns its path."""
    path = folder / f"{content.sha256}.zip"
    path.write_bytes(content.model)
    if content.statistics is not None:
        path.with_suffix(STATISTICS).write_bytes(content.statistics)
    return path


def read_description(content: ModelContent, *, is_sampled: bool) -> Mapping[str, object]:
    """The archive's member ``data``: spaces, classes and arguments, as stable-baselines3 wrote it.

    Args:
        is_sampled: Whether its actions are to be drawn from its policy.

    Raises:
        UsageError: It is no model of stable-baselines3, or cannot be an opponent.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content.model)) as archive:
            if not set(archive.namelist()) >= _MEMBERS:
                raise _no_model("it is an archive of something else")
            data: Mapping[str, Any] = json.loads(_read_data(archive))
            policy_module = str(data["policy_class"]["__module__"])
    except _UNREADABLE as exc:
        raise _no_model("it is no zip archive, or a damaged one") from exc
    except (KeyError, TypeError, ValueError, RecursionError) as exc:
        raise _no_model("it does not say what its policy is") from exc
    if policy_module.startswith(_RECURRENT):
        raise UsageError("its policy keeps a memory", help="freeze a model of another algorithm")
    if is_sampled and policy_module.startswith(_DETERMINISTIC):
        raise UsageError("its policy has nothing to sample from", help="take `sampled` out")
    return data


def read_versions(path: Path) -> Mapping[str, str]:
    """Versions of the packages and files that a model's environment came from, by their names.

    Raises:
        UsageError: It is encrypted.
        ValueError: It is no model.
        OSError: It cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        versions = json.loads(_read_data(archive)).get(VERSIONS)
    return versions if isinstance(versions, Mapping) else {}


def read_seed(path: Path) -> int | None:
    """The seed that a model was trained with; None where it names none, or cannot be read."""
    seed = _read_entry(path, "seed")
    return seed if type(seed) is int and seed >= 0 else None


def read_activation(path: Path) -> str | None:
    """The activation function that a model's policy was made with, as Python writes its class.

    None where it names none: then it has the one that its kind of policy has by default.
    """
    arguments = _read_entry(path, "policy_kwargs")
    name = arguments.get("activation_fn") if isinstance(arguments, Mapping) else None
    return name if isinstance(name, str) else None


def _read_entry(path: Path, key: str) -> object:
    """What a model says of itself under a key; None where it says nothing, or cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(_read_data(archive)).get(key)
    except (*_UNREADABLE, KeyError, ValueError, AttributeError, UsageError, RecursionError):
        return None


def _read_data(archive: zipfile.ZipFile) -> bytes:
    """What a model says of itself; what the archive says of its size may be wrong.

    Raises:
        ValueError: It is larger than what is read.
    """
    if archive.getinfo("data").flag_bits & 1:
        raise _no_model("it is encrypted")
    with archive.open("data") as member:
        data = member.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError("it is too large")
    return data


def _no_model(why: str) -> UsageError:
    return UsageError(
        f"it is no model of stable-baselines3: {why}",
        help="name a .zip that `harness train` or `harness run --save-models` has written",
    )
