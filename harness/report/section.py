"""Section: one part of a page, a builder of plain data and the template that shows it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from harness.report import sections

__all__ = ["PageKind", "Section", "all_sections"]

PageKind = Literal[
    "campaign", "cell", "algorithms", "algorithm", "transfer", "trust", "methods", "provenance"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a page.

    Attributes:
        id: Anchor in the page, unique in it.
        title: Heading; empty for a part without one.
        order: Place in the page.
        page: ``campaign`` for the front page, ``cell`` and ``algorithm`` for the page of each
            cell and algorithm, else the page of that name.
        build: `CellView` or `AlgorithmView` on their pages, else `CampaignView` -> plain data;
            None leaves the section out.
        template: Name in `templates/`.
    """

    id: str
    title: str
    order: int
    page: PageKind
    build: Callable[[Any], object | None]
    template: str


@lru_cache(maxsize=1)
def all_sections() -> tuple[Section, ...]:
    """Every section of `harness.report.sections`, in the order of the pages."""
    names = [module.name for module in pkgutil.iter_modules(sections.__path__)]
    modules = [importlib.import_module(f"{sections.__name__}.{name}") for name in names]
    found: list[Section] = [module.SECTION for module in modules]
    return tuple(sorted(found, key=lambda section: (section.page, section.order, section.id)))
