"""A published site as a host serves it: below a path, with and without JavaScript, for anybody."""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from accessibility import serious_violations
from sample_records import TRUTHS, synthetic_campaign

from harness.report import campaign_view, write_publication

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

PAGES = (
    "index.html",
    "classic/index.html",
    "classic/cells/ppo-CartPole-v1.html",
    "classic/algorithms/index.html",
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root: Path = tmp_path_factory.mktemp("host")
    views = [campaign_view(synthetic_campaign(name, TRUTHS)) for name in ("classic", "again")]
    write_publication(views, root / "project" / "results", title="Does tuning help?")
    handler = functools.partial(Quiet, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/project/results/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield chromium
        chromium.close()


def test_it_works_below_a_path_asks_nobody_else_and_fits_a_phone(
    browser: Any, address: str
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.set_default_timeout(600_000)
    complaints: list[str] = []
    failures: list[str] = []
    urls: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: urls.append(request.url))
    page.on("response", lambda answer: failures.append(answer.url) if answer.status > 399 else None)
    for path in PAGES:
        page.goto(address + path, wait_until="networkidle")
        if page.locator(".plot").count():
            page.locator(".plot").first.scroll_into_view_if_needed()
            page.wait_for_selector(".plot svg.main-svg", state="attached")
            assert f"{address}assets/plotly.min.js" in urls
        assert (path, complaints, failures) == (path, [], [])
        width = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, path
    assert all(url.startswith((address, "data:", "blob:")) for url in urls)
    page.close()


def test_without_scripts_tables_and_pictures_are_there(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert "Clearest gain: " in page.get_by_role("listitem").filter(has_text="classic").inner_text()
    page.get_by_role("link", name="classic", exact=True).click()
    row = page.locator("tr[data-cell='ppo@CartPole-v1']")
    assert row.locator("svg.strip").first.is_visible()
    assert row.locator("svg.forest").is_visible()
    assert "improved" in row.inner_text()
    row.get_by_role("link").first.click()
    assert page.url == f"{address}classic/cells/ppo-CartPole-v1.html"
    assert page.locator("noscript").first.inner_text().startswith("The drawing needs JavaScript")
    assert page.locator("table").first.is_visible()
    page.get_by_role("link", name="All campaigns").click()
    assert page.url == f"{address}index.html"
    context.close()


def test_nothing_is_in_the_way_of_anybody(browser: Any, address: str) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(600_000)
    for path in PAGES[:3]:
        page.goto(address + path, wait_until="networkidle")
        assert serious_violations(page, ("light", "dark")) == [], path
    context.close()
