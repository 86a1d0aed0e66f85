"""Where a ledger is, and how that is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.store import display_url, parse_url, sqlite_file, without_password


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("postgresql://u:p@h/d", "postgresql+psycopg://u@h/d"),
        (
            "postgres://u@h:5433/d?sslmode=require",
            "postgresql+psycopg://u@h:5433/d?sslmode=require",
        ),
        ("postgresql+psycopg2://u@h/d", "postgresql+psycopg2://u@h/d"),
        ("mysql://u:p@h/d", "mysql+pymysql://u@h/d"),
        ("mariadb+pymysql://u@h/d", "mysql+pymysql://u@h/d"),
        ("postgresql://u@h/d?password=p", "postgresql+psycopg://u@h/d"),
    ],
)
def test_a_server_by_its_short_name(given: str, meant: str) -> None:
    url = parse_url(given)
    assert without_password(url) == meant
    assert sqlite_file(url) is None


def test_a_file_is_absolute() -> None:
    for given in ("runs/x.db", "sqlite:///runs/x.db"):
        assert sqlite_file(parse_url(given)) == Path.cwd() / "runs" / "x.db"
        assert display_url(parse_url(given)) == str(Path.cwd() / "runs" / "x.db")


def test_what_is_shown_holds_no_password() -> None:
    url = parse_url("postgresql://u:s%40cret@h/d?password=s%40cret")
    assert display_url(url) == "postgresql+psycopg://u:***@h/d?password=***"


@pytest.mark.parametrize(
    "given", ["postgresql://u:secret@h:port/d", "oracle://u:secret@h/d", "mysql://u:secret@h"]
)
def test_an_error_shows_no_password(given: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(given)
    assert "secret" not in str(caught.value)
    assert caught.value.help
