"""``harness plot``: pictures of a cell's search, drawn by Optuna."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import completion, console
from harness.cli.command_options import CampaignOption, CellName, Runs, Storage, find_campaign
from harness.cli.output_files import make_folder, writing
from harness.core.printable_text import slug

if TYPE_CHECKING:
    pass


class PlotForm(StrEnum):
    """How a plot is written."""

    HTML = "html"
    SVG = "svg"
    PNG = "png"


class PlotKind(StrEnum):
    """What is drawn."""

    HISTORY = "history"
    IMPORTANCES = "importances"
    FANOVA = "importances-fanova"
    SLICES = "slices"
    PARALLEL = "parallel"
    CONTOUR = "contour"
    IMPACT = "impact"
    SUMMARY = "summary"


def plot(
    cell: CellName,
    campaign: CampaignOption = None,
    form: Annotated[
        PlotForm,
        typer.Option("--as", help="html: pages to zoom in. svg, png: drawn by matplotlib."),
    ] = PlotForm.HTML,
    kinds: Annotated[
        list[PlotKind] | None,
        typer.Option(
            "--kind",
            help="What to draw; repeat it for more. `summary` is four in one.",
            show_default="all of them",
        ),
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            metavar="NAME",
            help="Of slices, parallel coordinates, contour (two) and impact (one); repeat it.",
            show_default="those that matter most",
            autocompletion=completion.parameters,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder for the files; <runs>/<campaign>/plots/<cell> if left out.",
        ),
    ] = None,
    runs: Runs = Path("runs"),
    storage: Storage = None,
) -> None:
    """Draw a cell's search: history, importances, slices, contour, and what parameters do."""
    record = find_campaign(campaign, runs, storage)
    cell_record = record.cell(cell)
    from harness.tuning.plots import plots_of

    plots = plots_of(record.name, cell_record)
    names = tuple(parameters or ())
    plots.parameters(names, 1)
    folder = out or runs / record.name / "plots" / slug(cell)
    folder = make_folder(folder, "--out")
    for kind in kinds or PlotKind:
        path = folder / f"{kind}.{form}"
        with writing(folder):
            plots.write(kind.value, path, form.value, names)
        console.out(str(path))
