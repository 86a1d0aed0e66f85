"""The page over several campaigns, its feed and its badge."""

import dataclasses
import json
import xml.etree.ElementTree as ET

import pytest
from sample_records import Truth, synthetic_campaign

from harness.analysis import campaign_history
from harness.errors import UsageError
from harness.report import HistoryView, write_history

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = '"><script>alert(1)</script>&'


@pytest.fixture(scope="module")
def view():
    records = []
    for number, tuned in enumerate((300, 150), start=1):
        truth = Truth(
            scenario=HOSTILE,
            algorithm="ppo",
            default=100,
            tuned=tuned,
            sd=20,
            searched=900,
            trials=4,
        )
        record = synthetic_campaign(f"night-{number}", (truth,), seed=number)
        created = f"2026-11-0{number}T21:00:00+00:00"
        records.append(dataclasses.replace(record, created=created, updated=created))
    return HistoryView(pattern="night-*", history=campaign_history(records))


def test_the_page_has_the_step_and_no_name_is_markup(view, tmp_path):
    page = write_history(view, tmp_path / "history")
    text = page.read_text()
    assert "Worse than before: ppo@" in text
    assert "<script>alert" not in text
    data = json.loads((page.parent / "data.json").read_text())
    (step,) = data["steps"]["steps"]
    assert (step["campaign"], step["word"]) == ("night-2", "worse")
    again = write_history(view, tmp_path / "again")
    for name in ("index.html", "data.json", "feed.xml", "badge.svg"):
        assert (again.parent / name).read_bytes() == (page.parent / name).read_bytes()


def test_the_feed_has_an_entry_for_each_step(view, tmp_path):
    folder = write_history(view, tmp_path / "history").parent
    feed = ET.parse(folder / "feed.xml").getroot()
    assert feed.find(f"{ATOM}updated").text == "2026-11-02T21:00:00+00:00"
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.find(f"{ATOM}title").text == f"ppo@{HOSTILE} tuned worse in night-2"
    assert " " not in entry.find(f"{ATOM}id").text


def test_the_badge_says_how_things_stand(view, tmp_path):
    folder = write_history(view, tmp_path / "history").parent
    badge = ET.parse(folder / "badge.svg").getroot()
    assert badge.attrib["aria-label"] == "night-*: 1 cell worse"


def test_something_else_is_not_replaced(view, tmp_path):
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds no report"):
        write_history(view, tmp_path / "history")
