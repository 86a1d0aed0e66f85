"""Settings: each says what it is, and what is said of it can be found by its path in a matrix."""

import dataclasses
import re
from pathlib import Path

import pytest

from harness.core import scenario, search_settings, settings
from harness.core.declarations import (
    Declaration,
    declaration_of,
    find_declaration,
    setting,
    settings_of,
)
from harness.core.identity import Role
from harness.core.settings import Adaptive, CellSettings

KINDS = [
    kind
    for module in (settings, search_settings, scenario)
    for kind in vars(module).values()
    if dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__
    if any(settings_of(kind))
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_setting_is_described_in_one_line(kind):
    for field in settings_of(kind):
        description = declaration_of(field).description
        assert description[0].isupper() or description[0] == "`"
        assert description.endswith(".")
        assert "\n" not in description


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inner:
    depth: int = setting(1, "How deep.", at_least=1)
    options: dict = setting({}, "Whatever.")
    note: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner = setting(Inner(), "What is inside.")
    perhaps: Inner | None = setting(None, "Perhaps something.", role=Role.EXTENDABLE)


@pytest.mark.parametrize(
    ("path", "description", "role"),
    [
        (("inner",), "What is inside.", Role.IDENTITY),
        (("inner", "depth"), "How deep.", Role.IDENTITY),
        (("inner", "options", "anything"), "Whatever.", Role.IDENTITY),
        (("inner", "note"), "What is inside.", Role.IDENTITY),
        (("perhaps", "depth"), "How deep.", Role.EXTENDABLE),
    ],
)
def test_a_declaration_is_found_by_its_path(path, description, role):
    declaration, found = find_declaration(Outer, path)
    assert (declaration.description, found) == (description, role)


def test_nothing_is_declared_of_a_path_that_begins_with_no_setting():
    assert find_declaration(Outer, ("elsewhere",)) is None
    assert find_declaration(Inner, ("note",)) is None


def test_a_declaration_holds_its_bounds():
    assert declaration_of(next(settings_of(Inner))) == Declaration(
        description="How deep.", at_least=1
    )


def test_instances_do_not_share_a_mutable_default():
    Inner().options["a"] = 1
    assert Inner().options == {}


def test_the_settings_of_a_run_are_settings_of_its_cell():
    names = {field.name for field in settings_of(CellSettings)}
    assert {field.name for field in settings_of(settings.RunSettings)} < names
    assert {"search", "confirm", "test", "transfer"} < names


def test_seeds_are_added_in_groups_up_to_the_most():
    rule = Adaptive(start=5, step=5, max=18)
    assert (rule.groups, rule.ends) == ((5, 5, 5, 3), (5, 10, 15, 18))
    assert Adaptive(start=4, step=4, max=8).groups == (4, 4)
    assert str(rule) == "5 to 18 seeds, 5 at a time"


SECTIONS = {
    "The document": settings.RunSettings,
    "Search": search_settings.Search,
    "The end of a search": search_settings.Until,
    "Confirm": settings.Confirm,
    "Test": settings.Test,
    "Seeds that are added": settings.Adaptive,
    "Transfer": settings.Transfer,
    "Resources": settings.Resources,
}
"""Heading in docs/matrix.md -> the settings in the table under it."""

PAGE = Path(__file__).parents[3] / "docs" / "matrix.md"


def documented(heading):
    """Setting -> what it takes and its default, as the page says."""
    _, _, after = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    table = after.partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (.*? \| .*?) \|", table, re.MULTILINE))


@pytest.mark.parametrize("heading", SECTIONS)
def test_bounds_and_defaults_are_those_of_the_page(heading):
    rows = documented(heading)
    for field in settings_of(SECTIONS[heading]):
        takes, default = rows[field.name].split(" | ")
        declaration = declaration_of(field)
        bounds = {
            "from": declaration.at_least,
            "above": declaration.above,
            "to": declaration.at_most,
        }
        words = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
        assert all(each in takes for each in words), field.name
        if not words and field.type in {"int", "float"}:
            assert " " not in takes.removeprefix("whole "), field.name
        if isinstance(field.default, int | float) and not isinstance(field.default, bool):
            assert default in {f"`{field.default:g}`", f"`{field.default}`"}, field.name
