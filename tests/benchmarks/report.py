"""How long a large campaign's report takes to write and to open, and how large it is.

``python tests/benchmarks/report.py`` prints JSON: seconds to build the numbers and to write the
site, bytes of the pages, and milliseconds until Chromium has read the front page and a cell page.
Made-up trainings: 10 scenarios x algorithms, 100 trials and 2 x 10 test runs per cell.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sample_records import Truth, synthetic_campaign

from harness.core.record import CampaignRecord
from harness.report import campaign_view, write_single_file, write_site

SCENARIOS = 10


def record(cells: int, trials: int) -> CampaignRecord:
    truths = [
        Truth(
            scenario=f"Scenario{place % SCENARIOS}-v1",
            algorithm=f"algorithm{place // SCENARIOS}",
            default=100 + 20 * (place % 7),
            tuned=140 + 25 * (place % 11),
            trials=trials,
            threshold=475,
        )
        for place in range(cells)
    ]
    return synthetic_campaign("benchmark", truths)


def opened(pages: Sequence[Path], repeats: int) -> dict[str, float]:
    """Milliseconds to DOMContentLoaded, the middle of some visits; empty without Chromium."""
    from playwright.sync_api import sync_playwright

    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser_path is None:
        return {}
    timing = "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        for path in pages:
            times = []
            for _ in range(repeats):
                context = browser.new_context(offline=True)
                page = context.new_page()
                page.goto(path.as_uri(), wait_until="domcontentloaded")
                times.append(float(page.evaluate(timing)))
                context.close()
            found[f"{path.parent.name}/{path.name}"] = round(statistics.median(times))
        browser.close()
    return found


def measure(cells: int, trials: int, repeats: int, folder: Path) -> dict[str, Any]:
    given = record(cells, trials)
    begun, cpu = time.perf_counter(), time.process_time()
    view = campaign_view(given)
    numbers = time.process_time() - cpu
    index = write_site(view, folder / "site")
    wall, spent = time.perf_counter() - begun, time.process_time() - cpu
    single = write_single_file(view, folder / "single.html")
    cell = next(iter(sorted((folder / "site" / "cells").iterdir())))
    return {
        "cells": cells,
        "trials": trials,
        "numbers_cpu_s": round(numbers, 2),
        "site_cpu_s": round(spent, 2),
        "site_wall_s": round(wall, 2),
        "index_bytes": index.stat().st_size,
        "cell_bytes": cell.stat().st_size,
        "single_file_bytes": single.stat().st_size,
        "results_bytes": (folder / "site" / "results.json").stat().st_size,
        "dom_content_loaded_ms": opened([index, cell, single], repeats),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    for cells in options.cells:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(cells, options.trials, options.repeats, Path(folder))
        print(json.dumps(found))


if __name__ == "__main__":
    main()
