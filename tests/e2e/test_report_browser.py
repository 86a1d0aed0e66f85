"""The report in a real browser: closed, quiet, sortable, drawn, and the numbers of the record."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.report import write_report
from harness.testing.records import TRUTHS, Truth, synthetic_campaign

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

HOSTILE = "\"><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hostile = Truth(
        scenario=HOSTILE,
        algorithm="ppo",
        title=HOSTILE,
        default=100,
        tuned=300,
        failed_tuned=1,
        message=HOSTILE,
    )
    record = synthetic_campaign("browser", (*TRUTHS, hostile))
    return write_report(record, tmp_path_factory.mktemp("reports") / "site").parent


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic"],
        )
        yield chromium
        chromium.close()


class Visit:
    """A page with everything it complained about or asked for."""

    def __init__(self, browser: Any, path: Path, **context: Any) -> None:
        self.context = browser.new_context(offline=True, **context)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def draw_all(self) -> int:
        plots = self.page.locator(".plot")
        for place in range(plots.count()):
            plots.nth(place).scroll_into_view_if_needed()
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('.plot')].every(p => p.dataset.drawn)"
        )
        return int(plots.count())

    def overflow(self) -> int:
        width = self.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        return int(width)


@pytest.fixture
def visit(browser: Any, site: Path) -> Iterator[Any]:
    opened: list[Visit] = []

    def go(path: str, **context: Any) -> Visit:
        opened.append(Visit(browser, site / path, **context))
        return opened[-1]

    yield go
    for each in opened:
        each.context.close()


def test_every_page_is_quiet_and_asks_nobody(visit: Any, site: Path) -> None:
    for path in sorted(site.rglob("*.html")):
        seen = visit(str(path.relative_to(site)))
        drawn = seen.draw_all()
        assert seen.complaints == []
        assert all(url.startswith(("file:", "data:")) for url in seen.requests)
        assert seen.page.title() != "owned"
        assert drawn == 0 if path.name == "index.html" else drawn > 0


def test_figures_have_marks_in_both_themes(visit: Any) -> None:
    seen = visit("cells/ppo-CartPole-v1.html", color_scheme="dark")
    assert seen.draw_all() == 8
    marks = "() => document.querySelectorAll('.plot svg path, .plot svg .point').length"
    assert seen.page.evaluate(marks) > 200
    color = "() => document.querySelector('#curves .xtitle').style.fill"
    before = seen.page.evaluate(color)
    seen.page.get_by_role("button", name="Light theme").click()
    seen.page.wait_for_function(f"before => ({color})() !== before", arg=before)
    assert seen.complaints == []


def test_shown_numbers_are_those_of_the_results(visit: Any, site: Path) -> None:
    data = json.loads((site / "results.json").read_text(encoding="utf-8"))
    seen = visit("index.html")
    for cell in data["cells"]:
        row = seen.page.locator(f"tr[data-cell={json.dumps(cell['cell'])}]")
        assert row.count() == 1
        for field, number in (
            ("tuned", (cell["tuned"] or {}).get("mean")),
            ("default", cell["default"]["mean"]),
            ("difference", (cell["difference"] or {}).get("difference")),
            ("optimism", cell["optimism"]["gap"]),
        ):
            text = row.locator(f"[data-field={field}]").get_attribute("data-value")
            assert (None if text == "" else float(text)) == number


def test_sorting_by_a_number_and_back(visit: Any) -> None:
    seen = visit("index.html")
    cells = ".board [data-field=default]"
    read = f"() => [...document.querySelectorAll('{cells}')].map(c => c.dataset.value)"
    header = seen.page.locator(".board").get_by_role("columnheader", name="Default")
    button = header.get_by_role("button")
    button.click()
    shown = seen.page.evaluate(read)
    numbers = [float(text) for text in shown if text]
    assert numbers == sorted(numbers)
    assert shown[-1] == ""
    button.click()
    shown = seen.page.evaluate(read)
    assert [float(text) for text in shown if text] == numbers[::-1]
    assert shown[-1] == ""
    assert header.get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize("path", ["index.html", "cells/dqn-CartPole-v1.html"])
def test_a_phone_needs_no_sideways_scrolling(visit: Any, path: str) -> None:
    seen = visit(path, viewport={"width": 390, "height": 800})
    seen.draw_all()
    assert seen.overflow() <= 0


def test_tables_are_there_without_javascript(visit: Any) -> None:
    seen = visit("index.html", java_script_enabled=False)
    assert seen.page.locator(".board tbody tr").count() == len(TRUTHS) + 1
    assert seen.page.locator(".board svg.strip").count() > len(TRUTHS)
    assert not seen.page.get_by_role("button", name="theme").is_visible()


def test_hostile_names_stand_there_as_text(visit: Any) -> None:
    seen = visit("index.html")
    assert seen.page.locator("img").count() == 0
    assert seen.page.get_by_text("<script>document.title").count() > 0


def test_printing_opens_what_is_folded(visit: Any) -> None:
    seen = visit("cells/ppo-CartPole-v1.html")
    seen.page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    seen.page.wait_for_function(
        "() => [...document.querySelectorAll('.plot')].every(p => p.dataset.drawn)"
    )
    folded = seen.page.evaluate("() => document.querySelectorAll('details:not([open])').length")
    assert folded == 0
