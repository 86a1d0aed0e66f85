"""Old campaigns and models: how large they are, and deleting them."""

import os
import time

import pytest

from harness.campaign.cleaning import clean, old_campaigns
from harness.errors import LockedError
from harness.store import lock_campaign, open_ledger


@pytest.fixture
def runs(tmp_path):
    """An old campaign with files of all kinds, and one of today."""

    def make(name, days):
        folder = tmp_path / name
        (folder / "models" / "ppo@x").mkdir(parents=True)
        (folder / "logs").mkdir()
        with open_ledger(folder / "campaign.db", create=True):
            pass
        (folder / "models" / "ppo@x" / "tuned-seed1.zip").write_bytes(b"x" * 1000)
        (folder / "models" / "ppo@x" / "tuned-seed1.zip.sha256").touch()
        (folder / "logs" / f"{'a' * 32}.log").touch()
        (folder / "matrix.json").touch()
        moment = time.time() - days * 86400
        for file in folder.glob("campaign.db*"):
            os.utime(file, (moment, moment))
        return folder

    make("old", 40)
    make("new", 0)
    return tmp_path


def test_only_old_campaigns_are_listed_with_what_they_take(runs):
    (old,) = old_campaigns(runs, days=30, models_only=False)
    assert (old.name, round(old.days), old.foreign) == ("old", 40, 0)
    assert old.size == sum(file.stat().st_size for file in (runs / "old").rglob("*.*"))
    assert {each.name for each in old_campaigns(runs, days=0, models_only=False)} == {"old", "new"}


def test_all_of_a_campaign_goes_and_nothing_of_the_others(runs):
    (old,) = old_campaigns(runs, days=30, models_only=False)
    clean(old)
    assert not (runs / "old").exists()
    assert len(list((runs / "new").rglob("*.*"))) == 5


def test_models_go_alone_and_results_stay(runs):
    (old,) = old_campaigns(runs, days=30, models_only=True)
    clean(old)
    assert not (runs / "old" / "models").exists()
    assert (runs / "old" / "campaign.db").is_file()
    assert not list(old_campaigns(runs, days=30, models_only=True))


def test_what_others_wrote_stays_with_its_folders(runs):
    notes = runs / "old" / "models" / "notes.txt"
    notes.write_text("mine")
    (runs / "old" / "models" / "link.zip").symlink_to(runs / "new" / "matrix.json")
    (old,) = old_campaigns(runs, days=30, models_only=False)
    assert old.foreign == 1
    clean(old)
    assert [path for path in (runs / "old").rglob("*") if path.is_file()] == [notes]
    assert (runs / "new" / "matrix.json").is_file()


def test_a_campaign_that_runs_is_left_alone(runs):
    (old,) = old_campaigns(runs, days=30, models_only=False)
    with lock_campaign(runs / "old" / "campaign.db", "old"), pytest.raises(LockedError):
        clean(old)
    assert all(file.exists() for file in old.files)
