"""The documentation site: `tox -e docs` builds it, strictly and without a network."""

from __future__ import annotations

import json
import re
import shutil
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import typer.main
from sphinx.application import Sphinx

from harness.cli.app import application
from harness.report.html_pages import plotly_source

project = "rl-harness"
version = release = version_of("rl-harness")
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["__pycache__", "**/.ipynb_checkpoints"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
# Their outputs are kept in them; a test runs them.
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
# Decisions are listed by their own page.
suppress_warnings = ["toc.not_included"]
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
add_module_names = False
html_theme = "furo"
html_title = "rl-harness"
html_copy_source = False
html_show_copyright = False
# Wide tables scroll in themselves; nothing comes from another server.
html_theme_options = {"sidebar_hide_name": False, "navigation_with_keys": True}

_SOURCE = "https://github.com/rl-harness/rl-harness/blob/main/"
_PUBLISHED = re.compile(r"\[([^\]]+)\]\(\.\./reports/(published/[^)\s]+)\)")
_OUTSIDE = re.compile(
    r"\]\((?:\.\./)+((?:(?:reports/)?README|CONTRIBUTING|CHANGELOG)\.md)(#[^)]*)?\)"
)


def _read(sphinx: Sphinx, document: str, source: list[str]) -> None:
    """Point links that lead out of the folder to where they lead from the site; draw figures."""
    if Path(sphinx.env.doc2path(document)).suffix == ".ipynb":
        source[0] = _with_figures(json.loads(source[0]))
    else:
        text = _PUBLISHED.sub(r'<a href="\2">\1</a>', source[0])
        source[0] = _OUTSIDE.sub(rf"]({_SOURCE}\1\2)", text)


def _with_figures(notebook: dict[str, Any]) -> str:
    """The notebook with figures as HTML: the site has its own copy of plotly, and asks nobody."""
    number = 0
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            figure = output.get("data", {}).get("application/vnd.plotly.v1+json")
            if figure is None:
                continue
            number += 1
            data = json.dumps([figure["data"], figure["layout"]]).replace("<", "\\u003c")
            draw = f"Plotly.newPlot('figure-{number}', ...{data}, {{responsive: true}})"
            library = '<script src="../_static/plotly.min.js"></script>' if number == 1 else ""
            html = f'{library}<div id="figure-{number}"></div><script>{draw}</script>'
            output["data"] = {"text/html": html}
    return json.dumps(notebook)


def _commands(command: Any, name: str = "harness") -> str:
    """What `--help` says of a command and those below it."""
    below = getattr(command, "commands", {})
    if below:
        return "".join(_commands(each, f"{name} {word}") for word, each in below.items())
    context = command.make_context(name, [], resilient_parsing=True)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    rows = "".join(_row(parameter, context) for parameter in command.get_params(context))
    table = f"| option | is |\n|---|---|\n{rows}\n" if rows else ""
    return f"## {name}\n\n{_plain(command.help)}\n\n```text\n{usage}\n```\n\n{table}"


def _row(parameter: Any, context: Any) -> str:
    record = parameter.get_help_record(context)
    if record is None:
        return ""
    option, text = (re.sub(r"\s+", " ", _plain(part)).replace("|", "\\|") for part in record)
    option = option.partition(" <")[0] if parameter.param_type_name == "argument" else option
    return f"| `{option}` | {text.replace('<', '&lt;')} |\n"


def _plain(text: str | None) -> str:
    """Help without the marks that are for terminals."""
    return (text or "").replace("\b", "").replace("\\[", "[").strip()


def _write_commands(sphinx: Sphinx) -> None:
    commands = _commands(typer.main.get_command(application()))
    text = f"# Every option of every command\n\nWhat `--help` says, in one place.\n\n{commands}"
    page = Path(sphinx.srcdir, "reference", "commands.md")
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")


def _write_plotly(sphinx: Sphinx, error: Exception | None) -> None:
    if error is None and sphinx.builder.format == "html":
        path = Path(sphinx.outdir, "_static", "plotly.min.js")
        path.write_text(plotly_source(), encoding="utf-8")


def _copy_published(sphinx: Sphinx, error: Exception | None) -> None:
    """Published campaigns are part of the site, so that its links lead to them."""
    if error is None and sphinx.builder.format == "html":
        published = Path(sphinx.srcdir).parent / "reports" / "published"
        shutil.copytree(published, Path(sphinx.outdir, "published"), dirs_exist_ok=True)


def _leave_out_of_search(sphinx: Sphinx, _tree: object) -> None:
    """A search is for what a reader can do; decisions have a page that lists them."""
    name = sphinx.env.docname
    if name.startswith("adr/") and not name.endswith("README"):
        sphinx.env.metadata[name]["no-search"] = ""


def setup(sphinx: Sphinx) -> None:
    """What Sphinx calls first."""
    sphinx.connect("build-finished", _write_plotly)
    sphinx.connect("build-finished", _copy_published)
    sphinx.connect("builder-inited", _write_commands)
    sphinx.connect("doctree-read", _leave_out_of_search)
    sphinx.connect("source-read", _read)
