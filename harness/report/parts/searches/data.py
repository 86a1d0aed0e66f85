"""Is it tuning that helps, or was it this search? Of cells that are searched several times."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import RepeatedSearches, repeated_searches
from harness.report.campaign_views import CampaignView
from harness.report.page_parts import Part

_MEANINGS = {
    "tuning helps": "another search may be expected to help too: searches agree beyond their "
    "spread",
    "tuning hurts": "searches ship what is worse than the default, beyond their spread",
    "one search helped": "the first search's configuration is better; whether tuning is, these "
    "searches do not show",
    "undecided": "the searches show no difference beyond their spread, which does not mean that "
    "there is none",
    "not done yet": "a search, or its test, has runs to do or no score",
}

_ON_AVERAGE = "searches help on average; one more may not"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchesRow:
    """A cell's searches with the answer in words.

    Attributes:
        meaning: What the answer says.
        pages: The page of each search, in order.
        searches: The numbers.
    """

    meaning: str
    pages: tuple[str, ...]
    searches: RepeatedSearches


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchesTable:
    """Every cell that is searched more than once."""

    rows: tuple[SearchesRow, ...]


def compute(view: CampaignView) -> SearchesTable | None:
    """Left out where every cell is searched once."""
    rows = tuple(
        SearchesRow(
            meaning=_meaning(each),
            pages=tuple(view.pages[winner.cell] for winner in each.winners),
            searches=each,
        )
        for each in repeated_searches(view.record, view.rows)
    )
    return SearchesTable(rows=rows) if rows else None


def _meaning(searches: RepeatedSearches) -> str:
    low = searches.next_search.low
    if searches.answer == "tuning helps" and low is not None and low <= 0:
        return _ON_AVERAGE
    return _MEANINGS[searches.answer]


PART = Part(
    title="Is it tuning that helps, or this search?",
    page="campaign",
    order=29,
    compute=compute,
)
