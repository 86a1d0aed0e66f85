"""The whole report in one file, the list of reports, and what may be replaced."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sample_records import TRUTHS, Truth, synthetic_campaign, write_report

from harness.core.record import CampaignRecord
from harness.errors import HarnessError, UsageError
from harness.report import campaign_view, write_list, write_single_file
from harness.report.html_pages import asset, plotly_source

HOSTILE = "\"><script>alert(1)</script>'&{{7*7}}"


class Scripts(HTMLParser):
    """Scripts with their text, ids, links, and the policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.policy = ""
        self._open: dict[str, str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if given.get("id") else []
        self.links += [given[name] for name in ("href", "src") if given.get(name)]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        self._open = given if tag == "script" else None

    def handle_endtag(self, tag):
        self._open = None

    def handle_data(self, data):
        if self._open is not None:
            self.scripts.append((self._open, data))


@pytest.fixture(scope="module")
def record() -> CampaignRecord:
    return synthetic_campaign("all", TRUTHS[:2])


@pytest.fixture(scope="module")
def page(record: CampaignRecord, tmp_path_factory: pytest.TempPathFactory) -> Scripts:
    path = write_single_file(campaign_view(record), tmp_path_factory.mktemp("single") / "all.html")
    return Scripts(path.read_text(encoding="utf-8"))


def test_only_our_scripts_may_run(page: Scripts) -> None:
    directive = next(part for part in page.policy.split(";") if "script-src" in part)
    allowed = set(re.findall(r"'(sha256-[^']+)'", directive))
    assert "unsafe" not in directive
    assert "file:" not in page.policy
    assert "'self'" not in page.policy
    run = [text for attrs, text in page.scripts if attrs.get("type") in {None, "text/plain"}]
    assert len(run) == 6
    hashes = {
        "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in run
    }
    assert hashes == allowed


def test_it_leads_nowhere_else(page: Scripts) -> None:
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        assert link == "data:," or link[0] == "#", link
        assert link in {"data:,", "#content"} or link[1:] in page.ids, link


def test_it_holds_every_page_and_the_numbers(page: Scripts, record: CampaignRecord) -> None:
    for cell in ("ppo-CartPole-v1", "a2c-CartPole-v1"):
        assert f"cells/{cell}" in page.ids
    assert {"index", "trust", "methods", "provenance", "algorithms/ppo"} <= set(page.ids)
    (data,) = [text for attrs, text in page.scripts if attrs.get("id") == "results"]
    assert [entry["row"]["cell"] for entry in json.loads(data)["parts"]["leaderboard"]["rows"]] == [
        cell.name for cell in record.cells
    ]


def test_same_record_same_file(record: CampaignRecord, tmp_path: Path) -> None:
    first = write_single_file(campaign_view(record), tmp_path / "a.html").read_bytes()
    again = synthetic_campaign("all", TRUTHS[:2])
    assert write_single_file(campaign_view(again), tmp_path / "b.html").read_bytes() == first


def test_a_hostile_name_cannot_leave_its_place(tmp_path: Path) -> None:
    truth = Truth(scenario=HOSTILE, algorithm="ppo", title=HOSTILE, default=1, tuned=3)
    view = campaign_view(synthetic_campaign(HOSTILE, (truth,)))
    page = Scripts(write_single_file(view, tmp_path / "x.html").read_text(encoding="utf-8"))
    assert not [text for _, text in page.scripts if text == "alert(1)"]
    assert len([1 for attrs, _ in page.scripts if not attrs]) == 5


def test_it_replaces_reports_only(record: CampaignRecord, tmp_path: Path) -> None:
    view, path = campaign_view(record), tmp_path / "report.html"
    write_single_file(view, path)
    assert write_single_file(view, path) == path
    path.write_text("<p>mine")
    with pytest.raises(UsageError, match="is no report"):
        write_single_file(view, path)
    assert path.read_text() == "<p>mine"
    with pytest.raises(UsageError, match="is a folder"):
        write_single_file(view, tmp_path)
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    with pytest.raises(HarnessError, match="blocked"):
        write_single_file(view, blocked / "report.html")


class TestList:
    def test_it_names_every_report_the_latest_first(self, tmp_path: Path) -> None:
        for name, updated in (("old", "2026-01-01T00:00:00Z"), ("new", "2026-02-01T00:00:00Z")):
            record = dataclasses.replace(synthetic_campaign(name, TRUTHS[:1]), updated=updated)
            write_report(record, tmp_path / name)
        page = write_list(tmp_path)
        assert page == tmp_path / "index.html"
        text = page.read_text(encoding="utf-8")
        links = [f"{name}/{page}.html" for name in ("new", "old") for page in ("index", "trust")]
        assert Scripts(text).links == ["data:,", *links]
        assert text.count("this search found improved PPO on CartPole-v1.") == 2

    def test_names_are_text_and_links_are_quoted(self, tmp_path: Path) -> None:
        record = synthetic_campaign(HOSTILE, TRUTHS[:1])
        write_report(record, tmp_path / "50% #1?")
        page = write_list(tmp_path)
        assert page is not None
        found = Scripts(page.read_text(encoding="utf-8"))
        assert found.scripts == []
        assert found.links == [
            "data:,",
            "50%25%20%231%3F/index.html",
            "50%25%20%231%3F/trust.html",
        ]

    @pytest.mark.parametrize("data", ["", "[]", "{}", '{"cells": 3}', '{"cells": [{}]}'])
    def test_other_folders_are_passed_over(self, data: str, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.mkdir()
        (other / "index.html").write_text("mine")
        (other / "results.json").write_text(data)
        (tmp_path / ".beside").mkdir()
        page = write_list(tmp_path)
        assert page is not None
        text = page.read_text(encoding="utf-8")
        assert "No report has been written here yet" in text

    def test_a_page_of_somebody_else_is_kept(self, tmp_path: Path) -> None:
        (tmp_path / "index.html").write_text("mine")
        assert write_list(tmp_path) is None
        assert (tmp_path / "index.html").read_text() == "mine"


def test_the_drawing_library_uploads_nothing_by_itself() -> None:
    """Without these two settings it has a button that sends a chart to its maker's server."""
    source = plotly_source()
    assert "cloud.plotly.com" not in source
    assert re.findall(r"showSendToCloud:\{[^}]*dflt:(!\d)\}", source) == ["!1"]
    script = asset("figure.js")
    assert "showSendToCloud: false" in script
    assert 'plotlyServerURL: ""' in script
