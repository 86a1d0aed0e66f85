"""Files of ensembles: the members' models and their statistics in one archive.

One file is moved in place as a whole, so that a member is never found beside another training's.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from harness.errors import StorageError
from harness.files import write_with_checksums
from harness.saved_models import STATISTICS

_DESCRIPTION: Final = "ensemble.json"
"""Member of the archive that says what it is: the names of the models, the best one first."""


def member_names(count: int) -> list[str]:
    """Names of the members' models."""
    return [f"member-{index}.zip" for index in range(1, count + 1)]


def write_ensemble(models: Sequence[Path], path: Path) -> None:
    """Write saved models, and the statistics beside them, as one archive with its checksum.

    Raises:
        StorageError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_with_checksums(path) as (beside,), zipfile.ZipFile(beside, "w") as archive:
        description = {"members": [model.name for model in models]}
        archive.writestr(_DESCRIPTION, json.dumps(description, indent=2))
        for model in models:
            statistics = model.with_suffix(STATISTICS)
            for each in (model, statistics):
                if each.exists():
                    archive.write(each, each.name)


@contextmanager
def open_ensemble(path: Path, count: int) -> Iterator[list[Path]]:
    """The models of a saved ensemble, unpacked as long as the block lasts.

    Args:
        count: Members that it has to have.

    Raises:
        StorageError: It is no ensemble of as many.
    """
    names = member_names(count)
    files = {*names, *(str(Path(name).with_suffix(STATISTICS)) for name in names)}
    with TemporaryDirectory(prefix="harness-ensemble-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                members = set(archive.namelist()) - {_DESCRIPTION}
                if members - files or set(names) - members:
                    raise StorageError(
                        f"{path} is no ensemble of {count} models",
                        help="`harness train` with `--variant` makes one for this cell",
                    )
                # Only names from the list: an archive of others may hold any path.
                for name in sorted(members):
                    with archive.open(name) as source, (Path(folder) / name).open("wb") as file:
                        shutil.copyfileobj(source, file)
        except (OSError, zipfile.BadZipFile) as exc:
            raise StorageError(
                f"{path} cannot be read: {exc}", help="train the ensemble again"
            ) from exc
        yield [Path(folder) / name for name in names]
