"""The tables, all named ``harness_*`` because Optuna's live in the same database.

Trials, plans and outcomes carry the environment key (a digest of the versions that change
numbers): after an upgrade a campaign starts beside its old numbers, never on top of them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, String, Table, Text
from sqlalchemy import ForeignKeyConstraint as ForeignKeys

__all__ = [
    "SCHEMA_VERSION",
    "campaigns",
    "cells",
    "metadata",
    "migrations",
    "outcomes",
    "plan",
    "provenances",
    "results",
    "trials",
]

SCHEMA_VERSION: Final = 2
"""Raised with every change of a table; `migrations.UPGRADES` then gains a step."""

_NAME = String(255)
_DIGEST = String(64)

metadata = MetaData()

migrations = Table(
    "harness_migrations",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("applied", String(40), nullable=False),
)

campaigns = Table(
    "harness_campaigns",
    metadata,
    Column("name", _NAME, primary_key=True),
    Column("created", String(40), nullable=False),
    Column("updated", String(40), nullable=False),
    Column("environment", _NAME, nullable=False),
    Column("document", Text, nullable=False),
    Column("origins", Text, nullable=False),
)

provenances = Table(
    "harness_provenances",
    metadata,
    Column("campaign", _NAME, ForeignKey(campaigns.c.name), primary_key=True),
    Column("environment", _NAME, primary_key=True),
    Column("body", Text, nullable=False),
)

cells = Table(
    "harness_cells",
    metadata,
    Column("campaign", _NAME, ForeignKey(campaigns.c.name), primary_key=True),
    Column("name", _NAME, primary_key=True),
    # Place in the matrix; NULL once the matrix no longer has the cell.
    Column("position", Integer),
    Column("study", _NAME, nullable=False),
    Column("spec", Text, nullable=False),
    Column("identity", Text, nullable=False),
)

results = Table(
    "harness_results",
    metadata,
    Column("environment", _NAME, primary_key=True),
    Column("unit", _DIGEST, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("recorded", String(40), nullable=False),
    Column("body", Text, nullable=False),
)

trials = Table(
    "harness_trials",
    metadata,
    Column("study", _NAME, primary_key=True),
    Column("environment", _NAME, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("unit", _DIGEST, nullable=False),
    Column("campaign", _NAME, nullable=False),
    Column("cell", _NAME, nullable=False),
    Column("body", Text, nullable=False),
)

plan = Table(
    "harness_plan",
    metadata,
    Column("campaign", _NAME, primary_key=True),
    Column("environment", _NAME, primary_key=True),
    Column("cell", _NAME, primary_key=True),
    Column("rung", String(16), primary_key=True),
    Column("variant", _NAME, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("trial", Integer),
    Column("seed", BigInteger, nullable=False),
    Column("unit", _DIGEST, nullable=False),
    Column("arguments", Text, nullable=False),
    ForeignKeys(["campaign", "cell"], [cells.c.campaign, cells.c.name]),
)

outcomes = Table(
    "harness_outcomes",
    metadata,
    Column("campaign", _NAME, primary_key=True),
    Column("environment", _NAME, primary_key=True),
    Column("cell", _NAME, primary_key=True),
    Column("winner", _NAME),
    Column("importances", Text),
    # Trials the search was closed with, before it had all of them; since version 2.
    Column("closed", Integer),
    ForeignKeys(["campaign", "cell"], [cells.c.campaign, cells.c.name]),
)
