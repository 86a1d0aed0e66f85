"""Filmed episodes of the cell's agents, a few frames of each."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.plan import DEFAULT, TUNED
from harness.report.films import Film
from harness.report.format import number
from harness.report.section import Section
from harness.report.view import CellView

__all__ = ["SECTION", "Shown", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One filmstrip.

    Attributes:
        film: The episode.
        path: Of the picture in the site.
        alt: What it shows, in words.
        title: Whose episode it is.
    """

    film: Film
    path: str
    alt: str
    title: str


def build(view: CellView) -> tuple[Shown, ...] | None:
    """Left out until an episode was filmed."""
    return (
        tuple(
            Shown(
                film=film,
                path=path,
                alt=_alt(film, view.row.title, view.row.scenario),
                title=_title(film, kept_default=view.row.kept_default),
            )
            for path, film in view.films
        )
        or None
    )


def _title(film: Film, *, kept_default: bool) -> str:
    if kept_default and film.variant in {DEFAULT, TUNED}:
        return "default, which is also what the cell ships: nothing the search found beat it"
    return film.variant


def _alt(film: Film, title: str, scenario: str) -> str:
    steps = ", ".join(f"{step:,}" for step in film.steps)
    return (
        f"{title} {film.variant} on {scenario}: {len(film.steps)} frames of one episode, at steps "
        f"{steps}; it earned {number(film.score)}"
    )


SECTION = Section(
    id="films",
    title="One episode of each",
    order=27,
    page="cell",
    build=build,
    template="films.html",
)
