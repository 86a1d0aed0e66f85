"""Commands killed while they write: nothing half-written, nothing foreign gone, the next tidies.

Each is run in a child that kills itself just before some event of its files, one of those that a
seed draws; the audit events of Python say what happens, so that no clock is looked at.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import nursery
import pytest
import sweeps
from driven import MATRIX, Campaign
from sqlalchemy import Engine, event

import harness.files
from harness.cli import main
from harness.files import find_leftovers, write_with_checksum
from harness.folder_replacement import MANIFEST, digest

pytestmark = pytest.mark.slow

SEED, KILLS = 13, sweeps.examples(2, 12)
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "shutil.rmtree"}


def child(folder, function, fatal=None, number=signal.SIGKILL):
    """Call it in a child that works in `folder`; how it ended, and the events it came to."""
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.chdir(folder)
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            count = hook(str(folder), fatal, number)
            function()
        except SystemExit as end:
            os.write(writer, str(len(count)).encode())
            os._exit(0 if end.code in {None, 0} else 1)
        except BaseException:  # noqa: BLE001 - the parent looks at the exit status
            os._exit(2)
        os.write(writer, str(len(count)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), int(text or 0)


def hook(folder, fatal, number):
    """Count what writes in `folder`, and get a signal just before the event with index `fatal`."""
    count = []

    def happen(*_):
        count.append(None)
        if len(count) - 1 == fatal:
            os.kill(os.getpid(), number)

    def audit(name, arguments):
        if name not in EVENTS or not arguments:
            return
        path = arguments[0]
        if isinstance(path, bytes | str | os.PathLike):
            written = name != "open" or (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR)
            absolute = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - a child's, often
            if written and absolute.startswith(folder):
                happen()

    exchange = harness.folder_replacement._exchange

    def counted(*paths):
        happen()
        done = exchange(*paths)
        happen()
        return done

    harness.folder_replacement._exchange = counted
    event.listen(Engine, "commit", happen)
    sys.addaudithook(audit)
    return count


def command(*words):
    return lambda: main(list(words))


def killed_at(make, function, kills=KILLS):
    """A folder made by `make` after a kill at each of some moments."""
    status, moments = child(make("counted"), function)
    assert status == 0
    assert moments > 3
    drawn = random.Random(SEED).sample(range(moments), min(kills, moments))
    for fatal in sorted({*drawn, moments - 1}):
        folder = make(str(fatal))
        assert child(folder, function, fatal)[0] == -signal.SIGKILL, fatal
        yield folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished campaign of one cell in a folder of its own."""
    # Here, so that no child loads it again.
    nursery.load()
    matrix = MATRIX.replace("[ppo, a2c]", "[ppo]")
    campaign = Campaign(tmp_path_factory.mktemp("finished"), matrix, faked=True)
    campaign.run("--workers", "2")
    return campaign.folder


@pytest.fixture
def copies(finished, tmp_path):
    """Makes copies of it."""

    def make(name):
        return Path(shutil.copytree(finished, tmp_path / name))

    return make


def tree(folder):
    """Relative path -> content of every file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def is_whole(site):
    """Whether a report has all the files that it lists, as they were written."""
    lines = (site / MANIFEST).read_text().splitlines()
    pairs = [line.split("  ", 1) for line in lines]
    return len(pairs) > 10 and all(digest(site / name) == value for value, name in pairs)


@pytest.mark.parametrize("steps", ["one", "two"])
def test_killed_reports(copies, steps, monkeypatch):
    """The old report or the new one, whole; and whatever somebody else has put beside it."""
    if steps == "two":
        monkeypatch.setattr(harness.folder_replacement, "_exchange", lambda *_: False)

    def make(name):
        folder = copies(name)
        site = folder / "reports" / "small"
        (site / "CNAME").write_text("example.org")
        (site / "cells" / "mine.txt").write_text("mine")
        (folder / "reports" / ".small.0123456789ab").mkdir()
        (folder / "reports" / ".small.0123456789ab" / "mine").write_text("mine")
        (folder / "reports" / ".small.fedcba987654").write_text("mine")
        # A page that is no longer written, and one that another campaign would write.
        stale = site / "stale.html"
        stale.write_text("stale")
        with (site / MANIFEST).open("a") as manifest:
            manifest.write(f"{digest(stale)}  stale.html\n")
        return folder

    for folder in killed_at(make, command("report", "small")):
        site = folder / "reports" / "small"
        if site.exists() or steps == "one":
            assert is_whole(site)
            assert (site / "CNAME").read_text() == "example.org"
            assert (site / "cells" / "mine.txt").read_text() == "mine"
        assert child(folder, command("report", "small"))[0] == 0
        assert is_whole(site)
        assert not (site / "stale.html").exists()
        assert (site / "CNAME").read_text() == "example.org"
        assert (site / "cells" / "mine.txt").read_text() == "mine"
        assert {path.name for path in (folder / "reports").iterdir()} == {
            "small", "index.html", ".small.0123456789ab", ".small.fedcba987654",
        }  # fmt: skip
        assert (folder / "reports" / ".small.0123456789ab" / "mine").read_text() == "mine"


@pytest.mark.parametrize(
    "words",
    [
        ("report", "small", "--single-file", "--out", "out/page.html"),
        ("export", "small", "--format", "csv", "--out", "out"),
        ("export", "small", "--format", "json", "--out", "out"),
        ("export", "small", "--format", "zoo", "--out", "out"),
        ("init", "out/matrix.yaml", "--force"),
    ],
    ids=lambda words: f"{words[0]} {words[3] if len(words) > 4 else ''}",
)
def test_killed_files(copies, tmp_path, words):
    """Each file is the old one or the new one."""
    first = copies("whole")
    (first / "out").mkdir()
    assert child(first, command(*words))[0] == 0
    new = tree(first / "out")
    assert new

    def make(name):
        folder = copies(name)
        (folder / "out").mkdir()
        (folder / "out" / "mine").write_text("mine")
        for file, text in new.items():
            # A page is only replaced where it is a report.
            (folder / "out" / file).write_bytes(text[:1000] + b"old")
        return folder

    old = tree(make("old") / "out")
    for folder in killed_at(make, command(*words)):
        left = {n: t for n, t in tree(folder / "out").items() if not Path(n).name.startswith(".")}
        assert left.keys() == old.keys()
        for name, text in left.items():
            assert text in {old[name], new.get(name)}, name
        assert child(folder, command(*words))[0] == 0
        assert tree(folder / "out") == new | {"mine": b"mine"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_is_only_asked_to_end_leaves_nothing(copies, number):
    """A signal that can be caught ends a command as an error does."""
    folder = copies("asked")
    before = tree(folder / "reports")
    report = command("report", "small")
    moments = child(copies("counted"), report)[1]
    for fatal in random.Random(SEED).sample(range(moments), 3):
        ended = child(folder, report, fatal, number)[0]
        assert ended in {0, 1, -number}, fatal
        assert tree(folder / "reports") == before
        assert not [path for path in (folder / "reports").iterdir() if path.name[0] == "."]


def test_killed_models(copies):
    """A model is the old one or the new one, and no checksum says that it is damaged."""

    def write():
        with write_with_checksum(Path("m.zip")) as beside:
            beside.write_bytes(b"new" * 1000)

    def make(name):
        folder = copies(name)
        with write_with_checksum(folder / "m.zip") as beside:
            beside.write_bytes(b"old" * 1000)
        return folder

    for folder in killed_at(make, write):
        model = folder / "m.zip"
        assert model.read_bytes() in {b"old" * 1000, b"new" * 1000}
        harness.files.verify_checksum(model)
        assert child(folder, write)[0] == 0
        assert model.read_bytes() == b"new" * 1000
        assert find_leftovers(folder) == []
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]


OF_TEST = "(select run_id from harness_plan where rung = 'test' limit 1)"
BREAKS = (
    f"update harness_results set body = '{{half' where run_id = {OF_TEST}",
    "update harness_outcomes set winner = 'trial-99'",
    "update trial_values set value = 1e6",
)


def test_killed_repairs(copies):
    """The second repair does the rest; what a killed writer left goes, what is foreign stays."""

    def make(name):
        folder = copies(name)
        campaign = folder / "runs" / "small"
        with closing(sqlite3.connect(campaign / "campaign.db")) as database:
            for statement in BREAKS:
                assert database.execute(statement).rowcount
            database.commit()
        models = campaign / "models"
        models.mkdir(exist_ok=True)
        for file in (".best.0123456789ab.zip", ".best.0123456789ab.zip.lock", ".mine.zip"):
            (models / file).write_text("half")
        return folder

    repair = command("doctor", "small", "--repair")
    for folder in killed_at(make, repair):
        assert child(folder, repair)[0] == 0
        models = folder / "runs" / "small" / "models"
        assert [path.name for path in models.iterdir() if path.is_file()] == [".mine.zip"]
        assert not [path for path in (folder / "runs").iterdir() if path.name.startswith(".")]


FILM = (
    "record", "ppo@CartPole-v1", "--campaign", "small", "--variant", "default",
    "--format", "gif", "--seconds", "0.2",
)  # fmt: skip


@pytest.fixture(scope="module")
def filmed(tmp_path_factory):
    """A campaign with a trained agent that has been filmed."""
    pytest.importorskip("pygame")
    matrix = MATRIX.replace("[ppo, a2c]", "[ppo]").replace("trials: 4", "trials: 2")
    campaign = Campaign(tmp_path_factory.mktemp("trained"), matrix)
    campaign.run("--save-models")
    campaign.command(*FILM)
    return campaign.folder


@pytest.mark.training
def test_killed_recordings(filmed, tmp_path):
    def make(name):
        folder = Path(shutil.copytree(filmed, tmp_path / name))
        recordings = folder / "runs/small/recordings/ppo@CartPole-v1/default"
        (recordings / "mine.txt").write_text("mine")
        return folder

    film = command(*FILM)
    # Each film loads torch.
    for folder in killed_at(make, film, kills=sweeps.examples(1, 6)):
        recording = folder / "runs/small/recordings/ppo@CartPole-v1/default"
        note = json.loads((recording / "recording.json").read_text())
        assert (recording / note["strip"]).stat().st_size > 100
        assert (recording / "mine.txt").read_text() == "mine"
        assert child(folder, film)[0] == 0
        names = {path.name for path in recording.iterdir()}
        assert names == {"episode.gif", note["strip"], "recording.json", "mine.txt", MANIFEST}
        assert {path.name for path in recording.parent.iterdir()} == {"default"}
