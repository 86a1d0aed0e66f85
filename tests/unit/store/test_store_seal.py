"""A digit that a disk has changed is no score."""

from __future__ import annotations

import json

import pytest
import store_samples as sample

from harness.errors import StorageError
from harness.store import codec


def test_every_flipped_bit_of_a_result_is_noticed_or_harmless() -> None:
    body = codec.dump_result(sample.complete("a" * 64, 30.0))
    whole = codec.load_result(body)
    noticed = 0
    for place in range(len(body)):
        for bit in range(7):
            hit = body[:place] + chr(ord(body[place]) ^ (1 << bit)) + body[place + 1 :]
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


def test_rows_of_earlier_versions_have_none() -> None:
    assert codec.load('{"score":1.5}') == {"score": 1.5}
    assert codec.load(codec.dump({})) == {}
    assert codec.load(codec.dump([1, 2])) == [1, 2]


def test_a_row_that_is_no_result() -> None:
    with pytest.raises(StorageError, match="damaged row: no result") as caught:
        codec.load_result(codec.dump({"status": "complete"}))
    assert "doctor" in caught.value.help
    with pytest.raises(StorageError, match="damaged row: no trial"):
        codec.load_trial("a" * 64, codec.dump({"values": {}}), None)
