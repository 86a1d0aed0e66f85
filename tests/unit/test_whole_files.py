"""Files and folders are there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from harness.errors import StorageError
from harness.files import replace_directory, write_atomically


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


def test_a_swap_that_fails_puts_the_old_folder_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
