"""Where the numbers come from: versions, machine, source, commands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from harness.core.decisions.cell_pools import PARTS
from harness.core.record import CampaignRecord
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The campaign's origin.

    Attributes:
        created, updated: UTC, ISO 8601.
        facts: Section -> name -> text, as recorded.
        processors: Kinds of processor that results come from.
        report: Command that writes the report again.
        rerun: Command that goes on with the campaign, or repeats it elsewhere.
    """

    created: str
    updated: str
    facts: Mapping[str, Mapping[str, str]]
    processors: tuple[str, ...]
    report: str
    rerun: str


def compute(view: CampaignView) -> Provenance:
    """Everything the record says about its own origin."""
    record = view.record
    models = {result.cost.cpu_model for cell in record.cells for result in cell.results}
    return Provenance(
        created=record.created,
        updated=record.updated,
        facts=record.provenance,
        processors=tuple(sorted(models - {""})),
        report=shlex.join(["harness", "report", record.name]),
        rerun=_rerun(record),
    )


def _rerun(record: CampaignRecord) -> str:
    if PARTS in record.document:
        return record.provenance.get("run", {}).get("command", "")
    return shlex.join(["harness", "run", f"runs/{record.name}/matrix.json"])


PART = Part(title="Origin", page="provenance", order=10, compute=compute)
