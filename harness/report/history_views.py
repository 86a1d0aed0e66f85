"""What the page, the feed and the badge over campaigns of one pattern are made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from harness.analysis import CampaignHistory, Step
from harness.report.number_format import p_value


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """An entry of a feed: its id never changes, so that readers show it once."""

    id: str
    title: str
    updated: str
    summary: str
    link: str = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A picture of two words: what it is about, and how it stands."""

    label: str
    message: str
    color: str
    left: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The material of a page over campaigns of one pattern.

    Attributes:
        pattern: As it was asked for, ``night-*``.
        history: What is said of them.
    """

    pattern: str
    history: CampaignHistory

    @property
    def updated(self) -> str:
        """When the latest result was recorded."""
        return max(night.updated for night in self.history.nights)

    @property
    def headline(self) -> str:
        """How things stand, in a sentence."""
        worse, nights = self.history.worse, len(self.history.nights)
        if worse:
            texts = [f"{cell} since {step.campaign}" for cell, step in worse.items()]
            return f"Worse than before: {', '.join(texts)}."
        if self.history.steps:
            last = self.history.steps[0]
            return f"No cell is worse than it was; {last.cell} {last.word} in {last.campaign}."
        return f"No step in {nights} campaign{'s' * (nights != 1)}."

    @property
    def badge(self) -> Badge:
        """How things stand, in two words."""
        worse, nights = len(self.history.worse), len(self.history.nights)
        cells = f"{worse} cell{'s' * (worse != 1)} worse"
        message = cells if worse else f"no regression in {nights}"
        label = self.pattern[:30]
        return Badge(
            label=label,
            message=message,
            color="#b3261e" if worse else "#1a7040",
            left=7 * len(label) + 12,
            right=7 * len(message) + 12,
        )

    @property
    def feed(self) -> Iterator[FeedEntry]:
        """The steps, the latest first."""
        for step in self.history.steps:
            yield FeedEntry(
                id="urn:rl-harness:step:"
                + ":".join(
                    quote(part, safe="") for part in (step.campaign, step.cell, step.variant)
                ),
                title=f"{step.cell} {step.variant} {step.word} in {step.campaign}",
                updated=step.created,
                summary=_summary(step),
            )


def _summary(step: Step) -> str:
    interval = "" if step.low is None else f" [{step.low:.4g}, {step.high:.4g}]"
    return (
        f"{step.before:.4g} -> {step.after:.4g}, difference {step.difference:+.4g}{interval}, held "
        f"against all campaigns from {step.since} on; corrected {p_value(step.p_adjusted)}"
    )
