"""The jinja2 and plotly door: record -> view -> sections -> a static site.

`view` builds plain data, `sections/` one part of a page each, `figures/` what plotly.js draws,
`render` the HTML, `site` the folder. Nothing here reads a clock, a database or a network.
"""

from __future__ import annotations

from harness.report.site import check_folder, write_report

__all__ = ["check_folder", "write_report"]
