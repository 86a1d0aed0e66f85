"""What runs printed."""

import tracemalloc

import pytest
from sample_records import synthetic_campaign
from small import execute, matrix

from harness.campaign.campaign_records import record
from harness.campaign.run_logs import finish_log, log_path, read_log, run_id_of
from harness.core.settings import Rung
from harness.errors import UnknownNameError, UsageError


def test_a_log_that_holds_nothing_goes_and_one_with_a_password_is_masked(tmp_path):
    empty, talking = log_path(tmp_path, "a" * 64), log_path(tmp_path, "b" * 64)
    empty.parent.mkdir()
    empty.touch()
    talking.write_text("connected to postgres://me:secret@host/db\nreward 1\n")
    for log in (empty, talking, log_path(tmp_path, "c" * 64)):
        finish_log(log)
    assert not empty.exists()
    assert "secret" not in talking.read_text()
    assert talking.read_text().endswith("reward 1\n")


def test_bytes_that_are_no_text_are_kept_readable(tmp_path):
    log = log_path(tmp_path, "a" * 64)
    log.parent.mkdir()
    log.write_bytes(b"caf\xe9 mysql://me:secret@host/db\n")
    finish_log(log)
    assert log.read_text().startswith("caf\\xe9 ")
    assert "secret" not in log.read_text()


def test_a_large_log_is_read_line_by_line_and_stays_as_it_is(tmp_path):
    log = log_path(tmp_path, "a" * 64)
    log.parent.mkdir()
    text = "reward 1\rreward 2\r\n\x0cpage\u2028 two\n" * 50_000
    log.write_text(text, encoding="utf-8", newline="")
    tracemalloc.start()
    finish_log(log)
    assert tracemalloc.get_traced_memory()[1] < 500_000
    tracemalloc.stop()
    assert log.read_bytes().decode() == text
    log.write_bytes(text.encode() + b"token=abcdefghij")
    finish_log(log)
    assert log.read_bytes().decode() == f"{text}token=***"


@pytest.fixture(scope="module")
def campaign():
    return synthetic_campaign()


def test_a_run_is_named_by_its_cell_and_number(campaign):
    cell = campaign.cells[0]
    trial = run_id_of(campaign, f"{cell.name}#2", variant="", rung=Rung.TEST)
    assert trial == cell.trials[2].run_id
    for rung in (Rung.CONFIRM, Rung.TEST):
        found = run_id_of(campaign, f"{cell.name}#1", variant="default", rung=rung)
        (run,) = [r for r in cell.runs if (r.rung, r.variant, r.index) == (rung, "default", 1)]
        assert found == run.run_id


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"run": "CELL"}, UsageError),
        ({"run": "CELL#x"}, UsageError),
        ({"run": "CELL#999"}, UnknownNameError),
        ({"run": "other#1"}, UnknownNameError),
        ({"run": "CELL#0", "variant": "none"}, UnknownNameError),
    ],
)
def test_a_run_that_is_none_is_an_error_that_says_what_there_is(campaign, words, error):
    words = {"variant": "", "rung": Rung.TEST, **words}
    words["run"] = words["run"].replace("CELL", campaign.cells[0].name)
    with pytest.raises(error):
        run_id_of(campaign, words.pop("run"), **words)


def test_a_variant_that_has_no_runs_is_no_number(campaign):
    run = f"{campaign.cells[0].name}#0"
    with pytest.raises(UnknownNameError, match="unknown variant `tunde`") as caught:
        run_id_of(campaign, run, variant="tunde", rung=Rung.TEST)
    assert caught.value.help == "did you mean `tuned`?"


def test_what_a_run_printed_is_read_line_by_line_without_passwords(tmp_path):
    execute(matrix(), tmp_path)
    (cell,) = record("camp", tmp_path / "runs").cells
    log = log_path(tmp_path / "runs" / "camp", cell.trials[1].run_id)
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"caf\xe9\nat mysql://me:secret@host/db\n")
    first, second = read_log("camp", f"{cell.name}#1", tmp_path / "runs", rung="search")
    assert first == "caf\\xe9\n"
    assert second == "at mysql://me:***@host/db\n"
    assert list(read_log("camp", f"{cell.name}#2", tmp_path / "runs", rung="search")) == []
    with pytest.raises(UsageError, match="is a published campaign"):
        list(read_log("site/camp", f"{cell.name}#1", tmp_path / "runs", rung="search"))
