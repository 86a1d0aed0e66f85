"""The report's data for a fixed record, compared with a stored copy.

To accept a wanted change, write `golden_text()` to the file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.report.results import results
from harness.report.section import all_sections
from harness.report.view import campaign_view
from harness.testing.records import TRUTHS, synthetic_campaign

GOLDEN = Path(__file__).parents[2] / "golden" / "report_results.json"


def rounded(node: Any) -> Any:
    # Nine digits: enough to see any change of method, too few to see another libm.
    if isinstance(node, float):
        return float(f"{node:.9g}")
    if isinstance(node, dict):
        return {key: rounded(item) for key, item in node.items()}
    if isinstance(node, list):
        return [rounded(item) for item in node]
    return node


def golden_text() -> str:
    view = campaign_view(synthetic_campaign("golden", TRUTHS[:3]))
    sections = [f"{s.page} {s.order} {s.id}: {s.title}" for s in all_sections()]
    found = results(view)
    # Curves of a hundred points each: their ends tell as much.
    for curve in found["overall"]["profiles"]:
        for name in ("thresholds", "share", "low", "high"):
            curve[name] = curve[name][::25]
    data = {"results": rounded(found), "sections": sections}
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def test_results_are_the_stored_ones() -> None:
    assert json.loads(golden_text()) == json.loads(GOLDEN.read_text(encoding="utf-8"))
