"""The jinja2 and plotly door: record -> view -> sections -> a static site.

`view` builds plain data, `sections/` one part of a page each, `figures/` what plotly.js draws,
`render` the HTML, `site` the folder or file. Nothing here reads a clock, a database or a network.
"""

from __future__ import annotations

from harness.report.films import Film, Films
from harness.report.listing import write_list
from harness.report.site import (
    check_file,
    check_folder,
    write_report,
    write_single_file,
    write_site,
)
from harness.report.trust import Check, gate, known_gates
from harness.report.view import CampaignView, campaign_view

__all__ = [
    "CampaignView",
    "Check",
    "Film",
    "Films",
    "campaign_view",
    "check_file",
    "check_folder",
    "gate",
    "known_gates",
    "write_list",
    "write_report",
    "write_single_file",
    "write_site",
]
