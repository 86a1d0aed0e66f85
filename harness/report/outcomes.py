"""What came of the cells, in words: verdicts, the headline, and why runs failed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harness.analysis import (
    CellRobustness,
    FalseVerdicts,
    Interim,
    LeaderboardRow,
    ReferenceComparison,
    explain_missing_rivals,
)
from harness.analysis.reference_comparisons import BASELINE
from harness.core.printable_text import listing, quantity
from harness.core.record import CellRecord
from harness.core.run_result import Failure
from harness.report.number_format import estimate, percent

OUTCOMES = (
    "improved",
    "better",
    "worse",
    "unstable",
    "no clear difference",
    "equivalent",
    "undecided",
    "default kept",
    "too few seeds",
    "unfinished",
    "failed",
)
"""Every word a cell can be counted under."""

GAINS = ("improved", "better")
"""Words of a cell that is better tuned."""

OF_NUMBERS = ("similar", "below")
"""What else a bare number is called that tuned is held against."""

_AVERAGE: Final = dict.fromkeys(GAINS, "better") | {"too few seeds": "no verdict"}
_SPREAD: Final = {
    "more reliable": "more reliable",
    "less reliable": "less reliable",
    "unstable": "of unstable reliability: it depends on failed runs",
}

# Another search could have found another one: nothing is said about tuning as such.
_FOUND = "The configuration that this search found"
_FOUND_MANY = "The configurations that these searches found"

_ONLY = {
    "improved": f"{_FOUND} improved {{}}.",
    "better": f"{_FOUND} made {{}} better by more than the margin.",
    "equivalent": f"{_FOUND} is equivalent to the default on {{}}: within the margin.",
    "undecided": f"Whether what {_FOUND[4:]} matters to {{}} is undecided.",
    "worse": f"{_FOUND} made {{}} worse.",
    "unstable": f"{_FOUND} leaves {{}} unstable: what is found depends on its failed runs.",
    "no clear difference": f"{_FOUND} made no clear difference to {{}}.",
    "default kept": "{} kept its default: {why}.",
    "too few seeds": "{} had too few seeds for a verdict.",
    "failed": "{} failed.",
}


def outcome(row: LeaderboardRow) -> str:
    """The one word a cell is counted under; every cell has exactly one."""
    if row.state != "complete":
        return row.state
    if row.kept_default:
        return "default kept"
    return row.verdict or "unfinished"


def rank_text(row: LeaderboardRow) -> str:
    """Ranks that no test excludes, ``1`` or ``1-3``; empty without a score."""
    if row.rank is None:
        return ""
    return str(row.rank) if row.rank == row.rank_to else f"{row.rank}\u2013{row.rank_to}"


def looks_text(row: LeaderboardRow) -> str:
    """At how many seeds a cell was decided; empty where their number was fixed in advance."""
    if row.kept_default:
        return ""
    if row.raised_from:
        before = ", ".join(map(str, row.raised_from))
        return f"seeds raised after results of {before} were seen"
    return "" if row.interim is None else _interim_text(row.interim)


def _interim_text(interim: Interim) -> str:
    if not interim.final:
        return f"first look at {interim.seeds} seeds" if not interim.look else "more seeds needed"
    if interim.has_finding:
        return f"decided at {interim.seeds} of at most {interim.most} seeds"
    if interim.look < interim.looks:
        return f"given up at {interim.seeds} of at most {interim.most} seeds"
    return f"undecided at all {interim.most} seeds"


def headline(rows: Sequence[LeaderboardRow]) -> str:
    """What came of every cell, e.g. "... improved 3 of 4 cells and made 1 worse."."""
    total = len(rows)
    if not total:
        return "The campaign has no cells."
    counts = Counter(outcome(row) for row in rows)
    if counts["unfinished"] == total:
        return f"No verdict yet: {_all(total)} still unfinished."
    if total == 1:
        row = rows[0]
        why = "nothing the search found beat it on fresh seeds"
        if not row.trials.rivals:
            why = explain_missing_rivals(row.trials)
        return _ONLY[outcome(row)].format(f"{row.title} on {row.scenario}", why=why)
    gains = counts["improved"] + counts["better"]
    which = f"{gains or 'none'} of {'' if gains else 'the '}{total:,} cells"
    main = [f"{_FOUND_MANY} improved {which}"]
    if counts["worse"]:
        main.append(f"made {counts['worse']} worse")
    if counts["no clear difference"]:
        main.append(f"left {counts['no clear difference']} with no clear difference")
    rest = _other_cells(counts)
    if not rest:
        return f"{listing(main)}."
    if not gains and len(main) == 1:
        # Nothing was set apart, so there are no others.
        return f"{main[0]}: {listing(rest)}."
    alone = rest[0].removeprefix("1 ")
    others = f"Of the others, {listing(rest)}" if rest[1:] else f"The other {alone}"
    return f"{listing(main)}. {others}."


def _other_cells(counts: Mapping[str, int]) -> list[str]:
    """What became of the cells whose variants no test set apart."""

    def be(word: str) -> str:
        return f"{'is' if counts[word] == 1 else 'are'} {word}"

    return [
        f"{counts[word]} {text}"
        for word, text in (
            ("equivalent", "made no difference that matters"),
            ("undecided", be("undecided")),
            ("unstable", be("unstable")),
            ("default kept", "kept the default"),
            ("too few seeds", "had too few seeds for a verdict"),
            ("failed", "failed"),
            ("unfinished", be("unfinished")),
        )
        if counts[word]
    ]


def against_texts(comparisons: Sequence[ReferenceComparison]) -> tuple[str, ...]:
    """What tuned is against each named variant, and against bare numbers, in a sentence each."""
    counts: dict[str, Counter[str]] = {}
    for one in sorted(comparisons, key=lambda one: not one.is_main):
        counts.setdefault(one.name, Counter())[one.word or "unfinished"] += 1
    return tuple(
        f"Tuned against {'bare numbers' if name == BASELINE else name}: "
        f"{listing([f'{word} in {number}' for word, number in words.most_common()])} "
        f"of {quantity(words.total(), 'cell')}."
        for name, words in counts.items()
    )


def difference_text(one: ReferenceComparison) -> str:
    """Tuned minus what it is held against, with its interval, and its share of that."""
    change = estimate(one.difference, one.difference_low, one.difference_high, sign=True)
    share = "" if one.share is None else f"({percent(one.share)})"
    return " ".join(filter(None, (*change, share)))


def strongest(rows: Sequence[LeaderboardRow]) -> str:
    """The clearest improvement in words; empty if nothing improved.

    By the effect that is drawn towards the other cells': the largest of many is too large.
    """
    gains = [row for row in rows if outcome(row) in GAINS and row.difference is not None]
    if not gains:
        return ""
    best = max(gains, key=_effect)
    difference = best.difference
    if difference is None or best.tuned is None:
        return ""
    before, _ = estimate(best.default.mean, best.default.low, best.default.high)
    after, _ = estimate(best.tuned.mean, best.tuned.low, best.tuned.high)
    texts = estimate(difference.difference, difference.low, difference.high, sign=True)
    change = " ".join(texts).strip()
    text = f"Clearest gain: {best.title} on {best.scenario}, {before} to {after} ({change}"
    if difference.shrunken is None:
        return f"{text})."
    shrunken_text = estimate(
        difference.shrunken, difference.shrunken_low, difference.shrunken_high, sign=True
    )
    return f"{text}; drawn towards the other cells {' '.join(shrunken_text)})."


def chance_text(verdicts: FalseVerdicts) -> str:
    """How many of the verdicts are expected to be false; empty where nothing was tested."""
    if not verdicts.tested:
        return ""
    text = (
        f"Chance alone: of {quantity(verdicts.tested, 'verdict')} at most about "
        f"{verdicts.most:.2g} {'is' if verdicts.tested == 1 else 'are'} expected to be false"
    )
    if verdicts.uncorrected > verdicts.most:
        text += f"; without the correction over cells it would be {verdicts.uncorrected:.2g}"
    if verdicts.raised:
        cells = quantity(verdicts.raised, "cell")
        text += f". More in {cells}, whose seeds were raised after results were seen"
    return f"{text}."


def reliability_text(cell: CellRobustness) -> str:
    """Whether tuned is more reliable or only better on average; empty where nothing was asked."""
    if cell.spread is None:
        return ""
    if cell.spread == "too few seeds":
        return "too few seeds"
    word = cell.mean or "no verdict"
    average = f"{_AVERAGE.get(word, word)} on average"
    if cell.spread == "no clear difference":
        return f"{average}, no clear difference in reliability"
    joint = "but" if (cell.mean in GAINS) != (cell.spread == "more reliable") else "and"
    return f"{average}, {joint} {_SPREAD[cell.spread]}"


def reliability_asides(cell: CellRobustness) -> tuple[str, ...]:
    """What else is clearly different of tuned runs, and what the words do not know of."""
    asides = [
        texts[word == "less reliable"]
        for word, texts in (
            (cell.drawdown, ("falls less while it trains", "falls more while it trains")),
            (cell.unrest, ("goes less up and down", "goes more up and down")),
            (cell.tail, ("its worst runs end higher", "its worst runs end lower")),
        )
        if word in _WHICH
    ]
    if cell.has_looks and cell.spread is not None:
        asides.append("seeds were added after looks at results, which this does not correct for")
    return tuple(asides)


_WHICH: Final = frozenset({"more reliable", "less reliable"})


def _effect(row: LeaderboardRow) -> float:
    difference = row.difference
    if difference is None:
        return 0.0
    if difference.shrunken_effect is not None:
        return difference.shrunken_effect
    # Without any spread nothing is clearer.
    return math.inf if difference.effect_size is None else difference.effect_size


def _all(total: int) -> str:
    return "the only cell is" if total == 1 else f"all {total} cells are"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Runs that failed for the same reason.

    Attributes:
        kind, message: The reason.
        runs: How many.
        stages: Rungs and variants in words.
        step: Environment step of the first one; None where unknown.
        traceback: Traceback of the first failure that has one.
    """

    kind: str
    message: str
    runs: int
    stages: str
    step: int | None
    traceback: str


def failure_groups(cell: CellRecord) -> tuple[FailureGroup, ...]:
    """The most frequent reason first."""
    stages = {trial.run_id: "search" for trial in cell.trials} | _stages_of_runs(cell)
    reasons: dict[tuple[str, str], dict[str, Failure]] = {}
    for result in cell.failures:
        if result.failure is not None:
            reason = result.failure.kind, result.failure.message
            reasons.setdefault(reason, {})[result.run_id] = result.failure
    groups = [
        _group(kind, message, failures, [stage for run, stage in stages.items() if run in failures])
        for (kind, message), failures in reasons.items()
    ]
    return tuple(sorted(groups, key=lambda group: -group.runs))


def _stages_of_runs(cell: CellRecord) -> dict[str, str]:
    """Run -> rung and variants in words; one run serves all variants of one configuration."""
    variants: dict[str, dict[str, list[str]]] = {}
    for run in cell.runs:
        variants.setdefault(run.run_id, {}).setdefault(str(run.rung), []).append(str(run.variant))
    return {
        run_id: " and ".join(f"{rung}, {' and '.join(names)}" for rung, names in rungs.items())
        for run_id, rungs in variants.items()
    }


def _group(
    kind: str, message: str, failures: Mapping[str, Failure], stages: list[str]
) -> FailureGroup:
    """One reason, with the failures by run and what these runs were for."""
    counts = [f"{stage} ({quantity(count, 'run')})" for stage, count in Counter(stages).items()]
    steps = (failure.step for failure in failures.values())
    tracebacks = (failure.traceback for failure in failures.values())
    return FailureGroup(
        kind=kind,
        message=message,
        runs=len(failures),
        stages="; ".join(counts),
        step=next((step for step in steps if step is not None), None),
        traceback=next(filter(None, tracebacks), ""),
    )
