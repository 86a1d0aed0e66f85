"""Questions about user code that breaks in every way: each is an error, and nothing is left."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.call_watch import LIMIT_VARIABLE
from harness.core.scenario import Score
from harness.errors import MissingExtraError, UsageError
from harness.execution import ATTEMPTS, UserCode, UserCodeError

MODULE = "foreign_answers"

HEADER = """
import ctypes, os, signal, subprocess, sys, threading, time

def work(word=""):
    {body}
    return word
"""

Ask = Callable[..., str]


@pytest.fixture(scope="module")
def code() -> UserCode:
    return UserCode(limit=30)


@pytest.fixture
def ask(code: UserCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask the function `work` with a body."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def answer(body: str, **options: float) -> str:
        Path(f"{MODULE}.py").write_text(HEADER.format(body=body), encoding="utf-8")
        words: str = code.ask(f"{MODULE}:work", "fine", about="scenario `X-v0`", **options)
        return words

    return answer


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("sys.exit(0)", "SystemExit: 0 (foreign_answers.py:5 in work)"),
        ("sys.exit('bye \\x1b[31m')", "SystemExit: bye [31m"),
        ("import argparse; argparse.ArgumentParser().parse_args(['--no'])", "SystemExit: 2"),
        ("argparse = __import__('argparse'); argparse.ArgumentParser().error('hm')", "error: hm"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt (foreign_answers.py:5 in work)"),
        ("raise BaseException('hm')", "raised BaseException: hm"),
        ("raise ValueError('a\\nb' * 10**6)", "raised ValueError: a ba b"),
        ("input()", "EOFError"),
        ("work()", "RecursionError"),
        ("os._exit(0)", "without a word, with exit status 0"),
        ("os._exit(3)", "with exit status 3"),
        ("print('last'); sys.stdout.flush(); os._exit(3)", "its last words: last"),
        ("os.execvp('true', ['true'])", "exit status 0"),
        ("os.closerange(0, 256)", "without a word"),
        ("ctypes.string_at(0)", "killed by SIGSEGV (foreign_answers.py:5 in work)"),
        ("os.abort()", "killed by SIGABRT"),
        ("os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("os.kill(os.getppid(), 9); time.sleep(60)", "watches over its code was ended"),
        ("return object()", "object has no JSON form"),
    ],
)
def test_what_breaks_is_an_error_that_names_whose_code_it_is(
    ask: Ask, body: str, said: str
) -> None:
    with pytest.raises(UserCodeError) as caught:
        ask(body)
    assert caught.value.message.startswith("scenario `X-v0`: ")
    assert said in caught.value.message
    assert len(caught.value.message) < 500
    assert caught.value.help
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("whom", ["os.getpid()", "os.getppid()"])
def test_a_child_that_is_killed_is_asked_as_often_as_a_run_is_started(
    ask: Ask, tmp_path: Path, whom: str
) -> None:
    marks = tmp_path / "marks"
    work = (
        f"marks = open({str(marks)!r}, 'a+'); print(file=marks, flush=True); marks.seek(0); "
        f"len(marks.readlines()) > KILLS or (os.kill({whom}, 9), time.sleep(60))"
    )
    assert ask(work.replace("KILLS", str(ATTEMPTS - 1))) == "fine"
    with pytest.raises(UserCodeError):
        # Of another length: Python may take a file of the same second and size for the same.
        ask(work.replace("KILLS", "1000"))
    assert len(marks.read_text().splitlines()) == 2 * ATTEMPTS


@pytest.mark.parametrize(
    "body",
    [
        "print('{}'); os.write(1, bytes(range(256)))",
        "[os.write(1, b'y' * 2**16) for _ in range(500)]",
        "sys.stdout.close(); sys.stderr.close(); os.close(1); os.close(2)",
        "os.chdir('/')",
        "sys.path.clear()",
        "[signal.signal(number, signal.SIG_IGN) for number in range(1, 8)]",
        "threading.Thread(target=time.sleep, args=(4713,)).start()",
        "import atexit; atexit.register(time.sleep, 4713)",
        "os.environ.clear()",
    ],
)
def test_what_does_no_harm_to_an_answer_does_none_here_either(ask: Ask, body: str) -> None:
    before = (Path.cwd(), list(sys.path), dict(os.environ), threading.active_count())
    assert ask(body) == "fine"
    assert (Path.cwd(), list(sys.path), dict(os.environ), threading.active_count()) == before
    assert ask("pass") == "fine"


@pytest.mark.parametrize(
    "body", ["time.sleep(4713)", "os.write(1, b'y' * 2**16); work()", "os.kill(os.getpid(), 19)"]
)
def test_no_answer_in_time(ask: Ask, body: str) -> None:
    body = body.replace("; work()", "\n    while True: os.write(1, b'y' * 2**16)")
    with pytest.raises(UserCodeError, match=r"no answer within 0\.5 s") as caught:
        ask(body, limit=0.5)
    assert LIMIT_VARIABLE in caught.value.help


def test_an_error_in_time_says_where_the_code_was(ask: Ask) -> None:
    with pytest.raises(UserCodeError, match=r"\(foreign_answers.py:5 in work\)"):
        ask("time.sleep(4713)", limit=0.5)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans on")
@pytest.mark.parametrize("ending", ["pass", "os._exit(0)", "time.sleep(4713)"])
def test_no_process_is_left(ask: Ask, tmp_path: Path, ending: str) -> None:
    daemon = "import os, time; os.setsid(); os.fork() and os._exit(0); "
    daemon += f"open({str(tmp_path / 'pid')!r}, 'a').write(f'{{os.getpid()}} '); time.sleep(4713)"
    body = f"""subprocess.run([sys.executable, "-c", {daemon!r}])
    process = subprocess.Popen(["setsid", "sleep", "4711"])
    open({str(tmp_path / "pid")!r}, "a").write(f"{{process.pid}} ")
    while len(open({str(tmp_path / "pid")!r}).read().split()) < 2: time.sleep(0.01)
    {ending}"""
    # `format` of the header leaves what it inserts alone.
    if ending == "pass":
        assert ask(body) == "fine"
    else:
        with pytest.raises(UserCodeError):
            ask(body, limit=3.0)
    numbers = [int(word) for word in (tmp_path / "pid").read_text().split()]
    assert len(numbers) == 2
    assert not [number for number in numbers if psutil.pid_exists(number)]


def test_errors_of_the_harness_arrive_as_they_are(ask: Ask) -> None:
    body = "from harness.errors import MissingExtraError as E; raise E('no gym', help='pip it')"
    with pytest.raises(MissingExtraError) as caught:
        ask(body)
    assert (caught.value.message, caught.value.help) == (
        "no gym (foreign_answers.py:5 in work)",
        "pip it",
    )


def test_a_folder_that_is_gone_asks_from_elsewhere(
    code: UserCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert code.ask("os:getcwd", about="nobody") == "/"


def test_a_value_arrives_as_what_it_was(code: UserCode) -> None:
    sent = Score(value=float("inf"), source="x")
    assert code.ask("copy:copy", sent, about="nobody", kind=Score) == sent


def server(code: UserCode) -> int:
    """The process that forks the children."""
    number: int = code.ask("os:getppid", about="nobody")
    return number


def test_a_process_that_was_idle_is_started_again(ask: Ask, code: UserCode) -> None:
    number = server(code)
    assert ask("pass") == "fine"
    assert server(code) == server(UserCode()) == number
    process = psutil.Process(number)
    process.kill()
    process.wait(10)
    assert ask("pass") == "fine"
    assert server(code) != number


def test_an_answer_is_made_among_the_variables_of_who_asks(
    code: UserCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in ("one", "two"):
        monkeypatch.setenv("MOOD", value)
        assert code.ask("os:getenv", "MOOD", about="nobody") == value
    monkeypatch.delenv("MOOD")
    assert code.ask("os:getenv", "MOOD", about="nobody") is None


def test_a_forked_process_asks_a_process_of_its_own(code: UserCode) -> None:
    number = server(code)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, str(server(code)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reader, 99)) != number
    assert server(code) == number
    os.close(reader)
    os.close(writer)


def test_nobody_answers_when_nobody_is_left_to_ask() -> None:
    asking = "from harness.execution import UserCode; print(UserCode().ask('os:getppid', about=''))"
    done = subprocess.run(
        [sys.executable, "-c", asking], check=True, capture_output=True, text=True
    )
    assert not psutil.pid_exists(int(done.stdout))


def test_a_thread_that_is_asking_keeps_no_process_from_its_end() -> None:
    asking = """
import threading, time
from harness.execution import UserCode
code = UserCode(limit=300)
print(code.ask("os:getppid", about=""), flush=True)
def sleep():
    code.ask("time:sleep", 300, about="")
threading.Thread(target=sleep, daemon=True).start()
time.sleep(0.5)
"""
    done = subprocess.run(
        [sys.executable, "-c", asking], check=True, capture_output=True, text=True, timeout=120
    )
    assert not psutil.pid_exists(int(done.stdout))


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "1e99"])
def test_a_limit_that_is_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, text)
    with pytest.raises(UsageError, match=LIMIT_VARIABLE):
        UserCode()
