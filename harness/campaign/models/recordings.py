"""Recordings in a campaign's folder, written and read back.

``recordings/<cell>/<variant>/`` holds one filmed episode: ``episode.gif``, ``episode.mp4``, the
filmstrip and ``recording.json``, which says what it shows. The folder is exchanged as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from harness.core.record import CampaignRecord, CellRecord
from harness.errors import StorageError, UsageError
from harness.input_limits import parse_json, read_file
from harness.report import Film, Films

_NOTE: Final = "recording.json"


def recording_folder(folder: Path, cell: str, variant: str) -> Path:
    """Where the recording of a cell's variant is kept, in the campaign's folder."""
    return folder / "recordings" / cell / variant


def check_recording(folder: Path) -> None:
    """Refuse a folder where a recording would replace something that is none.

    Raises:
        UsageError: It holds something else.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _NOTE).is_file():
        raise UsageError(
            f"{folder} holds no recording; one would replace what is in it", help="move it away"
        )


def write_note(folder: Path, run_id: str, film: Film) -> str:
    """Write the filmstrip and what it shows; returns the strip's name.

    Args:
        folder: Of the recording.
        run_id: Of the run that trained the agent.
    """
    name = f"strip.{film.kind}"
    (folder / name).write_bytes(film.data)
    facts = {each.name: getattr(film, each.name) for each in fields(film) if each.name != "data"}
    text = json.dumps({"run_id": run_id, "strip": name} | facts, indent=2)
    (folder / _NOTE).write_text(text + "\n", encoding="utf-8")
    return name


def films(record: CampaignRecord, runs: Path) -> Films:
    """What was filmed of a campaign's cells, the default first.

    Films of runs that the campaign no longer counts are left out: it has another winner by now.

    Raises:
        StorageError: A recording cannot be read.
    """
    folder = runs / record.name
    by_cell = {cell.name: _films_of(cell, folder) for cell in record.cells}
    return {cell: films for cell, films in by_cell.items() if films}


def _films_of(cell: CellRecord, folder: Path) -> tuple[Film, ...]:
    run_ids: dict[str, set[str]] = {}
    for run in cell.runs:
        if run.is_held_out:
            run_ids.setdefault(run.variant, set()).add(run.run_id)
    notes = {recording_folder(folder, cell.name, name) / _NOTE: run_ids[name] for name in run_ids}
    films = [_read(note, ids) for note, ids in notes.items() if note.is_file()]
    return tuple(film for film in films if film is not None)


def _read(note: Path, run_ids: Container[str]) -> Film | None:
    """The film that a note is about; None of another run."""
    try:
        facts: dict[str, Any] = parse_json(read_file(note))
        if str(facts.pop("run_id")) not in run_ids:
            return None
        data = read_file(note.parent / facts.pop("strip"))
        return Film(**facts | {"steps": tuple(facts["steps"]), "data": data})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise StorageError(
            f"the recording in {note.parent} cannot be read: {exc}",
            help="delete the folder; `harness record` makes it again",
        ) from exc
