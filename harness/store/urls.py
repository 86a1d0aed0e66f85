"""Where a ledger is: a file or a server, and how that is written with and without the password."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from harness.core.password_masking import mask_argument
from harness.errors import UsageError

__all__ = ["file_of", "parse_url", "shown", "without_password"]

_DRIVERS: Final = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
"""What a URL without a driver means; psycopg is psycopg 3."""

_SECRETS: Final = ("password", "passwd", "sslpassword")
"""Parameters of a URL that hold a password too."""

_EXAMPLES: Final = "e.g. `sqlite:////data/x.db` or `postgresql://user@host/name`"


def parse_url(url_or_path: str | Path) -> URL:
    """The database's URL; what has no ``://`` is the path of an SQLite file.

    Raises:
        UsageError: It is no URL, or names a kind of database that is not supported.
    """
    text = str(url_or_path)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).absolute()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as exc:
        shown_text = mask_argument(text)
        raise UsageError(f"`{shown_text}` is no database URL", help=_EXAMPLES) from exc
    scheme, _, driver = url.drivername.partition("+")
    if scheme == "sqlite":
        return _file_url(url)
    if scheme not in _DRIVERS:
        raise UsageError(
            f"`{scheme}` databases are not supported",
            help=f"use SQLite, PostgreSQL, MySQL or MariaDB, {_EXAMPLES}",
        )
    if not url.database:
        raise UsageError(f"`{shown(url)}` names no database", help=_EXAMPLES)
    standard = _DRIVERS[scheme]
    return url.set(drivername=f"{standard.partition('+')[0]}+{driver}" if driver else standard)


def _file_url(url: URL) -> URL:
    if url.database in {None, "", ":memory:"}:
        raise UsageError("a campaign in memory cannot be resumed", help="name a file")
    name = str(url.database)
    if name.startswith("file:"):
        raise UsageError(f"`{shown(url)}` is a URI of SQLite's own", help=_EXAMPLES)
    return url.set(database=str(Path(name).absolute()))


def file_of(url: URL) -> Path | None:
    """The file of an SQLite database; None for a server."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def shown(url: URL) -> str:
    """How the database is named to people: a path, or a URL with its passwords masked."""
    file = file_of(url)
    return str(file) if file is not None else mask_argument(url.render_as_string())


def without_password(url: URL) -> str:
    """The URL as it may be kept in a file; the password then comes from somewhere else."""
    bare = url.set(query={key: value for key, value in url.query.items() if key not in _SECRETS})
    # `set` takes None for "leave it as it is".
    return bare._replace(password=None).render_as_string(hide_password=False)
