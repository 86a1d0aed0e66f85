"""Pages of the site with their parts, and how a page writes the links and ids in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.report.campaign_views import (
    AlgorithmView,
    CampaignView,
    CellView,
    algorithm_views,
    cell_views,
)
from harness.report.page_parts import FilledPart, PageKind, fill


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    Attributes:
        path: In the site, without suffix, e.g. ``cells/ppo-CartPole-v1``.
        kind: Which parts it has.
        title: Title of the document.
        heading: Empty where a part brings its own.
        menu: Word in the site's menu; empty for a page that others lead to.
        crumbs: (word, page) pairs of the way to it.
        subject: The cell or algorithm it is about; empty for a page of the whole campaign.
        view: View from which its parts are computed.
    """

    path: str
    kind: PageKind
    title: str
    heading: str = ""
    menu: str = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    subject: str = ""
    view: object


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledPage:
    """A page with those of its parts that have data."""

    page: Page
    parts: tuple[FilledPart, ...]

    @property
    def visible_parts(self) -> tuple[FilledPart, ...]:
        """Parts that the page shows; a page without any is not written."""
        return tuple(part for part in self.parts if part.is_shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Several campaigns as one site: a folder for each, and what they share beside them.

    Attributes:
        title: Heading of its first page.
        url: Where it will be found, with a slash at its end; empty if that is not known.
    """

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """What a page is part of: a file of its own, or a single file with all others.

    Attributes:
        page: Path of the page in its campaign's site.
        single: Whether one file has all pages.
        publication: Of which the campaign is a part.
    """

    page: str
    single: bool = False
    publication: Publication | None = None

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
        """The folder of the campaign, as seen from the page."""
        return "../" * self.page.count("/")

    @property
    def top(self) -> str:
        """The folder of styles, scripts and whatever else campaigns share."""
        return self.root if self.publication is None else f"{self.root}../"


def filled_pages(view: CampaignView) -> tuple[FilledPage, ...]:
    """Every page of the campaign with its data, all that is shown and stored."""
    return tuple(
        FilledPage(page=page, parts=tuple(fill(page.kind, page.view))) for page in all_pages(view)
    )


def all_pages(view: CampaignView) -> Iterator[Page]:
    """Every page the campaign could have."""
    name = view.record.name
    yield Page(
        path="index",
        kind="campaign",
        title=f"{name}: tuned against default",
        menu="Leaderboard",
        view=view,
    )
    for path, kind, heading in _SINGLES:
        title = f"{heading}, {name}"
        yield Page(path=path, kind=kind, title=title, heading=heading, menu=heading, view=view)
    for algorithm in algorithm_views(view):
        yield _algorithm_page(algorithm, name)
    for cell in cell_views(view):
        yield _cell_page(cell, view.pages[cell.row.cell])


def _algorithm_page(algorithm: AlgorithmView, campaign: str) -> Page:
    return Page(
        path=algorithm.page,
        kind="algorithm",
        title=f"{algorithm.title} in {campaign}",
        heading=f"Hyperparameters of {algorithm.title}",
        crumbs=(_HOME, ("Hyperparameters", "algorithms/index")),
        subject=algorithm.algorithm,
        view=algorithm,
    )


def _cell_page(cell: CellView, path: str) -> Page:
    return Page(
        path=path,
        kind="cell",
        title=f"{cell.row.cell} in {cell.campaign}",
        heading=f"{cell.row.title} on {cell.row.scenario}{_repeat(cell)}",
        crumbs=(_HOME,),
        subject=cell.row.cell,
        view=cell,
    )


def _repeat(cell: CellView) -> str:
    number = cell.cell.cell.repeat
    return "" if number == 1 else f", search {number}"


_HOME = ("Leaderboard", "index")
_SINGLES: tuple[tuple[str, PageKind, str], ...] = (
    ("algorithms/index", "algorithms", "Hyperparameters"),
    ("transfer", "transfer", "Transfer"),
    ("trust", "trust", "Trust"),
    ("methods", "methods", "Methods"),
    ("provenance", "provenance", "Provenance"),
)
