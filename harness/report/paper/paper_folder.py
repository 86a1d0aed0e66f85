"""The folder for a paper: figures, tables, references and data, written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from harness.files import replace_directory
from harness.report.campaign_views import CampaignView
from harness.report.paper.figure_panels import PaperFigure, paper_figures
from harness.report.paper.latex_tables import table_files
from harness.report.paper.methods_text import methods_latex
from harness.report.paper.panel_drawing import check_matplotlib, figure_files
from harness.report.paper.references import bibliography, cite, cited_for, learner_entry
from harness.report.paper.score_exports import write_data
from harness.report.published_reports import PAPER_MARK, check_paper_folder
from harness.report.report_files import explain_os_error
from harness.report.site_pages import FilledPage, filled_pages
from harness.report.text_escapes import latex, latex_breakable, one_line


def write_paper(view: CampaignView, folder: Path) -> Path:
    """Write what a paper takes of a campaign; the same record gives the same bytes.

    Args:
        view: The campaign, finished or not.
        folder: Gets the files; those that were written here before are replaced, others stay.

    Returns:
        The folder.

    Raises:
        MissingExtraError: matplotlib is not installed.
        UsageError: There is something else in the folder.
        HarnessError: The folder cannot be written; what was there is as it was.
    """
    check_matplotlib()
    check_paper_folder(folder)
    pages = filled_pages(view)
    figures = tuple(paper_figures(view, pages))
    texts = latex_files(view, pages, figures)
    with explain_os_error(folder), replace_directory(folder) as building:
        for figure in figures:
            for name, data in figure_files(figure):
                _write(building / "figures" / name, data)
        for name, text in texts.items():
            _write(building / name, text.encode())
        (building / "data").mkdir()
        write_data(view.record, building / "data")
    return folder


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


def latex_files(
    view: CampaignView, pages: Sequence[FilledPage], figures: Sequence[PaperFigure]
) -> dict[str, str]:
    """Path -> text of everything that LaTeX reads."""
    tables = table_files(view, pages)
    texts = {f"tables/{name}": text for name, text in tables.items() if text}
    methods = next(part for page in pages for part in page.parts if part.id == "methods")
    texts["methods.tex"] = _components(view, figures) + methods_latex(methods)
    texts["appendix.tex"] = _appendix(view, texts, figures)
    learners = [
        entry for cell in view.record.cells if (entry := learner_entry(cell.cell.algorithm))
    ]
    texts["references.bib"] = bibliography(texts.values(), learners)
    texts["standalone.tex"] = _STANDALONE
    return texts


def _components(view: CampaignView, figures: Sequence[PaperFigure]) -> str:
    """What the campaign is made of, each with the work behind it."""
    cells = [record.cell for record in view.record.cells]
    kinds: dict[str, dict[str, str]] = {
        "Learners": {
            cell.algorithm.title: cite(filter(None, [learner_entry(cell.algorithm)]))
            for cell in cells
        },
        "Environments": {
            cell.scenario.family.replace("_", " "): cite(
                cited_for(f"family:{cell.scenario.family}")
            )
            for cell in cells
        },
        "Sampler of the search": {
            cell.search.sampler.name: cite(cited_for(f"sampler:{cell.search.sampler.name}"))
            for cell in cells
        },
        "Pruner of the search": {
            cell.search.pruner.name: cite(cited_for(f"pruner:{cell.search.pruner.name}"))
            for cell in cells
        },
        "Correction over the cells": {
            cell.test.correction: cite(cited_for(f"correction:{cell.test.correction}"))
            for cell in cells
        },
        "Checklist": {"questions": cite(cited_for("part:checklist"))},
    }
    if any(figure.name.startswith("importances") for figure in figures):
        kinds["Importances"] = {"PED-ANOVA": cite(cited_for("part:importances"))}
    lines = [
        rf"\item[{{{kind}}}] "
        + ", ".join(latex(name) + (f"~{works}" if works else "") for name, works in entries.items())
        + "."
        for kind, entries in kinds.items()
        if entries
    ]
    return "\n".join([r"\begin{description}", *lines, r"\end{description}", "", ""])


_SECTIONS: Final = (
    ("Checklist", ("checklist",)),
    ("Results", ("results", "aggregates")),
    ("Hyperparameters and search spaces", ("hyperparameters", "search-spaces")),
    ("Seeds", ("seeds",)),
    ("Software and hardware", ("hardware",)),
)


def _appendix(view: CampaignView, texts: dict[str, str], figures: Sequence[PaperFigure]) -> str:
    lines = [
        f"{PAPER_MARK}{one_line(view.record.name)}.",
        "% Needs \\usepackage[T1]{fontenc}, and the packages array, booktabs, graphicx and",
        "% longtable; standalone.tex compiles it by itself.",
        r"\providecommand{\harnessfolder}{.}",
        rf"\section{{Reproducibility of {latex_breakable(view.record.name)}}}\label{{app:harness}}",
        latex(view.headline),
    ]
    for title, names in _SECTIONS:
        inputs = [name for name in names if f"tables/{name}.tex" in texts]
        if inputs:
            lines += ["", rf"\subsection{{{title}}}", "{\\footnotesize"]
            lines += [rf"\input{{\harnessfolder/tables/{name}}}" for name in inputs]
            lines += ["}"]
        if title == "Results":
            lines += [line for figure in figures for line in _figure(figure)]
            lines += [r"\clearpage"] if figures else []
    lines += ["", r"\subsection{Methods}", r"\input{\harnessfolder/methods}", ""]
    return "\n".join(lines)


def _figure(figure: PaperFigure) -> list[str]:
    name = f"{figure.name}-2col.pdf"
    return [
        r"\begin{figure}[htbp]",
        r"\centering",
        rf"\includegraphics[width=\textwidth]{{\harnessfolder/figures/{name}}}",
        rf"\caption{{{latex(figure.caption)}}}\label{{fig:{figure.name}}}",
        r"\end{figure}",
    ]


_STANDALONE: Final = r"""% By itself: pdflatex standalone, bibtex standalone, and pdflatex twice.
\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage[margin=1in]{geometry}
\usepackage{array,booktabs,graphicx,longtable}
\usepackage{url}
\begin{document}
\appendix
\input{appendix}
\bibliographystyle{plain}
\bibliography{references}
\end{document}
"""
