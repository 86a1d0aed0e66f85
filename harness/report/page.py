"""Pages of the site, and how a page writes the links and ids in it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.section import PageKind
from harness.report.view import AlgorithmView, CampaignView, CellView, algorithm_views, cell_views

__all__ = ["Page", "Place", "all_pages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    Attributes:
        path: In the site, without suffix, e.g. ``cells/ppo-CartPole-v1``.
        kind: Which sections it has.
        title: Of the document.
        heading: Empty where a section brings its own.
        menu: Word in the site's menu; empty for a page that others lead to.
        crumbs: (word, page) pairs of the way here.
        view: What its sections build from.
    """

    path: str
    kind: PageKind
    title: str
    heading: str = ""
    menu: str = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    view: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page stands: in a file of its own, or with all others in a single file."""

    page: str
    single: bool = False

    def to(self, page: str, anchor: str = "") -> str:
        """Link to another page, or to a part of one."""
        if self.single:
            return f"#{page}/{anchor}" if anchor else f"#{page}"
        file = "" if anchor and page == self.page else f"{self.root}{page}.html"
        return f"{file}#{anchor}" if anchor else file

    def id(self, name: str) -> str:
        """An id that no other page of the same file has."""
        return f"{self.page}/{name}" if self.single else name

    @property
    def root(self) -> str:
        return "../" * self.page.count("/")


def all_pages(view: CampaignView) -> tuple[Page, ...]:
    """Every page the campaign could have; those without any section are not written."""
    name = view.record.name
    pages = [
        Page(
            path="index",
            kind="campaign",
            title=f"{name}: tuned against default",
            menu="Leaderboard",
            view=view,
        )
    ]
    pages += [
        Page(
            path=path,
            kind=kind,
            title=f"{heading}, {name}",
            heading=heading,
            menu=heading,
            view=view,
        )
        for path, kind, heading in _SINGLES
    ]
    pages += [_algorithm_page(algorithm, name) for algorithm in algorithm_views(view)]
    pages += [_cell_page(cell, view.pages[cell.row.cell]) for cell in cell_views(view)]
    return tuple(pages)


def _algorithm_page(algorithm: AlgorithmView, campaign: str) -> Page:
    return Page(
        path=algorithm.page,
        kind="algorithm",
        title=f"{algorithm.title} in {campaign}",
        heading=f"Hyperparameters of {algorithm.title}",
        crumbs=(_HOME, ("Hyperparameters", "algorithms/index")),
        view=algorithm,
    )


def _cell_page(cell: CellView, path: str) -> Page:
    return Page(
        path=path,
        kind="cell",
        title=f"{cell.row.cell} in {cell.campaign}",
        heading=f"{cell.row.title} on {cell.row.scenario}",
        crumbs=(_HOME,),
        view=cell,
    )


_HOME = ("Leaderboard", "index")
_SINGLES: tuple[tuple[str, PageKind, str], ...] = (
    ("algorithms/index", "algorithms", "Hyperparameters"),
    ("transfer", "transfer", "Transfer"),
    ("trust", "trust", "Trust"),
    ("methods", "methods", "Methods"),
    ("provenance", "provenance", "Provenance"),
)
