"""The jinja2 door: sections -> HTML text. Same view, same text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.report import format as formats
from harness.report import strip
from harness.report.section import Section, all_sections
from harness.report.view import CampaignView, CellView, cell_views

__all__ = ["Filled", "json_block", "render_site"]

_SUFFIX = {"improved": "up", "worse": "down", "failed": "bad", "unfinished": "open"}
_GLYPHS = {
    "improved": "\u25b2",
    "worse": "\u25bc",
    "no clear difference": "\u2248",
    "default kept": "=",
    "too few seeds": "\u25e6",
    "unfinished": "\u2026",
    "failed": "\u2715",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A section with the data it shows."""

    section: Section
    data: object


def render_site(view: CampaignView) -> Iterator[tuple[str, str]]:
    """Every page as (path in the site, HTML)."""
    environment = _environment()
    yield (
        "index.html",
        environment.get_template("campaign.html").render(
            view=view, root="", sections=list(fill("campaign", view)), cells=_links(view, "cells/")
        ),
    )
    template = environment.get_template("cell.html")
    for cell in cell_views(view):
        yield (
            f"cells/{view.slugs[cell.row.cell]}.html",
            template.render(
                view=view,
                cell=cell,
                root="../",
                sections=list(fill("cell", cell)),
                cells=_links(view, ""),
            ),
        )


def fill(page: str, view: CampaignView | CellView) -> Iterator[Filled]:
    """Sections of a page that have something to show."""
    for section in all_sections():
        if section.page == page:
            data = section.build(view)
            if data is not None:
                yield Filled(section=section, data=data)


def json_block(value: Any) -> Markup:
    """JSON that can stand in a ``<script type="application/json">`` whatever text it holds."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)
    for sign, escape in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(sign, escape)
    return Markup(text)  # noqa: S704 - nothing is left in it that HTML could take for markup


def _links(view: CampaignView, folder: str) -> Iterable[tuple[str, str]]:
    return [(row.cell, f"{folder}{view.slugs[row.cell]}.html") for row in view.rows]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report", "templates"),
        # Chosen by suffix, escaping would miss a template some day.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    names = set(formats.__all__) - {"NOTHING", "decimals"}
    environment.filters |= {name: getattr(formats, name) for name in names}
    environment.filters |= {"json_block": json_block, "exact": _exact}
    environment.globals |= {
        "glyph": _GLYPHS.__getitem__,
        "tone": lambda word: _SUFFIX.get(word, "even"),
        "strip_width": strip.WIDTH,
        "strip_height": strip.HEIGHT,
    }
    return environment


def _exact(value: float | None) -> str:
    """The unrounded number for sorting and for tests; empty if there is none."""
    return "" if value is None else repr(value)
