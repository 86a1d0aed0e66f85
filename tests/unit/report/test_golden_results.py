"""The report's data for a fixed record, compared with a stored copy.

To accept a wanted change, write `golden_text()` to the file.
"""

from __future__ import annotations

import json
from pathlib import Path

from sample_records import TRUTHS, rounded, synthetic_campaign

from harness.report.campaign_views import campaign_view
from harness.report.page_parts import all_parts
from harness.report.results_json import results
from harness.report.site_pages import filled_pages

GOLDEN = Path(__file__).parents[2] / "golden" / "report_results.json"


def golden_text() -> str:
    view = campaign_view(synthetic_campaign("golden", TRUTHS[:3]))
    parts = [f"{p.page} {p.order} {name}: {p.title}" for name, p in all_parts().items()]
    data = results(view, filled_pages(view))
    # Curves of a hundred points and dozens of trials: a few of them tell as much.
    for curve in data["parts"]["overall"]["profiles"]:
        for name in ("thresholds", "share", "low", "high"):
            curve[name] = curve[name][::25]
    for cell in data["parts"]["search"].values():
        cell["trials"] = cell["trials"][::8]
    for cell in data["parts"]["learning_curves"].values():
        for curve in cell["curves"]:
            curve["seeds"] = curve["seeds"][::9]
    for cell in data["parts"]["run_curves"].values():
        for variant in cell["variants"]:
            variant["curves"] = variant["curves"][::9]
    golden = {"results": rounded(data), "parts": parts}
    return json.dumps(golden, indent=1, sort_keys=True) + "\n"


def test_results_are_the_stored_ones() -> None:
    assert json.loads(golden_text()) == json.loads(GOLDEN.read_text(encoding="utf-8"))
