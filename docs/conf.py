"""The documentation site: `tox -e docs` builds it, strictly and without a network."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import typer.main
from sphinx.application import Sphinx

from harness.cli.app import app

project = "rl-harness"
version = release = version_of("rl-harness")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["__pycache__"]
source_suffix = {".md": "markdown"}
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
# Wide tables scroll in themselves; nothing comes from another server.
html_theme_options = {"sidebar_hide_name": False, "navigation_with_keys": True}

_SOURCE = "https://github.com/rl-harness/rl-harness/blob/main/"
_OUTSIDE = re.compile(r"\]\((?:\.\./)+((?:README|CONTRIBUTING|CHANGELOG)\.md)(#[^)]*)?\)")


def _read(_sphinx: Sphinx, _document: str, source: list[str]) -> None:
    """Point links that lead out of the folder to the repository."""
    source[0] = _OUTSIDE.sub(rf"]({_SOURCE}\1\2)", source[0])


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
    commands = _commands(typer.main.get_command(app))
    text = f"# Commands\n\nWhat `--help` says, in one place.\n\n{commands}"
    page = Path(sphinx.srcdir, "reference", "commands.md")
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")


def setup(sphinx: Sphinx) -> None:
    """What Sphinx calls first."""
    sphinx.connect("builder-inited", _write_commands)
    sphinx.connect("source-read", _read)
