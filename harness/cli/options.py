"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from harness.campaign import CampaignInfo

__all__ = [
    "AsJson",
    "CampaignName",
    "MatrixSource",
    "Profile",
    "Reports",
    "Runs",
    "Sets",
    "find_campaign",
    "latest_campaign",
]

MatrixSource = Annotated[
    str, typer.Argument(metavar="MATRIX", help="YAML file, or a built-in matrix by its name.")
]
Profile = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="Lay this profile of the matrix over it."),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one value; repeat it for more.",
        show_default=False,
    ),
]
Runs = Annotated[
    Path,
    typer.Option("--runs", metavar="DIR", envvar="HARNESS_RUNS", help="Where campaigns are kept."),
]
Reports = Annotated[
    Path,
    typer.Option(
        "--reports", metavar="DIR", envvar="HARNESS_REPORTS", help="Where reports are written."
    ),
]
CampaignName = Annotated[
    str | None,
    typer.Argument(metavar="CAMPAIGN", help="Name of the campaign; the latest one if left out."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object instead of text.", show_default=False)
]


def find_campaign(name: str | None, runs: Path) -> str:
    """The campaign a command is meant for: the one named, else the one updated last.

    Raises:
        UsageError: There is none in `runs`, or none of that name.
    """
    from harness import campaign

    found = campaign.campaigns(runs)
    if not found:
        raise UsageError(
            f"no campaign in {runs}", help="start one with `harness run`, or give --runs DIR"
        )
    if name is None:
        return latest_campaign(found).name
    known = [info.name for info in found]
    if name not in known:
        hint = did_you_mean(name, known) or f"there are: {', '.join(known)}"
        raise UsageError(f"no campaign `{name}` in {runs}", help=hint)
    return name


def latest_campaign(found: tuple[CampaignInfo, ...]) -> CampaignInfo:
    """The campaign that was updated last."""
    return max(found, key=lambda info: info.updated)
