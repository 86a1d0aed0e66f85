"""``harness report`` from the command line: where it writes, and when it holds a campaign back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_campaign import Ended, FakeCampaign
from sample_records import TRUTHS, synthetic_campaign

Command = Callable[..., Ended]


@pytest.fixture
def written(command: Command, fake: FakeCampaign) -> Command:
    fake.answers["record"] = synthetic_campaign("quick", TRUTHS[:1])
    return command


def test_it_prints_the_page_and_lists_the_report(written: Command, tmp_path: Path) -> None:
    ended = written("report")
    assert (ended.code, ended.out) == (0, "reports/quick/index.html\n")
    assert (tmp_path / "reports" / "quick" / "results.json").is_file()
    assert "quick/index.html" in (tmp_path / "reports" / "index.html").read_text()


def test_a_report_elsewhere_is_listed_nowhere(written: Command, tmp_path: Path) -> None:
    assert written("report", "--out", "a/here").out == "a/here/index.html\n"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["here"]
    assert not (tmp_path / "reports").exists()


def test_one_file_on_request(written: Command, tmp_path: Path) -> None:
    assert written("report", "--single-file").out == "reports/quick.html\n"
    assert written("report", "--single-file", "--out", "x.html").out == "x.html\n"
    assert (tmp_path / "x.html").read_bytes() == (tmp_path / "reports/quick.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reports", "x.html"]


def test_json_names_the_page(written: Command) -> None:
    assert json.loads(written("report", "quick", "--json").out) == {
        "campaign": "quick",
        "report": "reports/quick/index.html",
    }


def test_a_check_that_does_not_pass_ends_with_4(written: Command, tmp_path: Path) -> None:
    ended = written("report", "--fail-on", "T10", "--fail-on", "T02,T03")
    assert ended.code == 4
    assert ended.out == "reports/quick/index.html\n"
    assert "warn: T10 Enough trials" in ended.err or "fail: T10 Enough trials" in ended.err
    assert "ppo@CartPole-v1: 19 trials of 24 ran to the end" in ended.err
    assert (tmp_path / "reports" / "quick" / "index.html").is_file()
    told = json.loads(written("report", "--fail-on", "warn", "--json").out)
    assert [check["id"] for check in told["held_back"]] == ["T10"]


def test_checks_that_pass_hold_nothing_back(written: Command) -> None:
    ended = written("report", "--fail-on", "T01, T02", "--json")
    assert ended.code == 0
    assert ended.err == "reading the ledger ...\n"
    assert json.loads(ended.out)["held_back"] == []


def test_an_unknown_check_is_refused_before_anything_is_written(
    written: Command, tmp_path: Path
) -> None:
    ended = written("report", "--fail-on", "T99")
    assert ended.code == 2
    assert "unknown check `T99`" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_paper_s_files_lie_in_the_report(
    command: Command, fake: FakeCampaign, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    fake.answers["record"] = synthetic_campaign("quick", ())
    ended = command("report", "--for", "paper")
    assert (ended.code, ended.out) == (0, "reports/quick/paper\n")
    assert (tmp_path / "reports" / "quick" / "paper" / "standalone.tex").is_file()
    assert command("report", "--for", "paper", "--out", "thesis").out == "thesis\n"
    assert command("report").code == 0
    assert (tmp_path / "reports" / "quick" / "paper" / "appendix.tex").is_file()
    refused = command("report", "--for", "paper", "--out", "reports/quick")
    assert refused.code == 2
    assert "reports/quick holds other files" in refused.err
    assert command("report", "--for", "paper", "--single-file").code == 2
