"""The site as files: whole, reproducible, closed to the outside, inert to hostile names."""

from __future__ import annotations

import dataclasses
import json
import re
import typing
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest
from sample_records import TRUTHS, Truth, synthetic_campaign, write_report

from harness.core.record import CampaignRecord, RunRecord
from harness.core.run_result import RunResult
from harness.core.settings import Margin
from harness.errors import HarnessError, UsageError
from harness.report.campaign_views import campaign_view
from harness.report.html_pages import json_block
from harness.report.page_parts import PageKind, all_parts
from harness.report.results_json import results
from harness.report.site_pages import filled_pages

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>&{{7*7}}'</style>\u202e"
VOID = {"meta", "link", "img", "br", "hr", "input", "wbr"}


class Page(HTMLParser):
    """A page as flat facts; an unbalanced tag is an error."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"script", "style"}:
            self.text.append(data)

    def values(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


@pytest.fixture(scope="module")
def record() -> CampaignRecord:
    return synthetic_campaign()


@pytest.fixture(scope="module")
def site(record: CampaignRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(record, tmp_path_factory.mktemp("reports") / "site").parent


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_pages_and_one_copy_of_plotly(site: Path, record: CampaignRecord) -> None:
    assert len(pages(site / "cells")) == len(record.cells)
    algorithms = {cell.spec["algorithm"]["name"] for cell in record.cells}
    assert {path.stem for path in pages(site / "algorithms")} == algorithms | {"index"}
    others = {path.stem for path in site.glob("*.html")}
    assert others == {"index", "trust", "methods", "provenance"}
    assert len(list(site.rglob("plotly*.js"))) == 1
    assert list(site.parent.iterdir()) == [site]


def test_same_record_same_bytes(site: Path, record: CampaignRecord, tmp_path: Path) -> None:
    again = write_report(record, tmp_path / "again").parent
    for path in site.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(site)).read_bytes()


def test_ids_are_unique_and_links_lead_somewhere(site: Path) -> None:
    for path in pages(site):
        page = Page(path)
        ids = page.values("id")
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name) for name in ids)
        for name in page.values("aria-labelledby") + page.values("data-figure"):
            assert name in ids
        for target in page.values("href") + page.values("src"):
            file, _, anchor = target.partition("#")
            if file == "data:,":
                continue
            there = (path.parent / file) if file else path
            assert there.is_file(), target
            assert not anchor or anchor in Page(there).values("id"), target


def test_nothing_comes_from_outside(site: Path) -> None:
    own = {*(site / "assets").iterdir()} - {site / "assets" / "plotly.min.js"}
    assert len(own) == 6
    for path in [*pages(site), *own]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", text)
        assert "@import" not in text
        assert "url(" not in text
    for path in pages(site):
        policy = next(
            attrs["content"]
            for tag, attrs in Page(path).tags
            if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy is not None
        assert policy.startswith("default-src 'none'")
        assert "http" not in policy
        assert "unsafe-eval" not in policy


def test_numbers_of_the_page_are_the_records(site: Path) -> None:
    data = json.loads((site / "results.json").read_text(encoding="utf-8"))
    entries = data["parts"]["leaderboard"]["rows"]
    by_cell = {entry["row"]["cell"]: entry["row"] for entry in entries}
    current, seen = "", 0
    for _, attrs in Page(site / "index.html").tags:
        current = attrs.get("data-cell") or current
        field = attrs.get("data-field")
        if field in {"tuned", "default"}:
            arm = by_cell[current][field]
            expected = None if arm is None else arm["mean"]
            assert attrs["data-value"] == ("" if expected is None else repr(expected))
            seen += 1
    assert seen == 2 * len(by_cell)


def test_results_are_json_without_nan(record: CampaignRecord) -> None:
    view = campaign_view(record)
    text = json.dumps(results(view, filled_pages(view)), allow_nan=False)
    assert json.loads(text)["schema"] == 3


def test_a_report_replaces_the_one_before(record: CampaignRecord, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    write_report(record, folder)
    assert len(list((folder / "cells").iterdir())) == len(record.cells)
    (folder / "cells" / "mine.html").write_text("somebody else's")
    smaller = dataclasses.replace(record, cells=record.cells[:1])
    write_report(smaller, folder)
    pages = {path.name for path in (folder / "cells").iterdir()}
    assert pages == {"ppo-CartPole-v1.html", "mine.html"}
    assert list(tmp_path.iterdir()) == [folder]


def test_a_failing_build_leaves_the_old_report(
    record: CampaignRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "report"
    before = write_report(record, folder).read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("harness.report.report_files.write_assets", full)
    with pytest.raises(HarnessError, match="no space left"):
        write_report(dataclasses.replace(record, name="other"), folder)
    assert (folder / "index.html").read_bytes() == before
    assert list(tmp_path.iterdir()) == [folder]


def test_hostile_names_are_text(tmp_path: Path) -> None:
    truth = Truth(
        scenario=HOSTILE,
        algorithm="ppo/../../x",
        title=HOSTILE,
        default=100,
        tuned=300,
        failed_tuned=1,
        message=HOSTILE,
    )
    record = synthetic_campaign(HOSTILE, (truth,))
    record = dataclasses.replace(record, provenance={HOSTILE: {HOSTILE: HOSTILE}})
    index = write_report(record, tmp_path / "hostile")
    for path in pages(index.parent):
        page = Page(path)
        assert "alert(1)" in "".join(page.text)
        sources = [attrs.get("src") or "" for tag, attrs in page.tags if tag == "script"]
        assert all("assets/" in source for source in sources if source)
        assert not [tag for tag, attrs in page.tags if tag == "img" or "onerror" in attrs]
        assert "{{" in "".join(page.text)
        assert "\u202e" not in path.read_text(encoding="utf-8")
    assert len(pages(index.parent / "cells")) == 1
    assert sorted(tmp_path.iterdir()) == [index.parent]


def test_json_blocks_cannot_be_left() -> None:
    block = str(json_block({"x": "</script><!--&"}))
    assert "<" not in block
    assert "&" not in block
    assert json.loads(block) == {"x": "</script><!--&"}
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_block(float("nan"))


@pytest.mark.parametrize("rows", [0, 1])
def test_campaigns_that_have_hardly_begun(rows: int, tmp_path: Path) -> None:
    record = synthetic_campaign("begun", TRUTHS[:1])
    empty = dataclasses.replace(record.cells[0], trials=(), runs=(), winner=None, importances={})
    index = write_report(dataclasses.replace(record, cells=(empty,) * rows), tmp_path / "begun")
    text = "".join(Page(index).text)
    assert ("No verdict yet" in text) is (rows == 1)
    assert ("The campaign has no cells" in text) is (rows == 0)


def test_failures_and_missing_runs_are_said_in_words(site: Path) -> None:
    text = " ".join("".join(Page(site / "index.html").text).split())
    assert "worker died with signal 9" in text
    assert "search (23 runs)" in text
    assert "2 of 10 tuned runs failed" in text
    assert "4 confirm runs and 10 test runs not done" in text
    assert "The default won the confirm rung and is kept" in text


def at_step_3(run: RunRecord) -> RunResult | None:
    """Its result; one that failed did so at step 3."""
    if run.result is None or run.result.failure is None:
        return run.result
    failure = dataclasses.replace(run.result.failure, step=3)
    return dataclasses.replace(run.result, failure=failure)


def test_of_a_variant_without_any_score_nothing_is_said_that_it_has_not(tmp_path: Path) -> None:
    truth = Truth(scenario="A", algorithm="ppo", default=100, tuned=300, failed_tuned=10, trials=5)
    record = synthetic_campaign("broken", (truth,))
    runs = [dataclasses.replace(run, result=at_step_3(run)) for run in record.cells[0].runs]
    cell = dataclasses.replace(record.cells[0], runs=tuple(runs))
    index = write_report(dataclasses.replace(record, cells=(cell,)), tmp_path / "broken")
    text = " ".join("".join(Page(index).text).split())
    assert "tuned: 10 of 10 runs failed. " in text
    assert "no verdict on average, and of unstable reliability" in text
    assert "No cell has a held-out score on a scenario with a random and a reference score" in text
    text = " ".join("".join(Page(index.parent / "cells" / "ppo-A.html").text).split())
    assert "Difference A variant has no score." in text
    assert "; first at step 3 " in text


def test_numbers_beside_a_word_on_a_margin_say_what_they_are_of(tmp_path: Path) -> None:
    truth = Truth(scenario="A", algorithm="ppo", default=100, tuned=120, sd=120)
    record = synthetic_campaign("margin", (truth,))
    cell = record.cells[0].cell
    test = dataclasses.replace(cell.test, margin=Margin(amount=24.0, is_share=False))
    cells = (dataclasses.replace(record.cells[0], cell=dataclasses.replace(cell, test=test)),)
    index = write_report(dataclasses.replace(record, cells=cells), tmp_path / "margin")
    text = " ".join("".join(Page(index.parent / "cells" / "ppo-A.html").text).split())
    assert "undecided" in text
    assert "Welch of any difference, corrected" in text
    assert re.search(r"80 % power ?[\d.]+ beyond the margin ", text)
    trust = " ".join("".join(Page(index.parent / "trust.html").text).split())
    assert re.search(r"only differences of [\d.]+ or more beyond the margin would", trust)


def test_cell_page_gives_the_command_and_a_traceback(site: Path) -> None:
    text = "".join(Page(site / "cells" / "ppo-CartPole-v1.html").text)
    assert "harness train ppo@CartPole-v1 --campaign synthetic --seed " in text
    assert "from stable_baselines3 import PPO" in text
    assert "Traceback (most recent call last)" in text


def test_every_part_has_an_order_of_its_own() -> None:
    parts = all_parts().values()
    for page in typing.get_args(PageKind):
        orders = [part.order for part in parts if part.page == page]
        assert orders
        assert len(set(orders)) == len(orders)


def test_templates_neither_compute_nor_switch_escaping_off() -> None:
    with resources.as_file(resources.files("harness.report")) as folder:
        templates = list(folder.rglob("*.html"))
    assert len(templates) > 30
    for template in templates:
        for code in re.findall(r"{[{%](.*?)[}%]}", template.read_text(encoding="utf-8"), re.DOTALL):
            bare = re.sub(r'"[^"]*"', "", code)
            assert "safe" not in bare, template.name
            assert "autoescape" not in bare, template.name
            assert not re.search(r"[*/+]|(?<!\{%)\s-\s", bare), (template.name, code)


def test_a_file_is_not_replaced(record: CampaignRecord, tmp_path: Path) -> None:
    place = tmp_path / "matrix.yaml"
    place.write_text("name: mine\n")
    with pytest.raises(UsageError, match="is a file"):
        write_report(record, place)
    assert place.read_text() == "name: mine\n"


def test_a_folder_with_something_else_is_not_replaced(
    record: CampaignRecord, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds no report"):
        write_report(record, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
