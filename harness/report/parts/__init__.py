"""One folder per part of a page: ``data.py`` and ``page.html``; see `harness.report.page_parts`."""
