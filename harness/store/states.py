"""What a campaign hands to the ledger when it begins, and what it finds there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CampaignState", "CellState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellState:
    """A cell as a campaign begins with it.

    Attributes:
        name: ``ppo@CartPole-v1``.
        spec: `Cell.describe()`.
        identity: `Cell.identity()`; what must not change during the campaign.
        study: Key of the search the cell's trials belong to.
    """

    name: str
    spec: Mapping[str, Any]
    identity: Mapping[str, Any]
    study: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignState:
    """A campaign as the ledger knows it, before a new run of it begins.

    Attributes:
        name: Campaign name.
        created, updated: UTC, ISO 8601.
        environment: Key of the versions it last ran with.
        identities: Cell name -> identity, for every cell it ever had.
        provenance: Of the last run: section -> name -> text.
    """

    name: str
    created: str
    updated: str
    environment: str
    identities: Mapping[str, Mapping[str, Any]]
    provenance: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
