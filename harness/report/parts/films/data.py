"""Filmed episodes of the cell's agents, a few frames of each."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.run import DEFAULT, TUNED
from harness.report.campaign_views import CellView, Film
from harness.report.number_format import number
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Filmstrip:
    """One filmed episode as a strip of frames.

    Attributes:
        film: The episode.
        path: Path of the picture in the site.
        alt: Description of the picture in words.
        title: Name of the variant that plays the episode.
    """

    film: Film
    path: str
    alt: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Films:
    """The filmed episodes of the cell."""

    strips: tuple[Filmstrip, ...]


def compute(view: CellView) -> Films | None:
    """Left out until an episode was filmed."""
    strips = tuple(
        Filmstrip(
            film=film,
            path=path,
            alt=_alt(film, view.row.title, view.row.scenario),
            title=_title(film, default_wins=view.row.kept_default),
        )
        for path, film in view.films
    )
    return Films(strips=strips) if strips else None


def _title(film: Film, *, default_wins: bool) -> str:
    if default_wins and film.variant in {DEFAULT, TUNED}:
        return "default, which is also what the cell ships: nothing the search found beat it"
    return film.variant


def _alt(film: Film, title: str, scenario: str) -> str:
    steps = ", ".join(f"{step:,}" for step in film.steps)
    return (
        f"{title} {film.variant} on {scenario}: {len(film.steps)} frames of one episode, at steps "
        f"{steps}; it earned {number(film.score)}"
    )


PART = Part(title="One episode of each", page="cell", order=27, compute=compute)
