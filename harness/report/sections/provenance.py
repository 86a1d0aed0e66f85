"""Where the numbers come from: versions, machine, source, commands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from harness.report.section import Section
from harness.report.trust.origin import all_results
from harness.report.view import CampaignView

__all__ = ["SECTION", "Provenance", "build"]


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


def build(view: CampaignView) -> Provenance:
    """Everything the record says about its own origin."""
    record = view.record
    models = {result.cost.cpu_model for _, result in all_results(record)}
    return Provenance(
        created=record.created,
        updated=record.updated,
        facts=record.provenance,
        processors=tuple(sorted(models - {""})),
        report=shlex.join(["harness", "report", record.name]),
        rerun=shlex.join(["harness", "run", f"runs/{record.name}/matrix.json"]),
    )


SECTION = Section(
    id="origin",
    title="Origin",
    order=10,
    page="provenance",
    build=build,
    template="provenance.html",
)
