import errno
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_campaign import Ended, FakeCampaign

from harness import __version__, cli
from harness.cli import console
from harness.cli.help_examples import EXAMPLES
from harness.errors import (
    CampaignChangedError,
    HarnessError,
    LockedError,
    StorageError,
    UnknownNameError,
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


def test_ctrl_c_that_an_import_wrapped_is_still_one(command: Command, fake: FakeCampaign) -> None:
    wrapped = RuntimeError("Error calling __set_name__")
    wrapped.__cause__ = KeyboardInterrupt()
    fake.answers["record"] = wrapped
    ended = command("status", "quick")
    assert (ended.code, ended.err) == (130, "")


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


@pytest.mark.parametrize("lines", EXAMPLES.values(), ids=list(EXAMPLES))
def test_an_example_is_one_line_of_a_terminal(lines: str) -> None:
    assert max(len(line.replace("\\[", "[")) for line in lines.splitlines()) <= 78


def test_paragraphs_of_help_break_where_the_terminal_ends(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    out = command("merge", "--help").out
    assert (
        "Cells of one name must be equal in everything that decides their numbers; what differs"
        in out
    )


def test_stdout_on_a_full_disk_is_no_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("typer.echo", full)
    with pytest.raises(HarnessError, match="stdout cannot be written: No space left"):
        console.out("a line")


def test_a_reader_that_has_seen_enough_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(text: str) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("typer.echo", closed)
    with pytest.raises(BrokenPipeError):
        console.out("a line")


def test_a_reader_of_stderr_that_is_gone_ends_no_campaign() -> None:
    script = (
        "import os; from harness.cli import console; read, write = os.pipe(); os.dup2(write, 2); "
        "os.close(write); os.close(read); console.note('a'); console.note('b'); print('goes on')"
    )
    ended = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True)
    assert ended.stdout == b"goes on\n"


def test_where_nothing_is_known_no_empty_list_is_shown() -> None:
    assert UnknownNameError("campaign", "quick", []).help == "there is no campaign yet"
    assert UnknownNameError("campaign", "x", ["quick"]).help == "known: quick"


def test_a_long_path_of_temporary_files_is_named(command: Command, fake: FakeCampaign) -> None:
    fake.answers["load"] = OSError("AF_UNIX path too long")
    ended = command("run", "quick.yaml")
    assert ended.code == HarnessError.exit_code
    assert "= help: processes meet below TMPDIR" in ended.err


def test_ctrl_c_before_a_command_begins_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.cli.app.main", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli.main(["status"])
    assert ended.value.code == 130


def test_the_entry_point_imports_the_commands_only_where_ctrl_c_is_heard() -> None:
    code = "import sys, harness.cli; sys.exit('typer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["stat"], "Did you mean `status`?"),
        (["lst"], "Did you mean `list`?"),
        (["tune"], "Did you mean `harness run`?"),
        (["enjoy"], "Did you mean `harness play`?"),
        (["version"], "Did you mean `harness --version`?"),
        (["show", "ppo"], "Write `harness show scenario ppo` or `harness show algorithm ppo`"),
        (["show", "algoritm"], "Did you mean `algorithm`?"),
        (["list", "cells"], "There are scenarios, algorithms, samplers,"),
        (["run", "--wrokers", "2"], "Did you mean `--workers`?"),
        (["run", "--n-jobs", "2"], "Did you mean `--workers 4`?"),
        (["run", "--n-trials", "5"], "Did you mean `--set search.trials=...`?"),
        (["run", "--seed", "5"], "Did you mean `--set seed=...`?"),
        (["run", "--search.trials=5"], "Did you mean `--set search.trials=...`?"),
        (["run", "--no-dry"], "Did you mean `--no-dry-runs`?"),
        (["run", "--log-format", "xml"], "'--log-format': 'xml' is not one of"),
        (["run", "--dry-run"], "`harness plan` says what would be trained"),
        (["run", "--resume"], "The same command goes on where it was, always"),
        (["run", "--env", "x"], "A matrix says that: `scenarios` is the list of them"),
        (["run", "--n-envs", "4"], "A matrix says that: it is set per cell; for all: `overrides:"),
        (["plan", "--learning-rate", "1"], "A matrix says that: a hyperparameter: `space:"),
        (["train", "x", "--step", "5"], "Did you mean `--steps`?"),
        (["train", "x", "--output", "y"], "Did you mean `--out`?"),
        (["run", "--logdir", "y"], "Did you mean `--runs DIR --reports DIR`?"),
        (["status", "--campaign", "x"], "Write `harness status NAME`, without it"),
        (["compare", "--campaign", "x"], "Write `harness compare NAME`, without it"),
        (["play", "x", "ppo@y"], "(ppo@y). `--campaign` names the campaign"),
    ],
)
def test_an_unknown_word_is_answered_with_what_is_near(
    command: Command, monkeypatch: pytest.MonkeyPatch, words: list[str], hint: str
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    ended = command(*words)
    assert ended.code == 2
    assert hint in ended.err


@pytest.mark.parametrize(
    "words",
    [["zebra"], ["run", "--zebra"], ["run", "-x"], ["status", "-x"], ["record", "x", "--out", "y"]],
)
def test_what_is_near_nothing_has_no_hint(command: Command, words: list[str]) -> None:
    err = command(*words).err
    assert "No such" in err
    assert "Did you" not in err
    assert "matrix says" not in err


@pytest.mark.parametrize(("words", "code"), [("list samplers", 0), ("status nobody", 2)])
def test_streams_that_were_closed_end_no_command_otherwise(
    tmp_path: Path, words: str, code: int
) -> None:
    line = f"{sys.executable} -P -m harness {words} <&- >&- 2>&-"
    ended = subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, check=False)
    assert ended.returncode == code


def test_what_a_command_starts_has_streams_too(tmp_path: Path) -> None:
    """Without them every run failed where it prints."""
    child = "import os; kinds = [os.fstat(n).st_rdev for n in range(3)]; open(str(kinds), 'w')"
    start = f"os.execv(sys.executable, [sys.executable, '-c', {child!r}])"
    script = f"import harness.cli as c, os, sys; c._open_closed_streams(); {start}"
    words = [sys.executable, "-c", script]
    subprocess.run(["/bin/sh", "-c", f"{shlex.join(words)} <&- >&- 2>&-"], cwd=tmp_path, check=True)
    assert (tmp_path / str([Path(os.devnull).stat().st_rdev] * 3)).exists()
