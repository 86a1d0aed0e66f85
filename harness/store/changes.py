"""What a coordinator decides about a campaign, written at once or many together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, select, update

from harness.errors import UnknownNameError
from harness.store import queries, schema
from harness.store.migrations import now

__all__ = ["Changes", "Write"]

Write = Callable[[Connection, str], None]
"""Writes through a connection for the campaign's environment."""

_Change = tuple[str, Write]
"""A campaign and what writes to it."""


class Changes:
    """Makes changes in transactions of its ledger."""

    def __init__(
        self, writing: Callable[[], AbstractContextManager[Connection]], *, embedded: bool
    ) -> None:
        """Nothing is written yet.

        Args:
            writing: Opens a transaction.
            embedded: Whether whoever writes has the whole database for himself.
        """
        self._writing = writing
        self._embedded = embedded
        self._waiting: list[_Change] | None = None

    def add(self, campaign: str, write: Write) -> None:
        """Make a change to a campaign: now, or `together` with the rest.

        Raises:
            UnknownNameError: There is no such campaign.
            StorageError: The database fails.
        """
        if self._waiting is None:
            self._commit([(campaign, write)])
        else:
            self._waiting.append((campaign, write))

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is added inside is written when the block is left; an exception drops it.

        In one transaction where nobody else can write meanwhile. On a server each is one of its
        own: two campaigns that share trials and write them in different orders would wait for each
        other.
        """
        if self._waiting is not None:
            yield  # inside another block: with that one
            return
        self._waiting = waiting = list[_Change]()
        try:
            yield
        finally:
            self._waiting = None
        for part in [waiting] if self._embedded else [[change] for change in waiting]:
            self._commit(part)

    def _commit(self, changes: Sequence[_Change]) -> None:
        if not changes:
            return
        with self._writing() as connection:
            environments = {name: _touch(connection, name) for name in dict(changes)}
            for campaign, write in changes:
                write(connection, environments[campaign])


def _touch(connection: Connection, campaign: str) -> str:
    """Note the change; returns the campaign's environment."""
    table = schema.campaigns
    query = select(table.c.environment).where(table.c.name == campaign)
    environment: str | None = connection.scalar(query)
    if environment is None:
        raise UnknownNameError("campaign", campaign, queries.campaign_names(connection))
    connection.execute(update(table).where(table.c.name == campaign).values(updated=now()))
    return environment
