"""The leaderboard for other programs and for papers: CSV, LaTeX, Markdown."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields

from harness.analysis import Difference, LeaderboardRow, ReferenceComparison, VariantScores
from harness.analysis.score_tables import csv_field
from harness.core.printable_text import quantity
from harness.report.campaign_views import CampaignView
from harness.report.number_format import estimate, p_value, percent, with_sign
from harness.report.outcomes import (
    against_texts,
    chance_text,
    difference_text,
    looks_text,
    outcome,
    strongest,
)
from harness.report.text_escapes import latex, markdown, one_line

_HEADER = ("scenario", "algorithm", "default", "tuned", "difference", "verdict", "seeds")
HEADINGS = tuple(word.capitalize() for word in _HEADER)
"""Of the columns in a paper."""


def leaderboard_csv(view: CampaignView) -> str:
    """One line per cell with unrounded numbers; what does not exist is empty."""
    file = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in view.rows:
        line = dict(_csv_fields(row))
        if writer is None:
            writer = csv.DictWriter(file, list(line), lineterminator="\n")
            writer.writeheader()
        writer.writerow({name: csv_field(value) for name, value in line.items()})
    return file.getvalue()


def _csv_fields(row: LeaderboardRow) -> Iterator[tuple[str, object]]:
    yield from {
        "cell": row.cell,
        "scenario": row.scenario,
        "algorithm": row.algorithm,
        "outcome": outcome(row),
        "rank": row.rank,
        "rank_to": row.rank_to,
    }.items()
    for name, variant in (("tuned", row.tuned), ("default", row.default)):
        for field in ("mean", "low", "high", "sd", "finished"):
            yield f"{name}_{field}", None if variant is None else getattr(variant, field)
        yield f"{name}_seeds", None if variant is None else len(variant.seeds)
        yield f"{name}_failed", None if variant is None else len(variant.failed)
    for field in _DIFFERENCE:
        name = field if field == "difference" else f"difference_{field}"
        yield name, None if row.difference is None else getattr(row.difference, field)
    yield "normalised_tuned", row.normalised_tuned
    yield "normalised_default", row.normalised_default
    for field in ("claimed", "best_confirmed", "confirmed", "shrunk", "gap"):
        yield f"optimism_{field}", getattr(row.optimism, field)
    for field in ("complete", "pruned", "failed", "planned"):
        yield f"trials_{field}", getattr(row.trials, field)
    yield from {
        "steps": row.steps,
        "search_steps": row.search_steps,
        "spent_steps": row.spent.steps,
        "spent_cpu_seconds": row.spent.cpu,
        "spent_runs": row.spent.runs,
        "pending": row.pending,
        "interim_decision": None if row.interim is None else row.interim.decision,
        "interim_look": None if row.interim is None else row.interim.look,
        "interim_looks": None if row.interim is None else row.interim.looks,
        "raised_from": " ".join(map(str, row.raised_from)),
        "most_seeds": None if row.interim is None else row.interim.most,
    }.items()


_DIFFERENCE = (
    "difference", "low", "high", "welch_low", "welch_high", "shrunken", "shrunken_low",
    "shrunken_high", "worst", "best", "p_value", "welch_adjusted", "permutation_p",
    "permutation_adjusted", "p_adjusted", "mann_whitney_p", "effect_size", "probability",
    "probability_low", "probability_high", "detectable", "seeds_for_half", "margin",
)  # fmt: skip


def comparisons_csv(view: CampaignView) -> str:
    """One line per named variant and bare number of a cell: tuned against it, unrounded."""
    names = [field.name for field in fields(ReferenceComparison)]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    for comparison in view.analysis.references:
        writer.writerow([csv_field(getattr(comparison, name)) for name in names])
    return file.getvalue()


def leaderboard_latex(view: CampaignView) -> str:
    r"""A ``tabular`` with booktabs rules, to ``\input`` in a paper; the larger mean is bold."""
    return "\n".join(
        [
            f"% {one_line(view.record.name)}: {one_line(view.headline)}",
            "% Mean return on held-out seeds with its 95 % interval; needs \\usepackage{booktabs}.",
            r"\begin{tabular}{llrrrlr}",
            r"\toprule",
            " & ".join(HEADINGS) + r" \\",
            r"\midrule",
            *latex_rows(view),
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )


def latex_rows(view: CampaignView, escape: Callable[[str], str] = latex) -> Iterator[str]:
    """The table's rows between its rules, with a rule between scenarios."""
    before = ""
    for row in view.rows:
        if before and row.scenario != before:
            yield r"\midrule"
        cells = _texts(row)
        cells[0] = "" if row.scenario == before else cells[0]
        columns = [escape(text) for text in cells]
        better = _better(row)
        if better is not None:
            columns[better] = rf"\textbf{{{columns[better]}}}"
        yield " & ".join(columns) + r" \\"
        for texts in _against(view, row):
            yield " & ".join(["", *map(escape, texts[1:])]) + r" \\"
        before = row.scenario


def _better(row: LeaderboardRow) -> int | None:
    """Column of the mean that a test found larger."""
    return {"improved": 3, "better": 3, "worse": 2}.get(outcome(row))


def _texts(row: LeaderboardRow) -> list[str]:
    change = _difference_text(row.difference)
    seeds = f"{row.default.finished}/{0 if row.tuned is None else row.tuned.finished}"
    looks = looks_text(row)
    seeds += f" ({looks})" if looks else ""
    variants = [_variant(row.default), _variant(row.tuned)]
    return [row.scenario, row.title, *variants, change, outcome(row), seeds]


def _against(view: CampaignView, row: LeaderboardRow) -> Iterator[list[str]]:
    """A line like those of the cells for whatever else tuned was held against."""
    for one in view.analysis.references:
        if one.cell != row.cell:
            continue
        yield [
            row.scenario,
            f"{row.title} against {one.name}",
            " ".join(estimate(one.mean, one.low, one.high)).strip(),
            _variant(row.tuned),
            difference_text(one),
            one.word or "unfinished",
            "\u2013"
            if one.seeds is None
            else f"{one.finished}/{row.tuned.finished if row.tuned else 0}",
        ]


def _difference_text(difference: Difference | None) -> str:
    if difference is None:
        return "\u2013"
    return " ".join(
        estimate(difference.difference, difference.low, difference.high, sign=True)
    ).strip()


def _variant(variant: VariantScores | None) -> str:
    if variant is None or variant.mean is None:
        return "\u2013"
    return " ".join(estimate(variant.mean, variant.low, variant.high)).strip()


def summary_markdown(view: CampaignView) -> str:
    """The answer and the leaderboard for a job summary or a pull request."""
    rows = view.rows
    lines = [f"# {markdown(view.record.name)}", "", f"**{markdown(view.headline)}**", ""]
    gain = strongest(rows)
    lines += [markdown(gain), ""] if gain else []
    lines += [markdown(text) + "\n" for text in against_texts(view.analysis.references)]
    if view.pending:
        lines += [f"Not finished: at least {quantity(view.pending, 'run')} still to do.", ""]
    if rows:
        header = [*_HEADER, "p (corrected)", "P(tuned better)", "optimism"]
        lines += list(_table(header, rows))
        others = [texts for row in rows for texts in _against(view, row)]
        if others:
            lines += [
                "",
                "Tuned against named variants and numbers, which stand in the third column:",
                "",
            ]
            lines += [f"| {' | '.join(_HEADER)} |", f"|{'---|' * len(_HEADER)}"]
            lines += [f"| {' | '.join(map(markdown, texts))} |" for texts in others]
    variants = [each for row in rows for each in (row.default, row.tuned) if each is not None]
    lines += [
        f"\nIntervals of {quantity(number, 'mean')}: {caveat}."
        for caveat, number in Counter(each.caveat for each in variants if each.caveat).items()
    ]
    if chance := chance_text(view.analysis.false_verdicts):
        lines += ["", chance]
    lines += ["", "Mean return on held-out seeds with its 95 % interval; seeds: default/tuned.", ""]
    return "\n".join(lines)


def _table(header: Sequence[str], rows: Sequence[LeaderboardRow]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        difference = row.difference
        extra = [
            p_value(None if difference is None else difference.p_adjusted),
            percent(None if difference is None else difference.probability),
            with_sign(row.optimism.gap),
        ]
        yield f"| {' | '.join(markdown(text) for text in [*_texts(row), *extra])} |"
