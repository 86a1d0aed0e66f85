"""``harness init``: a commented matrix to start from."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import console
from harness.cli.files import writing
from harness.cli.options import FLAG
from harness.errors import UsageError

__all__ = ["Template", "init"]


class Template(StrEnum):
    """Starter matrices."""

    CLASSIC = "classic"
    LOCOMOTION = "locomotion"


def init(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write; `-` for stdout.")
    ] = Path("matrix.yaml"),
    template: Annotated[
        Template, typer.Option("--template", help="What kind of scenarios to start with.")
    ] = Template.CLASSIC,
    force: Annotated[
        bool, typer.Option("--force", metavar=FLAG, help="Overwrite the file.", show_default=False)
    ] = False,
) -> None:
    """Write a commented matrix to start from."""
    from harness import config

    text = config.template(template.value)
    if str(file) == "-":
        console.out(text.rstrip("\n"))
        return
    if not file.parent.is_dir():
        raise UsageError(f"no folder {file.parent}", help=f"mkdir -p {file.parent}")
    if file.is_dir():
        raise UsageError(f"{file} is a folder", help=f"harness init {file / 'matrix.yaml'}")
    if file.exists() and not force:
        raise UsageError(f"{file} exists already", help="another name, or --force to overwrite it")
    with writing(file):
        file.write_text(text, encoding="utf-8")
    console.out(str(file))
    console.note(f"next: harness plan {file}, then harness run --matrix {file}")
