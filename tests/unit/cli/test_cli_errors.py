from collections.abc import Callable

import pytest
from fake_campaign import Ended, FakeCampaign

from harness import __version__
from harness.errors import (
    CampaignChangedError,
    HarnessError,
    LockedError,
    StorageError,
    UsageError,
)

Command = Callable[..., Ended]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("wrong", help="do this"), 2),
        (CampaignChangedError("quick", ["seed: 1 -> 2"], help="--accept-changes"), 2),
        (StorageError("cannot be read"), 3),
        (LockedError("held by another"), 75),
    ],
)
def test_each_error_has_its_exit_code_and_no_traceback(
    command: Command, fake: FakeCampaign, error: HarnessError, code: int
) -> None:
    fake.answers["record"] = error
    ended = command("status", "quick")
    assert (ended.code, ended.out) == (code, "")
    assert ended.err == f"error: {error}\n"


def test_debug_shows_where_it_was_raised(command: Command, fake: FakeCampaign) -> None:
    fake.answers["record"] = UsageError("wrong")
    ended = command("--debug", "status", "quick")
    assert ended.code == 2
    assert "Traceback" in ended.err
    assert ended.err.endswith("error: wrong\n")


def test_what_nobody_foresaw_keeps_its_traceback(command: Command, fake: FakeCampaign) -> None:
    fake.answers["record"] = ZeroDivisionError("division by zero")
    ended = command("status", "quick")
    assert ended.code == 3
    assert "Traceback" in ended.err
    assert "internal error: ZeroDivisionError: division by zero" in ended.err


def test_ctrl_c_outside_a_campaign_is_130(command: Command, fake: FakeCampaign) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    fake.answers["record"] = interrupted
    assert command("status", "quick").code == 130


@pytest.mark.parametrize(
    "words", [["stat"], ["run", "--wrokers", "2"], ["export", "--format", "x"]]
)
def test_a_misspelt_word_is_a_usage_error(command: Command, words: list[str]) -> None:
    ended = command(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "Error" in ended.err


def test_version(command: Command) -> None:
    ended = command("--version")
    assert (ended.code, ended.out) == (0, f"rl-harness {__version__}\n")


COMMANDS = [
    "init",
    "check",
    "plan",
    "schema",
    "list scenarios",
    "list algorithms",
    "list samplers",
    "list pruners",
    "list executors",
    "list campaigns",
    "show scenario",
    "show algorithm",
    "run",
    "status",
    "report",
    "export",
    "train",
]


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("words", ["", *COMMANDS])
def test_help_fits_the_terminal(
    command: Command, monkeypatch: pytest.MonkeyPatch, words: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    ended = command(*words.split(), "--help")
    assert ended.code == 0
    assert f"Usage: harness {words}".strip() in ended.out
    assert max(map(len, ended.out.splitlines())) <= width
