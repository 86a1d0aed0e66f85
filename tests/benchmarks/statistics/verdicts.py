"""What verdicts find, miss and claim, on invented scores whose truth is known.

    python tests/benchmarks/statistics/verdicts.py [detectable ...] [--simulations 400] [--seed 0]

Prints one JSON object per question. Every campaign is judged by `stats.judge_jointly`, the rule of
the leaderboard; `single` is what a test of one cell alone would say.
"""

import argparse
import json
from collections import Counter

import numpy as np
from shapes import SHAPES, normal

from harness import stats


def pairs_of(tuned, default):
    """Samples of shape (n_seeds, n_cells) as the rule takes them."""
    return list(zip(tuned.T, default.T, strict=True))


def judged(pairs):
    """The rule with fewer permutations than a report takes."""
    return stats.judge_jointly(pairs, resamples=2_000)


def detectable(campaigns, generator):
    """A cell is moved by what a first campaign calls detectable; is it found four times in five?"""
    for cells in (1, 10, 24):
        for seeds in (5, 10):
            found = {"single": 0, "rule": 0}
            for _ in range(campaigns):
                shape = (2, seeds, cells)
                first = pairs_of(*normal(generator, shape))
                tuned, default = normal(generator, shape)
                shifts = {
                    "single": stats.smallest_detectable_difference(*first[0]),
                    "rule": judged(first)[0].detectable,
                }
                for name, shift in shifts.items():
                    moved = pairs_of(tuned + shift * (np.arange(cells) == 0), default)
                    found[name] += judged(moved)[0].word == "improved"
            shares = {name: round(count / campaigns, 3) for name, count in found.items()}
            yield {"cells": cells, "seeds": seeds, **shares}


def looks(campaigns, generator):
    """Nothing differs; seeds grow from 5 to 10, 20 and 40 until a cell has a verdict."""
    groups = (5, 5, 10, 20)
    for shape in SHAPES.values():
        for cells in (1, 6):
            wrong = {"fixed": 0, "raised": 0, "planned": 0}
            for number in range(campaigns):
                tuned, default = shape(generator, (2, 40, cells))
                wrong["fixed"] += finds(tuned[:5], default[:5])
                wrong["raised"] += any(finds(tuned[:n], default[:n]) for n in np.cumsum(groups))
                planned = stats.adastop(tuned, default, groups, resamples=1_000, seed=number)
                wrong["planned"] += set(planned.decisions) != {"no clear difference"}
            shares = {name: round(count / campaigns, 3) for name, count in wrong.items()}
            yield {"shape": shape.__name__, "cells": cells, **shares}


def failures(campaigns, generator):
    """Tuned runs fail by chance; those that end are as good as the default, or better."""
    for shift, rates in ((0, (0.2, 0.2)), (0, (0.5, 0)), (3, (0.1, 0.1)), (3, (0.6, 0))):
        for seeds in (5, 10, 20):
            words = {"survivors": Counter(), "rule": Counter()}
            for _ in range(campaigns):
                arms = normal(generator, (2, seeds)) + np.array([[shift], [0]])
                ended = [
                    arm[generator.random(seeds) >= rate]
                    for arm, rate in zip(arms, rates, strict=True)
                ]
                failed = tuple(seeds - len(arm) for arm in ended)
                (verdict,) = stats.judge_jointly([tuple(ended)], failures=[failed], resamples=500)
                words["survivors"][verdict.complete_case] += 1
                words["rule"][verdict.word] += 1
            shares = {
                name: {word: round(n / campaigns, 3) for word, n in counts.items()}
                for name, counts in words.items()
            }
            yield {"shift": shift, "failure_rates": rates, "seeds": seeds, **shares}


def constant(campaigns, generator):
    """Returns of 0 and 1, or of a capped environment: arms without spread lie apart by chance."""
    for learn in (0.5, 0.85):
        for cells in (1, 12, 50):
            for seeds in (5, 10):
                wrong = 0
                for _ in range(campaigns):
                    wrong += finds(*(generator.random((2, seeds, cells)) < learn).astype(float))
                share = round(wrong / campaigns, 4)
                yield {"learn": learn, "cells": cells, "seeds": seeds, "wrong": share}


def selection(campaigns, generator):
    """Intervals and effects of cells, of all and of those with a verdict; 12 cells.

    Sparse: a third of the cells are moved by 0.8 spreads (n = 5) or so much less at more seeds.
    Scattered: true effects are normal about 0.3 with a deviation of 0.6.
    """
    for truth in ("sparse", "scattered"):
        for shape in SHAPES.values():
            for seeds in (3, 5, 10, 20):
                tally = Counter()
                for _ in range(campaigns):
                    _judge_effects(tally, truth, shape, seeds, generator)
                yield {"truth": truth, "shape": shape.__name__, "seeds": seeds} | _shares(
                    tally, campaigns
                )


def _judge_effects(tally, truth, shape, seeds, generator, cells=12):
    tuned, default = shape(generator, (2, seeds, cells))
    if truth == "sparse":
        effects = np.where(np.arange(cells) < cells // 3, 0.8 * np.sqrt(5 / seeds), 0)
    else:
        effects = generator.normal(0.3, 0.6, cells)
    pairs = pairs_of(tuned + effects, default)
    sizes = [stats.hedges_g(*pair) for pair in pairs]
    variances = [stats.hedges_variance(size, seeds, seeds) for size in sizes]
    shrunken = stats.shrunken_effects(sizes, variances, 2 * seeds - 2)
    wrong = found = 0
    for effect, pair, verdict, drawn in zip(effects, pairs, judged(pairs), shrunken, strict=True):
        single = stats.compare(*pair)
        if np.isnan(single.low):
            continue
        is_found = verdict.word in {"improved", "worse"}
        unit = np.sqrt((np.var(pair[0], ddof=1) + np.var(pair[1], ddof=1)) / 2)
        covered = {
            "single": single.low <= effect <= single.high,
            "rule": verdict.low <= effect <= verdict.high,
            "shrunken": drawn.low * unit <= effect <= drawn.high * unit,
        }
        tally["cells"] += 1
        tally["found"] += is_found
        tally["mismatch"] += is_found == (verdict.low <= 0 <= verdict.high)
        for name, is_covered in covered.items():
            tally[name] += is_covered
            tally[f"{name} if found"] += is_covered and is_found
        if is_found:
            tally["true"] += abs(effect)
            tally["reported"] += (
                np.sign(effect) * single.difference if effect else abs(single.difference)
            )
            tally["drawn"] += np.sign(effect or single.difference) * drawn.value * unit
            found += 1
            wrong += not covered["rule"]
    tally["false coverage"] += wrong / max(1, found)


def _shares(tally, campaigns):
    row = {"found": tally["found"], "mismatch": tally["mismatch"]}
    for name in ("single", "rule", "shrunken"):
        row[name] = round(tally[name] / tally["cells"], 3)
        row[f"{name} if found"] = round(tally[f"{name} if found"] / max(1, tally["found"]), 3)
    for name in ("true", "reported", "drawn"):
        row[name] = round(tally[name] / max(1, tally["found"]), 2)
    return row | {"false coverage": round(tally["false coverage"] / campaigns, 3)}


def margins(campaigns, generator):
    """A margin of one spread; true differences just within it, just beyond it, and none."""
    for shape in SHAPES.values():
        for cells in (1, 12):
            for seeds in (5, 10, 20):
                row = {"shape": shape.__name__, "cells": cells, "seeds": seeds}
                for name, truth in (("within", 0.999), ("beyond", 1.001), ("none", 0.0), ("3", 3)):
                    words = Counter()
                    for _ in range(campaigns):
                        tuned, default = shape(generator, (2, seeds, cells))
                        campaign = relevances(tuned + truth, default)
                        words.update(campaign)
                        false = {"worse", "better" if truth < 1 else "equivalent"}
                        words["wrong"] += bool(false & set(campaign))
                    shown = ("wrong",) if truth in (0.999, 1.001) else ("equivalent", "better")
                    for word in shown:
                        total = campaigns * (1 if word == "wrong" else cells)
                        row[f"{word}, {name}"] = round(words[word] / total, 3)
                yield row


def share_of_false(campaigns, generator):
    """A quarter of 60 cells moved by 1.5 spreads (n = 10): verdicts, and false ones among them."""
    for shape in SHAPES.values():
        tally = Counter()
        for _ in range(campaigns):
            tuned, default = shape(generator, (2, 10, 60))
            pairs = pairs_of(tuned + 1.5 * (np.arange(60) < 15), default)
            for name in ("holm", "fdr"):
                verdicts = stats.judge_jointly(pairs, resamples=1_000, correction=name)
                found = [verdict.word in {"improved", "worse"} for verdict in verdicts]
                tally[f"{name} false share"] += sum(found[15:]) / max(1, sum(found))
                tally[f"{name} found"] += sum(found[:15]) / 15
        shares = {name: round(count / campaigns, 3) for name, count in tally.items()}
        yield {"shape": shape.__name__} | shares


def relevances(tuned, default):
    """The words of a campaign whose margin is one spread."""
    verdicts = stats.judge_margins(
        list(tuned.T), list(default.T), [(d + 1, d - 1) for d in default.T], resamples=1_000
    )
    return [verdict.word for verdict in verdicts]


def finds(tuned, default):
    """Whether any cell has a verdict."""
    if not (stats.holm([stats.welch_p(*pair) for pair in pairs_of(tuned, default)]) < 0.05).any():
        return False
    words = {verdict.word for verdict in judged(pairs_of(tuned, default))}
    return bool(words & {"improved", "worse"})


QUESTIONS = {
    "detectable": detectable,
    "looks": looks,
    "failures": failures,
    "constant": constant,
    "selection": selection,
    "margins": margins,
    "share": share_of_false,
}


def main(questions, about):
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("questions", nargs="*", choices=[*questions, []], default=list(questions))
    parser.add_argument("--simulations", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for question in options.questions:
        generator = np.random.default_rng(options.seed)
        for row in questions[question](options.simulations, generator):
            print(json.dumps({"question": question, **row}), flush=True)


if __name__ == "__main__":
    main(QUESTIONS, __doc__)
