"""Pictures of a cell's search, drawn by Optuna: as pages by plotly, as files by matplotlib."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import optuna

from harness.core.record import CellRecord
from harness.errors import MissingExtraError, UnknownNameError, UsageError
from harness.files import write_atomically
from harness.tuning.importance import FEWEST, importance_evaluator
from harness.tuning.optuna_trials import allow_experimental
from harness.tuning.plain_studies import plain_study

Form = Literal["html", "svg", "png"]
FORMS: Final[tuple[Form, ...]] = ("html", "svg", "png")

KINDS: Final = (
    "history",
    "importances",
    "importances-fanova",
    "slices",
    "parallel",
    "contour",
    "impact",
    "summary",
)
"""Kinds of plots, each with its file's name; the last one is four of them in one picture."""

_DOTS: Final = 120
_FONT: Final = "font-family:sans-serif;margin:1em"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plots:
    """What plots of a search are drawn from.

    Attributes:
        cell: Name of the cell.
        study: Its finished trials, with parameters by their own names.
        baseline: Score of the library's default, where it has one.
        ranking: Parameters that varied, the most important first.
    """

    cell: str
    study: optuna.Study
    baseline: float | None
    ranking: tuple[str, ...]

    def parameters(self, names: Sequence[str], count: int) -> list[str]:
        """The parameters to draw: those that are named, else the most important.

        Raises:
            UnknownNameError: One is not searched, or did not vary.
        """
        for name in names:
            if name not in self.ranking:
                raise UnknownNameError("parameter", name, list(self.ranking))
        return list(names or self.ranking[:count])

    def figure(self, kind: str, names: Sequence[str] = ()) -> Any:
        """One of `KINDS` but the last as a figure of plotly, for the parameters named.

        Raises:
            UnknownNameError: There is no such kind, or no such parameter.
        """
        if kind not in KINDS[:-1]:
            raise UnknownNameError("kind of plot", kind, list(KINDS[:-1]))
        with allow_experimental(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _figure(self, kind, names)

    def write(self, kind: str, path: Path, form: Form, names: Sequence[str] = ()) -> None:
        """Draw one of `KINDS` into a file.

        Args:
            kind: What.
            form: How.
            names: Parameters; for those that matter most if there are none.

        Raises:
            MissingExtraError: matplotlib is not installed.
            UnknownNameError: There is no such parameter.
            StorageError: The file cannot be written.
        """
        with allow_experimental(), warnings.catch_warnings():
            # Of few trials, of ties, of parameters that some trials do not have.
            warnings.simplefilter("ignore")
            page = form == "html"
            data = _page(self, kind, names) if page else _image(self, kind, names, form)
        with write_atomically(path) as beside:
            beside.write_bytes(data)


def plots_of(campaign: str, cell: CellRecord) -> Plots:
    """What a cell's search is drawn from.

    Raises:
        UsageError: Too few trials are complete, or nothing varied.
    """
    study = plain_study(campaign, cell)
    complete = [t for t in study.trials if t.state is optuna.trial.TrialState.COMPLETE]
    names = [
        name
        for name in cell.cell.space.names
        if len({repr(trial.params[name]) for trial in complete if name in trial.params}) > 1
    ]
    if len(complete) < FEWEST or not names:
        raise UsageError(
            f"the search of {cell.name} has {len(complete)} complete trials, too few to draw",
            help=f"it takes {FEWEST}, with different values; `harness status` says how far it is",
        )
    with allow_experimental(), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        shares = optuna.importance.get_param_importances(
            study, evaluator=importance_evaluator("ped_anova", len(complete))
        )
    return Plots(
        cell=cell.name,
        study=study,
        baseline=complete[0].value if complete[0].number == 0 else None,
        ranking=tuple(sorted(names, key=lambda name: -shares.get(name, 0.0))),
    )


def _drawings(plots: Plots, names: Sequence[str], backend: Any) -> Mapping[str, Callable[[], Any]]:
    """Kind -> its drawing by one of Optuna's two backends, which have the same functions."""
    study, few = plots.study, plots.parameters(names, 6)
    count = sum(trial.state is optuna.trial.TrialState.COMPLETE for trial in study.trials)
    ped, fanova = (importance_evaluator(name, count) for name in ("ped_anova", "fanova"))
    return {
        "history": lambda: backend.plot_optimization_history(study, target_name="score"),
        "importances": lambda: backend.plot_param_importances(study, evaluator=ped),
        "importances-fanova": lambda: backend.plot_param_importances(study, evaluator=fanova),
        "slices": lambda: backend.plot_slice(study, params=few, target_name="score"),
        "parallel": lambda: backend.plot_parallel_coordinate(study, few, target_name="score"),
        "contour": lambda: backend.plot_contour(
            study, params=_pair(plots, names), target_name="score"
        ),
        "impact": lambda: backend.plot_slice(study, params=few[:1], target_name="score"),
    }


def _pair(plots: Plots, names: Sequence[str]) -> list[str]:
    """Two parameters, the named ones first."""
    return list(dict.fromkeys([*names, *plots.ranking]))[:2]


def _panels(plots: Plots, names: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    """What a summary shows: history, importances, and what two parameters do to the score."""
    first, *rest = _pair(plots, names)
    second: tuple[str, Sequence[str]] = ("impact", rest) if rest else ("parallel", ())
    return [("history", ()), ("importances", ()), ("impact", [first]), second]


def _page(plots: Plots, kind: str, names: Sequence[str]) -> bytes:
    panels = _panels(plots, names) if kind == "summary" else [(kind, names)]
    parts = []
    for index, (panel, own) in enumerate(panels):
        figure = _figure(plots, panel, own)
        library: bool = index == 0  # once in the file, which then needs nothing beside it
        parts.append(figure.to_html(full_html=False, include_plotlyjs=library))
    columns = "1fr 1fr" if len(parts) > 1 else "1fr"
    cells = "".join(f'<div style="min-width:0">{part}</div>' for part in parts)
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{plots.cell}</title>'
        f'<body style="{_FONT}"><div style="display:grid;grid-template-columns:{columns}">'
        f"{cells}</div></body></html>\n"
    )
    return text.encode()


def _figure(plots: Plots, kind: str, names: Sequence[str]) -> Any:
    figure = _drawings(plots, names, optuna.visualization)[kind]()
    figure.update_layout(title=_title(plots, kind, names), height=460)
    if kind == "history" and plots.baseline is not None:
        figure.add_hline(plots.baseline, line_dash="dot", annotation_text="default")
    return figure


def _title(plots: Plots, kind: str, names: Sequence[str]) -> str:
    words = {
        "history": "score of each trial, and the best so far",
        "importances": "importance of the parameters (PED-ANOVA)",
        "importances-fanova": "importance of the parameters (fANOVA)",
        "slices": "score by parameter",
        "parallel": "parallel coordinates",
        "contour": "score over two parameters",
        "impact": f"score by {plots.parameters(names, 1)[0]}" if plots.ranking else "",
    }
    return f"{plots.cell}: {words[kind]}"


def _image(plots: Plots, kind: str, names: Sequence[str], form: Form) -> bytes:
    plt = _matplotlib()
    if kind != "summary":
        return _picture(plots, kind, names, form, plt)
    panels = [_picture(plots, panel, own, form, plt) for panel, own in _panels(plots, names)]
    return _join_svg(panels) if form == "svg" else _join_png(panels, plt)


def _matplotlib() -> Any:
    try:
        import matplotlib as mpl

        mpl.use("agg")
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise MissingExtraError(
            "svg and png are drawn by matplotlib, which is not installed",
            help="pip install 'rl-harness[plots]', or take --as html",
        ) from error
    # The same picture gets the same bytes.
    mpl.rcParams.update({"svg.hashsalt": "harness", "svg.fonttype": "none"})
    return plt


def _picture(plots: Plots, kind: str, names: Sequence[str], form: Form, plt: Any) -> bytes:
    from optuna.visualization import matplotlib as backend

    axes = _drawings(plots, names, backend)[kind]()
    figure = plt.gcf()
    if kind == "history" and plots.baseline is not None:
        axes.axhline(plots.baseline, linestyle=":", color="grey", label="default")
        axes.legend()
    if kind == "slices":
        figure.suptitle(_title(plots, kind, names))
    else:
        figure.axes[0].set_title("", loc="left")
        figure.axes[0].set_title(_title(plots, kind, names), fontsize="medium")
    width = 3.2 * len(figure.axes) if kind == "slices" else 7.0
    figure.set_size_inches(max(7.0, width), 4.5)
    data = io.BytesIO()
    if kind != "slices":  # which shares its scale of colours
        figure.tight_layout()
    metadata = {"Date": None} if form == "svg" else None
    figure.savefig(data, format=form, dpi=_DOTS, metadata=metadata)
    plt.close("all")
    return data.getvalue()


def _join_svg(panels: Sequence[bytes]) -> bytes:
    """Four pictures in one: each keeps its own names of shapes."""
    sizes, texts = [], []
    for index, panel in enumerate(panels):
        text = panel.decode()
        text = text[text.index("<svg") :]
        width, height = (float(n) for n in re.findall(r'(?:width|height)="([\d.]+)pt"', text)[:2])
        text = re.sub(r'(id="|url\(#|xlink:href="#)', rf"\g<1>p{index}-", text)
        sizes.append((width, height))
        texts.append(text)
    width, height = (max(size[axis] for size in sizes) for axis in (0, 1))
    parts = [
        part.replace("<svg ", f'<svg x="{(i % 2) * width}" y="{(i // 2) * height}" ', 1)
        .replace(f'width="{sizes[i][0]:g}pt"', f'width="{sizes[i][0]:g}"', 1)
        .replace(f'height="{sizes[i][1]:g}pt"', f'height="{sizes[i][1]:g}"', 1)
        for i, part in enumerate(texts)
    ]
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {2 * width} {2 * height}" width="{2 * width}" height="{2 * height}">'
    )
    return f"{head}{''.join(parts)}</svg>\n".encode()


def _join_png(panels: Sequence[bytes], plt: Any) -> bytes:
    images = [plt.imread(io.BytesIO(panel)) for panel in panels]
    height, width = (max(image.shape[axis] for image in images) for axis in (0, 1))
    figure = plt.figure(figsize=(2 * width / _DOTS, 2 * height / _DOTS), dpi=_DOTS)
    for index, image in enumerate(images):
        # From below.
        figure.figimage(image, (index % 2) * width, (1 - index // 2) * height)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=_DOTS)
    plt.close("all")
    return data.getvalue()
