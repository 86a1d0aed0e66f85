"""Published campaigns as files: what their pages are made of, to be read without a ledger."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any, Final

from harness.core.identity import canonical, decode
from harness.core.record import CampaignRecord
from harness.errors import StorageError
from harness.input_limits import parse_json, read_file
from harness.report.campaign_views import CampaignView, Film, Films, film_paths

__all__ = ["RECORD_FILE", "campaign_folders", "published_films", "read_record", "write_record"]

RECORD_FILE: Final = "record.json.xz"
"""Its name in the folder of a published campaign."""

_SCHEMA: Final = 1
_MOST_BYTES: Final = 512 * 2**20
"""Of the text: the returns of a million episodes have a tenth of it."""


def write_record(view: CampaignView, folder: Path) -> None:
    """Write what a campaign's pages are made of as compressed JSON into their folder.

    Pictures of films lie in the folder already, so that their paths are enough.
    """
    films = {
        cell: [film.to_json() | {"path": path} for path, film in film_paths(view, cell)]
        for cell in view.films
    }
    record = canonical(view.record, everything=True)
    data = {"schema": _SCHEMA, "record": record, "films": canonical(films)}
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    (folder / RECORD_FILE).write_bytes(lzma.compress(text.encode()))


def campaign_folders(site: str) -> list[str]:
    """The folders of a published site that have a campaign; a campaign's own is the only one."""
    folders = sorted(path.parent for path in Path(site).glob(f"*/{RECORD_FILE}"))
    return [str(folder) for folder in folders] or [site]


def read_record(folder: Path) -> CampaignRecord:
    """The record of a campaign that was published in a folder.

    Raises:
        StorageError: It has none, or one that is damaged or of another version.
    """
    data = _read(folder)
    try:
        record: CampaignRecord = decode(CampaignRecord, data["record"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damage(folder, error) from error
    return record


def published_films(folder: Path) -> Films:
    """The films of a campaign that was published in a folder, with their pictures.

    Raises:
        StorageError: They cannot be read.
    """
    data = _read(folder)
    try:
        return {
            cell: tuple(_film(film, folder) for film in films)
            for cell, films in data["films"].items()
        }
    except (AttributeError, KeyError, OSError, TypeError) as error:
        raise _damage(folder, error) from error


def _film(data: dict[str, Any], folder: Path) -> Film:
    facts = {name: value for name, value in data.items() if name != "path"}
    picture = read_file(folder / data["path"])
    return Film(**facts | {"steps": tuple(data["steps"]), "data": picture})


def _read(folder: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = parse_json(_decompress(read_file(folder / RECORD_FILE)))
        if data["schema"] != _SCHEMA:
            raise ValueError(f"it has version {data['schema']}, not {_SCHEMA}")
    except (OSError, lzma.LZMAError, KeyError, TypeError, ValueError) as error:
        raise _damage(folder, error) from error
    return data


def _damage(folder: Path, error: Exception) -> StorageError:
    return StorageError(
        f"{folder / RECORD_FILE} is no published campaign: {error}",
        help="`harness publish SITE` writes one into SITE/<campaign>/",
    )


def _decompress(data: bytes) -> bytes:
    """The text, unless a small file becomes more than memory holds."""
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    text = decompressor.decompress(data, max_length=_MOST_BYTES)
    if not decompressor.eof:
        raise ValueError(f"it ends too early, or has more than {_MOST_BYTES / 2**20:g} MiB")
    return text
