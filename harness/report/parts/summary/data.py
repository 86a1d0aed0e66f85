"""The answer in one sentence, and how much work stands behind it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.core.printable_text import listing, quantity
from harness.core.progress.remaining import Span, total
from harness.report.campaign_views import CampaignView
from harness.report.number_format import duration, moment, steps
from harness.report.outcomes import OUTCOMES, against_texts, chance_text, outcome, strongest
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One number with its name."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The top of the front page.

    Attributes:
        question: What the campaign asks.
        headline: Did tuning help?
        strongest: The clearest gain in words; may be empty.
        against: What tuned is against named variants and bare numbers, a sentence each.
        chance: How many of the verdicts are expected to be false; may be empty.
        outcomes: (word, cells counted under it), words without cells left out.
        facts: The amount of work.
        checks: (status, checks) pairs of the trust page.
        cells: How many cells there are.
        done: Share of the planned runs that have ended; None when nothing remains.
        remaining: Runs still to do.
        done_text: Runs that have ended and when the last one did, in words.
        pending_text: Runs that the numbers wait for, in words; empty when there are none.
    """

    question: str
    headline: str
    strongest: str
    against: tuple[str, ...]
    chance: str
    outcomes: tuple[tuple[str, int], ...]
    facts: tuple[Fact, ...]
    checks: tuple[tuple[str, int], ...]
    cells: int
    done: float | None
    remaining: Span
    done_text: str
    pending_text: str


def compute(view: CampaignView) -> Summary:
    """Count what the leaderboard says."""
    rows = view.rows
    counts = Counter(outcome(row) for row in rows)
    seeds = sorted({len(row.default.seeds) for row in rows})
    cells, pending = view.record.cells, view.pending
    trials = sum(trial.result is not None for cell in cells for trial in cell.trials)
    results = [result for cell in cells for result in cell.results]
    runs = len(results)
    facts = [
        Fact(name=_noun(len(rows), "cell"), text=f"{len(rows):,}"),
        Fact(name="held-out seeds per variant", text="\u2013".join(map(str, _ends(seeds)))),
        Fact(name=_noun(trials, "trial"), text=f"{trials:,}"),
        Fact(name=_noun(runs, "run"), text=f"{runs:,}"),
        Fact(name="environment steps", text=steps(sum(result.steps for result in results))),
        Fact(name="CPU time", text=duration(math.fsum(result.cost.cpu for result in results))),
    ]
    least = "at least " if any(cell.winner is None for cell in cells) else ""
    statuses = Counter(check.status for check in view.checks)
    return Summary(
        question=_question(view),
        headline=view.headline,
        strongest=strongest(rows),
        against=against_texts(view.analysis.references),
        chance=chance_text(view.analysis.false_verdicts),
        outcomes=tuple((word, counts[word]) for word in OUTCOMES if counts[word]),
        facts=tuple(facts),
        checks=tuple((word, statuses[word]) for word in ("fail", "warn", "pass") if statuses[word]),
        cells=len(rows),
        done=runs / (runs + pending) if pending else None,
        remaining=total(view.remaining.values()),
        done_text=_done_text(runs, view.record.updated),
        pending_text=f"{least}{quantity(pending, 'run')}" if pending else "",
    )


def _question(view: CampaignView) -> str:
    if not view.rows:
        return ""
    algorithms = _listing([row.title for row in view.rows], "algorithm")
    scenarios = _listing([row.scenario for row in view.rows], "scenario")
    return f"Does tuning help {algorithms} on {scenarios}?"


def _listing(names: Sequence[str], noun: str) -> str:
    """Up to four names, or how many there are."""
    distinct = list(dict.fromkeys(names))
    if len(distinct) > 4:
        return quantity(len(distinct), noun)
    return listing(distinct)


def _done_text(runs: int, last_change: str) -> str:
    done = f"{quantity(runs, 'run')} {'is' if runs == 1 else 'are'} done"
    return f"{done} as of {moment(last_change)}" if last_change else done


def _noun(amount: int, noun: str) -> str:
    return quantity(amount, noun).partition(" ")[2]


def _ends(values: list[int]) -> list[int]:
    return values if len(values) < 2 else [values[0], values[-1]]


PART = Part(title="", page="campaign", order=10, compute=compute)
