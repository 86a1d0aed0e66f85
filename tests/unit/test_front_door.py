"""What a visitor of the repository meets first: links that lead somewhere, commands that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import typer.main
from ruamel.yaml import YAML

from harness.cli.app import application
from harness.report.paper.references import cited_for

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The ids that headings get on a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def test_every_package_is_shipped() -> None:
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    files = [path for top in ("harness", "scenarios") for path in (ROOT / top).rglob("__init__.py")]
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in files}
    assert packages == set(shipped["tool"]["setuptools"]["packages"]) - {"harness._matrices"}


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 20
    for link in links:
        file, _, anchor = link.partition("#")
        assert (ROOT / file).is_file(), link
        assert not anchor or anchor in anchors(ROOT / file), link


def test_its_picture_is_small() -> None:
    (picture,) = re.findall(r"!\[.+\]\((.+\.png)\)", README)
    assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")
    assert (ROOT / picture).stat().st_size < 200_000


def test_every_command_is_at_a_glance() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    commands = set(typer.main.get_command(application()).commands)  # type: ignore[attr-defined]
    first = re.findall(r"^\| (.*?) \|", page, re.MULTILINE)
    assert {name for cell in first for name in re.findall(r"`harness ([a-z]+)", cell)} == commands


def test_commands_of_the_readme_exist() -> None:
    commands = typer.main.get_command(application()).commands  # type: ignore[attr-defined]
    names = set(re.findall(r"[`/]harness ([a-z]+)", README))
    assert {"init", "check", "plan", "run"} <= names <= {*commands}
    (matrix,) = set(re.findall(r"--matrix (benchmarks/\S+\.yaml)", README))
    assert (ROOT / matrix).is_file()


def test_links_that_leave_the_documentation_lead_somewhere() -> None:
    links = [
        (page.parent / file, anchor)
        for page in (ROOT / "docs").rglob("*.md")
        for file, anchor in re.findall(
            r"\]\(([^)#\s]*(?:README|CONTRIBUTING|CHANGELOG)\.md)#?([^)\s]*)\)",
            page.read_text("utf-8"),
        )
    ]
    assert links
    for page, anchor in links:
        assert page.resolve().is_file(), page
        assert not anchor or anchor in anchors(page), (page, anchor)


def test_the_citation_is_of_the_latest_release() -> None:
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changes, re.MULTILINE)
    assert citation["version"] == releases[0]
    assert citation["authors"] == [{"name": "rl-harness contributors"}]
    (entry,) = cited_for("package:rl-harness")
    assert re.sub("[{}]", "", entry.field("title")).lower() == citation["title"].lower()
    assert entry.field("howpublished") == citation["repository-code"]
