"""Published campaigns as files: what their pages are made of, to be read without a ledger."""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.core.identity import canonical, decode
from harness.core.record import CampaignRecord
from harness.errors import StorageError
from harness.input_limits import parse_json, read_file
from harness.report.campaign_views import CampaignView, Film, Films, film_paths

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCampaign:
    """What the pages of a published campaign are made of.

    Attributes:
        record: All that is known of it.
        folder: Where it was published.
        film_notes: What its films show, and the paths of their pictures, by cell.
    """

    record: CampaignRecord
    folder: Path
    film_notes: dict[str, list[dict[str, object]]]

    @property
    def films(self) -> Films:
        """Its films, with their pictures.

        Raises:
            StorageError: They cannot be read.
        """
        try:
            return {
                cell: tuple(_film(film, self.folder) for film in films)
                for cell, films in self.film_notes.items()
            }
        except (AttributeError, KeyError, OSError, TypeError) as error:
            raise _damage(self.folder, error) from error


def read_publication(folder: Path) -> PublishedCampaign:
    """The campaign that was published in a folder.

    Raises:
        StorageError: It has none, or one that is damaged or of another version.
    """
    try:
        data = parse_json(_decompress(read_file(folder / RECORD_FILE)))
        if data["schema"] != _SCHEMA:
            raise ValueError(f"it has version {data['schema']}, not {_SCHEMA}")
        return PublishedCampaign(
            record=decode(CampaignRecord, data["record"]), folder=folder, film_notes=data["films"]
        )
    except (AttributeError, OSError, lzma.LZMAError, KeyError, TypeError, ValueError) as error:
        raise _damage(folder, error) from error


def _film(data: dict[str, Any], folder: Path) -> Film:
    facts = {name: value for name, value in data.items() if name != "path"}
    picture = read_file(folder / data["path"])
    return Film(**facts | {"steps": tuple(data["steps"]), "data": picture})


def _damage(folder: Path, error: Exception) -> StorageError:
    reason = getattr(error, "strerror", None) or error
    return StorageError(
        f"{folder / RECORD_FILE} is no published campaign: {reason}",
        help="`harness publish SITE` writes one into SITE/<campaign>/",
    )


def _decompress(data: bytes) -> bytes:
    """The text, unless a small file becomes more than memory holds."""
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    text = decompressor.decompress(data, max_length=_MOST_BYTES)
    if not decompressor.eof:
        raise ValueError(f"it ends too early, or has more than {_MOST_BYTES / 2**20:g} MiB")
    return text
