"""``harness train``: a model with a cell's parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import console
from harness.cli.command_options import AsJson, CampaignOption, CellName, Runs, Storage, VariantName
from harness.cli.output_files import make_folder
from harness.cli.text_format import duration, number
from harness.errors import UsageError
from harness.saved_models import model_file

FAILED = 1


def train(
    cell: CellName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to save the model.")],
    campaign: CampaignOption = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="N", min=0, help="Training seed; the first test seed if left out."
        ),
    ] = None,
    variant: VariantName = "tuned",
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps", metavar="N", min=1, help="Environment steps; the test rung's if left out."
        ),
    ] = None,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    as_json: AsJson = False,
) -> None:
    """Train a model with a cell's parameters and save it."""
    from harness import campaign as campaigns

    # Before the training: hours later is too late to learn that the model has no place.
    model = model_file(out)
    name = campaign or campaigns.latest(runs, storage)
    if model.is_dir():
        raise UsageError(f"{model} is a folder", help="--out names a file")
    make_folder(model.parent, "the folder of --out")
    result = campaigns.train(
        name,
        cell,
        runs=runs,
        storage=storage,
        seed=seed,
        variant=variant,
        steps=steps,
        out=out,
    )
    model_path = None if result.failure else str(model)
    if as_json:
        from harness.cli.json_lines import result_json

        console.emit({"campaign": name, "cell": cell, "model": model_path, **result_json(result)})
    elif model_path:
        console.out(model_path)
    if result.failure is not None:
        console.note(f"{cell} failed: {result.failure.kind}: {result.failure.message}")
        raise typer.Exit(FAILED)
    seconds = duration(result.cost.wall)
    console.note(f"score {number(result.score)} after {result.steps:,} steps in {seconds}")
