"""Files that can be told from damaged ones: a SHA-256 lies beside each, as `sha256sum` has it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from harness.errors import StorageError
from harness.store.atomic import write_atomically

__all__ = ["SUFFIX", "verify", "write_sealed"]

SUFFIX: Final = ".sha256"


@contextmanager
def write_sealed(path: Path) -> Iterator[Path]:
    """Like `write_atomically`, and write the checksum to ``<path>.sha256``.

    Raises:
        StorageError: As there.
    """
    with write_atomically(path) as beside:
        yield beside
        digest = _digest(beside) if beside.is_file() else ""
    with write_atomically(_seal(path)) as beside:
        beside.write_text(f"{digest}  {path.name}\n", encoding="utf-8")


def verify(path: Path) -> None:
    """See that a file is what was written; one without a checksum passes.

    Raises:
        StorageError: It is not, or cannot be read.
    """
    try:
        written = _seal(path).read_text(encoding="utf-8").split()[:1]
        found = _digest(path)
    except FileNotFoundError:
        if path.exists():
            return
        raise StorageError(f"{path} is gone", help=_AGAIN) from None
    except (OSError, UnicodeDecodeError) as exc:
        raise StorageError(f"{path} cannot be read: {exc}", help=_AGAIN) from exc
    if written != [found]:
        raise StorageError(
            f"{path} is damaged: it no longer agrees with {_seal(path).name}", help=_AGAIN
        )


_AGAIN: Final = (
    "restore it from a backup; or delete it with its checksum, and `harness train` makes the "
    "model again from the ledger"
)


def _seal(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
