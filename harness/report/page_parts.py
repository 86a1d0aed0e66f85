"""The parts of a page: each folder of `harness.report.parts` is one.

A folder ``parts/<id>`` holds ``data.py``, which computes plain data and describes the part in its
`PART`, and ``page.html``, the template that shows the data. Where there is something to draw, its
``drawing.py`` has `draw`, from the data to figures or tables. No list names the folders.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, TypeVar

PageKind = Literal[
    "campaign",
    "cell",
    "algorithms",
    "algorithm",
    "transfer",
    "trust",
    "methods",
    "provenance",
    "history",
    "comparison",
]

_PACKAGE: Final = "harness.report.parts"

View = TypeVar("View")
Data = TypeVar("Data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Generic[View, Data]):
    """One part of a page, described.

    Attributes:
        title: Heading; empty for a part without one.
        page: ``campaign`` for the front page, ``cell`` and ``algorithm`` for the page of each
            cell and algorithm, else the page of that name.
        order: Parts of a page stand in the order of these numbers.
        compute: `CellView` or `AlgorithmView` on their pages, else `CampaignView` -> a frozen
            dataclass that ``results.json`` holds too; None leaves the part out of both.
        is_shown: Whether the page shows the data; ``results.json`` holds them in any case.
    """

    title: str
    page: PageKind
    order: int
    compute: Callable[[View], Data | None]
    is_shown: Callable[[Data], bool] = lambda _: True


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledPart:
    """A part with its data.

    Attributes:
        id: Name of its folder, and its key in ``results.json``.
        part: Its description.
        data: What `Part.compute` gave.
    """

    id: str
    part: Part[Any, Any]
    data: Any

    @property
    def anchor(self) -> str:
        """Its id in the page."""
        return self.id.replace("_", "-")

    @property
    def title(self) -> str:
        return self.part.title

    @property
    def template(self) -> str:
        return f"parts/{self.id}/page.html"

    @property
    def is_shown(self) -> bool:
        return self.part.is_shown(self.data)

    def drawings(self) -> Any:
        """The figures or tables of the data; those of a whole campaign would fill the memory."""
        folder = resources.files(_PACKAGE) / self.id
        if not (folder / "drawing.py").is_file():
            return ()
        return importlib.import_module(f"{_PACKAGE}.{self.id}.drawing").draw(self.data)


@lru_cache(maxsize=1)
def all_parts() -> Mapping[str, Part[object, object]]:
    """Id -> part, in the order of the pages."""
    folders = resources.files(_PACKAGE).iterdir()
    names = [folder.name for folder in folders if (folder / "page.html").is_file()]
    parts: dict[str, Part[Any, Any]] = {
        name: importlib.import_module(f"{_PACKAGE}.{name}.data").PART for name in names
    }
    items = sorted(parts.items(), key=lambda item: (item[1].page, item[1].order, item[0]))
    return MappingProxyType(dict(items))


def fill(page: PageKind, view: object) -> Iterator[FilledPart]:
    """The parts of a page that have data for it."""
    for name, part in all_parts().items():
        if part.page == page:
            data = part.compute(view)
            if data is not None:
                yield FilledPart(id=name, part=part, data=data)
