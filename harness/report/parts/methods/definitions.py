"""What each number of a report is, in plain words, with its source.

The methods page shows them, and the tables of ``docs/statistics.md`` are made of them. What
stands between asterisks is stressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from harness import stats
from harness.analysis.cell_notes import QUICK_SEEDS
from harness.analysis.searches.hyperparameters import EDGE
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

_LADDER: Final = Chapter(
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

_CELL: Final = Chapter(
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

_ROBUSTNESS: Final = Chapter(
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

_VARIANCE: Final = Chapter(
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

_SCENARIOS: Final = Chapter(
    "scenarios",
    "Many scenarios at once",
    (
        Definition(
            "Normalised score",
            "0 is a random policy and 1 a fixed reference score of the scenario, with its source "
            "on the cell's page. The ends never come from the campaign's own runs, so adding an "
            "algorithm moves nobody's score. A cell whose scenario lacks them is left out, by "
            "name.",
            "Mnih et al. 2015",
        ),
        Definition(
            "What tuning brought: mean, IQM",
            "Tuned minus default over all cells; a cell that ships its default counts with "
            "exactly 0. The stratified bootstrap's interval takes the cells as given.",
            "Agarwal et al. 2021",
        ),
        Definition(
            "Typical cell, spread between cells",
            "Mean and standard deviation of the true effects in a hierarchical model of the cells "
            "with a configuration of their own, from three on; this interval is about cells like "
            "these.",
            "Paule and Mandel 1982; Hartung and Knapp 2001; Viechtbauer 2007",
        ),
        Definition(
            "IQM",
            "The mean of the middle half of all normalised runs: less swayed by outliers and "
            "single scenarios than the mean, less noisy than the median.",
            "Agarwal et al. 2021",
        ),
        Definition("Mean, median", "Of the scenarios' mean normalised scores."),
        Definition(
            "Optimality gap",
            "How far runs stay below a normalised score of 1 on average; what lies above 1 does "
            "not make up for it. Lower is better.",
            "Agarwal et al. 2021",
        ),
        Definition(
            "Performance profile",
            "For every normalised score the share of runs above it, with a pointwise band. A "
            "curve that lies higher everywhere belongs to the better algorithm.",
            "Dolan and Moré 2002; Agarwal et al. 2021",
        ),
        Definition(
            "P(improvement)",
            "The probability that a run of one entrant beats a run of the other, averaged over "
            "the scenarios that both have; nothing is said about others. It needs no "
            "normalisation. Its interval joins those of the scenarios, each with a width even "
            "where one side always wins, or is Student's with the error of the placements, if "
            "that reaches further; a cell that ships its default is exactly 50 %.",
            "Agarwal et al. 2021; Newcombe 2006; Zou and Donner 2008; DeLong et al. 1988",
        ),
        Definition(
            "Intervals",
            f"A bootstrap that draws runs anew within each scenario, {stats.RESAMPLES:,} times "
            "from a fixed seed, so that the same database gives the same digits; its quantiles "
            "are taken so much further out that a mean gets its t interval. Or Student's with the "
            "jackknife's error and Satterthwaite's degrees of freedom, at either end the one that "
            "lies further out; for means, the optimality gap and what tuning brought also the "
            "studentised bootstrap, a resample's error counting as a quarter of the sample's at "
            "least.",
            "Efron 1979; Hall 1988; Efron and Tibshirani 1993; Hesterberg 2015; Agarwal et al. "
            "2021",
        ),
    ),
)

_SEARCHES: Final = Chapter(
    "searches",
    "Repeated searches",
    (
        Definition(
            "Tuned minus default, over searches",
            "The mean of the winners' held-out means minus the default's mean. The unit of "
            "replication is the search: one number each, so that an interval narrows with more "
            "searches, not with more seeds of the same ones. Student's quantiles of both samples "
            "are weighted by their variances, which covers where Welch's do not; corrected over "
            "the cells that are searched several times.",
            "Cochran and Cox 1950; Donner and Klar 2000; Holm 1979",
        ),
        Definition(
            "A further search",
            "Where the mean of one more search's winner is expected, less the default's.",
            "Hahn 1969",
        ),
        Definition(
            "Answer",
            "*tuning helps*, *tuning hurts*: the interval over searches leaves out 0. *one search "
            "helped*: it does not, but the first search's verdict is one: its configuration is "
            "better, and another search may not find one. *undecided*: neither.",
        ),
    ),
)

_SEARCH: Final = Chapter(
    "search",
    "The search",
    (
        Definition(
            "Optimism",
            "The best score of the search minus the tuned mean on held-out seeds: how much too "
            "good the search's own number was. Averaged on the fixed scale over cells whose "
            "search and test train equally long.",
            "Cawley and Talbot 2010; Schneider et al. 2025",
        ),
        Definition(
            "Parts of the optimism",
            "*Selection*: the best score of the search minus the same trial's mean on fresh seeds; "
            "*change of winner*: minus what the confirm rung won by choosing another; the rest is "
            "the luck of that choice, confirmed minus held-out. They add up.",
        ),
        Definition(
            "Shrunk mean",
            "The winner's mean on the confirm seeds is the best of several, hence too high on "
            "average. It is drawn towards the mean of all candidates' means: of its distance from "
            "that, the share 1 \u2212 noise / spread is kept, none if that is below 0, where "
            "spread is the variance between the candidates' means and noise the mean squared "
            "standard error of one. It is an estimate, no choice: what is shipped has the best "
            "mean.",
            "James and Stein 1961; Efron and Morris 1975",
        ),
        Definition(
            "Worse than default",
            "The share of cells whose tuned mean is below the default's, with Wilson's interval; "
            "where tuning changes nothing, chance alone gives half.",
            "Wilson 1927",
        ),
        Definition(
            "Search and test",
            "The rank correlation of search scores with fresh seeds: over cells, and among the "
            "candidates of a cell, averaged over cells with Student's interval over these "
            "(candidates of a cell are ranked among each other, so that pairs cannot be counted). "
            "Candidates are the best few, so little correlation is normal: one seed says little "
            "among good configurations.",
            "Spearman 1904; Bonett and Wright 2000",
        ),
        Definition(
            "Foresight of the pruner",
            "The rank correlation of the evaluations at one moment of training with the final "
            "scores. Where it is low, giving trials up at that moment is a lottery. Pruned trials "
            "have no final score; without them the figure is too low, so two more are shown: if "
            "every pruned trial would have ended below all others, and above. In returns: what "
            "keeping only the better half at that point would have lost.",
        ),
        Definition(
            "Area under the curve",
            "The mean return over the whole training (trapezoidal) instead of its end: who learns "
            "faster.",
        ),
        Definition(
            "Steps to the threshold",
            "The steps of the first evaluation at or above the scenario's own mark. Runs that "
            "never get there are censored: the median may lie beyond the budget (order "
            "statistics), and the restricted mean counts them with the whole budget. A failed run "
            "counts as one that never got there.",
            "Conover 1999; Royston and Parmar 2013",
        ),
        Definition(
            "Importance",
            "The share of the score's variation over the trials that a hyperparameter accounts "
            "for, by Optuna's evaluator. From few trials it is a hint at best.",
        ),
    ),
)

_TRANSFER: Final = Chapter(
    "transfer",
    "Hyperparameters and transfers",
    (
        Definition(
            "Edge",
            f"A shipped value within {percent(EDGE)} of an end of its range, on the axis that was "
            "searched (logarithms, distance from 1, powers of two); with the share of the best "
            "quarter of trials at the same end, and a YAML patch that widens the range by half "
            "its axis.",
        ),
        Definition(
            "Drift",
            "Where each scenario's best value lies against the default, and whether they agree on "
            "the direction.",
        ),
        Definition(
            "Transfer matrix",
            "What a cell's shipped configuration scores on the algorithm's other scenarios: "
            "trained there from scratch on fresh seeds with the test's steps and evaluations. "
            "Rules that depend on the number of environments and on the budget are applied anew, "
            "and what the matrix fixes for the other scenario stays fixed. The diagonal and the "
            "default come from the test's held-out seeds.",
        ),
        Definition(
            "One configuration for all scenarios",
            "Of the default and all winners the best by mean (or worst) normalised score on fresh "
            "seeds; tested on the held-out ones. Against it stands each cell's winner: verdicts by "
            "the rule over all such cells of the campaign, and the mean over scenarios of the "
            "normalised differences, paired by seed, with a stratified bootstrap interval.",
        ),
        Definition(
            "Sensitivity Φ",
            "How much an algorithm loses, on average over scenarios, if it must use one "
            "configuration everywhere instead of the best one for each; 0 means that tuning per "
            "scenario gains nothing. A maximum of noisy means is too high: what is best is chosen "
            "on half of the seeds and scored on the other half, 200 times, so that chance alone "
            "gives 0. Settings without a score somewhere count nowhere.",
            "Adkins, Bowling and White 2024; Picard and Cook 1984",
        ),
        Definition(
            "Best single setting",
            "The configuration with the best mean place among all scores of a scenario, over "
            "scenarios. It is a winner: publish it only from fresh seeds.",
            "Patterson et al. 2024",
        ),
    ),
)

CHAPTERS: Final = (
    _LADDER,
    _CELL,
    _ROBUSTNESS,
    _VARIANCE,
    _SCENARIOS,
    _SEARCH,
    _SEARCHES,
    _TRANSFER,
)
