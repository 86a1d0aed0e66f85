"""What somebody else wrote: files, JSON and models that no program should choke on."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.input_limits import DEEPEST, is_text, parse_json, read_file
from harness.saved_models import ModelContent, read_description


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[" * 500 + "]" * 500,
        '{"a":' * (DEEPEST + 1) + "1" + "}" * (DEEPEST + 1),
        "9" * 5000,
        str(2**63),
        "1e400",
        "NaN",
        '"\\ud800"',
        '{"\\u0000": 1}',
        "\0",
    ],
    ids=lambda text: text[:12],
)
def test_json_beyond_the_limits_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_json(text)


def test_json_within_the_limits_is_what_it_says() -> None:
    value = {"a": [1, 2.5, None, True, "é\n"], "b": {"c": -(2**63) + 1}}
    assert parse_json(json.dumps(value)) == value
    assert parse_json("[" * DEEPEST + "]" * DEEPEST) is not None


def test_only_regular_files_of_a_size_are_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_file(path, most=5) == b"12345"
    os.mkfifo(tmp_path / "pipe")
    for wrong in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), tmp_path / ("a" * 300)):
        with pytest.raises(OSError, match=r"\S"):
            read_file(wrong)
    with pytest.raises(OSError, match="larger"):
        read_file(path, most=4)
    with pytest.raises(OSError, match="NUL"):
        read_file(tmp_path / "a\0b")


def test_control_characters_and_halves_of_characters_are_no_text() -> None:
    assert is_text("a\tb\n é \U0001f600")
    assert not any(map(is_text, ("\0", "\x1b[31m", "\ud800", "a\udcff")))


def archive(data: bytes, *, flags: int = 0) -> ModelContent:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("data", data)
        packed.writestr("policy.pth", b"")
    content = bytearray(file.getvalue())
    if flags:
        content[content.index(b"PK\1\2") + 8] |= flags
    return ModelContent(bytes(content), None)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (ModelContent(b"", None), "no zip"),
        (ModelContent(os.urandom(100), None), "no zip"),
        (ModelContent(archive(b"{}").model[:60], None), "no zip"),
        (archive(b"{}", flags=1), "encrypted"),
        (archive(b"[" * 100_000), "what its policy is"),
        (archive(b"3"), "what its policy is"),
        (archive(b" " * (65 * 2**20)), "what its policy is"),
    ],
    ids=["empty", "noise", "cut", "encrypted", "deep", "number", "bomb"],
)
def test_a_hostile_model_is_none(content: ModelContent, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        read_description(content, is_sampled=False)
