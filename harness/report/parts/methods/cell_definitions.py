"""What the numbers of a single cell are, and what a definition is.

What stands between asterisks in a definition is stressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness import stats
from harness.analysis.cell_notes import QUICK_SEEDS
from harness.report.number_format import percent


@dataclass(frozen=True, slots=True)
class Definition:
    """One number.

    Attributes:
        name: As the report calls it.
        meaning: What it is and how it is computed.
        source: Papers, separated by semicolons.
    """

    name: str
    meaning: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """Numbers of one kind.

    Attributes:
        anchor: Its id on the methods page.
        title: Its heading, there and in the documentation.
        definitions: The numbers.
    """

    anchor: str
    title: str
    definitions: tuple[Definition, ...]


_LEVEL: Final = percent(stats.ALPHA)

LADDER: Final = Chapter(
    "ladder",
    "How a cell is judged",
    (
        Definition(
            "Search",
            "An Optuna study. Every trial trains once, on a seed of its own; trial 0 is the "
            "library's default, and the next ones are configurations that the matrix gives, if it "
            "gives any. The sampler sees finished trials only, and a trial may be given up early "
            "by the pruner. What wins here is not a result: with many noisy trials the best one "
            "is mostly lucky.",
        ),
        Definition(
            "Confirm",
            "The best few configurations and the default are trained again on fresh seeds. The "
            "best mean is shipped; if that is the default, the default is shipped.",
        ),
        Definition(
            "Test",
            "The shipped configuration and the default are trained from scratch on the same "
            "held-out seeds, for the same steps, with the same evaluation. Only these runs are "
            f"results. {QUICK_SEEDS} seeds per variant are the standard; fewer are marked as "
            "quick.",
        ),
        Definition(
            "Seeds",
            "Every rung and the evaluation episodes draw their seeds from ranges that cannot "
            "overlap. The training seed is the unit of replication: ten episodes of one trained "
            "policy are one observation, not ten.",
            "Henderson et al. 2018; Colas, Sigaud and Oudeyer 2018",
        ),
        Definition(
            "Score of a run",
            "The mean return over the last quarter of its evaluations, without exploration, never "
            "the best moment of the run. A run that failed has no score; it is counted and shown, "
            "and never replaced by a number. A search may compare its trials by another number; "
            "the checklist says by which.",
        ),
    ),
)

CELL: Final = Chapter(
    "cell",
    "One cell: tuned against default",
    (
        Definition(
            "Mean and interval",
            "The mean over training seeds; at either end of the interval the one further out of "
            "Student's and the studentised bootstrap's, which knows that scores may be skewed. Too "
            "few seeds, or runs that are all alike, cannot tell what other runs would do: a few "
            "words beside the interval say so.",
            "Student 1908; Hall 1988; Efron and Tibshirani 1993",
        ),
        Definition(
            "Difference and interval",
            "Tuned mean minus default mean, with the interval of the verdict: the same two tests, "
            "the same correction over all cells, so it leaves out 0 just where the verdict finds "
            f"a difference. Of the intervals of the cells with a verdict, {_LEVEL} are expected to "
            "be wrong. Runs are not paired: sharing a seed hardly correlates their scores.",
            "Welch 1947; Holm 1979; Benjamini and Yekutieli 2005; with added seeds Jennison and "
            "Turnbull 1989",
        ),
        Definition(
            "Welch interval, this cell alone",
            "95 %, as if the cell were the only one and had not been picked; on the cell's page.",
            "Welch 1947; Colas et al. 2018",
        ),
        Definition(
            "Drawn towards the other cells",
            "The largest of many differences are too large: they were picked for their size. This "
            "one is a compromise between the cell and all cells of the campaign, the closer to "
            "them the less their effects differ beyond noise; it is not too large even where it "
            "was picked. It needs four cells, and believes that true effects, in standard "
            'deviations over seeds, scatter about a mean. "Clearest gain" goes by it.',
            "Morris 1983; Paule and Mandel 1982",
        ),
        Definition(
            "p, Welch corrected",
            "Welch's two-sided test, after Holm's correction over all tested cells.",
            "Welch 1947; Holm 1979",
        ),
        Definition(
            "p, permutation corrected",
            "Labels permuted in all tested cells at once, each cell's t held against the largest "
            "one that chance gives among the cells without a finding yet (10,000 permutations, "
            "fixed seed). It makes no assumption about the distribution of returns.",
            "Westfall and Young 1993 (step-down maxT); Janssen 1997",
        ),
        Definition(
            "p adjusted",
            "The larger of the two: how often a difference at least this large would appear "
            "somewhere in the campaign if tuning changed nothing. The verdict goes by it. "
            "Together the tests keep the chance of even one false verdict in the campaign at "
            f"{_LEVEL}, and at 7 % in the worst case known: few seeds, and spreads as unequal as "
            "5 to 1.",
        ),
        Definition(
            "p of the permutations alone",
            "The share of all ways to relabel the cell's runs that give as large a difference; "
            "uncorrected, exact up to 200,000 ways (10 against 10), then 20,000 random ones.",
            "Fisher 1935; Pitman 1937; Phipson and Smyth 2010",
        ),
        Definition(
            "Verdict",
            f"*Improved* or *worse* if both corrected p are below {_LEVEL}: Welch's test believes "
            "in normal means, and over many cells its far tail counts; the permutation test "
            "believes nothing, and at five seeds finds what stands out from everything chance "
            "could do in any cell. *No clear difference* if one of them is not, which is no proof "
            "of equality: see what could have been detected. If one test alone would have given a "
            "verdict, a note says so. *Unstable* if runs failed and the word depends on what they "
            "are taken for: the same two tests, on the ranks of all runs of the cell with the "
            "failed ones below all others, give another one. Where the matrix names a margin: "
            "*better* or *worse* if the difference is clearly larger than it, *equivalent* if it "
            "is clearly smaller, either way, else *undecided*. *Too few seeds* with fewer than "
            f"{stats.MIN_SEEDS} scores in a variant: three against three cannot reach 5 % in a "
            "permutation test whatever the scores. *Default kept* if nothing the search found "
            "beat the default on fresh seeds. *Failed* if an arm has no score or no trial but the "
            "default ran to the end.",
            "Lachin 1999 of failed runs",
        ),
        Definition(
            "Seeds that are added",
            "Where the matrix lets the number of held-out seeds grow, a group-sequential "
            "permutation test looks after each group of them. Cells in which it finds a "
            "difference are *decided*, the others get the next group, up to the most that the "
            "matrix allows. Every look waits for all cells with the same rule, and the chance of "
            "even one false verdict among them, over all looks, stays below their share of "
            f"{_LEVEL}. The verdict and the interval of the difference are this test's; Welch's "
            "p-value, other intervals and effect sizes beside it do not know of the looks and tend "
            "to be a little too good where a cell was decided early.",
            "Mathieu et al. 2024; Romano and Wolf 2005",
        ),
        Definition(
            "Hedges' g",
            "The difference in units of the spread over seeds, corrected for small samples.",
            "Hedges 1981",
        ),
        Definition(
            "P(tuned run beats default run)",
            "The share of all pairs of a tuned and a default run in which the tuned one scores "
            "higher, ties counted half, with its 95 % interval, which has a width even where one "
            "side always wins.",
            "Agarwal et al. 2021; Newcombe 2006, method 5",
        ),
        Definition(
            "Mann-Whitney p",
            "A test of whether that share is a half, by ranks: blind to how far apart, immune to "
            "outliers, exact up to 200,000 ways to relabel the runs; uncorrected.",
            "Mann and Whitney 1947",
        ),
        Definition(
            "Whatever failed runs would have scored",
            "The least and the largest difference, had every failed run scored somewhere between "
            "the cell's lowest and highest score; on the cell's page.",
            "Horowitz and Manski 2000",
        ),
        Definition(
            "Detectable by this verdict",
            "The smallest true difference that the verdict, corrected as it is for the other "
            "cells, finds four times out of five with these seeds and this spread; and the seeds "
            "per variant that half of it would take. A trust check names the seeds for a fifth of "
            "the scale.",
            "Cohen 1988",
        ),
        Definition(
            "Rank",
            "Places within a scenario. Two rows share places unless the two tests of a verdict, "
            "Welch's with Holm over the pairs of this scenario and the permutation test over all "
            "of them at once, separate their tuned scores; a range says which places they do not "
            "exclude. Scenarios are not corrected for one another: of many, some places are wrong.",
            "Al Mohamad et al. 2022",
        ),
        Definition(
            "Cost",
            "Environment steps and CPU time of every run of the cell, failed ones included.",
        ),
    ),
)

ROBUSTNESS: Final = Chapter(
    "robustness",
    "Robustness over seeds",
    (
        Definition(
            "Range over seeds",
            "Scores of the runs at a quarter and at three quarters, apart. The interval is made "
            "of order statistics and holds whatever the distribution; its upper end takes 16 "
            "seeds, and both ends say little below 40.",
            "Chan et al. 2020; Conover 1999",
        ),
        Definition(
            "Worst quarter",
            "The mean score of the worst quarter of the runs (conditional value at risk), with a "
            "bootstrap interval from 20 seeds on (91 to 99 % hold the truth; at 5 and 10 seeds 79 "
            "to 93 %, so none is given).",
            "Acerbi and Tasche 2002; Chan et al. 2020",
        ),
        Definition(
            "Worst runs",
            "Whose worst runs end higher: the rule of verdicts on the scores, cut off above the "
            "mark that a quarter of all runs of the cell stay below, either variant with half. "
            "The worst quarter of each variant has no verdict: its mark moves with the sample, and "
            "a test finds something where nothing differs.",
            "Bawa 1975",
        ),
        Definition(
            "Fall, unrest",
            "Per run the largest fall below an earlier evaluation, and the interquartile range of "
            "the changes between evaluations; means over runs.",
            "Chan et al. 2020",
        ),
        Definition(
            "Failed", "The share of runs without a score, with Wilson's interval.", "Wilson 1927"
        ),
        Definition(
            "Reliability",
            "The rule of verdicts on the distances of the runs from the median of their own "
            "variant, failed runs as the furthest off; over all cells, and falls, unrest and "
            "worst runs with them; and the same found once more by the distances of the runs from "
            "one another.",
            "Brown and Forsythe 1974; Hines and Hines 2000; Miller 1974",
        ),
        Definition(
            "Spread, tuned over default",
            "The geometric mean over cells of the ratio of the mean distances, with Student's "
            "interval over cells.",
        ),
    ),
)

VARIANCE: Final = Chapter(
    "variance",
    "Where the variance comes from",
    (
        Definition(
            "Level",
            "The standard deviation, in returns, that one level adds: episodes of an evaluation, "
            "late evaluations of a run, training seeds of a configuration, configurations of a "
            "search, searches. Estimated by the method of moments from mean squares; one that "
            "comes out below 0 is cut at 0, and said to be.",
            "Searle, Casella and McCulloch 1992",
        ),
        Definition(
            "Interval of a level",
            "The modified large-sample interval, whose degrees of freedom shrink where the "
            "deviations have heavy tails. Normal effects it covers in 94 to 98 %; strongly skewed "
            "ones in 83 to 99 %.",
            "Ting et al. 1990; Graybill and Wang 1980; Shoemaker 2003",
        ),
        Definition(
            "Episodes, evaluations",
            "Within a run the episodes are the same ones in every evaluation, so that both are "
            "crossed there: what an episode adds to every evaluation is an episode's.",
        ),
        Definition(
            "Configurations",
            "The spread of complete trials beyond what the confirm rung's seeds would make. They "
            "are what the search tried and finished, not what the space holds.",
        ),
        Definition(
            "Searches",
            "The spread of the held-out means of several searches' winners beyond what their "
            "seeds would make; needs `search.repeats` of 2 at least.",
        ),
        Definition(
            "Twice the episodes",
            "How much narrower they would make the interval of a mean over seeds: the part of a "
            "score's variance that episodes make would halve. Twice the seeds halve all of it.",
        ),
    ),
)
