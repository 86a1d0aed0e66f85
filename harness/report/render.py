"""The jinja2 door: sections -> HTML text. Same view, same text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from harness.report import format as formats
from harness.report import strip
from harness.report.assets import HEAD_SCRIPT, PAGE_SCRIPTS, asset, plotly_source, script_hash
from harness.report.page import Page, Place, all_pages
from harness.report.results import results
from harness.report.section import Section, all_sections
from harness.report.view import CampaignView

__all__ = [
    "Filled",
    "FilledPage",
    "filled_pages",
    "json_block",
    "render_list",
    "render_pages",
    "render_single",
]

_SUFFIX = {
    "improved": "up",
    "worse": "down",
    "failed": "bad",
    "unfinished": "open",
    "pass": "up",
    "fail": "bad",
    "warn": "warn",
}
_GLYPHS = {
    "improved": "\u25b2",
    "worse": "\u25bc",
    "no clear difference": "\u2248",
    "default kept": "=",
    "too few seeds": "\u25e6",
    "unfinished": "\u2026",
    "failed": "\u2715",
    "pass": "\u2713",
    "warn": "!",
    "fail": "\u2715",
    "not applicable": "\u2013",
}


_PERCENT = re.compile(r"(?<=\d) %(?!\})")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A section with the data it shows."""

    section: Section
    data: object


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledPage:
    """A page with its sections; `place` writes its links."""

    page: Page
    sections: tuple[Filled, ...]
    place: Place


def filled_pages(view: CampaignView, *, single: bool = False) -> Iterator[FilledPage]:
    """Pages that have something to show, one by one: a large campaign's would fill the memory."""
    for page in all_pages(view):
        sections = tuple(fill(page))
        if sections:
            yield FilledPage(
                page=page, sections=sections, place=Place(page=page.path, single=single)
            )


def fill(page: Page) -> Iterator[Filled]:
    """Sections of a page that have something to show."""
    for section in all_sections():
        if section.page == page.kind:
            data = section.build(page.view)
            if data is not None:
                yield Filled(section=section, data=data)


def render_pages(view: CampaignView) -> Iterator[tuple[str, str]]:
    """Every page as (path in the site, HTML)."""
    template = _environment().get_template("site.html")
    menu = _menu(view)
    for filled in filled_pages(view):
        text = template.render(view=view, filled=filled, at=filled.place, menu=menu)
        yield f"{filled.page.path}.html", text


def render_single(view: CampaignView) -> str:
    """All pages, their styles, scripts and data as one HTML file."""
    scripts = [asset(HEAD_SCRIPT), *(asset(name) for name in PAGE_SCRIPTS)]
    plotly = plotly_source()
    return (
        _environment()
        .get_template("single.html")
        .render(
            view=view,
            pages=filled_pages(view, single=True),
            at=Place(page="index", single=True),
            menu=_menu(view),
            style=Markup(asset("style.css")),  # noqa: S704 - our own file
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own files
            plotly=Markup(plotly),  # noqa: S704 - the library's file
            hashes=[script_hash(script) for script in (*scripts, plotly)],
            results=results(view),
        )
    )


def render_list(campaigns: Sequence[object]) -> str:
    """The page that lists published campaigns."""
    template = _environment().get_template("reports.html")
    return template.render(campaigns=campaigns, style=Markup(asset("style.css")))  # noqa: S704


def json_block(value: Any) -> Markup:
    """JSON that can stand in a ``<script type="application/json">`` whatever text it holds."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)
    for sign, escape in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(sign, escape)
    return Markup(text)  # noqa: S704 - nothing is left in it that HTML could take for markup


def _menu(view: CampaignView) -> list[tuple[str, str]]:
    """(word, page) of the pages that stand in the menu."""
    return [(page.menu, page.path) for page in all_pages(view) if page.menu and any(fill(page))]


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
        finalize=_tidy,
        extensions=[_TidyTemplates],
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


class _TidyTemplates(Extension):
    """The same for what stands in the templates themselves."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _PERCENT.sub("\u00a0%", source)


def _tidy(given: object) -> object:
    """Text for a page: no line ends before a %, and no name turns the words after it around."""
    if not isinstance(given, str) or isinstance(given, Markup):
        return given
    return _DIRECTIONS.sub("\ufffd", _PERCENT.sub("\u00a0%", given))


def _exact(value: float | None) -> str:
    """The unrounded number for sorting and for tests; empty if there is none."""
    return "" if value is None else repr(value)
