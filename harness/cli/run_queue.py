"""``harness run`` on one matrix after the other, on one budget of time."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.cli import console
from harness.cli.outcome_text import outcome_json, outcome_lines
from harness.cli.output_files import make_folder, remove_empty_folders
from harness.cli.plan_text import note_lines
from harness.cli.text_format import utc_now
from harness.core.events import all_of
from harness.core.printable_text import mask_argument, mask_values
from harness.errors import INTERRUPTED, HarnessError, UsageError

if TYPE_CHECKING:
    from harness.campaign import MessageCommands, Messages, Outcome, RunOptions
    from harness.core.events import Event, Listener
    from harness.core.matrix import Matrix
    from harness.registry import Registry

FAILED: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What to run, and how.

    Attributes:
        sources: The matrices, each a file or a built-in name, in their order.
        profile, sets: Laid over every one of them.
        cells: Patterns of the cells to run; all without any.
        options: How to run each; the budget of time is shared out.
        pattern: Of the campaign's name, with ``{date}`` and ``{matrix}``; empty where the matrix
            names it.
        day: What the date is, however long the queue takes.
        end: When everything has to be over; None for no limit.
        commands: Of the user, for what happens.
        dry_runs: Whether each environment and learner is tried out first.
        quiet: On stderr only failures.
        as_json: Events on stdout.
        log_json: Events on stderr, instead of lines for people.
    """

    sources: Sequence[str]
    profile: str | None
    sets: Sequence[str]
    options: RunOptions
    commands: MessageCommands
    cells: Sequence[str] = ()
    pattern: str = ""
    day: str = field(default_factory=lambda: f"{datetime.now().astimezone():%Y-%m-%d}")
    end: datetime | None = None
    dry_runs: bool = True
    quiet: bool = False
    as_json: bool = False
    log_json: bool = False
    resume: str = field(
        default_factory=lambda: shlex.join(["harness", *map(mask_argument, sys.argv[1:])])
    )
    """The command that goes on."""
    names: dict[str, str] = field(default_factory=dict)
    """Campaign -> the matrix that has begun or continued it."""


def run_queue(queue: Queue) -> int:
    """Run one matrix after the other; an error of one does not stop the next.

    Returns:
        The exit code of the first that did not end well, else 0.

    Raises:
        HarnessError: The only matrix cannot be run.
    """
    codes = []
    for index, source in enumerate(queue.sources):
        matrices = len(queue.sources) - index
        try:
            outcome = _run_matrix(queue, source, _share(queue.end, matrices))
            codes.append(outcome.exit_code)
            if outcome.interrupted and matrices > 1:
                # Also where it was done by then: the others are not.
                codes.append(INTERRUPTED)
        except HarnessError as error:
            if queue.log_json:
                _log(queue, "error", matrix=source, text=console.error_text(error))
            elif len(queue.sources) == 1:
                raise
            else:
                console.note(f"{source}: {console.error_text(error)}")
            codes.append(error.exit_code)
        if codes[-1] == INTERRUPTED:
            break
    return next((code for code in codes if code), 0)


def _log(queue: Queue, event: str, **facts: Any) -> None:
    """Write one more line to stderr: as text, or as JSON where events are logged so."""
    if not queue.log_json:
        console.note(facts["text"])
        return
    from harness.cli.json_lines import JsonLines

    JsonLines(lambda line: console.note(json.dumps(mask_values(line)))).write(
        {"event": event, **facts}
    )


def _share(end: datetime | None, matrices: int) -> float | None:
    """Seconds for the next of so many matrices: as much as for each of those after it."""
    return None if end is None else max(0.0, (end - utc_now()).total_seconds()) / matrices


def _run_matrix(queue: Queue, source: str, seconds: float | None) -> Outcome:
    from harness.campaign import Messages

    with Messages(queue.commands, lambda text: _log(queue, "note", text=text)) as messages:
        try:
            outcome = _campaign(queue, source, seconds, messages)
        except HarnessError as error:
            messages.end(error.exit_code, reason=f"{source}: {error.message}")
            raise
        except KeyboardInterrupt:
            text = f"interrupted; nothing is lost: {queue.resume}"
            _log(queue, "note", text=text)
            messages.end(INTERRUPTED, reason=f"{source}: interrupted")
            raise
        except SystemExit as error:
            text = f"ended by a signal; nothing is lost: {queue.resume}"
            _log(queue, "note", text=text)
            code = error.code if isinstance(error.code, int) else FAILED
            messages.end(code, reason=f"{source}: ended by a signal")
            raise
        except BaseException as error:
            messages.end(FAILED, reason=f"{source}: {type(error).__name__}")
            raise
        if queue.commands.on_regression and outcome.status == "complete":
            _hold_against_earlier(queue, source, outcome.campaign, messages)
        messages.end(outcome.exit_code, report=outcome.report, headline=outcome.answer.headline)
    _conclude(outcome, queue)
    return outcome


def _pattern(queue: Queue, source: str) -> str:
    """The name of the campaign of a matrix, with its date left open."""
    return queue.pattern.replace("{matrix}", Path(source).stem)


def _options(queue: Queue, source: str) -> dict[str, str]:
    """What options stand for that are settings of the matrix."""
    name = _pattern(queue, source).replace("{date}", queue.day)
    return {"--name": f"name={name}"} if name else {}


def _hold_against_earlier(queue: Queue, source: str, name: str, messages: Messages) -> None:
    """Compare a campaign with the one before it whose name is of the same pattern."""
    from harness import campaign
    from harness.analysis import compare_campaigns

    runs, storage = queue.options.runs, queue.options.storage
    parts = _pattern(queue, source).split("{date}")
    pattern = re.compile(r"\d{4}-\d\d-\d\d".join(map(re.escape, parts)))
    every = {each.name: each.created for each in campaign.campaigns(runs, storage)}
    earlier = [
        (date, other)
        for other, date in every.items()
        if pattern.fullmatch(other) and date and date < every[name]
    ]
    if not earlier:
        text = f"{name} is the first campaign of its name: nothing to compare it with"
        _log(queue, "note", text=text)
        return
    _, other = max(earlier)
    records = [campaign.record(each, runs, storage) for each in (other, name)]
    comparison = compare_campaigns(records)
    if comparison.incomparable:
        text = f"{name} is not compared with {other}: {comparison.incomparable[0]}"
        _log(queue, "note", text=text)
        return
    worse = dict.fromkeys(each.cell for each in comparison.cells if each.word == "worse")
    if worse:
        text = f"worse than in {other}: {', '.join(worse)} (harness compare {other} {name})"
        _log(queue, "note", text=text)
    messages.compare(other, tuple(worse))


def _campaign(queue: Queue, source: str, seconds: float | None, messages: Messages) -> Outcome:
    from harness import campaign

    start = utc_now()
    registry = campaign.registry(dry_runs=queue.dry_runs, runs=queue.options.runs)
    matrix = _load(queue, source, registry, seconds)
    if (other := queue.names.setdefault(matrix.name, source)) != source:
        raise UsageError(
            f"{other} and {source} are both campaign `{matrix.name}`",
            help="its cells would be those of the last one alone: write another `name:` into one",
        )
    notes = [note for note in matrix.notes if note.of_environment]
    options = queue.options
    lines = note_lines(notes, len(matrix.cells)) if notes else []
    idle = campaign.idle_note(matrix, _workers(queue))
    if idle and matrix.name not in campaign.campaign_names(options.runs):
        lines.append(idle)
    for line in lines:
        _log(queue, "note", text=line)
    if seconds is not None:
        seconds = max(0.0, seconds - (utc_now() - start).total_seconds())
    runs, reports = options.runs, options.reports
    with remove_empty_folders(runs / matrix.name, reports) as keep:
        _check_folders(matrix.name, runs, reports)
        with _listeners(queue) as listener:
            messages.begin(runs / matrix.name)
            outcome = campaign.run_campaign(
                matrix,
                replace(options, budget=seconds),
                _announce_start(keep, all_of(messages.hear, listener)),
                services=campaign.Services(registry=registry),
            )
    if outcome.report is None:
        return outcome
    # As it was written: the campaign itself has absolute paths.
    report = reports / outcome.report.absolute().relative_to(reports.absolute())
    return replace(outcome, report=report)


def _load(queue: Queue, source: str, registry: Registry, seconds: float | None) -> Matrix:
    """The cells asked for; a matrix without a size gets that which the seconds allow."""
    from harness import campaign
    from harness.config import keep_cells

    layers: dict[str, Any] = {
        "profile": queue.profile,
        "sets": queue.sets,
        "options": _options(queue, source),
    }

    def load(sizes: Mapping[str, object]) -> Matrix:
        # Without sizes it is tried out, and whatever sizes it has, it was.
        names = campaign.registry(runs=queue.options.runs) if sizes else registry
        return keep_cells(campaign.load(source, names, **layers, sizes=sizes), queue.cells)

    runs, workers = queue.options.runs, _workers(queue)
    return campaign.fit_to_time(load, runs=runs, seconds=seconds, workers=workers)


def _workers(queue: Queue) -> int:
    from harness.execution import cores

    return queue.options.workers or cores()


def _check_folders(name: str, runs: Path, reports: Path) -> None:
    """Fail now, not after the last training, if results or report cannot be written.

    Raises:
        UsageError: A file, or a folder with something else in it, is there.
        StorageError: A folder cannot be made.
    """
    from harness.report import check_folder

    make_folder(runs, "--runs")
    make_folder(reports, "--reports")
    check_folder(reports / name)


def _announce_start(on_start: Callable[[], None], listener: Listener) -> Listener:
    """The listener, with a call before every event: an event says that nothing was refused."""

    def announce(event: Event) -> None:
        on_start()
        listener(event)

    return announce


@contextmanager
def _listeners(queue: Queue) -> Iterator[Listener]:
    """The display on stderr, and events on stdout if wanted."""
    with _display(queue, plain=queue.quiet or queue.as_json) as display:
        if not queue.as_json:
            yield display
            return
        from harness.cli.json_lines import JsonLines

        yield all_of(JsonLines(partial(console.emit, indent=None)), display)


@contextmanager
def _display(queue: Queue, *, plain: bool) -> Iterator[Callable[[Event], None]]:
    if queue.log_json:
        from harness.cli.json_lines import JsonLines

        yield JsonLines(lambda event: console.note(json.dumps(mask_values(event))))
        return
    if plain or not console.terminal(sys.stderr):
        from harness.cli.progress_lines import Lines

        with Lines(console.note, resume=queue.resume, quiet=queue.quiet) as lines:
            yield lines
        return
    from rich.console import Console

    from harness.cli.progress_table import LiveTable

    with LiveTable(Console(stderr=True), resume=queue.resume) as table:
        yield table


def _conclude(outcome: Outcome, queue: Queue) -> None:
    """The last lines: what failed, what is left, what is best, and where the report is."""
    facts = outcome_json(outcome, queue.options.runs)
    if queue.log_json:
        _log(queue, "outcome", **facts)
    else:
        lines = outcome_lines(outcome, queue.options.runs, queue.resume, best=not queue.quiet)
        for line in lines:
            console.note(line)
    if queue.as_json:
        from harness.cli.json_lines import JsonLines

        JsonLines(partial(console.emit, indent=None)).write({"event": "outcome", **facts})
    elif outcome.report is not None:
        console.out(str(outcome.report))
