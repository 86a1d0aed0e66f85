"""What `report --for paper` writes: whole, reproducible, readable by LaTeX and by other tools."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from sample_records import TRUTHS, Truth, synthetic_campaign

from harness.core.record import CampaignRecord, CellRecord
from harness.errors import UsageError
from harness.report.campaign_views import campaign_view
from harness.report.paper.figure_panels import paper_figures
from harness.report.paper.panel_drawing import figure_files
from harness.report.paper.paper_folder import latex_files, write_paper
from harness.report.paper.score_exports import write_data
from harness.report.report_files import write_site
from harness.report.site_pages import filled_pages

pytest.importorskip("matplotlib")

HOSTILE = (
    "a|b*c_d <b>&\\{}$#%~^\n`x` \u4e2d\u6587 \u00e9\u0142\u00df \u2265 \u03b1 \U0001f600 "
    "\\input{x} ^^41 " + "long_names/that-go-on" * 4
)
_COMPILER = shutil.which("pdflatex") and shutil.which("bibtex") and shutil.which("kpsewhich")


def campaign() -> CampaignRecord:
    truth = Truth(scenario=HOSTILE, algorithm="ppo", title=HOSTILE, default=1, tuned=300, trials=6)
    return synthetic_campaign("paper", (replace(TRUTHS[0], trials=6), truth))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_paper(campaign_view(campaign()), tmp_path_factory.mktemp("paper") / "of")


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_every_figure_has_both_widths_and_all_formats(folder: Path) -> None:
    names = {path.name for path in (folder / "figures").iterdir()}
    stems = {re.sub(r"-[12]col\.\w+$", "", name) for name in names}
    assert {"aggregates", "differences", "learning-curves", "seeds", "search"} <= stems
    endings = [f"-{width}col.{form}" for width in (1, 2) for form in ("pdf", "png", "svg")]
    assert names == {stem + ending for stem in stems for ending in endings}


def test_fonts_are_embedded_and_nothing_tells_the_time(folder: Path) -> None:
    for path in (folder / "figures").iterdir():
        data = path.read_bytes()
        if path.suffix == ".pdf":
            assert b"/FontFile2" in data, path.name
            assert not re.search(rb"/Type3|CreationDate|/Image\b", data), path.name
        elif path.suffix == ".svg":
            assert not re.search(rb"<text|dc:date|<image", data), path.name
        else:
            assert not re.search(rb"tIME|tEXt", data), path.name


def test_the_same_record_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    view = campaign_view(campaign())
    pages = filled_pages(view)
    figures = tuple(paper_figures(view, pages))
    texts = latex_files(view, pages, figures)
    again = {name: text.encode() for name, text in texts.items()}
    write_data(view.record, tmp_path)
    again |= {f"data/{path.name}": path.read_bytes() for path in tmp_path.iterdir()}
    written = contents(folder)
    manifest = {"SHA256SUMS"} | {name for name in written if name.startswith("figures/")}
    assert again == {name: data for name, data in written.items() if name not in manifest}
    for drawn in figures[:2]:
        for name, data in figure_files(drawn):
            assert written[f"figures/{name}"] == data, name


def test_it_lies_in_a_report_that_is_written_again(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report"
    shutil.copytree(folder, report / "paper")
    view = campaign_view(campaign())
    write_site(view, report)
    write_site(view, report)
    assert contents(report / "paper") == contents(folder)


def test_it_replaces_nothing_else(tmp_path: Path, folder: Path) -> None:
    view = campaign_view(synthetic_campaign("none", ()))
    (tmp_path / "references.bib").write_text("mine")
    (tmp_path / "report").mkdir()
    write_site(view, tmp_path / "report")
    for other in (tmp_path, tmp_path / "report", tmp_path / "references.bib"):
        with pytest.raises(UsageError, match=r"holds other files|is a file"):
            write_paper(view, other)
    assert (tmp_path / "references.bib").read_text() == "mine"
    ours = tmp_path / "ours"
    shutil.copytree(folder, ours)
    (ours / "notes.txt").write_text("mine")
    write_paper(view, ours)
    assert (ours / "notes.txt").read_text() == "mine"
    assert not (ours / "figures").exists()


def compiled(folder: Path) -> tuple[str, str]:
    """What LaTeX says in the end, and what BibTeX says."""

    def call(*words: str) -> str:
        ended = subprocess.run(
            words, cwd=folder, capture_output=True, encoding="latin-1", timeout=300, check=False
        )
        return ended.stdout

    latex = ("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "standalone")
    call(*latex)
    bibtex = call("bibtex", "standalone")
    call(*latex)
    return call(*latex), bibtex


@pytest.mark.skipif(not _COMPILER, reason="no LaTeX here (Debian: texlive-latex-base)")
def test_the_appendix_compiles(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    latex, bibtex = compiled(copy)
    assert "Output written on standalone.pdf" in latex, latex[-3000:]
    log = (copy / "standalone.log").read_text(encoding="latin-1")
    assert not re.search(r"^!|undefined|multiply.defined|Missing character", log, re.MULTILINE)
    # Little of the worst name stands beside its column.
    assert all(float(points) < 16 for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log))
    assert "Warning" not in bibtex


@pytest.mark.skipif(not _COMPILER, reason="no LaTeX here (Debian: texlive-latex-base)")
@pytest.mark.parametrize("truths", [(), TRUTHS[5:6]], ids=["none", "unfinished"])
def test_so_does_one_with_little_in_it(truths: tuple[Truth, ...], tmp_path: Path) -> None:
    record = synthetic_campaign("little", truths)
    cells = tuple(without_results(cell) for cell in record.cells)
    folder = write_paper(campaign_view(replace(record, cells=cells)), tmp_path / "little")
    assert "Output written on standalone.pdf" in compiled(folder)[0]


def without_results(cell: CellRecord) -> CellRecord:
    return replace(cell, trials=(), runs=(), winner=None, importances={})
