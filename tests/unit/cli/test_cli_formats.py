import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.text_format import count, duration, number, numbers, timestamp


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "?"),
        (0, "0.0s"),
        (3.14, "3.1s"),
        (59.94, "59.9s"),
        (59.96, "1m00s"),
        (130, "2m10s"),
        (3599.6, "1h00m"),
        (21_120, "5h52m"),
        (172_800, "2d00h"),
        (273_600, "3d04h"),
    ],
)
def test_durations_read_at_a_glance(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@given(st.floats(min_value=60, max_value=1e8))
def test_a_duration_reads_back_to_the_seconds_it_shows(seconds: float) -> None:
    size = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
    parts = re.findall(r"(\d+)([dhms])", duration(seconds))
    assert all(int(value) < {"h": 24, "m": 60, "s": 60}[run] for value, run in parts[1:])
    shown = sum(int(value) * size[run] for value, run in parts)
    assert 0 <= seconds - shown + 0.5 <= size[parts[-1][1]]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (212.44, "212.4"), (-1203.0, "-1203.0"), (0.12345, "0.1235"), (99.0, "99")],
)
def test_scores_keep_the_digits_that_matter(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([80, 100, 37], ["80", "100", "37"]),
        ([80, 100.25, 37], ["80.0", "100.2", "37.0"]),
        ([0.5, -0.25, None], ["0.50", "-0.25", "-"]),
        ([9.5, 12.346], ["9.50", "12.35"]),
        ([0.0, 0.0], ["0", "0"]),
        ([2e-5, 3.5e-7], ["2e-05", "3.5e-07"]),
        ([None], ["-"]),
        ([], []),
    ],
)
def test_numbers_of_one_list_have_one_format(values: list[float | None], texts: list[str]) -> None:
    assert numbers(values) == texts


def test_counts_are_grouped() -> None:
    assert count(1_000_000) == "1,000,000"


def test_timestamps_are_utc_and_to_the_second() -> None:
    assert timestamp(datetime(2026, 11, 20, 22, 0, 3, 999, tzinfo=UTC)) == "2026-11-20T22:00:03Z"


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001 - the point of the test
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_a_time_that_is_not_utc_is_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match="not in UTC"):
        timestamp(moment)
