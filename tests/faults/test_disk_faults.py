"""What can happen to the disk under a campaign: a clear error, exit 3, and a way back."""

import shutil
import subprocess

import pytest
from driven import MATRIX, PATIENCE, Campaign, kill
from small import execute, matrix

from harness.campaign.campaign_records import record
from harness.core.progress.remaining import remaining_in

pytestmark = pytest.mark.slow


def mount(*options):
    command = ["mount", *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own for a campaign's folder `runs`."""
    folder = tmp_path / "here" / "runs"
    folder.mkdir(parents=True)
    refused = mount("-t", "tmpfs", "-o", "size=700k", "tmpfs", folder)
    if refused:
        pytest.skip(f"cannot mount a disk: {refused.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    campaign = Campaign(tmp_path_factory.mktemp("undisturbed"), MATRIX, faked=True)
    campaign.run("--workers", "2")
    return campaign.scores()


def disturbed_after(campaign, results, disturb):
    """What the campaign says when it is disturbed after so many results."""
    process = campaign.start("--workers", "2")
    campaign.wait_for_results(results, process)
    disturb()
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, err
    assert "Traceback" not in err
    assert "= help: " in err
    return " ".join(err.split())


def leftovers(folder):
    """Files that were to be moved in place."""
    return [path for path in folder.rglob(".*") if path.is_file()]


def test_a_full_disk(disk, undisturbed):
    campaign = Campaign(disk.parent, MATRIX, faked=True)
    _, err = campaign.run("--workers", "2", "--save-models", code=3)
    assert "free some space" in err
    assert "Traceback" not in err
    assert leftovers(disk) == []
    mount("-o", "remount,size=64m", disk)
    # The fake lets some runs diverge; no run is blamed for the disk.
    failures = [result["failure"] for result in campaign.results() if result["failure"]]
    assert {failure["kind"] for failure in failures} <= {"diverged"}
    campaign.run("--workers", "2", "--save-models")
    assert campaign.scores() == undisturbed


def test_a_disk_that_has_turned_read_only(disk, undisturbed):
    mount("-o", "remount,size=64m", disk)
    campaign = Campaign(disk.parent, MATRIX, faked=True)
    process = campaign.start("--workers", "2")
    campaign.wait_for_results(2, process)
    kill(process)
    make_read_only(disk)
    _, err = campaign.run(code=3)
    assert "runs/small/lock: Read-only file system" in err
    assert "= help: " in err
    mount("-o", "remount,rw", disk)
    campaign.run("--workers", "2")
    assert campaign.scores() == undisturbed


def make_read_only(disk):
    assert mount("-o", "remount,ro", disk) == ""


def test_a_campaign_on_a_read_only_disk_is_read(disk):
    """Such as a snapshot, or the folder of somebody else."""
    mount("-o", "remount,size=64m", disk)
    execute(matrix(), disk.parent)
    before = record("camp", disk)
    make_read_only(disk)
    assert record("camp", disk) == before
    assert remaining_in(record("camp", disk, brief=True)) == remaining_in(before)
    assert record("camp@2100-01-01", disk).cells == before.cells


def test_a_disk_that_is_read_only_from_the_start(disk):
    campaign = Campaign(disk.parent, MATRIX, faked=True)
    make_read_only(disk)
    _, err = campaign.run(code=3)
    assert "runs/small" in err
    assert "Read-only" in err
    assert "--runs" in err


def test_a_deleted_folder(campaign, undisturbed):
    hit = campaign(faked=True)
    runs = hit.folder / "runs"

    def delete():
        # At one moment: a campaign that misses its database takes its heartbeat away as it ends.
        shutil.rmtree(runs.rename(hit.folder / "deleted"), ignore_errors=True)

    said = disturbed_after(hit, 3, delete)
    assert "campaign.db is gone: it was deleted or replaced under the running campaign" in said
    hit.run("--workers", "2")
    assert hit.scores() == undisturbed


def test_a_replaced_database(campaign, undisturbed):
    hit = campaign(faked=True)
    database = hit.folder / "runs/small/campaign.db"

    def replace():
        copy = database.with_name("copy.db")
        shutil.copy(database, copy)
        copy.replace(database)

    said = disturbed_after(hit, 3, replace)
    assert "campaign.db is not the file it was" in said
    database.with_name("campaign.db-wal").unlink(missing_ok=True)
    database.with_name("campaign.db-shm").unlink(missing_ok=True)
    hit.run("--workers", "2")
    assert hit.scores() == undisturbed


def test_a_deleted_lock(campaign, undisturbed):
    hit = campaign(faked=True)
    said = disturbed_after(hit, 1, (hit.folder / "runs/small/lock").unlink)
    assert "lock was deleted or replaced under campaign `small`" in said
    hit.run("--workers", "2")
    assert hit.scores() == undisturbed


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_a_flipped_byte_in_the_structure_of_the_database(campaign, undisturbed):
    hit = campaign(faked=True)
    database = hit.folder / "runs/small/campaign.db"
    hit.run("--workers", "2")
    whole = database.read_bytes()
    backup = hit.folder / "backup.db"
    backup.write_bytes(whole)
    flip(database, 4096 * 3 + 3)  # the number of cells of a page
    _, err = hit.run(code=3)
    assert f"{database.relative_to(hit.folder)}" in err
    assert "backup" in err
    database.write_bytes(backup.read_bytes())
    hit.run("--workers", "2")
    assert hit.scores() == undisturbed


def test_a_flipped_digit_of_a_score(campaign, undisturbed):
    hit = campaign(faked=True)
    database = hit.folder / "runs/small/campaign.db"
    hit.run("--workers", "2")
    whole = database.read_bytes()
    place = whole.rindex(b'"score":') + len(b'"score":')
    flip(database, place)
    _, err = hit.run(code=3)
    assert "no longer agrees with its checksum" in err
    assert "doctor" in err
    _, err = hit.command("report", "small", code=3)
    assert "no longer agrees with its checksum" in err
    hit.command("doctor", "small", code=1)
    out, _ = hit.command("doctor", "small", "--repair")
    assert "1 damaged result" in out
    hit.run("--workers", "2")
    hit.command("doctor", "small")
    assert hit.scores() == undisturbed


def test_a_flipped_byte_in_a_model(campaign):
    hit = campaign(faked=True)
    hit.run("--workers", "2", "--save-models")
    hit.command("doctor", "small")
    before = hit.scores()
    models = sorted((hit.folder / "runs/small/models").rglob("*-seed*.zip"))
    for model in models:
        flip(model, model.stat().st_size // 2)
    _, err = hit.run("--save-models", code=3)
    assert "is damaged" in err
    assert "harness train" in err
    out, _ = hit.command("doctor", "small", code=1)
    assert f"{len(models)} damaged" in out
    for model in models:
        model.unlink()
        model.with_name(f"{model.name}.sha256").unlink()
    hit.run("--save-models")
    assert hit.scores() == before


def test_a_flipped_byte_in_the_kept_matrix(campaign):
    hit = campaign(faked=True)
    hit.run("--workers", "2")
    kept = hit.folder / "runs/small/matrix.json"
    whole = kept.read_bytes()
    flip(kept, whole.index(b'"seed": 7') + len(b'"seed": '))
    out, _ = hit.command("doctor", "small")
    assert "matrix.json" in out
    out, _ = hit.command("train", "ppo@CartPole-v1", "--campaign", "small", "--out", "m", "--json")
    hit.run()
    assert kept.read_bytes() == whole
