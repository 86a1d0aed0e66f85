"""Campaigns that become one."""

import dataclasses
import multiprocessing
import os
import shutil
import signal

import pytest
from small import execute, matrix

from harness.analysis import score_table
from harness.campaign import merge_campaigns
from harness.campaign.campaign_records import open_campaign, record
from harness.core.record import MERGED
from harness.errors import HarnessError, LockedError, UnknownNameError, UsageError
from harness.report import campaign_view
from harness.report.results_json import results, results_text
from harness.report.site_pages import filled_pages
from harness.store import lock_campaign, open_ledger
from harness.testing import ledger_contents as contents

OF_THEIR_OWN = {"provenance"}
"""The part of a report that says who ran what."""


def part(asked, numbers, **changes):
    cells = tuple(dataclasses.replace(asked.cells[number], **changes) for number in numbers)
    return dataclasses.replace(asked, cells=cells)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The matrix of four cells of which three campaigns have one or two each, and their folder."""
    asked = dataclasses.replace(matrix(cells=4), document={"name": "camp", "seed": 7})
    folder = tmp_path_factory.mktemp("parts")
    for number, cells in enumerate(((0,), (1, 2), (3,))):
        execute(part(asked, cells), folder / f"part{number}")
    return asked, folder


def paths(folder, *numbers):
    return [str(folders(folder)[number]) for number in numbers]


def folders(folder):
    return [folder / f"part{number}" / "runs" / "camp" for number in range(3)]


def numbers_of(campaign):
    """What ``results.json`` has, but for who ran what and when."""
    fixed = dataclasses.replace(campaign, created="", updated="")
    view = campaign_view(fixed)
    data = results(view, filled_pages(view))
    data["parts"] = {key: part for key, part in data["parts"].items() if key not in OF_THEIR_OWN}
    return results_text(data)


def test_three_campaigns_are_what_one_of_all_is(parts, tmp_path):
    asked, folder = parts
    execute(asked, tmp_path / "whole")
    merge_campaigns(paths(folder, 0, 1, 2), "camp", tmp_path / "runs")
    merged, whole = record("camp", tmp_path / "runs"), record("camp", tmp_path / "whole" / "runs")
    assert numbers_of(merged) == numbers_of(whole)
    assert merged.updated == max(record("camp", each.parent).updated for each in folders(folder))
    origins = merged.provenance[MERGED]
    assert list(origins) == paths(folder, 0, 1, 2)
    assert "toy@Toy2-v0" in origins[paths(folder, 1)[0]]


def test_a_merged_campaign_goes_on_where_its_parts_ended(parts, tmp_path):
    asked, folder = parts
    merge_campaigns(paths(folder, 0, 2), "camp", tmp_path / "runs")
    heard = []
    execute(asked, tmp_path, listener=heard.append)
    begun = {event.planned.cell for event in heard if type(event).__name__ == "RunStarted"}
    assert begun == {"toy@Toy1-v0", "toy@Toy2-v0"}
    assert [cell.name for cell in record("camp", tmp_path / "runs").cells] == [
        cell.name for cell in asked.cells
    ]


def test_equal_cells_pool_their_seeds(tmp_path):
    asked = matrix(cells=1, seeds=(2**30 + 1024, 2**30 + 2048))
    more = matrix(cells=1, seeds=(2**30 + 2048, 2**30 + 4096))
    for number, each in enumerate((asked, more)):
        execute(each, tmp_path / f"part{number}")
    merged = merge_campaigns(paths(tmp_path, 0, 1), "both", tmp_path / "runs")
    table = score_table(record("both", tmp_path / "runs"))
    tested = table[(table.rung == "test") & (table.variant == "default")]
    assert sorted(tested.seed) == [2**30 + 1024, 2**30 + 2048, 2**30 + 4096]
    assert merged.cells[0].cell.test.seeds == tuple(sorted(tested.seed))


def test_unequal_cells_are_refused_with_what_differs(parts, tmp_path):
    asked, folder = parts
    longer = dataclasses.replace(asked.cells[0].test, steps=200)
    execute(part(asked, (0,), test=longer), tmp_path / "part0")
    with pytest.raises(UsageError, match=r"toy@Toy0-v0: test\.steps: 100 -> 200"):
        merge_campaigns([*paths(folder, 0), *paths(tmp_path, 0)], "both", tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_more_trials_are_another_search(parts, tmp_path):
    asked, folder = parts
    wider = dataclasses.replace(asked.cells[0].search, trials=6)
    execute(part(asked, (0,), search=wider), tmp_path / "part0")
    with pytest.raises(UsageError, match=r"toy@Toy0-v0: search\.trials: 4 -> 6"):
        merge_campaigns([*paths(folder, 0), *paths(tmp_path, 0)], "both", tmp_path / "runs")


def test_an_interrupted_cell_pools_with_one_that_is_over(parts, tmp_path):
    asked, folder = parts

    heard = []

    def stop(event):
        heard.append(event)
        if len(heard) > 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(part(asked, (0,)), tmp_path / "part0", listener=stop)
    merge_campaigns([*paths(tmp_path, 0), *paths(folder, 0)], "both", tmp_path / "runs")
    assert score_table(record("both", tmp_path / "runs")).equals(
        score_table(record("camp", folder / "part0" / "runs"))
    )


def test_what_cannot_be_merged_is_said(parts, tmp_path):
    first, second = paths(parts[1], 0, 1)
    runs = tmp_path / "runs"
    for sources, into, error, message in (
        ([first, first], "new", UsageError, "the same campaign"),
        ([first, f"{first}/"], "new", UsageError, "the same campaign"),
        ([first, "nowhere"], "new", UnknownNameError, "unknown campaign `nowhere`"),
        ([first, second], "a b", UsageError, "letters, digits"),
    ):
        with pytest.raises(error, match=message):
            merge_campaigns(sources, into, runs)
    merge_campaigns([first, second], "new", runs)
    before = record("new", runs)
    with pytest.raises(UsageError, match="there is a campaign `new` already"):
        merge_campaigns([first, second], "new", runs)
    assert record("new", runs) == before


def test_a_folder_may_have_another_name_than_the_one_campaign_in_it(parts, tmp_path):
    _, folder = parts
    sent = tmp_path / "sent"
    shutil.copytree(folders(folder)[0], sent)
    merged = merge_campaigns([str(sent), *paths(folder, 1)], "new", tmp_path / "runs")
    assert merged.cells[0].name == "toy@Toy0-v0"
    with open_ledger(sent / "campaign.db") as ledger:
        contents.begin(ledger, campaign="second")
    with pytest.raises(UnknownNameError, match="unknown campaign"):
        merge_campaigns([str(sent), *paths(folder, 1)], "other", tmp_path / "runs")


def test_a_running_campaign_is_not_merged(parts, tmp_path):
    _, folder = parts
    database = folder / "part0" / "runs" / "camp" / "campaign.db"
    with lock_campaign(database, "camp"), pytest.raises(LockedError, match="is running"):
        merge_campaigns(paths(folder, 0, 1), "new", tmp_path / "runs")


def test_other_versions_are_not_pooled(parts, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.campaign.stores.environment_key", lambda: "another")
    asked, folder = parts
    execute(part(asked, (3,)), tmp_path / "part0")
    first, second = *paths(folder, 0), *paths(tmp_path, 0)
    with pytest.raises(UsageError) as caught:
        merge_campaigns([first, second], "new", tmp_path / "runs")
    assert caught.value.message.startswith(f"`{second}` ran with other versions than `{first}`")


def test_who_is_killed_leaves_no_half_of_a_campaign(parts, tmp_path):
    """Killed after one of its writes, ever later; the same command then does all."""
    runs, sources = tmp_path / "runs", paths(parts[1], 0, 2)
    whole = score_table(merge_campaigns(sources, "other", runs))
    kills = 0
    for last in range(1, 200, 9):
        process = multiprocessing.get_context("fork").Process(
            target=_merge_and_die, args=(sources, runs, last)
        )
        process.start()
        process.join()
        if _campaigns(runs):
            break
        assert process.exitcode == -signal.SIGKILL
        kills += 1
    assert kills > 2
    assert score_table(record("new", runs)).equals(whole)


def _campaigns(runs):
    try:
        with open_campaign("new", runs) as ledger:
            return ledger.campaigns()
    except HarnessError:
        return ()


def _merge_and_die(sources, runs, last):
    import sqlalchemy

    statements = []

    def count(conn, cursor, statement, *_):
        if not statement.startswith(("SELECT", "PRAGMA")):
            statements.append(statement)
            if len(statements) == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sqlalchemy.event.listen(sqlalchemy.Engine, "after_cursor_execute", count)
    merge_campaigns(sources, "new", runs)


def test_campaigns_of_several_matrices_keep_them_all(tmp_path):
    asked = matrix(cells=2)
    for number in range(2):
        document = {"scenarios": [f"Toy{number}-v0"], "algorithms": ["ppo"]}
        one = dataclasses.replace(part(asked, (number,)), document=document)
        execute(one, tmp_path / f"part{number}")
    merged = merge_campaigns(paths(tmp_path, 0, 1), "both", tmp_path / "runs")
    assert merged.document["merged"].keys() == set(paths(tmp_path, 0, 1))
    assert not (tmp_path / "runs" / "both" / "matrix.json").exists()
    assert campaign_view(record("both", tmp_path / "runs"))
