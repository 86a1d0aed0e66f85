"""Commands of the user that are run when something happens: a cell fails, the command ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from harness.core.events import CampaignFinished, Event, RunFinished, SearchFailed
from harness.core.printable_text import mask_values
from harness.core.progress.campaign_progress import CampaignProgress, add_event
from harness.core.run_result import Status
from harness.input_limits import parse_json

_PATIENCE: Final = 60.0
"""Seconds after which a command that delivers a message is killed."""

_SENT: Final = "messages.jsonl"
"""File in a campaign's folder with the messages that must not come twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCommands:
    """What to run when; each is a line for the shell, empty for nothing.

    Attributes:
        on_end: When the command ends, however it does.
        on_failure: When a run of a cell, or its sampler, has failed, once per cell and kind.
        on_regression: When a cell is worse than in an earlier campaign.
    """

    on_end: str = ""
    on_failure: str = ""
    on_regression: str = ""


class Messages:
    """Delivers messages one after the other, beside the campaign.

    A message has the keys of `_message`. The command gets them as JSON on its standard input, and
    those that are no objects or lists as environment variables: ``HARNESS_MESSAGE``,
    ``HARNESS_CAMPAIGN``, ``HARNESS_EXIT_CODE``. Passwords are masked in all of them. What a message
    of a failure says is kept beside the campaign, so that a coordinator that was killed does not
    send it again. A command that fails, or takes more than a minute, is noted and changes nothing.
    """

    def __init__(self, commands: MessageCommands, note: Callable[[str], None]) -> None:
        """Nothing is sent yet.

        Args:
            commands: What to run when.
            note: Is told what could not be delivered.
        """
        self._commands = commands
        self._note = note
        self._folder: Path | None = None
        self._progress = CampaignProgress()
        self._finished: CampaignFinished | None = None
        self._sent: set[str] = set()
        self._sender = ThreadPoolExecutor(1, thread_name_prefix="messages")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sender.shutdown(wait=True)

    def begin(self, folder: Path) -> None:
        """The campaign of that folder begins: what was sent before is not sent again."""
        self._folder = folder
        lines: list[bytes] = []
        with suppress(OSError):
            lines = (folder / _SENT).read_bytes().splitlines()
        for line in lines:
            # One that was cut off by a kill or a full disk takes nothing from the others.
            with suppress(ValueError, KeyError, TypeError):
                self._sent.add(str(parse_json(line)["message"]))

    def hear(self, event: Event) -> None:
        """Count an event of the campaign; send the first failure of each kind in a cell."""
        self._progress = add_event(self._progress, event)
        match event:
            case CampaignFinished():
                self._finished = event
            case RunFinished(planned=planned_run, result=result, is_new=True) if (
                result.status is Status.FAILED
            ):
                failure = result.failure
                kind, reason = ("", "") if failure is None else (failure.kind, failure.message)
                self._send_failure(planned_run.cell, str(planned_run), kind, reason)
            case SearchFailed(cell=cell, reason=reason):
                self._send_failure(cell, "", "sampler", reason)

    def _send_failure(self, cell: str, run: str, kind: str, reason: str) -> None:
        key = f"failure {cell} {kind}"
        if self._commands.on_failure and key not in self._sent:
            self._sent.add(key)
            more = {"cell": cell, "run": run, "reason": reason}
            self._send(self._commands.on_failure, self._message("failure", more), key)

    def compare(self, earlier: str, worse: Sequence[str]) -> None:
        """Send which cells are worse than in an earlier campaign.

        A campaign that is run again after its end says nothing that it has said before.
        """
        key = f"regression {earlier} {' '.join(worse)}"
        if worse and self._commands.on_regression and key not in self._sent:
            self._sent.add(key)
            more = {"earlier": earlier, "worse_cells": list(worse), "reason": ", ".join(worse)}
            self._send(self._commands.on_regression, self._message("regression", more), key)

    def end(
        self, exit_code: int, *, report: Path | None = None, headline: str = "", reason: str = ""
    ) -> None:
        """Send how the command ends.

        Args:
            exit_code: Of the command.
            report: The report's index page, if one was written.
            reason: Of an end that no campaign had.
        """
        if self._commands.on_end:
            more = {
                "exit_code": exit_code,
                "reason": reason,
                "report": "" if report is None else str(report.absolute()),
                "headline": headline,
            }
            self._send(self._commands.on_end, self._message("end", more))

    def _message(self, name: str, more: Mapping[str, object]) -> dict[str, object]:
        end = self._finished
        status = "running" if end is None else end.status
        remaining = None if end is None else end.remaining
        message = {
            "message": name,
            "campaign": "" if self._folder is None else self._folder.name,
            "status": status if name == "failure" or end is not None else "error",
            "runs_done": self._progress.done,
            "runs_failed": self._progress.failed,
            "runs_left": self._progress.total - self._progress.done
            if remaining is None
            else remaining.most,
            "failed_cells": [] if end is None else list(end.failed_cells),
            "host": socket.gethostname(),
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            **more,
        }
        safe_message: dict[str, object] = mask_values(message)
        return safe_message

    def _send(self, command: str, message: Mapping[str, object], key: str = "") -> None:
        self._sender.submit(self._deliver, command, message, key)

    def _deliver(self, command: str, message: Mapping[str, object], key: str) -> None:
        problem = _run(command, message)
        if problem:
            self._note(f"message `{message['message']}` was not delivered: {problem}")
        elif key and self._folder is not None:
            with suppress(OSError), (self._folder / _SENT).open("a", encoding="utf-8") as file:
                print(json.dumps({"message": key, "time": message["time"]}), file=file)


def _run(command: str, message: Mapping[str, object]) -> str:
    """Run a command with the message; returns what went wrong, an empty text if nothing did."""
    variables = {
        f"HARNESS_{name.upper()}": str(value)
        for name, value in message.items()
        if not isinstance(value, dict | list)
    }
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own command line
            ["/bin/sh", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | variables,
            start_new_session=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return f"{command}: {error.strerror}"
    except ValueError as error:
        return f"{command}: {error}"
    try:
        output, _ = process.communicate(json.dumps(message), timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"{command}: no end after {_PATIENCE:g} seconds"
    if process.returncode == 0:
        return ""
    last = output.strip().splitlines()[-1:]
    return f"{command}: exit code {process.returncode}{': ' if last else ''}{''.join(last)}"
