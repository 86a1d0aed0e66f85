"""Files and folders are there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import harness.folder_replacement
from harness.errors import StorageError
from harness.files import (
    find_leftovers,
    remove_leftover,
    replace_directory,
    scratch_folder,
    verify_checksum,
    write_atomically,
    write_files,
    write_with_checksums,
)
from harness.folder_replacement import MANIFEST


def _half(path: Path) -> None:
    path.write_text("half")
    raise RuntimeError("boom")


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "model.zip"
    with write_atomically(path) as beside:
        assert beside.parent == path.parent
        assert beside.suffix == ".zip"
        beside.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_who_reads_the_old_file_goes_on_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_text("old")
    with path.open() as reader:
        with write_atomically(path) as beside:
            beside.write_text("new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_an_exception_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "best.json"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="boom"), write_atomically(path) as beside:
        _half(beside)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_body_that_wrote_nothing(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nothing was written"), write_atomically(tmp_path / "x"):
        pass


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    with write_atomically(tmp_path / "x") as beside:
        beside.touch()
    assert (tmp_path / "x").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EACCES, "permissions"),
        (errno.EROFS, "another folder"),
    ],
)
def test_what_to_do_when_the_disk_refuses(tmp_path: Path, code: int, words: str) -> None:
    path = tmp_path / "x"
    with pytest.raises(StorageError) as caught, write_atomically(path):
        raise OSError(code, os.strerror(code))
    assert words in caught.value.help
    assert str(path) in caught.value.message


def test_other_errors_of_the_body_are_its_own(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), write_atomically(tmp_path / "x"):
        (tmp_path / "absent").read_text()


def test_a_folder_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "quick"
    for text in ("old", "new"):
        with replace_directory(path) as beside:
            (beside / "cells").mkdir()
            (beside / "cells" / f"{text}.html").write_text(text)
    assert [file.name for file in (path / "cells").iterdir()] == ["new.html"]
    assert list(path.parent.iterdir()) == [path]


def test_an_exception_leaves_the_old_folder(tmp_path: Path) -> None:
    path = tmp_path / "quick"
    path.mkdir()
    (path / "index.html").write_text("old")
    with pytest.raises(RuntimeError, match="boom"), replace_directory(path) as beside:
        _half(beside / "index.html")
    assert (path / "index.html").read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture(params=[True, False], ids=["one step", "two steps"])
def swapping(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the system swaps folders in one step."""
    if not request.param:
        monkeypatch.setattr(harness.folder_replacement, "_exchange", lambda *_: False)
    return bool(request.param)


def test_a_swap_that_fails_puts_the_old_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness.folder_replacement, "_exchange", lambda *_: False)
    path = tmp_path / "quick"
    path.mkdir()
    (path / "index.html").write_text("old")
    rename, calls = Path.rename, []

    def second_fails(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(errno.EIO, "input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", second_fails)
    with pytest.raises(OSError, match="input/output"), replace_directory(path) as beside:
        (beside / "index.html").write_text("new")
    assert (path / "index.html").read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_not_replaced_by_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "quick"
    path.write_text("mine")
    with pytest.raises(StorageError, match="is a file"), replace_directory(path):
        pass
    assert path.read_text() == "mine"


def _write(path: Path, **files: str) -> None:
    with replace_directory(path) as beside:
        for name, text in files.items():
            (beside / "cells").mkdir(exist_ok=True)
            (beside / "cells" / name).write_text(text)


def _texts(folder: Path) -> dict[str, str]:
    """Relative path -> text of what is in a folder, but for its list."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


@pytest.mark.usefixtures("swapping")
def test_what_others_put_into_a_folder_stays(tmp_path: Path) -> None:
    path = tmp_path / "site"
    _write(path, a="1", b="1")
    (path / "CNAME").write_text("example.org")
    (path / "cells" / "notes").mkdir()
    (path / "cells" / "notes" / "mine").write_text("mine")
    (path / "empty").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_text("far")
    (path / "link").symlink_to(outside)
    (path / "dangling").symlink_to("nowhere")
    os.mkfifo(path / "pipe")
    for text in ("2", "3"):
        _write(path, a=text)
        own = {name: text for name, text in _texts(path).items() if not name.startswith("link")}
        assert own == {"cells/a": text, "CNAME": "example.org", "cells/notes/mine": "mine"}
        assert (path / "empty").is_dir()
        assert (path / "link" / "a").read_text() == "far"
        assert (path / "dangling").readlink() == Path("nowhere")
        assert (path / "pipe").is_fifo()
    assert {each.name for each in tmp_path.iterdir()} == {"site", "outside"}


def test_a_written_file_that_was_changed_is_no_longer_ours_to_remove(tmp_path: Path) -> None:
    path = tmp_path / "site"
    _write(path, a="1", b="1", c="1")
    (path / "cells" / "b").write_text("my own words")
    _write(path, a="2")
    assert _texts(path) == {"cells/a": "2", "cells/b": "my own words"}


@pytest.mark.parametrize("kind", ["file", "folder", "link", "list in a link"])
def test_what_is_in_the_way_is_not_replaced(tmp_path: Path, kind: str) -> None:
    path, outside = tmp_path / "site", tmp_path / "outside"
    _write(path, a="1")
    outside.mkdir()
    (outside / "b").write_text("mine")
    target = path / "cells" / "b"
    if kind == "file":
        target.write_text("mine")
    elif kind == "folder":
        target.mkdir()
    elif kind == "link":
        target.symlink_to(outside / "b")
    else:
        (path / "cells" / "a").unlink()
        (path / "cells").rmdir()
        (path / "cells").symlink_to(outside)
    with pytest.raises(StorageError, match="was not written by this program"):
        _write(path, b="2")
    assert (outside / "b").read_text() == "mine"
    assert {each.name for each in tmp_path.iterdir()} == {"site", "outside"}


@pytest.mark.parametrize("name", ["../outside/mine", "/etc/hostname", "cells/../../outside/mine"])
def test_a_list_that_names_files_elsewhere_is_none(tmp_path: Path, name: str) -> None:
    path, outside = tmp_path / "site", tmp_path / "outside"
    _write(path, a="1")
    outside.mkdir()
    (outside / "mine").write_text("mine")
    (path / MANIFEST).write_text(f"{'0' * 64}  {name}\n")
    _write(path, b="2")
    assert (outside / "mine").read_text() == "mine"
    assert _texts(path) == {"cells/a": "1", "cells/b": "2"}


def test_links_are_followed_and_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    with pytest.raises(StorageError, match="leads to nothing"):
        _write(link, a="1")
    real.mkdir()
    _write(link, a="1")
    assert link.is_symlink()
    assert _texts(real) == {"cells/a": "1"}
    file = tmp_path / "best.json"
    file.symlink_to(real / "best.json")
    with write_atomically(file) as beside:
        beside.write_text("new")
    assert file.is_symlink()
    assert (real / "best.json").read_text() == "new"


def test_files_that_belong_together_move_when_all_are_complete(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.csv", "b.csv")]
    paths[0].write_text("old")
    with pytest.raises(StorageError, match="nothing was written"), write_files(*paths) as beside:
        beside[0].write_text("new")
    assert paths[0].read_text() == "old"
    assert list(tmp_path.iterdir()) == [paths[0]]
    with write_files() as none:
        assert none == ()


def test_who_writes_keeps_what_looks_like_a_leftover_of_others(tmp_path: Path) -> None:
    foreign = [tmp_path / name for name in (".x.0123456789ab", ".x.0123456789ab.html", ".x.lock")]
    for path in foreign:
        path.write_text("mine")
    target = tmp_path / "x"
    with write_atomically(target) as first:
        first.write_text("first")
        assert find_leftovers(tmp_path) == []
        with write_atomically(target) as second:
            assert first.exists()
            second.write_text("second")
    assert target.read_text() == "first"
    assert all(path.read_text() == "mine" for path in foreign)
    with scratch_folder(tmp_path / "doctor") as scratch:
        assert scratch.is_dir()
    assert set(tmp_path.iterdir()) == {target, *foreign}


def test_a_leftover_can_be_removed(tmp_path: Path) -> None:
    leftover = tmp_path / "deep" / ".best.0123456789ab.zip"
    leftover.parent.mkdir()
    leftover.write_text("half")
    lock = leftover.with_name(leftover.name + ".lock")
    lock.touch()
    assert find_leftovers(tmp_path) == [lock]
    assert remove_leftover(lock)
    assert list(leftover.parent.iterdir()) == []


def test_what_is_no_file_is_never_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/null")
    for name in ("folder", "pipe", "link"):
        with pytest.raises(StorageError, match="a file was to be written there"):  # noqa: SIM117
            with write_atomically(tmp_path / name) as beside:
                beside.write_text("x")
    assert not Path("/dev/null").is_file()


def test_a_file_in_the_place_of_a_folder_is_said(tmp_path):
    (tmp_path / "models").write_text("")
    for path in (tmp_path / "models" / "x.zip", tmp_path / "models" / "cell" / "x.zip"):
        with pytest.raises(StorageError, match="models is no folder"), write_atomically(path):
            pass


def test_files_of_one_set_are_never_of_two_versions(tmp_path, monkeypatch):
    statistics, model = tmp_path / "m.npz", tmp_path / "m.zip"

    def write(text):
        with write_with_checksums(statistics, model) as (one, two):
            one.write_text(text)
            two.write_text(text)

    write("old")
    moves = []
    replace = Path.replace

    def killed(self, target):
        if len(moves) == allowed:
            raise KeyboardInterrupt
        moves.append(target)
        return replace(self, target)

    for allowed in range(4):
        moves.clear()
        monkeypatch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            write(f"new {allowed}")
        monkeypatch.setattr(Path, "replace", replace)
        if model.exists():
            assert statistics.read_text() == model.read_text()
    write("last")
    verify_checksum(model)
    verify_checksum(statistics)
