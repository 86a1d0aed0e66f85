"""Whatever is written, the answer is a documented exit code, within seconds, and no traceback.

`HARNESS_TEST_INPUTS` says how many inputs are tried (5,000 take about half an hour) and
`HARNESS_TEST_INPUTS_SEED` which; a failure prints the input.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from fakes import PromptExecutor
from hostile_inputs import SMALL, Case, draw
from sweeps import examples

import harness.campaign
from harness.campaign import matrices
from harness.cli import main

COUNT = int(os.environ.get("HARNESS_TEST_INPUTS", examples(100, 350)))
SEED = int(os.environ.get("HARNESS_TEST_INPUTS_SEED", "1"))
GROUP = 50
LONGEST = 10
"""Seconds of work after which a command hangs."""

PATIENCE = 120
"""Seconds by the clock after which one hangs that does not work at all."""

DOCUMENTED = {0, 1, 2, 3, 4, 75, 130}


class Hang(BaseException):
    """No command catches it."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """End what works for so long; beside a load that takes longer by the clock."""

    def end(*_: object) -> None:
        raise Hang

    timers = {signal.ITIMER_PROF: seconds, signal.ITIMER_REAL: PATIENCE}
    before = {number: signal.signal(number, end) for number in (signal.SIGPROF, signal.SIGALRM)}
    for timer, length in timers.items():
        signal.setitimer(timer, length)
    try:
        yield
    finally:
        for timer in timers:
            signal.setitimer(timer, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def call(words: tuple[str, ...]) -> tuple[Any, str]:
    """Exit code and everything printed; streams refuse what no terminal could show."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
    code: Any = 0
    with redirect_stdout(printed), redirect_stderr(printed):
        try:
            main(words)
        except SystemExit as leaving:
            code = leaving.code or 0
    printed.flush()
    return code, printed.buffer.getvalue().decode("utf-8", "replace")  # type: ignore[attr-defined]


def fault(case: Case, folder: Path, sound: Path) -> str:
    """What is wrong with the answer to a case; empty where nothing is."""
    for name, data in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    needs_campaign = case.damage or any("camp" in name for name in (*case.words, *case.files))
    if needs_campaign:
        shutil.copytree(sound, folder / "runs" / "camp", dirs_exist_ok=True)
        for name, data in case.files.items():
            (folder / name).write_bytes(data)
    if case.damage:
        with closing(sqlite3.connect(folder / "runs/camp/campaign.db")) as database:
            for statement in case.damage:
                try:
                    database.execute(statement)
                except (sqlite3.Error, UnicodeError):
                    continue
                database.commit()
    try:
        with limited(LONGEST):
            code, printed = call(case.words)
    except Hang:
        return f"hangs for over {LONGEST} s"
    except BaseException as error:  # noqa: BLE001 - whatever it is, it must not leave a command
        return f"raises {error!r}"
    if "Traceback" in printed or "internal error" in printed:
        return printed[-3000:]
    return "" if code in DOCUMENTED else f"exit code {code!r}"


class NoEnvironments:
    """Nothing is asked of an environment: what it says is not what is tested here."""

    def find(self, name: str, draft: Any = None) -> None:
        return None

    def describe(self, scenario: Any) -> None:
        return None

    def dry_run(self, runs: Any) -> tuple[Any, ...]:
        return ()

    def known_ids(self) -> tuple[str, ...]:
        return ()


def train_nothing(patch: pytest.MonkeyPatch) -> None:
    """Let runs have invented results."""
    real = harness.campaign.Services
    patch.setattr(matrices, "Environments", NoEnvironments)
    patch.setattr(
        harness.campaign,
        "Services",
        lambda **services: real(**services, open_executor=lambda *_, **__: PromptExecutor()),
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished campaign."""
    folder = tmp_path_factory.mktemp("sound")
    (folder / "matrix.yaml").write_text(SMALL)
    with pytest.MonkeyPatch.context() as patch:
        train_nothing(patch)
        patch.chdir(folder)
        code, printed = call(("run", "--matrix", "matrix.yaml"))
    assert code == 0, printed
    return folder / "runs" / "camp"


@pytest.mark.timeout(0)
@pytest.mark.parametrize("first", range(0, COUNT, GROUP))
def test_every_input_has_a_documented_answer(
    first: int, sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_nothing(monkeypatch)
    for name in ("HARNESS_DEBUG", "HARNESS_RUNS", "HARNESS_REPORTS", "HARNESS_STORAGE"):
        monkeypatch.delenv(name, raising=False)
    faults = []
    for number in range(first, min(first + GROUP, COUNT)):
        case = draw(number, SEED)
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            reason = fault(case, folder, sound)
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(folder, ignore_errors=True)
        if reason:
            faults.append(f"input {number} of seed {SEED}: {case}\n{reason}")
    assert not faults, "\n\n".join(faults)
