"""What a report leaves out: where files lie on somebody's disk, and who reads which database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from harness.core.identity import canonical, decode
from harness.core.matrix import Cell
from harness.core.printable_text import MASK, mask_passwords, names_secret
from harness.core.record import MERGED, CampaignRecord, CellRecord, RunRecord, TrialRecord

_PART: Final = r"[^\s/\\'\"`<>|;,:()\[\]{}]+"
_ROOT: Final = r"(?:/|~/|[A-Za-z]:[/\\])"
_WHOLE: Final = re.compile(rf"{_ROOT}[^\n'\"]+")
_QUOTED: Final = re.compile(rf"(?<=(?P<quote>['\"`])){_ROOT}[^'\"`\n]+(?=(?P=quote))")
_POSIX: Final = re.compile(rf"(?<![\w/.~\\-])(?:~/(?:{_PART}/)*|/(?:{_PART}/)+)(?:{_PART})?")
_WINDOWS: Final = re.compile(rf"(?<!\w)[A-Za-z]:[/\\](?:{_PART}[/\\])*(?:{_PART})?")
_FILE_URL: Final = re.compile(rf"\b(?P<kind>file:/|sqlite(?:\+\w+)?://)/(?P<path>{_ROOT}[^\s'\"]+)")
_SERVER_URL: Final = re.compile(
    r"\b(?P<kind>(?:postgres|mysql|mariadb|oracle|mssql)\w*(?:\+\w+)?)://[^\s/'\"]*/?"
    r"(?P<name>[^\s?'\"]*)(?:\?[^\s'\"]*)?"
)

_SYSTEM: Final = frozenset({"dev", "proc", "sys"})
_INSTALLED: Final = re.compile(r"(?:site|dist)-packages|python3\.\d+")
_OURS: Final = frozenset({"harness", "scenarios"})
_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
_ADDRESS: Final = (
    r"(?<=--address[ =])[^\s'\"]+|(?<=\baddress=)[^\s'\"]+|(?<=ray://)[^\s/'\":]+"
    r"|(?<![\w.])(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"
)
"""Of a machine: an option that names a cluster, and numbers."""

_NAMES: Final = frozenset({"name", "env"})
"""Keys whose text is the name of a scenario, whatever signs it has, or a module's file."""

_MODULE_FILE: Final = re.compile(rf"(?:pettingzoo:)?{_ROOT}.*\.py\b")

Entry = TypeVar("Entry", TrialRecord, RunRecord)


def redact(record: CampaignRecord, *, hosts: bool = False) -> CampaignRecord:
    """The record as others may read it: files by their names, databases by theirs, no password.

    Everything published is made of this one, so that no page can forget it.

    Args:
        record: As it is in the ledger.
        hosts: Whether the names of machines stay.
    """
    record = record if hosts else _without_hosts(record)
    provenance = {section: _plain(dict(facts)) for section, facts in record.provenance.items()}
    return replace(
        record,
        cells=tuple(_cell(cell) for cell in record.cells),
        document=_plain(record.document),
        origins={path: _value(origin) for path, origin in record.origins.items()},
        provenance=provenance,
    )


def _cell(cell: CellRecord) -> CellRecord:
    spec = decode(Cell, _plain(canonical(cell.cell, everything=True)))
    return replace(cell, cell=spec).map_entries(lambda entry: _with_failure(entry, shorten))


def _with_failure(entry: Entry, change: Callable[[str], str]) -> Entry:
    """The entry with the texts of its failure changed, if it has one."""
    if entry.result is None or entry.result.failure is None:
        return entry
    failure = entry.result.failure
    failure = replace(failure, message=change(failure.message), traceback=change(failure.traceback))
    return replace(entry, result=replace(entry.result, failure=failure))


def _without_hosts(record: CampaignRecord) -> CampaignRecord:
    """The record without the names and addresses of machines."""
    own = record.provenance.get("machine", {}).get("host", "")
    ran = {result.cost.host for cell in record.cells for result in cell.results}
    names = {name for host in ran | {own} for name in (host, host.partition(".")[0])}
    # A name of two letters, or that of every machine, would be found where no machine is meant.
    words = sorted(map(re.escape, (name for name in names if len(name) > 2)), key=len)[::-1]
    alternatives = "|".join(words[:1000]) or "(?!)"
    pattern = re.compile(rf"(?<![\w.@-])(?:{alternatives})(?![\w-])|{_ADDRESS}")

    def clean(entry: Entry) -> Entry:
        if entry.result is None:
            return entry
        cost = replace(entry.result.cost, host="")
        entry = replace(entry, result=replace(entry.result, cost=cost))
        return _with_failure(entry, lambda text: pattern.sub(_ELLIPSIS, text))

    facts = {
        section: {name: pattern.sub(_ELLIPSIS, text) for name, text in each.items()}
        for section, each in record.provenance.items()
        if section in {"run", MERGED}
    }
    machine = {k: v for k, v in record.provenance.get("machine", {}).items() if k != "host"}
    cells = tuple(cell.map_entries(clean) for cell in record.cells)
    provenance = {**record.provenance, **facts} | ({"machine": machine} if machine else {})
    return replace(record, cells=cells, provenance=provenance)


def _plain(node: object) -> Any:
    if isinstance(node, str):
        return _value(node)
    if isinstance(node, Mapping):
        return {key: _item(key, item) for key, item in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(item) for item in node]
    return node


def _is_name(item: object) -> bool:
    return isinstance(item, str) and not _MODULE_FILE.match(item)


def _item(key: object, item: object) -> object:
    if key in _NAMES and _is_name(item):
        return item
    if isinstance(item, str) and item and names_secret(str(key)):
        return MASK
    return _plain(item)


def shorten(text: str) -> str:
    """The text with the name instead of every absolute path, and no password or login in it.

    A module keeps the folders of its package, and a model the one of its cell. Relative paths stay.
    """
    text = mask_passwords(text)
    if "/" not in text and "\\" not in text:
        return text
    text = _FILE_URL.sub(lambda url: f"{url['kind']}/{_name(url['path'])}", text)
    text = _SERVER_URL.sub(lambda url: f"{url['kind']}://{_ELLIPSIS}/{url['name']}", text)
    for pattern in (_QUOTED, _WINDOWS, _POSIX):
        text = pattern.sub(lambda path: _name(path[0]), text)
    return text


def _value(text: str) -> str:
    """Like `shorten`, for a text that is nothing but a path: there may be spaces in it."""
    return _name(text) if _WHOLE.fullmatch(text) else shorten(text)


def _name(path: str) -> str:
    parts = [part for part in re.split(r"[/\\]", path) if part]
    if len(parts) < 2 or (path.startswith("/") and parts[0] in _SYSTEM):
        return path
    end = "/" if path[-1] in "/\\" else ""
    return "/".join(parts[_first(parts) :]) + end


def _first(parts: list[str]) -> int:
    """The first part of a path that says what a file is, not where it lies."""
    last = len(parts) - 1
    for index in range(last - 1, -1, -1):
        if _INSTALLED.fullmatch(parts[index]):
            return index + 1
        if parts[index] in _OURS and parts[last].endswith(".py"):
            return index
    return last - 2 if last >= 2 and parts[last - 2] == "models" else last
