"""Works that a campaign builds on: which of `references.bib` it cites, and where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

from harness.core.algorithm import Algorithm
from harness.core.printable_text import slugs
from harness.report.text_escapes import latex

_ENTRY: Final = re.compile(
    r"^@(?P<kind>\w+)\{(?P<key>[^,]+),\n(?P<fields>.*?)^\}\n", re.MULTILINE | re.DOTALL
)
_FIELD: Final = re.compile(r"^  (?P<name>\w+) = \{(?P<value>.*)\},$", re.MULTILINE)
_CITED: Final = re.compile(r"\\cite\{(?P<keys>[^}]+)\}")
_YEAR: Final = re.compile(r"\b(?:1[89]|20)\d\d\b")
_IDENTIFIERS: Final = ("doi", "eprint", "url")
_INTERNAL: Final = "keywords"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    r"""An entry of BibTeX.

    Attributes:
        key: What ``\cite`` names.
        kind: ``article``, ``misc`` and so on.
        fields: Name -> text, as written.
    """

    key: str
    kind: str
    fields: tuple[tuple[str, str], ...]

    def field(self, name: str) -> str:
        """Text of a field; empty without it."""
        return dict(self.fields).get(name, "")

    @property
    def keywords(self) -> frozenset[str]:
        return frozenset(word.strip() for word in self.field(_INTERNAL).split(","))

    @property
    def first_author(self) -> str:
        """Surname in plain letters, ``Colas``."""
        return re.sub(r"[{}\\'`\"~]", "", self.field("author").partition(",")[0])

    @property
    def text(self) -> str:
        """The entry, for a file."""
        rows = (f"  {name} = {{{text}}}," for name, text in self.fields if name != _INTERNAL)
        return "\n".join([f"@{self.kind}{{{self.key},", *rows, "}", ""])


@lru_cache(maxsize=1)
def works() -> tuple[Reference, ...]:
    """Every work that is known, in the order of the keys."""
    source = resources.files("harness.report.paper") / "references.bib"
    text = source.read_text(encoding="utf-8")
    return tuple(
        Reference(
            key=entry["key"],
            kind=entry["kind"],
            fields=tuple((f["name"], f["value"]) for f in _FIELD.finditer(entry["fields"])),
        )
        for entry in _ENTRY.finditer(text)
    )


def cite(references: Iterable[Reference]) -> str:
    r"""``\cite{...}`` of these, each once; empty for none.

    >>> cite(cited_for("sampler:random"))
    '\\cite{bergstra2012random}'
    """
    keys = dict.fromkeys(reference.key for reference in references)
    return rf"\cite{{{','.join(keys)}}}" if keys else ""


def cited_for(keyword: str) -> tuple[Reference, ...]:
    """What is cited for a part of a campaign, e.g. ``sampler:tpe``."""
    return tuple(work for work in works() if keyword in work.keywords)


def cited_as(text: str) -> tuple[Reference, ...]:
    """Works named in running text, ``Welch (1947); Holm (1979)``, by first author and year.

    Raises:
        KeyError: One of them is not in the list.
    """
    references: list[Reference] = []
    for part in text.split(";"):
        years = _YEAR.findall(part)
        matches = [
            work
            for work in works()
            if work.field("year") in years and re.search(rf"\b{work.first_author}\b", part)
        ]
        if not matches:
            raise KeyError(f"no work for {part.strip()!r} in references.bib")
        references += matches
    return tuple(references)


def learner_entry(algorithm: Algorithm) -> Reference | None:
    """The work behind a learner; one that is not known is cited as its source says."""
    source = algorithm.source
    for work in works():
        if any((text := work.field(name)) and text in source for name in _IDENTIFIERS):
            return work
    if not source:
        return None
    title, text = latex(algorithm.title or algorithm.name), latex(source)
    name = re.sub(r"[^A-Za-z0-9-]", "-", slugs([algorithm.name])[algorithm.name])
    fields = (("title", title), ("howpublished", text), ("key", title))
    return Reference(key=f"learner-{name}", kind="misc", fields=fields)


def bibliography(texts: Iterable[str], learners: Iterable[Reference]) -> str:
    """The entries that these texts cite, in the order of their keys."""
    keys = {
        key for text in texts for citation in _CITED.findall(text) for key in citation.split(",")
    }
    entries = {work.key: work for work in (*works(), *learners)}
    return "\n".join(entries[key].text for key in sorted(keys))
