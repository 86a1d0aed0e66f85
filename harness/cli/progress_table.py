"""Progress as a live table on a terminal: one row per cell."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from harness.cli.console import give_up_stderr
from harness.cli.progress_lines import deadline_message, describe, interrupt_message
from harness.cli.text_format import duration, numbers
from harness.core.events import DeadlineReached, Event, Interrupted, RunFinished
from harness.core.progress.campaign_progress import (
    DONE,
    QUEUED,
    CampaignProgress,
    CellProgress,
    add_event,
    eta,
)

HINT: Final = "Ctrl-C once finishes the runs in progress and stops; the same command resumes."
OTHER_LINES: Final = 7
"""Lines of the display that are no cell: head, column titles, hidden cells, last run, hint."""


class LiveTable:
    """A listener that redraws a table on the console twice a second."""

    def __init__(
        self, console: Console, *, resume: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Draw nothing yet.

        Args:
            console: Where to draw.
            resume: The command that continues an interrupted campaign.
            clock: Seconds that only grow.
        """
        self._console = console
        self._resume = resume
        self._clock = clock
        self._begun = clock()
        self._progress = CampaignProgress()
        self._message = HINT
        self._live = Live(
            get_renderable=self._draw,
            console=console,
            refresh_per_second=2,
            redirect_stdout=False,
        )

    def __call__(self, event: Event) -> None:
        self._progress = add_event(self._progress, event)
        if isinstance(event, DeadlineReached):
            self._message = deadline_message(event.running)
        if isinstance(event, Interrupted):
            self._message = interrupt_message(event.count, event.running, self._resume)
            # The third Ctrl-C ends the process where it stands, with the cursor still hidden.
            self._console.show_cursor(True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._message = ""
        try:
            self._live.stop()
        except OSError as error:
            give_up_stderr(error)

    def _draw(self) -> RenderableType:
        return draw(
            self._progress,
            seconds=self._clock() - self._begun,
            message=self._message,
            width=self._console.width,
            height=self._console.height,
        )


def draw(
    progress: CampaignProgress, *, seconds: float, message: str, width: int, height: int
) -> RenderableType:
    """The whole display as a function of the progress.

    Args:
        seconds: Seconds since the command began.
        message: Last line: a hint, or what an interrupt does.
        width, height: Size of the terminal in characters.
    """
    if not progress.cells:
        return Text(f"starting  {duration(seconds)}", style="dim")
    parts: list[RenderableType] = [_head(progress, seconds)]
    cells = list(progress.cells.values())
    visible = _select(cells, max(3, height - OTHER_LINES))
    parts.append(
        _table(visible, name=max(12, min(40, width - 48)), bar=max(0, min(20, width - 86)))
    )
    if len(visible) < len(cells):
        others = [cell for cell in cells if cell not in visible]
        done = sum(cell.phase == DONE for cell in others)
        parts.append(Text(f"and {len(others)} more cells, {done} of them done", style="dim"))
    if progress.last is not None:
        parts.append(_last(progress.last, progress))
    if message:
        parts.append(Text(message, style="yellow" if progress.interrupts else "dim"))
    return Group(*parts)


def _head(progress: CampaignProgress, seconds: float) -> Text:
    done = sum(cell.phase == DONE for cell in progress.cells.values())
    head = Text(progress.campaign, style="bold")
    facts = [
        f"{done}/{len(progress.cells)} cells",
        f"{progress.done}/{progress.total} runs",
        f"{len(progress.running)} running on {progress.workers} workers",
        duration(seconds),
        f"ETA {duration(eta(progress))}",
    ]
    return head.append("  " + "  ".join(facts), style="not bold")


def _select(cells: list[CellProgress], room: int) -> list[CellProgress]:
    """The cells that fit: those at work first, then the waiting, then the done; order kept."""
    if len(cells) <= room:
        return cells
    rank = {QUEUED: 1, DONE: 2}
    first = sorted(cells, key=lambda cell: rank.get(cell.phase, 0))[:room]
    return [cell for cell in cells if cell in first]


def _table(cells: list[CellProgress], *, name: int, bar: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("cell", no_wrap=True, overflow="ellipsis", max_width=name)
    table.add_column("rung", no_wrap=True)
    if bar:
        table.add_column("", width=bar)
    for title in ("done", "pruned", "failed", "best", "default"):
        table.add_column(title, justify="right", no_wrap=True)
    for cell in cells:
        style = "dim" if cell.phase == QUEUED else ""
        progress_bar = [ProgressBar(total=max(1, cell.total), completed=cell.done, width=bar)]
        table.add_row(
            cell.name,
            Text(cell.phase, style="green" if cell.phase == DONE else ""),
            *(progress_bar if bar else []),
            f"{cell.done}/{cell.total}",
            str(cell.pruned),
            Text(str(cell.failed), style="bold red" if cell.failed else ""),
            *numbers((cell.best, cell.default)),
            style=style,
        )
    return table


def _last(event: RunFinished, progress: CampaignProgress) -> Text:
    text = Text("last: " + describe(event, progress, ""), no_wrap=True, overflow="ellipsis")
    text.stylize("dim" if event.result.failure is None else "red")
    return text
