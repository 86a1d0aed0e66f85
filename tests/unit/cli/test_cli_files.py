"""What a command cannot read or write is said in words, before the work."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_campaign import Ended, FakeCampaign

from harness.cli.output_files import make_folder, writing
from harness.errors import StorageError, UsageError

Command = Callable[..., Ended]


def test_what_the_system_refuses_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written: No space"), writing(tmp_path):
        raise OSError(28, "No space left on device")


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        make_folder(tmp_path / "file" / "below", "--out")
    with pytest.raises(UsageError, match="is a file"):
        make_folder(tmp_path / "file", "--out")
    with pytest.raises(UsageError, match="--out names a folder, not `-`"):
        make_folder(Path("-"), "--out")
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(UsageError, match="link is a link that leads to nothing"):
        make_folder(tmp_path / "link", "--out")


def test_init_does_not_write_over_a_folder(command: Command, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    ended = command("init", "folder", "--force")
    assert ended.code == 2
    assert "folder is a folder" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("a.yaml", "b.yaml"),
        ("a.yaml", "--matrix", "b.yaml"),
        ("--matrix", "a.yaml", "--matrix", "b.yaml"),
    ],
)
def test_a_missing_matrix_does_not_hide_the_others(
    command: Command, fake: FakeCampaign, words: tuple[str, ...]
) -> None:
    fake.answers["load"] = UsageError("there is no matrix `a.yaml`", help="look again")
    ended = command("check", *words, "--json")
    assert ended.code == 2
    shown = json.loads(ended.out)["matrices"]
    assert [entry["matrix"] for entry in shown] == ["a.yaml", "b.yaml"]
    assert shown[0]["problems"][0]["help"] == "look again"


def test_train_asks_for_a_place_before_it_trains(
    command: Command, fake: FakeCampaign, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "model.zip").mkdir()
    for out in ("file/model", "model"):
        ended = command("train", "ppo@CartPole-v1", "--out", out)
        assert ended.code in {2, 3}
        assert "Traceback" not in ended.err
    assert "train" not in [name for name, *_ in fake.calls]
