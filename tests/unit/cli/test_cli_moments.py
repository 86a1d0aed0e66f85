"""Deadlines and budgets as people write them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from harness.cli.text_format import budget, deadline, ending
from harness.errors import UsageError


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A place that changes its clocks twice a year, written so that no table is needed."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("8h", 28_800),
        ("90m", 5_400),
        ("1h30m", 5_400),
        ("45s", 45),
        ("1.5h", 5_400),
        ("2d", 172_800),
    ],
)
def test_a_budget(text: str, seconds: float) -> None:
    assert budget(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "8", "eight", "0h", "-1h", "30m1h", "h", "8 hours"])
def test_what_is_no_budget_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match=r"no (length of time|time at all)") as caught:
        budget(text)
    assert "1h30m" in caught.value.help


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("23:30", "2026-11-20T22:30+00:00"),  # tonight
        ("6:30", "2026-11-21T05:30+00:00"),  # tomorrow morning
        ("06:30:15", "2026-11-21T05:30:15+00:00"),
        ("22:00", "2026-11-21T21:00+00:00"),  # right now: the next one
        ("2026-11-22T06:30", "2026-11-22T05:30+00:00"),
        ("2026-11-22 06:30+09:00", "2026-11-21T21:30+00:00"),
    ],
)
def test_a_deadline_is_in_local_time_and_to_come(text: str, expected: str) -> None:
    now = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)  # 22:00 in Berlin
    assert deadline(text, now) == datetime.fromisoformat(expected)


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("evening", "hours"), [(datetime(2026, 3, 28, 21, 0, tzinfo=UTC), 7.5),
                           (datetime(2026, 10, 24, 20, 0, tzinfo=UTC), 9.5)]
)  # fmt: skip
def test_a_night_in_which_the_clocks_change(evening: datetime, hours: float) -> None:
    """From 22:00 to 06:30 it is 8.5 hours, less or more by one."""
    assert deadline("06:30", evening) - evening == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["25:00", "06:61", "tomorrow", "2026-13-01T00:00", ""])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no time"):
        deadline(text, datetime(2026, 11, 20, tzinfo=UTC))


def test_a_date_that_has_passed_is_refused() -> None:
    with pytest.raises(UsageError, match="has passed"):
        deadline("2026-11-19T06:30Z", datetime(2026, 11, 20, tzinfo=UTC))


def test_of_two_the_earlier_counts() -> None:
    now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert ending(None, None, now) is None
    assert ending("2026-11-20T13:00Z", "2h", now) == now + timedelta(hours=1)
    assert ending("2026-11-20T18:00Z", "2h", now) == now + timedelta(hours=2)
