"""``harness export``: a campaign's results for other programs."""

from __future__ import annotations

import io
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from harness.cli import console
from harness.cli.files import make_folder, writing
from harness.cli.options import CampaignName, Runs, Storage, find_campaign
from harness.core.record import CampaignRecord

__all__ = ["Format", "export"]


class Format(StrEnum):
    """What to export, and how."""

    CSV = "csv"
    JSON = "json"
    YAML = "yaml"
    ZOO = "zoo"


FILES: Final = {
    Format.JSON: "best_parameters.json",
    Format.YAML: "best_parameters.yaml",
}


def export(
    campaign: CampaignName = None,
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="csv: every score, trial and evaluation. json, yaml: the best parameters. "
            "zoo: the same as hyperparameters of rl-baselines3-zoo, one file per algorithm.",
        ),
    ] = Format.CSV,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder for the files; without it csv goes to <runs>/<campaign>/export, "
            "the others to stdout.",
        ),
    ] = None,
    runs: Runs = Path("runs"),
    storage: Storage = None,
) -> None:
    """Export scores and trials, or the best parameters."""
    record = find_campaign(campaign, runs, storage)
    if form is Format.CSV:
        from harness.analysis import export_csv

        folder = make_folder(out or runs / record.name / "export", "--out")
        with writing(folder):
            paths = export_csv(record, folder)
        for path in paths:
            console.out(str(path))
        return
    if out is None:
        console.out(_text(record, form).rstrip("\n"))
        return
    folder = make_folder(out, "--out")
    with writing(folder):
        for name, text in _files(record, form).items():
            path = folder / name
            path.write_text(text, encoding="utf-8")
            console.out(str(path))


def _files(record: CampaignRecord, form: Format) -> dict[str, str]:
    """File name -> text; the zoo reads a file per algorithm."""
    from harness import analysis

    if form is Format.ZOO:
        return analysis.zoo_files(record)
    return {FILES[form]: _text(record, form)}


def _text(record: CampaignRecord, form: Format) -> str:
    from harness import analysis

    if form is Format.ZOO:
        return analysis.zoo_yaml(record)
    best = analysis.best_parameters(record)
    if form is Format.JSON:
        return json.dumps(best, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return _yaml(best)


def _yaml(value: Any) -> str:
    from ruamel.yaml import YAML

    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(value, text)
    return text.getvalue()
