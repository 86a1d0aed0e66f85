"""``harness report`` and ``harness export``: results as pages, and for other programs."""

from __future__ import annotations

import io
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from harness.cli import completion, console
from harness.cli.command_options import (
    AsJson,
    CampaignName,
    Reports,
    Runs,
    Storage,
    find_campaign,
    flag,
)
from harness.cli.output_files import make_folder, writing
from harness.core.record import CampaignRecord
from harness.errors import UsageError
from harness.files import write_files

if TYPE_CHECKING:
    from harness.report import CampaignView, Check


class Audience(StrEnum):
    """Whom a report is for, other than who opens it in a browser."""

    PAPER = "paper"


EXIT_GATE = 4
"""Exit code when a trust check that was asked for does not pass."""


def report(
    campaign: CampaignName = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="Write here instead of <reports>/<campaign>: a folder, or a file with "
            "--single-file.",
        ),
    ] = None,
    audience: Annotated[
        Audience | None,
        typer.Option(
            "--for",
            help="paper: figures (PDF, SVG, PNG), tables and an appendix in LaTeX, BibTeX, and "
            "scores for rliable, marl-eval and data frames, in <reports>/<campaign>/paper.",
        ),
    ] = None,
    single_file: Annotated[
        bool,
        flag(
            "--single-file",
            help="Write one HTML file with everything in it, <reports>/<campaign>.html.",
        ),
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="ID,...",
            help="Exit 4 unless these trust checks pass; `fail` stands for all that must not "
            "fail, `warn` for all that must pass.",
            autocompletion=completion.checks,
        ),
    ] = None,
    hosts: Annotated[
        bool,
        flag("--hosts", help="Name the machines in it too; without this, a report tells none."),
    ] = False,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Write the report of a campaign, finished or not, and print its path."""
    # Reading a large campaign and importing what draws it take seconds.
    console.note("reading the ledger ...")
    from harness import campaign as campaigns
    from harness.report import gate, known_gates

    if single_file and audience is not None:
        raise UsageError(
            "`--single-file` is one page; `--for paper` is a folder of files",
            help="call `harness report` twice",
        )
    if audience is Audience.PAPER:
        from harness.report.paper.panel_drawing import check_matplotlib

        check_matplotlib()
    words = ",".join(fail_on or ()).split(",")
    gates = known_gates(tuple(word.strip() for word in words if word.strip()))
    name = campaign or campaigns.latest(runs, storage)
    view = campaigns.view(name, runs, storage, hosts=hosts)
    if audience is Audience.PAPER:
        page = _write_paper(view, out, reports)
    else:
        page = _write(view, out, reports, single_file=single_file)
    failures = gate(view.checks, gates)
    if as_json:
        entries = [{"id": check.id, "status": check.status} for check in failures]
        gates_json = {"held_back": entries} if gates else {}
        console.emit({"campaign": view.record.name, "report": str(page)} | gates_json)
    else:
        console.out(str(page))
    _report_failures(failures)
    if failures:
        raise typer.Exit(EXIT_GATE)


def _write(view: CampaignView, out: Path | None, reports: Path, *, single_file: bool) -> Path:
    from harness.report import write_list, write_single_file, write_site

    if single_file:
        return write_single_file(view, out or reports / f"{view.record.name}.html")
    page = write_site(view, out or reports / view.record.name)
    if out is None:
        write_list(reports)
    return page


def _write_paper(view: CampaignView, out: Path | None, reports: Path) -> Path:
    from harness.report import write_paper
    from harness.report.paper.score_exports import can_write_parquet
    from harness.report.published_reports import PAPER

    folder = write_paper(view, out or reports / view.record.name / PAPER)
    if not can_write_parquet():
        console.note("tables are CSV only: for Parquet, pip install 'rl-harness[paper]'")
    return folder


def _report_failures(failures: tuple[Check, ...]) -> None:
    for check in failures:
        console.note(f"{check.status}: {check.id} {check.title}: {check.value}")
        for finding in check.findings:
            console.note(f"  {finding.cell or 'campaign'}: {finding.text}")


class ExportFormat(StrEnum):
    """What to export, and how."""

    CSV = "csv"
    JSON = "json"
    OPTUNA = "optuna"
    YAML = "yaml"
    ZOO = "zoo"


FILES: Final = {
    ExportFormat.JSON: "best_parameters.json",
    ExportFormat.YAML: "best_parameters.yaml",
}


def export(
    campaign: CampaignName = None,
    form: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            help="csv: every score, trial and evaluation. json, yaml: the best parameters. "
            "zoo: the same as hyperparameters of rl-baselines3-zoo, one file per algorithm. "
            "optuna: the searches as studies with plain parameter names, in an SQLite file.",
        ),
    ] = ExportFormat.CSV,
    trials: Annotated[
        bool,
        flag(
            "--trials",
            help="With --format json: every trial with its values, arguments and evaluations.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder for the files; without it csv and optuna go to "
            "<runs>/<campaign>/export, the others to stdout.",
        ),
    ] = None,
    runs: Runs = Path("runs"),
    storage: Storage = None,
) -> None:
    """Export scores and trials, or the best parameters.

    Tables in LaTeX and figures: `harness report --for paper`.
    """
    if trials and form is not ExportFormat.JSON:
        raise UsageError(
            f"`--trials` goes with --format json, not {form.value}",
            help="csv and optuna have every trial anyway",
        )
    record = find_campaign(campaign, runs, storage)
    if form is ExportFormat.CSV:
        from harness.analysis import export_csv

        folder = make_folder(out or runs / record.name / "export", "--out")
        with writing(folder):
            paths = export_csv(record, folder)
        for path in paths:
            console.out(str(path))
        return
    if form is ExportFormat.OPTUNA:
        _write_studies(record, make_folder(out or runs / record.name / "export", "--out"))
        return
    if out is None:
        console.out(_text(record, form, trials=trials).rstrip("\n"))
        return
    folder = make_folder(out, "--out")
    files = _files(record, form, trials=trials)
    paths = [folder / name for name in files]
    with writing(folder), write_files(*paths) as beside:
        for path, text in zip(beside, files.values(), strict=True):
            path.write_text(text, encoding="utf-8")
    for path in paths:
        console.out(str(path))


def _write_studies(record: CampaignRecord, folder: Path) -> None:
    from harness.tuning.plain_studies import write_studies

    path = folder / "studies.db"
    with writing(folder), write_files(path) as (beside,):
        write_studies(record, beside)
    console.out(str(path))


def _files(record: CampaignRecord, form: ExportFormat, *, trials: bool) -> dict[str, str]:
    """File name -> text; the zoo reads a file per algorithm."""
    from harness import analysis

    if form is ExportFormat.ZOO:
        files = analysis.zoo_files(record)
        _note_differences("\n".join(files.values()))
        return files
    name = "trials.json" if trials else FILES[form]
    return {name: _text(record, form, trials=trials)}


def _text(record: CampaignRecord, form: ExportFormat, *, trials: bool) -> str:
    from harness import analysis

    if form is ExportFormat.ZOO:
        text = analysis.zoo_yaml(record)
        _note_differences(text)
        return text
    best = analysis.trial_entries(record) if trials else analysis.best_parameters(record)
    if form is ExportFormat.JSON:
        return json.dumps(best, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return _yaml(best)


def _note_differences(text: str) -> None:
    from harness import analysis

    for difference in analysis.zoo_differences(text):
        console.note(f"note: differs from what was trained: {difference}")


def _yaml(value: object) -> str:
    from ruamel.yaml import YAML

    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.dump(value, text)
    return text.getvalue()
