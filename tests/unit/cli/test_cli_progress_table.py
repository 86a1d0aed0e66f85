import io

import pytest
from rich.console import Console
from storyboard import CELL, started, story

from harness.cli.progress_table import HINT, LiveTable, draw
from harness.core.events import CellFinished, Event, Interrupted, RunStarted
from harness.core.progress.campaign_progress import CampaignProgress, add_event


def screen(*events: Event, width: int = 100, height: int = 30, message: str = HINT) -> list[str]:
    progress = CampaignProgress()
    for event in events:
        progress = add_event(progress, event)
    text = io.StringIO()
    console = Console(file=text, width=width, height=height)
    console.print(draw(progress, seconds=221, message=message, width=width, height=height))
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_a_cell_is_a_row_under_the_campaigns_head() -> None:
    head, titles, row, last, hint = screen(*story()[:-2])
    assert head.startswith("quick  0/1 cells  4/4 runs  0 running on 2 workers  3m41s  ETA")
    assert titles.split() == ["cell", "rung", "done", "pruned", "failed", "best", "default"]
    fields = row.split()
    assert (fields[0], fields[1]) == (CELL, "test")
    assert fields[-5:] == ["4/4", "0", "1", "190", "-"]
    assert last.startswith(f"last: done cell={CELL} rung=test")
    assert hint == HINT


@pytest.mark.parametrize("width", [80, 100, 160])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    long = "ppo_recurrent@MountainCarContinuous-v0"
    lines = screen(started({long: 1200}), *story()[:0], width=width)
    assert max(map(len, lines)) <= width
    assert any(line.startswith("ppo_recurrent@MountainCar") for line in lines)


def test_many_cells_fit_the_height_and_those_at_work_are_seen() -> None:
    cells = {f"ppo@Env{place}-v0": 4 for place in range(50)}
    busy = story()[1]
    assert isinstance(busy, RunStarted)
    events = [started({**cells, CELL: 4}), CellFinished(cell="ppo@Env0-v0", failed=0), busy]
    lines = screen(*events, height=20)
    assert len(lines) <= 20
    assert any(line.startswith(CELL) for line in lines)
    assert "and 38 more cells, 1 of them done" in lines


def test_before_the_first_event_only_the_time_runs() -> None:
    assert screen() == ["starting  3m41s"]


def test_an_interrupt_replaces_the_hint() -> None:
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=True, color_system=None)
    table = LiveTable(console, resume="harness run q.yaml", clock=lambda: 0.0)
    with table:
        table(started())
        table(Interrupted(count=1, running=2))
        table._live.refresh()
    assert "finishing 2 runs in progress, starting no more" in text.getvalue()


def test_the_last_picture_shows_the_end() -> None:
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=True, color_system=None)
    with LiveTable(console, resume="x", clock=lambda: 0.0) as table:
        for event in story():
            table(event)
    final = text.getvalue().rsplit("quick  ", 1)[-1]
    assert final.startswith("1/1 cells  4/4 runs")
    assert HINT not in final
    assert "done" in final
