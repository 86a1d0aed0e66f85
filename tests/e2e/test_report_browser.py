"""The report in a real browser: closed, quiet, usable, drawn, and the numbers of the record."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sweeps
from accessibility import serious_violations
from sample_records import TRUTHS, Truth, synthetic_campaign, write_report

from harness.report import campaign_view, write_list, write_single_file

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

DESKTOP = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 800}
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
    reports = tmp_path_factory.mktemp("reports")
    write_single_file(campaign_view(record), reports / "single.html")
    site = write_report(record, reports / "site").parent
    write_list(reports)
    return site


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

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []

    def draw_all(self) -> int:
        """Bring every figure into view, and wait until it is drawn."""
        plots = self.page.locator(".plot:visible")
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": size["width"], "height": 12_000})
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('.plot')]"
            ".every(p => p.dataset.drawn || !p.offsetParent)"
        )
        self.page.set_viewport_size(size)
        return int(plots.count())

    def overflow(self) -> int:
        width = self.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        return int(width)


class Tab:
    """A tab that goes from page to page: a new one would read Plotly anew, for seconds."""

    def __init__(self, browser: Any, **context: Any) -> None:
        self.context = browser.new_context(offline=True, **context)
        self.context.set_default_timeout(600_000)
        self.page = self.context.new_page()
        self.visit = Visit(self.page)
        self.page.on("console", lambda message: self.visit.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.visit.complaints.append(str(error)))
        self.page.on("request", lambda request: self.visit.requests.append(request.url))

    def go(self, address: str, viewport: Any, scheme: str) -> Visit:
        # From here even an address of the same file is read again.
        self.page.goto("about:blank")
        self.page.set_viewport_size(viewport)
        self.page.emulate_media(media="null", color_scheme=scheme)
        self.visit = Visit(self.page)
        self.page.goto(address)
        return self.visit

    def forget(self) -> None:
        """What a page has kept."""
        if self.page.url.startswith("file:"):
            self.page.evaluate("() => window.localStorage.clear()")


@pytest.fixture(scope="module")
def tabs() -> dict[str, Tab]:
    """Settings of a context -> its tab."""
    return {}


@pytest.fixture
def visit(browser: Any, site: Path, tabs: dict[str, Tab]) -> Iterator[Any]:
    def go(
        path: str, *, viewport: Any = DESKTOP, color_scheme: str = "light", **context: Any
    ) -> Visit:
        file, sign, rest = path.partition("#")
        address = (site / file).resolve().as_uri() + sign + rest
        key = json.dumps(context)
        if key not in tabs:
            tabs[key] = Tab(browser, **context)
        return tabs[key].go(address, viewport, color_scheme)

    yield go
    for tab in tabs.values():
        tab.forget()


# Texts of one drawing that lie on one another: labels of one axis, and legends on titles.
TANGLED = """() => {
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const tangled = [];
  const compare = (texts, others) => {
    for (const one of texts) {
      for (const other of others) {
        if (one !== other && meet(one.getBoundingClientRect(), other.getBoundingClientRect())) {
          tangled.push(one.textContent + ' | ' + other.textContent);
        }
      }
    }
  };
  for (const plot of document.querySelectorAll('.plot')) {
    const legend = [...plot.querySelectorAll('.legendtext')];
    compare(legend, [...legend, ...plot.querySelectorAll('.annotation-text')]);
    const axes = {};
    for (const label of plot.querySelectorAll('g[class^=x][class$=tick] text')) {
      const row = Math.round(label.getBoundingClientRect().top);
      (axes[row] = axes[row] || []).push(label);
    }
    Object.values(axes).forEach((labels) => compare(labels, labels));
  }
  return [...new Set(tangled)];
}"""

CROWDED = ("index.html", "cells/ppo-CartPole-v1.html")
"""Pages whose drawings have the most texts."""


def test_every_page_is_quiet_asks_nobody_and_fits_a_phone(visit: Any, site: Path) -> None:
    cells = sorted((site / "cells").glob("*.html"))
    others = {*site.parent.rglob("*.html")} - {*cells}
    assert len(cells) > len(TRUTHS)
    assert len(others) > 7
    crowded = [site / path for path in CROWDED]
    for path in sorted({*sweeps.part(cells, 3), *crowded, *others}):
        seen = visit(str(path), viewport=PHONE)
        drawn = seen.draw_all()
        assert seen.complaints == [], path
        assert all(url.startswith(("file:", "data:")) for url in seen.requests), path
        assert seen.page.title() != "owned", path
        assert drawn > 0 or path.parent.name != "cells", path
        assert seen.overflow() <= 0, path
        if path in crowded:
            assert seen.page.evaluate(TANGLED) == [], path


def test_figures_have_marks_in_both_themes(visit: Any) -> None:
    seen = visit("cells/ppo-CartPole-v1.html", color_scheme="dark")
    assert seen.draw_all() == 12
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
    for cell in (entry["row"] for entry in data["parts"]["leaderboard"]["rows"]):
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
    # Hostile names stand there as text.
    assert seen.page.locator("img").count() == 0
    assert seen.page.get_by_text("<script>document.title").count() > 0


def test_sorting_by_a_number_and_back(visit: Any) -> None:
    seen = visit("index.html")
    cells = ".board [data-field=default]"
    read = f"() => [...document.querySelectorAll('{cells}')].map(c => c.dataset.value)"
    header = seen.page.locator(".board th[data-column=default]")
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


SHOWN = (
    "() => [...document.querySelectorAll('tr[data-cell]')].filter(r => r.offsetParent)"
    ".map(r => r.dataset.cell)"
)


def shown_cells(seen: Any) -> list[str]:
    """Cells of the leaderboard that can be seen, in their order."""
    found: list[str] = seen.page.evaluate(SHOWN)
    return found


def test_filters_columns_and_their_address(visit: Any) -> None:
    seen = visit("index.html")
    everything = shown_cells(seen)
    form = seen.page.locator(".controls")
    form.locator("[data-filter=scenario]").select_option("Pendulum-v1")
    assert set(shown_cells(seen)) == {c for c in everything if c.endswith("@Pendulum-v1")}
    assert form.get_by_role("status").inner_text() == "4 of 8 cells"
    form.locator("[data-filter=algorithm]").select_option("SAC")
    form.locator("[data-filter=verdict]").select_option("default kept")
    assert shown_cells(seen) == ["sac@Pendulum-v1"]
    form.locator("[data-filter=verdict]").select_option("worse")
    assert shown_cells(seen) == []
    form.get_by_role("button", name="Reset").click()
    # A form is empty only after the event that says so.
    seen.page.wait_for_function(
        f"wanted => ({SHOWN})().join() === wanted", arg=",".join(everything)
    )
    form.get_by_label("Find").fill("cartpole")
    form.locator("summary").click()
    form.get_by_label("Steps in all").check()
    form.get_by_label("Optimism").uncheck()
    seen.page.locator(".board th[data-column=tuned] button").click()
    order = shown_cells(seen)
    assert len(order) == 3
    assert seen.complaints == []
    again = visit("index.html#" + seen.page.url.partition("#")[2])
    assert shown_cells(again) == order
    assert again.page.get_by_label("Find").input_value() == "cartpole"
    assert again.page.locator("th[data-column=spent]").is_visible()
    assert again.page.locator("th[data-column=optimism]").is_hidden()
    assert again.page.locator("th[data-column=tuned]").get_attribute("aria-sort") == "ascending"
    assert again.complaints == []


def test_an_address_that_means_nothing_does_no_harm(visit: Any, site: Path) -> None:
    seen = visit("index.html")
    for end in ("#?sort=nonsense&columns=&verdict=<b>", "#?%", "#%E0%A4%A", "#nowhere"):
        seen.page.goto(f"{(site / 'index.html').as_uri()}{end}")
        seen.page.reload()
        assert seen.complaints == []
        assert seen.page.locator(".board").count() == 1


def test_aggregates_and_checks_are_those_of_the_results(visit: Any, site: Path) -> None:
    data = json.loads((site / "results.json").read_text(encoding="utf-8"))
    seen = visit("index.html")
    seen.page.evaluate(
        "() => document.querySelectorAll('details').forEach(d => { d.open = true; })"
    )
    overall = data["parts"]["overall"]
    for row in overall["aggregates"]["rows"]:
        name = f"{row['title']} {row['variant']}"
        cells = seen.page.locator(f"tr[data-aggregate={json.dumps(name)}] td.num")
        shown = [cells.nth(place).get_attribute("data-value") for place in range(4)]
        wanted = [row[name]["value"] for name in ("iqm", "mean", "median", "optimality_gap")]
        assert [float(text) for text in shown] == wanted
    chance = seen.page.locator("[data-field=chance]").first.get_attribute("data-value")
    assert float(chance) == overall["chances"][0]["chance"]["value"]
    seen = visit("trust.html")
    for check in data["parts"]["trust"]["checks"]:
        row = seen.page.locator(f"tr[id={check['id']}]")
        assert row.get_attribute("data-status") == check["status"]
        assert check["value"] in row.inner_text()


def test_a_command_is_copied(visit: Any) -> None:
    seen = visit("index.html", permissions=["clipboard-read", "clipboard-write"])
    button = seen.page.locator("tr[data-cell='ppo@CartPole-v1'] button[data-copy]")
    button.click()
    copied = "() => document.querySelector(\"tr[data-cell='ppo@CartPole-v1'] button\").textContent"
    seen.page.wait_for_function(f"() => ({copied})() === 'Copied'")
    assert button.get_attribute("data-copy").startswith("harness train ppo@CartPole-v1 ")
    assert seen.complaints == []


@pytest.mark.parametrize(
    ("path", "schemes"),
    [
        ("index.html", ("light", "dark")),
        ("cells/dqn-CartPole-v1.html", ("light", "dark")),
        ("algorithms/ppo.html", ("light",)),
        ("trust.html", ("dark",)),
        ("methods.html", ("light",)),
        ("provenance.html", ("dark",)),
        ("../index.html", ("light",)),
    ],
)
def test_nothing_serious_in_the_way_of_anybody(
    visit: Any, path: str, schemes: tuple[str, ...]
) -> None:
    seen = visit(path, color_scheme=schemes[0], bypass_csp=True)
    seen.draw_all()
    assert serious_violations(seen.page, schemes) == []


def wait_for_page(seen: Any, name: str) -> None:
    """The page of this name alone is shown; a browser tells of a new address after the click."""
    seen.page.wait_for_function(
        "name => [...document.querySelectorAll('article')].filter(a => !a.hidden)"
        ".map(a => a.id).join() === name",
        arg=name,
    )


class TestSingleFile:
    def test_pages_are_shown_one_at_a_time(self, visit: Any) -> None:
        seen = visit("../single.html")
        wait_for_page(seen, "index")
        seen.page.locator("tr[data-cell='ppo@CartPole-v1'] th a").click()
        wait_for_page(seen, "cells/ppo-CartPole-v1")
        assert seen.draw_all() == 12
        seen.page.get_by_role("link", name="Trust", exact=True).click()
        wait_for_page(seen, "trust")
        seen.page.go_back()
        wait_for_page(seen, "cells/ppo-CartPole-v1")
        assert seen.complaints == []
        assert all(url.startswith(("file:", "data:")) for url in seen.requests)
        assert len([url for url in seen.requests if url.startswith("file:")]) == 1

    def test_the_numbers_can_be_saved(self, visit: Any, site: Path) -> None:
        seen = visit("../single.html")
        with seen.page.expect_download() as waiting:
            seen.page.get_by_role("button", name="Save results.json").click()
        saved = json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))
        assert saved == json.loads((site / "results.json").read_text(encoding="utf-8"))

    def test_every_page_is_there_without_javascript(self, visit: Any) -> None:
        seen = visit("../single.html", java_script_enabled=False)
        assert seen.page.locator("article").count() > len(TRUTHS)
        assert seen.page.locator("article").last.is_visible()

    def test_a_filtered_board_has_an_address(self, visit: Any) -> None:
        seen = visit("../single.html#?verdict=worse")
        assert shown_cells(seen) == ["a2c@CartPole-v1"]


def test_tables_are_there_without_javascript(visit: Any) -> None:
    seen = visit("index.html", java_script_enabled=False)
    assert seen.page.locator(".board tbody tr:not(.against)").count() == len(TRUTHS) + 1
    assert seen.page.locator(".board svg.strip").count() > len(TRUTHS)
    assert not seen.page.get_by_role("button", name="theme").is_visible()
    assert not seen.page.locator(".controls").is_visible()
    assert seen.page.locator(".heatmap td").count() > len(TRUTHS)


# What paper would show: beforeprint has run, and the style of print counts.
PAPER = """() => {
  window.dispatchEvent(new Event('beforeprint'));
  const shown = [...document.querySelectorAll('table, .plot svg.main-svg, pre, .tile')]
    .filter(item => item.getClientRects().length);
  const wide = cell => cell.getClientRects().length && cell.scrollWidth > cell.clientWidth + 1;
  return {
    spilled: [...document.querySelectorAll('td, th')].filter(wide).map(cell => cell.innerText),
    controls: [...document.querySelectorAll('button, input, select, .controls')]
      .filter(item => item.getClientRects().length).map(item => item.innerText),
    folded: document.querySelectorAll('details:not([open])').length,
    empty: [...document.querySelectorAll('.plot')]
      .filter(p => p.offsetParent && !p.querySelector('svg.main-svg')).length,
    cut: shown.filter(item => item.getBoundingClientRect().right > innerWidth + 1)
      .map(item => item.className),
    ground: getComputedStyle(document.body).backgroundColor,
    ink: getComputedStyle(document.body).color,
  };
}"""


@pytest.mark.parametrize(
    "path",
    [
        "index.html",
        "cells/ppo-CartPole-v1.html",
        "algorithms/ppo.html",
        "trust.html",
        "provenance.html",
        "../single.html",
    ],
)
def test_paper_is_white_whole_and_drawn(visit: Any, path: str) -> None:
    seen = visit(path, color_scheme="dark", viewport={"width": 1400, "height": 800})
    seen.page.get_by_role("button", name="Light theme").click()
    seen.page.get_by_role("button", name="Dark theme").click()
    seen.page.emulate_media(media="print")
    # A4 between the margins of the style.
    seen.page.set_viewport_size({"width": 703, "height": 1000})
    found = seen.page.evaluate(PAPER)
    if path in CROWDED:
        assert seen.page.evaluate(TANGLED) == []
    assert found == {
        "spilled": [],
        "controls": [],
        "folded": 0,
        "empty": 0,
        "cut": [],
        "ground": "rgb(255, 255, 255)",
        "ink": "rgb(22, 32, 44)",
    }
    assert seen.complaints == []


def test_a_drawing_with_many_panels_still_fits_a_sheet(visit: Any) -> None:
    seen = visit("cells/ppo-CartPole-v1.html")
    assert seen.draw_all() > 0
    seen.page.emulate_media(media="print")
    height = seen.page.evaluate(
        """() => {
          document.querySelector('#slices .plot').dataset.height = 2500;
          window.dispatchEvent(new Event('beforeprint'));
          return document.getElementById('slices').getBoundingClientRect().height;
        }"""
    )
    # Letter is 11 inches high and has 12 mm of margin at both ends.
    assert 0 < height < 11 * 96 - 2 * 12 * 96 / 25.4


def test_printing_draws_every_figure_and_leaves_the_screen_as_it_was(visit: Any) -> None:
    seen = visit("cells/ppo-CartPole-v1.html", color_scheme="dark")
    seen.page.wait_for_load_state("load")
    folded = seen.page.locator("details:not([open])").count()
    assert folded > 0
    assert seen.page.locator(".plot:not([data-drawn])").count() > 5
    assert seen.page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    assert seen.page.locator(".plot:not([data-drawn])").count() == 0
    assert seen.page.locator("details:not([open])").count() == folded
    assert seen.page.evaluate("() => document.documentElement.dataset.theme") is None
    assert seen.complaints == []


BUTTONS = "() => [...document.querySelectorAll('.modebar-btn')].map(each => each.dataset.title)"


@pytest.mark.parametrize("path", ["cells/ppo-CartPole-v1.html", "index.html", "../single.html"])
def test_no_button_sends_a_chart_to_a_server(visit: Any, path: str) -> None:
    seen = visit(path)
    assert seen.draw_all() > 0
    titles = seen.page.evaluate(BUTTONS)
    assert "Download plot as a PNG" in titles
    assert [title for title in titles if "Share" in title or "loud" in title] == []
    settings = seen.page.evaluate(
        "() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => plot._context)"
        ".map(each => [each.showSendToCloud, each.plotlyServerURL])"
    )
    assert settings == [[False, ""]] * len(settings)
    # Nor would a figure that somebody draws there without any setting.
    seen.page.evaluate(
        "() => { const plot = document.createElement('div'); document.body.append(plot);"
        "return window.Plotly.newPlot(plot, [{y: [1, 2]}]); }"
    )
    assert [title for title in seen.page.evaluate(BUTTONS) if "Share" in title] == []


def test_a_touch_screen_gets_no_toolbar(visit: Any) -> None:
    seen = visit("cells/ppo-CartPole-v1.html", has_touch=True)
    assert seen.draw_all() == 12
    assert seen.page.evaluate(BUTTONS) == []


def test_plots_are_not_stopped_at_by_the_keyboard(visit: Any) -> None:
    seen = visit("cells/ppo-CartPole-v1.html")
    seen.draw_all()
    stops = (
        "() => document.activeElement.closest('.plot') ? 'plot' : document.activeElement.tagName"
    )
    reached = []
    while len(reached) < 200 and "BODY" not in reached:
        seen.page.keyboard.press("Tab")
        reached.append(seen.page.evaluate(stops))
    assert "plot" not in reached
    assert len(reached) > 20
    focusable = "() => document.querySelectorAll('.plot a, .plot button, .plot [tabindex]')"
    tab = f"() => [...({focusable})()].filter(each => each.tabIndex >= 0).length"
    # A new toolbar comes with every new drawing.
    seen.page.get_by_role("button", name="Dark theme").click()
    seen.page.set_viewport_size({"width": 800, "height": 700})
    seen.draw_all()
    assert seen.page.evaluate(tab) == 0


def test_the_leaderboard_of_a_phone_is_sorted(visit: Any) -> None:
    seen = visit("index.html", viewport=PHONE)
    before = shown_cells(seen)
    sorting = seen.page.get_by_label("Sort by").first
    assert sorting.is_visible()
    fields = "[...document.querySelectorAll('.board [data-field=default]')]"
    read = f"() => {fields}.map(cell => cell.dataset.value)"
    for order, descending in (("low first", False), ("high first", True)):
        sorting.select_option(label=f"Default, {order}")
        values = [float(text) for text in seen.page.evaluate(read) if text]
        assert values == sorted(values, reverse=descending)
    assert seen.page.url.endswith("#?sort=-default")
    assert seen.overflow() <= 0
    again = visit("index.html#?sort=-default", viewport=PHONE)
    chosen = again.page.get_by_label("Sort by").first
    assert chosen.evaluate("list => list.selectedOptions[0].text") == "Default, high first"
    chosen.select_option(label="as published")
    assert shown_cells(again) == before
    assert seen.complaints == again.complaints == []
    assert not visit("index.html").page.get_by_label("Sort by").first.is_visible()
