"""Old campaigns and models: how large they are, and deleting them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from harness.campaign.campaign_records import campaign_names, modification_time, own_database
from harness.errors import LockedError
from harness.store import file_lock

_MODELS: Final = r"models/.+\.(zip|npz|sha256)"
_OURS: Final = (
    r"campaign\.db(-wal|-shm)?|lock|storage\.json|matrix\.json|origins\.json|messages\.jsonl|heartbeat"
    rf"|{_MODELS}|logs/[0-9a-f]+\.log|recordings/.+\.(gif|mp4|png|json)|export/[a-z_]+\.csv"
)
"""Every file that the harness writes into a campaign's folder; nothing else is deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldCampaign:
    """A campaign's folder, and what of it would be deleted.

    Attributes:
        name: Campaign.
        folder: Its folder.
        days: Since it was last worked on here.
        files: What the harness wrote and would delete.
        foreign: How many other files lie there and stay.
        size: Bytes of `files`.
    """

    name: str
    folder: Path
    days: float
    files: tuple[Path, ...]
    foreign: int
    size: int


def old_campaigns(runs: Path, *, days: float, models_only: bool) -> Iterator[OldCampaign]:
    """Campaigns that nobody has worked on for so long, the largest first.

    Args:
        runs: Folder of the campaigns.
        days: Since they were last written.
        models_only: Whether only models would go.
    """
    pattern = re.compile(_MODELS if models_only else _OURS)
    old = []
    for name in campaign_names(runs):
        age = (time.time() - modification_time(name, runs)) / 86400
        if age < days:
            continue
        folder = runs / name
        every = [path for path in folder.rglob("*") if path.is_file() or path.is_symlink()]
        ours = [path for path in every if pattern.fullmatch(path.relative_to(folder).as_posix())]
        old.append(
            OldCampaign(
                name=name,
                folder=folder,
                days=age,
                files=tuple(ours),
                foreign=0 if models_only else len(every) - len(ours),
                size=sum(path.lstat().st_size for path in ours),
            )
        )
    yield from sorted((each for each in old if each.files), key=lambda each: -each.size)


def clean(campaign: OldCampaign) -> None:
    """Delete its files, and the folders that this leaves empty.

    The rows of a campaign that is kept on a server stay there.

    Raises:
        LockedError: Somebody runs it.
        StorageError: Its folder cannot be written.
    """
    database = own_database(campaign.name, campaign.folder.parent)
    with ExitStack() as stack:
        if database.is_file():
            stack.enter_context(file_lock(database, campaign.name))
        elif (campaign.folder / "heartbeat").exists():
            raise LockedError(
                f"campaign `{campaign.name}` has a heartbeat: it may be running",
                help=f"harness status {campaign.name}",
            )
        # The database last: as long as it is there, the campaign is known and can be cleaned again.
        for file in sorted(campaign.files, key=lambda file: file.name.startswith("campaign.db")):
            file.unlink(missing_ok=True)
        if database in campaign.files:
            (campaign.folder / "lock").unlink(missing_ok=True)
    for folder in sorted(campaign.folder.rglob("*"), reverse=True):
        if folder.is_dir() and not folder.is_symlink():
            with suppress(OSError):  # something is in it
                folder.rmdir()
    with suppress(OSError):
        campaign.folder.rmdir()
