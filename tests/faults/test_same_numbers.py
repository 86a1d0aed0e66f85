"""One, two and seven workers, kill -9 in the middle: the same bytes."""

import pytest
from driven import kill

pytestmark = [pytest.mark.training, pytest.mark.slow]


def test_workers_and_kills_change_no_digit(campaign, alone):
    killed = campaign("killed")
    for workers in ("2", "7"):
        many = campaign(workers)
        many.run("--workers", workers)
        assert many.scores() == alone.scores()
    for results in (2, 9):
        process = killed.start("--workers", "2")
        killed.wait_for_results(results, process)
        kill(process)
    out, _ = killed.run("--workers", "2")
    assert out.strip().endswith("index.html")
    assert alone.scores() == killed.scores()
    ids = [result["run_id"] for result in killed.results()]
    assert len(ids) == len(set(ids)) == len(alone.results())


def test_a_second_run_repeats_nothing_and_more_adds_only_what_is_missing(campaign):
    small = campaign()
    small.run("--workers", "2")
    before = {result["run_id"]: result for result in small.results()}
    _, err = small.run("--workers", "2")
    assert "rung=" not in err
    small.run("--workers", "2", "--set", "test.seeds=3")
    after = {result["run_id"]: result for result in small.results()}
    assert all(after[run] == result for run, result in before.items())
    assert 2 <= len(after) - len(before) <= 4  # a seed more for each of two cells' variants
