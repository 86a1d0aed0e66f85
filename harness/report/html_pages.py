"""The jinja2 door: filled pages -> HTML text. Same data, same text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import resources
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from harness.core.printable_text import quantity, visible
from harness.report import number_format, table_drawings
from harness.report.campaign_views import CampaignView
from harness.report.results_json import results
from harness.report.site_pages import FilledPage, PageContext, Publication

STYLE: Final = "style.css"
HEAD_SCRIPT: Final = "theme.js"
PAGE_SCRIPTS: Final = ("page.js", "table.js", "print.js", "figure.js")
PLOTLY: Final = "plotly.min.js"

_TONES = {
    "slower": "down",
    "faster": "up",
    "improved": "up",
    "better": "up",
    "more reliable": "up",
    "less reliable": "down",
    "worse": "down",
    "below": "down",
    "unstable": "warn",
    "failed": "bad",
    "unfinished": "open",
    "pass": "up",
    "fail": "bad",
    "warn": "warn",
}
_GLYPHS = {
    "slower": "\u25bc",
    "faster": "\u25b2",
    "as fast": "\u2248",
    "same runs": "=",
    "improved": "\u25b2",
    "better": "\u25b2",
    "more reliable": "\u25b2",
    "less reliable": "\u25bc",
    "equivalent": "=",
    "undecided": "?",
    "worse": "\u25bc",
    "unstable": "\u2195",
    "no clear difference": "\u2248",
    "similar": "\u2248",
    "below": "\u25bc",
    "default kept": "=",
    "too few seeds": "\u25e6",
    "unfinished": "\u2026",
    "failed": "\u2715",
    "pass": "\u2713",
    "warn": "!",
    "fail": "\u2715",
    "not applicable": "\u2013",
}


_UPLOADS: Final = (
    ("https://cloud.plotly.com/newchart", ""),
    ('showSendToCloud:{valType:"boolean",dflt:!0}', 'showSendToCloud:{valType:"boolean",dflt:!1}'),
)
"""Defaults of the drawing library that offer to send a chart to its maker; here they are off."""

_PERCENT = re.compile(r"(?<=\d) %(?!\})")
_STRESS: Final = re.compile(r"\*([^*]+)\*")
_BREAK: Final = re.compile(r"(?<=[/_])(?=.)|(?<=[a-z])(?=[A-Z])")


def render_pages(
    view: CampaignView, pages: Sequence[FilledPage], publication: Publication | None = None
) -> Iterator[tuple[str, str]]:
    """Every page as (path in the site, HTML); `publication` is what the campaign is part of."""
    template = _environment().get_template("templates/site.html")
    menu = _menu(pages)
    for content in pages:
        if content.visible_parts:
            context = PageContext(page=content.page.path, publication=publication)
            text = template.render(view=view, content=content, context=context, menu=menu)
            yield f"{content.page.path}.html", text


def render_single(view: CampaignView, pages: Sequence[FilledPage]) -> str:
    """All pages, their styles, scripts and data as one HTML file."""
    scripts = [asset(HEAD_SCRIPT), *(asset(name) for name in PAGE_SCRIPTS)]
    plotly = plotly_source()
    return (
        _environment()
        .get_template("templates/single.html")
        .render(
            view=view,
            pages=[
                (PageContext(page=content.page.path, single=True), content)
                for content in pages
                if content.visible_parts
            ],
            context=PageContext(page="index", single=True),
            menu=_menu(pages),
            style=Markup(asset("style.css")),  # noqa: S704 - our own file
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own files
            plotly=Markup(plotly),  # noqa: S704 - the library's file
            hashes=[_script_hash(script) for script in (*scripts, plotly)],
            results=results(view, pages),
        )
    )


def render_list(campaigns: Sequence[object], publication: Publication | None = None) -> str:
    """The page that lists the campaigns of a folder, or of a publication."""
    template = _environment().get_template("templates/reports.html")
    style = Markup(asset("style.css"))  # noqa: S704 - our own file
    return template.render(campaigns=campaigns, publication=publication, style=style)


def render_file(template: str, **values: object) -> str:
    """A template of a file that stands beside no others, by its path."""
    return _environment().get_template(template).render(**values)


def tone(word: str) -> str:
    """How a word is coloured: ``up``, ``down``, ``warn``, ``bad``, ``open`` or ``even``."""
    return _TONES.get(word, "even")


def json_block(value: object) -> Markup:
    """JSON that can stand in a ``<script type="application/json">`` whatever text it holds."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, allow_nan=False)
    for sign, escape in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(sign, escape)
    return Markup(text)  # noqa: S704 - nothing is left in it that HTML could take for markup


def _menu(pages: Iterable[FilledPage]) -> list[tuple[str, str]]:
    """(word, page) of the pages that stand in the menu."""
    return [
        (item.page.menu, item.page.path) for item in pages if item.page.menu and item.visible_parts
    ]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report", ""),
        # Chosen by suffix, escaping would miss a template some day.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_tidy,
        extensions=[_TidyTemplates],
    )
    names = set(number_format.__all__) - {"NOTHING", "decimals"}
    environment.filters |= {name: getattr(number_format, name) for name in names}
    environment.filters |= {"json_block": json_block, "exact": _exact, "stressed": _mark_stress}
    environment.filters["breakable"] = _mark_breaks
    environment.filters |= {"quantity": quantity}
    environment.globals |= {
        "glyph": _GLYPHS.__getitem__,
        "tone": tone,
        "strip_width": table_drawings.WIDTH,
        "strip_height": table_drawings.HEIGHT,
        "seed_strip": table_drawings.seed_strip,
        "forest": table_drawings.forest,
    }
    return environment


class _TidyTemplates(Extension):
    """Keeps the numbers in the text of templates together with their %, as `_tidy` does in data."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _PERCENT.sub("\u00a0%", source)


def _tidy(output: object) -> object:
    """Text for a page: no line ends before a %, and no name hides or turns the words after it."""
    if not isinstance(output, str) or isinstance(output, Markup):
        return output
    return visible(_PERCENT.sub("\u00a0%", output))


def _mark_stress(text: str) -> Markup:
    """Text of ours with ``*words*`` in it that are stressed."""
    html = _STRESS.sub(r"<em>\1</em>", str(Markup.escape(_tidy(text))))
    return Markup(html)  # noqa: S704 - escaped


def _mark_breaks(name: str) -> Markup:
    """A name that may go on in the next line where one of its words ends."""
    return Markup("<wbr>").join(_BREAK.split(str(_tidy(name))))


def _exact(value: float | None) -> str:
    """The unrounded number for sorting and for tests; empty if there is none."""
    return "" if value is None else repr(value)


@lru_cache(maxsize=8)
def asset(name: str) -> str:
    """Text of one of our own files."""
    return (resources.files("harness.report") / "static" / name).read_text(encoding="utf-8")


def plotly_source() -> str:
    """The drawing library, as it can stand inside a ``<script>``."""
    source: str = get_plotlyjs()
    for setting, off in _UPLOADS:
        source = source.replace(setting, off)
    return source.replace("</script", "<\\/script").replace("\r\n", "\n")


def _script_hash(script: str) -> str:
    """What a Content-Security-Policy calls this script."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
