"""What axe finds on a page in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

SERIOUS = {"serious", "critical"}


def serious_violations(page: Any, schemes: Sequence[str]) -> list[tuple[str, str, list[Any]]]:
    """Scheme, rule and the first elements of what stands in somebody's way on an open page."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    violations = []
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"() => matchMedia('(prefers-color-scheme: {scheme})').matches")
        # Another scheme has other colours, and all the rest is the same; what passes is not listed.
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if scheme != schemes[0]:
            options["runOnly"] = ["color-contrast"]
        violations += [
            (scheme, each["id"], [node["target"] for node in each["nodes"]][:4])
            for each in axe.Axe().run(page, options=options).response["violations"]
            if each["impact"] in SERIOUS
        ]
    return violations
