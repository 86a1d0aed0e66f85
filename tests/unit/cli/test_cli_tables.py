import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from harness.cli.console import Column, Table, fitting_gap, plain, pretty

TABLE = Table(
    columns=(Column(title="cell"), Column(title="steps", right=True)),
    rows=(("ppo@CartPole-v1", "4,000"), ("a2c@X", "20,000")),
    footer=("total", "24,000"),
)


def test_plain_columns_are_aligned_and_end_without_blanks() -> None:
    assert plain(TABLE).splitlines() == [
        "cell              steps",
        "ppo@CartPole-v1   4,000",
        "a2c@X            20,000",
        "total            24,000",
    ]


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        plain(Table(columns=TABLE.columns, rows=(("a", "b", "c"),)))


texts = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=12)


@given(st.lists(st.tuples(texts, texts), max_size=6))
def test_every_row_is_one_line_that_holds_its_cells(rows: list[tuple[str, str]]) -> None:
    table = Table(columns=TABLE.columns, rows=tuple(rows))
    head, *lines = plain(table).split("\n")
    assert head.startswith("cell")
    assert len(lines) == len(rows)
    for line, (left, right) in zip(lines, rows, strict=True):
        assert line.startswith(left)
        assert line.endswith(right)


def test_on_a_terminal_long_texts_wrap_and_markup_is_text() -> None:
    long = Table(
        columns=(Column(title="name"), Column(title="about", whole=False)),
        rows=(("[bold]x[/bold]", "word " * 20),),
    )
    screen = io.StringIO()
    Console(file=screen, width=40).print(pretty(long))
    lines = screen.getvalue().splitlines()
    assert lines[1].startswith("[bold]x[/bold]")
    assert len(lines) > 3
    assert max(map(len, lines)) <= 40


def test_no_number_is_cut_to_fit_a_terminal() -> None:
    table = Table(
        columns=(Column(title="cell"), Column(title="steps", right=True)),
        rows=(("ppo@CartPole-v1", "1,000,000"),),
        footer=("total", "588,800,000"),
    )
    assert [fitting_gap(table, width) for width in (80, 28, 27, 26)] == [2, 2, 1, 0]
