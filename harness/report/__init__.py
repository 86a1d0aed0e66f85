"""The jinja2 and plotly door: record -> views -> parts of pages -> a static site.

`campaign_views` builds what the parts are computed from; each folder of `parts/` is one part of a
page; `html_pages` writes the HTML, `report_files` the folder or file. Nothing here reads a clock, a
database or a network. Each name is imported when it is first used: whoever only looks at a target
needs no statistics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lazy import lazily

if TYPE_CHECKING:
    from harness.report.campaign_views import CampaignView, Film, Films, campaign_view
    from harness.report.comparison_views import ComparisonView
    from harness.report.history_views import HistoryView
    from harness.report.paper.paper_folder import write_paper
    from harness.report.publications import write_publication
    from harness.report.published_reports import (
        check_file,
        check_folder,
        check_publication,
        names_publication,
    )
    from harness.report.record_files import campaign_folders, published_films, read_record
    from harness.report.report_files import write_list, write_report, write_single_file, write_site
    from harness.report.several_campaigns import write_comparison, write_history
    from harness.report.trust import Check, gate, known_gates

__all__ = [
    "CampaignView",
    "Check",
    "ComparisonView",
    "Film",
    "Films",
    "HistoryView",
    "campaign_folders",
    "campaign_view",
    "check_file",
    "check_folder",
    "check_publication",
    "gate",
    "known_gates",
    "names_publication",
    "published_films",
    "read_record",
    "write_comparison",
    "write_history",
    "write_list",
    "write_paper",
    "write_publication",
    "write_report",
    "write_single_file",
    "write_site",
]

__getattr__ = lazily(
    __name__,
    {
        "campaign_views": ("CampaignView", "Film", "Films", "campaign_view"),
        "comparison_views": ("ComparisonView",),
        "history_views": ("HistoryView",),
        "paper.paper_folder": ("write_paper",),
        "publications": ("write_publication",),
        "published_reports": (
            "check_file",
            "check_folder",
            "check_publication",
            "names_publication",
        ),
        "record_files": ("campaign_folders", "published_films", "read_record"),
        "report_files": ("write_list", "write_report", "write_single_file", "write_site"),
        "several_campaigns": ("write_comparison", "write_history"),
        "trust": ("Check", "gate", "known_gates"),
    },
)
