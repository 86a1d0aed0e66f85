"""A digit that a disk has changed is no score."""

from __future__ import annotations

import json

import pytest

from harness.errors import StorageError
from harness.store import codec
from harness.testing import ledger_contents as contents


def test_every_flipped_bit_of_a_result_is_noticed_or_harmless() -> None:
    body = codec.dump_result(contents.complete_result("a" * 64, 30.0))
    whole = codec.load_result(body)
    noticed = 0
    for index in range(len(body)):
        for bit in range(7):
            hit = body[:index] + chr(ord(body[index]) ^ (1 << bit)) + body[index + 1 :]
            try:
                assert codec.load_result(hit) == whole
            except StorageError:
                noticed += 1
    assert noticed > 6.5 * len(body)


def test_a_body_is_json_with_its_checksum() -> None:
    data = json.loads(codec.dump({"score": 1.5}))
    assert data["score"] == 1.5
    assert len(data["sha256"]) == 32
    assert codec.load(codec.dump({"score": 1.5})) == {"score": 1.5}


@pytest.mark.parametrize("body", ['{"score":1.5}', "[1,2]", "null", "", "[" * 100_000, "9" * 5000])
def test_a_body_without_a_checksum_is_damaged(body: str) -> None:
    with pytest.raises(StorageError, match="damaged row: it has no checksum"):
        codec.load(body)
    assert codec.load(codec.dump({})) == {}


def test_a_row_that_is_no_result() -> None:
    with pytest.raises(StorageError, match="damaged row: no result") as caught:
        codec.load_result(codec.dump({"status": "complete"}))
    assert "doctor" in caught.value.help
    with pytest.raises(StorageError, match="damaged row: no trial"):
        codec.load_trial("a" * 64, codec.dump({"values": {}}), None)
