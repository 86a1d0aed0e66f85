"""Campaigns in their folders and databases: found, claimed, remembered and listed."""

import json
import os

import pytest

from harness.campaign.campaign_list import CampaignInfo, campaigns, matching_campaigns
from harness.campaign.campaign_records import (
    campaign_names,
    check_has_ledger,
    claim_database,
    keep_matrix,
    latest,
    locate_database,
    modification_time,
    own_database,
    read_if_begun,
    record,
    remember_database,
    required_database,
    storage_url,
    view,
)
from harness.core.matrix import Matrix
from harness.errors import StorageError, UnknownNameError, UsageError
from harness.store import SqlLedger, open_ledger
from harness.testing import ledger_contents as contents

SERVER = "postgresql+psycopg://user:secret@host:5433/results"


def begin(path, *names):
    """Campaigns in one database."""
    with open_ledger(path, create=True) as ledger:
        for name in names:
            contents.begin(ledger, campaign=name)


def with_campaign(runs, name="camp"):
    path = own_database(name, runs)
    path.parent.mkdir(parents=True)
    begin(path, name)
    return path


def remembered(runs, url, name="camp"):
    folder = runs / name
    folder.mkdir(parents=True)
    remember_database(folder, url)
    return folder


class TestDatabase:
    def test_a_campaign_is_in_its_own_file_unless_it_is_kept_elsewhere(self, tmp_path):
        own = tmp_path / "camp" / "campaign.db"
        assert own_database("camp", tmp_path) == own
        assert locate_database("camp", tmp_path) == own
        assert locate_database("camp", tmp_path, SERVER) == SERVER
        assert claim_database("camp", tmp_path, None) == own
        assert claim_database("camp", tmp_path, SERVER) == SERVER

    def test_what_is_no_url_is_refused(self, tmp_path):
        with pytest.raises(UsageError):
            locate_database("camp", tmp_path, "oracle://host/results")

    def test_a_folder_remembers_the_server_without_the_password(self, tmp_path):
        folder = remembered(tmp_path, SERVER)
        assert "secret" not in (folder / "storage.json").read_text()
        bare = SERVER.replace(":secret", "")
        assert locate_database("camp", tmp_path) == bare
        assert claim_database("camp", tmp_path, None) == bare

    def test_of_its_own_file_a_folder_needs_no_note(self, tmp_path):
        remembered(tmp_path, own_database("camp", tmp_path))
        assert list((tmp_path / "camp").iterdir()) == []

    @pytest.mark.parametrize(
        "same", [SERVER, SERVER.replace("secret", "other"), SERVER.replace("user", "me"),
                 SERVER + "?connect_timeout=3"],
    )  # fmt: skip
    def test_the_same_database_may_be_reached_in_another_way(self, tmp_path, same):
        remembered(tmp_path, SERVER)
        assert claim_database("camp", tmp_path, same) == same

    @pytest.mark.parametrize(
        "other",
        [
            SERVER.replace("5433", "5432"),
            SERVER.replace("host", "elsewhere"),
            SERVER.replace("results", "more"),
            SERVER.replace("postgresql+psycopg", "mysql+pymysql"),
        ],
    )
    def test_the_results_of_a_campaign_are_not_split(self, tmp_path, other):
        remembered(tmp_path, SERVER)
        with pytest.raises(UsageError, match=r"campaign `camp` in .* is kept in") as caught:
            claim_database("camp", tmp_path, other)
        assert "secret" not in str(caught.value)

    def test_a_campaign_in_its_own_file_stays_there(self, tmp_path):
        path = with_campaign(tmp_path)
        with pytest.raises(UsageError, match=r"is kept in .*campaign\.db"):
            claim_database("camp", tmp_path, SERVER)
        assert claim_database("camp", tmp_path, str(path)) == str(path)

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"storage": "oracle://host/x"}', "\xff"])
    def test_a_damaged_note_is_said_with_what_to_do(self, tmp_path, text):
        folder = remembered(tmp_path, SERVER)
        (folder / "storage.json").write_text(text, encoding="latin-1")
        with pytest.raises(StorageError, match="does not say where the campaign is kept") as caught:
            locate_database("camp", tmp_path)
        assert "--storage" in caught.value.help


class TestNames:
    def test_a_campaign_has_a_database_or_a_note(self, tmp_path):
        with_campaign(tmp_path, "b")
        remembered(tmp_path, SERVER, "a")
        (tmp_path / "neither").mkdir()
        assert campaign_names(tmp_path) == ["a", "b"]
        assert campaign_names(tmp_path / "absent") == []

    def test_the_latest_is_the_one_that_was_written_last(self, tmp_path):
        first, second = with_campaign(tmp_path, "a"), with_campaign(tmp_path, "b")
        folder = remembered(tmp_path, SERVER, "c")
        log = first.with_name("campaign.db-wal")
        log.touch()
        for newest, name in ((second, "b"), (folder / "storage.json", "c"), (log, "a")):
            for file in (first, second, folder / "storage.json", log):
                os.utime(file, (1000, 2000 if file == newest else 1000))
            assert latest(tmp_path) == name
            assert modification_time(name, tmp_path) == 2000
        assert modification_time("b", tmp_path) == 1000

    def test_the_latest_of_a_shared_database(self, tmp_path):
        shared = tmp_path / "shared.db"
        begin(shared, "one", "two")
        with open_ledger(shared) as ledger:
            newest = ledger.latest()
        assert latest(tmp_path, str(shared)) == newest

    def test_where_there_is_none_it_is_said_how_to_make_one(self, tmp_path):
        shared = tmp_path / "shared.db"
        begin(shared)
        for storage, place in ((None, f"{tmp_path}/"), (str(shared), str(shared))):
            with pytest.raises(UsageError) as caught:
                latest(tmp_path, storage)
            assert caught.value.message == f"no campaign in {place}"
            assert "harness run" in caught.value.help


class TestRecords:
    def test_a_campaign_is_read_back(self, tmp_path):
        path = with_campaign(tmp_path)
        for storage in (None, str(path)):
            assert record("camp", tmp_path, storage).name == "camp"

    def test_an_unknown_campaign_is_said_with_those_that_exist(self, tmp_path):
        with_campaign(tmp_path)
        with pytest.raises(UnknownNameError, match="unknown campaign `cmap`") as caught:
            record("cmap", tmp_path)
        assert "camp" in str(caught.value.help)

    def test_a_campaign_in_brief_is_read_in_brief(self, tmp_path):
        path = with_campaign(tmp_path, contents.CAMPAIGN)
        with open_ledger(path, create=True) as ledger:
            contents.fill(ledger)
            whole, brief = (ledger.record(contents.CAMPAIGN, brief=each) for each in (False, True))
        assert whole != brief
        assert record(contents.CAMPAIGN, tmp_path) == whole
        assert record(contents.CAMPAIGN, tmp_path, brief=True) == brief

    def test_what_was_known_at_a_moment_has_the_moment_in_its_name(self, tmp_path):
        path = with_campaign(tmp_path, contents.CAMPAIGN)
        with open_ledger(path, create=True) as opened:
            ledger = SqlLedger(opened.engine, now=contents.Clock())
            contents.fill(ledger)
            of = ledger.record(contents.CAMPAIGN)
        whole = {each.run_id for cell in of.cells for each in cell.results}
        seen = []
        for moment in ("2026-01-05", "2026-01-05T00:00", "2026-01-05T01:00+01:00", "2027-01-01"):
            known = record(f"quick@{moment}", tmp_path)
            assert known.name == f"quick@{moment}"
            seen.append({each.run_id for cell in known.cells for each in cell.results})
        assert seen[0] == seen[1] == seen[2] < seen[3] == whole
        # A day alone stands for its end: in the evening of the day before less was known.
        assert (
            record("quick@2026-01-04", tmp_path).updated
            < record("quick@2026-01-05", tmp_path).updated
        )
        with pytest.raises(UsageError, match="had no result by 2026-01-01T23:59:59"):
            record("quick@2026-01-01", tmp_path)
        with pytest.raises(UsageError, match="is no moment"):
            record("quick@0001-01-01T00:00+05:00", tmp_path)
        with pytest.raises(UsageError, match="`noon` in `quick@noon` is no moment"):
            record("quick@noon", tmp_path)
        with pytest.raises(UnknownNameError, match="cmap"):
            record("cmap@2026-01-05", tmp_path)

    @pytest.mark.parametrize(
        ("word", "message"),
        [
            ("site/camp", "is a published campaign"),
            ("camp@2026-01-05", "is what was known of a campaign at a moment"),
        ],
    )
    def test_what_has_no_ledger_is_refused_where_one_is_needed(self, tmp_path, word, message):
        with_campaign(tmp_path)
        with pytest.raises(UsageError, match=message) as caught:
            required_database(word, tmp_path)
        assert caught.value.help
        with pytest.raises(UnknownNameError, match="cmap"):
            required_database("cmap", tmp_path)
        assert required_database("camp", tmp_path) == own_database("camp", tmp_path)
        assert storage_url("camp", tmp_path) == f"sqlite:///{own_database('camp', tmp_path)}"

    def test_the_folder_of_a_campaign_is_called_by_its_name(self, tmp_path):
        with_campaign(tmp_path)
        remembered(tmp_path, SERVER, "elsewhere")
        for name in ("camp", "elsewhere"):
            for ask in (lambda word: record(word, tmp_path), check_has_ledger):
                with pytest.raises(UsageError, match="is the folder of a campaign") as caught:
                    ask(str(tmp_path / name))
                assert caught.value.help.startswith(f"`{name}`, with `--runs {tmp_path}`")

    def test_one_that_was_not_begun_or_cannot_be_read_is_none(self, tmp_path):
        assert read_if_begun("camp", tmp_path) is None
        path = with_campaign(tmp_path)
        assert read_if_begun("camp", tmp_path) == record("camp", tmp_path, brief=True)
        path.write_text("no database")
        assert read_if_begun("camp", tmp_path) is None

    def test_what_pages_are_made_of_is_the_record_and_its_films(self, tmp_path):
        path = with_campaign(tmp_path, contents.CAMPAIGN)
        with open_ledger(path, create=True) as ledger:
            contents.fill(ledger)
        pages = view(contents.CAMPAIGN, tmp_path)
        whole = record(contents.CAMPAIGN, tmp_path)
        assert pages.record.name == contents.CAMPAIGN
        assert [(cell.name, cell.winner) for cell in pages.record.cells] == [
            (cell.name, cell.winner) for cell in whole.cells
        ]
        assert not pages.films


class TestList:
    def test_campaigns_are_named_or_match_each_once(self, tmp_path):
        for name in ("night-1", "night-2", "day"):
            with_campaign(tmp_path, name)
        assert matching_campaigns(["night-*"], tmp_path) == ["night-1", "night-2"]
        assert matching_campaigns(["day", "night-2", "*"], tmp_path) == [
            "day", "night-2", "night-1",
        ]  # fmt: skip
        assert matching_campaigns(["gone@2026-01-05", "day"], tmp_path) == [
            "gone@2026-01-05", "day",
        ]  # fmt: skip
        assert matching_campaigns([], tmp_path) == []
        with pytest.raises(UnknownNameError, match="unknown campaign `nihgt-1`") as caught:
            matching_campaigns(["day", "nihgt-1"], tmp_path)
        assert "night-1" in caught.value.help
        with pytest.raises(UnknownNameError):
            matching_campaigns(["Night-*"], tmp_path)

    def test_a_line_says_how_far_a_campaign_is(self, tmp_path):
        path = with_campaign(tmp_path, contents.CAMPAIGN)
        with open_ledger(path, create=True) as ledger:
            contents.fill(ledger)
            of = ledger.record(contents.CAMPAIGN)
        with_campaign(tmp_path, "a")
        empty, line = campaigns(tmp_path)
        results = [result for cell in of.cells for result in cell.results]
        assert line == CampaignInfo(
            name=contents.CAMPAIGN,
            created=of.created,
            updated=of.updated,
            cells=2,
            decided=1,
            results=len(results),
            failed=sum(result.failure is not None for result in results),
        )
        assert line.results > line.failed > 0
        assert (empty.name, empty.cells, empty.decided, empty.results) == ("a", 2, 0, 0)

    def test_a_shared_database_lists_all_of_its_campaigns(self, tmp_path):
        shared = tmp_path / "shared.db"
        begin(shared, "one", "two")
        assert [each.name for each in campaigns(tmp_path, str(shared))] == ["one", "two"]
        assert campaigns(tmp_path) == ()

    def test_one_that_cannot_be_read_hides_no_other(self, tmp_path):
        with_campaign(tmp_path, "a").write_text("no database")
        with_campaign(tmp_path, "b")
        broken, line = campaigns(tmp_path)
        assert "is not a database" in broken.problem
        assert broken == CampaignInfo(name="a", problem=broken.problem)
        assert (broken.cells, broken.decided, broken.results, broken.failed) == (0, 0, 0, 0)
        assert line.problem == ""


def test_the_matrix_of_a_campaign_lies_in_its_folder(tmp_path):
    matrix = Matrix(name="m", cells=(), document={"name": "m"}, origins={"name": "m.yaml:1"})
    keep_matrix(matrix, tmp_path)
    assert json.loads((tmp_path / "matrix.json").read_bytes()) == {"name": "m"}
    assert json.loads((tmp_path / "origins.json").read_bytes()) == {"name": "m.yaml:1"}
