"""How numbers look, and the small drawings of the leaderboard."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_records import TRUTHS, Truth, synthetic_campaign

from harness.analysis import leaderboard
from harness.core.spaces.domain import Choice, Float, Int, PowerOfTwo
from harness.report import number_format as formats
from harness.report.outcomes import headline, outcome, strongest
from harness.report.parts.search.parameter_axes import axis_position, ticks
from harness.report.table_drawings import WIDTH, scale_of, seed_strip

MINUS = "\u2212"


FOUND = "The configuration that this search found"
FOUND_MANY = "The configurations that these searches found"


@pytest.mark.parametrize(
    ("given_number", "text"),
    [
        (None, "\u2013"),
        (0, "0"),
        (1234.5, "1,234"),
        (12.34, "12.3"),
        (1.234, "1.2"),
        (0.0123, "0.012"),
        (-150.4, f"{MINUS}150"),
        (-1_853_821_102.0, f"{MINUS}1.85e9"),
        (-0.0, "0"),
        (-5.123e-10, f"{MINUS}5.12e-10"),
        (5e-17, "0"),
        (4.48e-6, "4.48e-6"),
        (1.44e-5, "0.000014"),
    ],
)
def test_number(given_number: float | None, text: str) -> None:
    assert formats.number(given_number) == text


def test_estimate_shows_the_digits_the_interval_allows() -> None:
    assert formats.estimate(44.4, -20.8, 109.6, sign=True) == ("+44", f"[{MINUS}21, +110]")
    assert formats.estimate(0.5, 0.41, 0.59) == ("0.500", "[0.410, 0.590]")
    assert formats.estimate(500, 500, 500) == ("500", "[500, 500]")
    assert formats.estimate(5e-10, 4e-10, 6e-10) == ("5.00e-10", "[4.00e-10, 6.00e-10]")
    assert formats.estimate(3.21, None, None) == ("3.2", "")
    assert formats.estimate(None, None, None) == ("\u2013", "")


def test_a_difference_shows_on_which_side_of_0_its_interval_ends() -> None:
    assert formats.estimate(11, 0.31, 22, sign=True) == ("+11.0", "[+0.3, +22.0]")
    low = f"[{MINUS}9.30, {MINUS}0.02]"
    assert formats.estimate(-4.6, -9.3, -0.02, sign=True) == (f"{MINUS}4.60", low)
    assert formats.estimate(8, 0, 16, sign=True) == ("+8", "[0, +16]")
    assert formats.estimate(8, -1e-15, 16, sign=True) == ("+8", "[0, +16]")
    assert formats.estimate(8, 0.31, 16) == ("8", "[0, 16]")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (0.004, "<1 %"),
        (0.27, "27 %"),
        (0.996, ">99 %"),
        (1, "100 %"),
        (1 - 1e-15, "100 %"),
        (1.2, "120 %"),
        (-0.004, f">{MINUS}1 %"),
        (-0.27, f"{MINUS}27 %"),
        (-0.996, f"<{MINUS}99 %"),
    ],
)
def test_a_share_that_is_neither_nothing_nor_all_is_not_shown_as_either(
    share: float, text: str
) -> None:
    assert formats.percent(share) == text


def test_other_formats() -> None:
    assert formats.percent_range(0.004, 0.996) == "<1\u2013>99 %"
    assert formats.with_sign(0) == "0"
    assert formats.percent_above(0.27, 0.05) == "27 %"
    assert formats.percent_above(0.0512, 0.05) == "more than 5 %"
    assert formats.p_value(0.0004) == "p < 0.001"
    assert formats.p_value(0.0234) == "p = 0.023"
    shown = [formats.p_value(p) for p in (0.04969, 0.05, 0.05001, 0.4)]
    assert shown == ["p = 0.0497", "p = 0.050", "p = 0.05001", "p = 0.40"]
    assert [formats.steps(n) for n in (800, 50_000, 1_500_000)] == ["800", "50k", "1.5M"]
    assert [formats.steps(n) for n in (999_499, 999_500, 999_999_999)] == ["999k", "1M", "1G"]
    assert formats.steps(1_500_000_000_000) == "1500G"
    assert [formats.about_steps(n) for n in (48_750.2, -1250.0, None)] == [
        "48.8k",
        f"{MINUS}1.25k",
        "\u2013",
    ]
    assert [formats.about_steps(n, sign=True) for n in (1250.0, 0.2)] == ["+1.25k", "0"]
    assert [formats.duration(s) for s in (0.42, 38, 3700)] == ["0.4 s", "38 s", "1 h 02 min"]
    shown = [formats.value(v) for v in (None, True, 3, 0.00031234, 1e-5, "[64, 64]")]
    assert shown == ["\u2013", "true", "3", "0.0003123", "1e-05", "[64, 64]"]


def test_a_value_beside_one_is_not_shown_as_one() -> None:
    assert formats.value(0.9999968) == "0.999997"
    assert formats.value(-2.00000001) == "-2.00000001"
    assert formats.value(0.99) == "0.99"


@given(st.floats(-1e7, 1e7))
def test_a_number_is_near_its_text(number: float) -> None:
    text = formats.number(number).replace(",", "").replace(MINUS, "-")
    assert float(text) == pytest.approx(number, rel=0.06, abs=1e-5)


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=12))
def test_every_score_lies_inside_the_drawing(scores: list[float | None]) -> None:
    scale = scale_of(scores)
    for score in scores:
        if score is not None:
            assert 0 <= scale(score) <= WIDTH


def test_a_strip_has_a_dot_per_finished_seed() -> None:
    row = next(r for r in leaderboard(synthetic_campaign()) if r.cell == "dqn@CartPole-v1")
    assert row.tuned is not None
    drawn = seed_strip(row.tuned, scale_of(row.tuned.scores))
    assert len(drawn.dots) == 8
    assert drawn.mean is not None
    assert drawn.low is not None
    assert drawn.low < drawn.mean


def test_headline_counts_every_cell_once() -> None:
    rows = leaderboard(synthetic_campaign())
    assert headline(rows) == (
        f"{FOUND_MANY} improved 1 of 7 cells, made 1 worse and left 1 with no clear difference. Of "
        "the others, 1 kept the default, 1 had too few seeds for a verdict, 1 failed and 1 is "
        "unfinished."
    )
    assert [outcome(row) for row in rows].count("improved") == 1
    assert strongest(rows).startswith("Clearest gain: PPO on CartPole-v1, ")


def test_the_clearest_gain_is_one_without_any_spread() -> None:
    truths = [
        Truth(scenario="A", algorithm="ppo", default=100, tuned=300),
        Truth(scenario="B", algorithm="ppo", default=100, tuned=200, sd=0),
    ]
    assert strongest(leaderboard(synthetic_campaign("gains", truths))).startswith(
        "Clearest gain: ppo on B, "
    )


def test_headline_of_one_cell_and_of_none() -> None:
    rows = leaderboard(synthetic_campaign("one", TRUTHS[:1]))
    assert headline(rows) == f"{FOUND} improved PPO on CartPole-v1."
    kept = [row for row in leaderboard(synthetic_campaign()) if row.kept_default]
    assert headline(kept[:1]) == (
        f"{kept[0].title} on {kept[0].scenario} kept its default: nothing the search found beat "
        "it on fresh seeds."
    )
    assert headline([]) == "The campaign has no cells."
    unfinished = leaderboard(synthetic_campaign("one", TRUTHS[5:6]))
    assert headline(unfinished) == "No verdict yet: the only cell is still unfinished."
    assert strongest(unfinished) == ""


def test_headline_when_nothing_improved() -> None:
    rows = [row for row in leaderboard(synthetic_campaign()) if outcome(row) != "improved"]
    assert headline(rows).startswith(
        f"{FOUND_MANY} improved none of the 6 cells, made 1 worse and "
    )
    aside = [row for row in rows if outcome(row) in {"default kept", "too few seeds"}]
    assert headline(aside) == (
        "The configurations that these searches found improved none of the 2 cells: 1 kept the "
        "default and 1 had too few seeds for a "
        "verdict."
    )
    two = [row for row in rows if outcome(row) in {"worse", "default kept"}]
    assert headline(two).endswith("cells and made 1 worse. The other kept the default.")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2026-11-20T20:23:36+00:00", "2026-11-20 20:23:36 UTC"),
        ("2026-11-20T21:23:36+01:00", "2026-11-20 20:23:36 UTC"),
        ("2026-11-20T20:23:36", "2026-11-20T20:23:36"),
        ("", ""),
    ],
)
def test_moment(written: str, text: str) -> None:
    assert formats.moment(written) == text


class _Parameter:
    def __init__(self, domain) -> None:
        self.domain = domain


@pytest.mark.parametrize(
    ("domain", "labels"),
    [
        (Float(low=1e-5, high=1e-2, log=True), ["1e-05", "0.0001", "0.001", "0.01"]),
        (Float(low=0.9, high=0.999, log=True, complement=True), ["0.9", "0.99", "0.999"]),
        (PowerOfTwo(low=32, high=256), ["32", "64", "128", "256"]),
        (Choice(options=(False, True)), ["false", "true"]),
        (Int(low=1, high=10), ["1", "5", "10"]),
    ],
)
def test_ticks_end_where_the_range_ends(domain, labels: list[str]) -> None:
    places, shown = ticks(_Parameter(domain))  # type: ignore[arg-type]
    assert shown[0] == labels[0]
    assert shown[-1] == labels[-1]
    assert set(labels) <= set(shown)
    assert places == sorted(places)
    assert all(0 <= at <= 1 for at in places)


@given(st.floats(1e-6, 1.0), st.floats(1.0, 1e6), st.booleans(), st.sampled_from([Float, Int]))
def test_ticks_of_any_range(low: float, factor: float, log: bool, kind) -> None:
    if kind is Int:
        domain = Int(low=1, high=max(1, int(factor)), log=log)
    else:
        domain = Float(low=low, high=low * factor, log=log)
    places, shown = ticks(_Parameter(domain))  # type: ignore[arg-type]
    assert 1 <= len(places) == len(shown) <= 14
    assert all(-1e-9 <= at <= 1 + 1e-9 for at in places)


def test_values_outside_the_range_have_no_position() -> None:
    assert axis_position(Int(low=1, high=4), 9) is None
    assert axis_position(Choice(options=(False, True)), 1) is None
    assert axis_position(Choice(options=("a", "b")), "b") == 0.75
    middle = axis_position(PowerOfTwo(low=1, high=16), 4)
    assert middle is not None
    assert math.isclose(middle, 0.5)
