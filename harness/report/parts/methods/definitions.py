"""What each number of a report is, in plain words, with its source: over cells, and all of them.

The methods page shows them, and the tables of ``docs/statistics.md`` are made of them.
"""

from __future__ import annotations

from typing import Final

from harness import stats
from harness.analysis.searches.hyperparameters import EDGE
from harness.report.number_format import percent
from harness.report.parts.methods.cell_definitions import (
    CELL,
    LADDER,
    ROBUSTNESS,
    VARIANCE,
    Chapter,
    Definition,
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
    LADDER,
    CELL,
    ROBUSTNESS,
    VARIANCE,
    _SCENARIOS,
    _SEARCH,
    _SEARCHES,
    _TRANSFER,
)
