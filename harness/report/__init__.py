"""The jinja2 and plotly door: record -> view -> sections -> a static site.

`view` builds plain data, `sections/` one part of a page each, `figures/` what plotly.js draws,
`render` the HTML, `site` the folder or file. Nothing here reads a clock, a database or a network.
Each name is imported when it is first used: what only looks for a place needs no statistics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import lazily

if TYPE_CHECKING:
    from harness.report.films import Film, Films
    from harness.report.listing import write_list
    from harness.report.places import check_file, check_folder
    from harness.report.site import write_report, write_single_file, write_site
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

__getattr__ = lazily(
    __name__,
    {
        "films": ("Film", "Films"),
        "listing": ("write_list",),
        "places": ("check_file", "check_folder"),
        "site": ("write_report", "write_single_file", "write_site"),
        "trust": ("Check", "gate", "known_gates"),
        "view": ("CampaignView", "campaign_view"),
    },
)
