"""What a database's error means, and what a user can do about it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

__all__ = ["advice", "explain", "reason"]

_SQLITE: Final = {
    "SQLITE_NOTADB": "it is not an SQLite database; move it away or name another campaign",
    "SQLITE_CORRUPT": "restore it from a backup, or save what is left with "
    "`sqlite3 campaign.db .recover | sqlite3 rescued.db`",
    "SQLITE_READONLY": "the file or its folder cannot be written; check the permissions, "
    "or copy the folder to a writable place",
    "SQLITE_CANTOPEN": "check that the folder is there and can be written; "
    "the journal is kept beside the database",
    "SQLITE_FULL": "free some space; what was acknowledged so far is safe, "
    "and the same command goes on from there",
    "SQLITE_IOERR": "the disk failed to read or write: check that it is there, healthy and not "
    "full; a network file system is no place for a campaign",
    "SQLITE_BUSY": "another program holds the database for over a minute; end it and try again",
    "SQLITE_LOCKED": "another program holds the database; end it and try again",
}

_LOGIN: Final = (
    "check user and password; a password comes from PGPASSWORD, from ~/.pgpass (PGPASSFILE) "
    "or from the URL in HARNESS_STORAGE"
)
_START: Final = (
    "check host and port, and that the server runs; the same command then goes on from there"
)
_GONE: Final = (
    "what was acknowledged so far is safe; when the server is back, "
    "the same command goes on from there"
)

_SERVER: Final = (
    ("does not exist", "create it first: `createdb NAME`, `createuser NAME` on the server"),
    ("unknown database", "create it first: `CREATE DATABASE name` on the server"),
    ("password", _LOGIN),
    ("access denied", "check user, password and grants; a password may stand in HARNESS_STORAGE"),
    ("authentication failed", _LOGIN),
    ("no pg_hba.conf entry", "the server does not let this machine in: see its pg_hba.conf"),
    ("permission denied", "the user must own the database or be granted CREATE on its schema"),
    ("too many", "the server has no connection left; end others or raise max_connections"),
    ("remaining connection slots", "the server has no connection left; raise max_connections"),
    ("resolve host", "check the host's name"),
    ("translate host", "check the host's name"),
    ("can't connect", _START),
    ("connection refused", _START),
    ("no such file", _START),
    ("timeout expired", _START),
    ("starting up", "the server is just starting; try again in a moment"),
    ("no space left", "the server's disk is full; free some space there"),
    ("disk full", "the server's disk is full; free some space there"),
    ("terminating connection", _GONE),
    ("server closed the connection", _GONE),
    ("lost connection", _GONE),
    ("gone away", _GONE),
    ("connection", _GONE),
)
"""Words of a server's message, the most telling first; drivers give no code for most of them."""

_OTHERWISE: Final = "check that the database can be reached and belongs to this program"


def reason(exc: SQLAlchemyError) -> str:
    """The database's own words, on one line."""
    origin = _origin(exc)
    if origin is None:
        return " ".join(str(exc).split())
    # pymysql's arguments are a number and the message.
    words = origin.args[-1] if origin.args and isinstance(origin.args[-1], str) else origin
    return " ".join(str(words).split())


def advice(exc: SQLAlchemyError) -> str:
    """What to do about it."""
    origin = _origin(exc)
    code = str(getattr(origin, "sqlite_errorname", ""))
    for prefix, text in _SQLITE.items():
        if code.startswith(prefix):
            return text
    said = "" if code or origin is None else reason(exc).lower()
    return next((text for words, text in _SERVER if words in said), _OTHERWISE)


def explain(error: BaseException) -> tuple[str, str]:
    """Reason and advice of an error that another library may have wrapped around the database's."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, DBAPIError):
            return reason(inner), advice(inner)
        inner = inner.__cause__ or inner.__context__
    return " ".join(str(error).split()), _OTHERWISE


def _origin(exc: SQLAlchemyError) -> Any:
    return exc.orig if isinstance(exc, DBAPIError) else None
