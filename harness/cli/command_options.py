"""Arguments and options that several commands share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from harness.cli import completion
from harness.core.record import CampaignRecord
from harness.errors import UsageError

FLAG: Final = ""
"""Metavar of an option without a value: the help would show `<bool>`, as if it took one."""


def flag(*names: str, help: str) -> object:
    """An option without a value that is off if left out."""
    return typer.Option(*names, metavar=FLAG, help=help, show_default=False)


MatrixSource = Annotated[
    str | None,
    typer.Argument(
        metavar="MATRIX",
        help="YAML file, or a built-in matrix by its name.",
        autocompletion=completion.matrices,
    ),
]
MatrixOption = Annotated[
    str | None,
    typer.Option(
        "--matrix",
        metavar="FILE",
        help="The same, as an option.",
        autocompletion=completion.matrices,
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Lay this profile of the matrix over it.",
        autocompletion=completion.profiles,
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one value; repeat it for more.",
        autocompletion=completion.changes,
    ),
]
Runs = Annotated[
    Path,
    typer.Option("--runs", metavar="DIR", envvar="HARNESS_RUNS", help="Where campaigns are kept."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        help="How many runs are executed at once.",
        show_default="the cores",
    ),
]
Storage = Annotated[
    str | None,
    typer.Option(
        "--storage",
        metavar="URL",
        envvar="HARNESS_STORAGE",
        help="Database of the campaign; where its folder says if left out.",
    ),
]
Reports = Annotated[
    Path,
    typer.Option(
        "--reports", metavar="DIR", envvar="HARNESS_REPORTS", help="Where reports are written."
    ),
]
DryRuns = Annotated[
    bool,
    typer.Option(
        "--dry-runs/--no-dry-runs",
        help="Step each environment and build each learner once, first.",
        show_default=False,
    ),
]
CampaignName = Annotated[
    str | None,
    typer.Argument(
        metavar="CAMPAIGN",
        help="Name of the campaign; the latest one if left out.",
        autocompletion=completion.campaigns,
    ),
]
CellName = Annotated[
    str,
    typer.Argument(metavar="CELL", help="As in ppo@CartPole-v1.", autocompletion=completion.cells),
]
VariantName = Annotated[
    str,
    typer.Option(
        "--variant", metavar="NAME", help="default, tuned, a named one, or across all scenarios."
    ),
]
CampaignOption = Annotated[
    str | None,
    typer.Option(
        "--campaign",
        metavar="NAME",
        help="The latest one if left out.",
        autocompletion=completion.campaigns,
    ),
]
Safe = Annotated[
    bool, flag("--safe", help="Run no code that the matrix names, and say what was not verified.")
]
AsJson = Annotated[bool, flag("--json", help="Print one JSON object instead of text.")]


def find_campaign(
    name: str | None, runs: Path, storage: str | None, *, brief: bool = False
) -> CampaignRecord:
    """What is known of the campaign a command is meant for: the one named, else the latest.

    In brief it is only what says how far the campaign is.

    Raises:
        UsageError: There is none in `storage` or `runs`, or none of that name.
    """
    from harness import campaign

    return campaign.record(name or campaign.latest(runs, storage), runs, storage, brief=brief)


def read_named_campaign(
    word: str, runs: Path, storage: str | None, *, brief: bool = False
) -> CampaignRecord:
    """The campaign that a word stands for, under that word.

    A published one may have the name of the one that it is shown with: its folder tells them apart.

    Raises:
        UsageError: As `find_campaign`.
    """
    record = find_campaign(word, runs, storage, brief=brief)
    return replace(record, name=word.rstrip("/"))


def matrix_source(command: str, argument: str | None, option: str | None) -> str:
    """The matrix of a command that takes it as its argument or as `--matrix`.

    Raises:
        UsageError: It is missing, or written twice.
    """
    if (argument is None) == (option is None):
        raise UsageError(
            "which matrix?" if argument is None else "the matrix is given twice",
            help=f"harness {command} --matrix FILE; `harness init` writes one, "
            "`harness list matrices` has the built-in ones",
        )
    return argument or option or ""
