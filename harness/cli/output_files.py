"""Files that commands write for the user: what cannot be written is said before and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.errors import StorageError, UsageError


def make_folder(folder: Path, option: str) -> Path:
    """The folder that an option names, made if it is not there.

    Raises:
        UsageError: Something else has that name, or a link that leads nowhere; or it is ``-``,
            which elsewhere means the standard output.
        StorageError: It cannot be made.
    """
    if str(folder) == "-":
        raise UsageError(f"{option} names a folder, not `-`", help=f"leave {option} out")
    if folder.is_symlink() and not folder.exists():
        raise UsageError(
            f"{folder} is a link that leads to nothing", help=f"{option} names a folder"
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", help=f"{option} names a folder")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def remove_empty_folders(*folders: Path) -> Iterator[Callable[[], None]]:
    """Remove those of these folders that the body made if an error leaves them empty.

    Not any more once the body has called what it is given.
    """
    missing = [
        path for folder in folders for path in (folder, *folder.parents) if not path.exists()
    ]
    try:
        yield missing.clear
    except BaseException:
        for path in missing:
            with suppress(OSError):  # it holds something, or was never made
                path.rmdir()
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the system says while something is written, as an error for the user.

    Raises:
        StorageError: The body raised an OSError.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error.strerror or error}", help="choose another place"
        ) from error
