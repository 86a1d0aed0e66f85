"""What is said beside a cell's numbers: notes, trust figures, agents, published scores."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest
from builders import cell, result, trial
from builders import run_record as run

from harness.analysis.cell_notes import (
    adaptive_seeds_note,
    disagreement_notes,
    explain_missing_rivals,
    notes,
    raised_seeds_note,
    repeats_note,
    unstable_note,
)
from harness.analysis.interim_analyses import Interim, interims
from harness.analysis.leaderboard_rows import Difference, TrialCounts
from harness.analysis.multi_agent import multi_agent_results
from harness.analysis.published_scores import published_scores
from harness.analysis.trust_figures import cpu_by_rung, trust
from harness.analysis.variant_scores import variant_scores
from harness.core.opponents import SavedModel
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, TUNED, Variant
from harness.core.run_result import Cost, Evaluation
from harness.core.search_settings import Search, Until
from harness.core.settings import Adaptive, Rung, Test

TRIAL = Variant("trial-1")
COUNTS = TrialCounts(rivals=11, complete=12, pruned=0, failed=0, planned=12)


def record(*runs, winner=TRIAL, trials=(), closed=None, sampler_error=None, **changes):
    even = {"test": Test(seeds=10, steps=100, evals=4, episodes=2)}
    return CellRecord(
        cell=cell(**even | changes),
        runs=runs,
        winner=winner,
        trials=trials,
        closed=closed,
        sampler_error=sampler_error,
    )


def scores_of(*scores, variant="tuned"):
    return variant_scores(variant, [run(n, score) for n, score in enumerate(scores)])


TEN = scores_of(*range(10))


def said(of=None, variants=(TEN,), counts=COUNTS, pending=0):
    return notes(record() if of is None else of, variants, counts, pending)


class TestNotes:
    def test_of_a_cell_as_it_should_be_nothing_is_said(self):
        assert said() == ()

    def test_a_closed_search_is_partial(self):
        (note,) = said(record(closed=5), counts=replace(COUNTS, rivals=0))
        assert note.startswith(
            "Partial: time ran out and the search was closed after 5 of 6 trials;"
        )

    def test_a_sampler_that_failed_says_why(self):
        trials = (trial(0, 1.0), trial(1, 2.0))
        (note,) = said(record(winner=None, trials=trials, sampler_error="no idea"))
        assert note.startswith("The sampler failed after 2 trials: no idea. ")

    def test_a_search_that_was_longer_than_it_may_be_now(self):
        search = Search(trials=9, steps=100, evals=4, episodes=2, until=Until(plateau=2))
        trials = tuple(trial(number, -float(number)) for number in range(6))
        (note,) = said(record(search=search, trials=trials))
        assert "would have ended after 4 of its 6 trials" in note
        (note,) = said(record(search=search, trials=trials[:4]))
        assert note.startswith("The search ended after 4 of at most 9 trials")

    @pytest.mark.parametrize(
        ("winner", "pending", "words"),
        [
            (None, 1, "at least 1 run still"),
            (None, 1200, "at least 1,200 runs still"),
            (Variant("trial-1"), 2, "Unfinished: 2 runs still"),
        ],
    )
    def test_what_is_still_to_do(self, winner, pending, words):
        (note,) = said(record(winner=winner), pending=pending)
        assert words in note

    def test_a_default_that_won_has_had_a_rival_or_not(self):
        (won,) = said(record(winner=DEFAULT))
        assert won.startswith("The default won the confirm rung")
        alone = replace(COUNTS, rivals=0)
        (note,) = said(record(winner=DEFAULT), counts=alone)
        assert note == "The default had no rival: every other trial was pruned."
        for pending, closed in ((1, None), (0, 1), (1, 1)):
            *_, note = said(record(winner=DEFAULT, closed=closed), counts=alone, pending=pending)
            assert note == "The default had no rival: every other trial was pruned."

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"planned": 1}, "the search had no other trial"),
            ({"failed": 1}, "no other trial ran to the end"),
            ({}, "every other trial was pruned"),
            ({"complete": 1, "planned": 6}, "time ran out before another trial ended"),
        ],
    )
    def test_why_there_was_no_rival(self, changes, why):
        assert explain_missing_rivals(replace(COUNTS, **changes)) == why

    def test_failed_runs_are_counted_variant_by_variant(self):
        one_of_ten = scores_of(1.0, None, *range(8))
        lone = scores_of(None, variant="default")  # no other run has a mean
        rest = "failed; mean and interval are over the others."
        assert said(variants=(TEN, one_of_ten, lone)) == (
            f"tuned: 1 of 10 runs {rest}",
            "default: 1 of 1 run failed.",
        )

    def test_a_search_that_trains_otherwise_than_the_test(self):
        longer = record(test=Test(seeds=10, steps=2000, evals=4, episodes=2))
        assert said(longer) == ("The search trained 100 steps, the test 2,000.",)

    @pytest.mark.parametrize(
        ("seeds", "words"),
        [((10,), ()), ((9,), ("9 held-out seeds",)), ((1,), ("1 held-out seed",)), ((9, 10), ())],
    )
    def test_fewer_than_ten_seeds_are_quick(self, seeds, words):
        variants = [scores_of(*range(number)) for number in seeds]
        assert said(variants=variants) == tuple(
            f"Quick: {each} per variant, 10 are the standard." for each in words
        )

    def test_neither_no_seeds_nor_seeds_that_grow_are_quick(self):
        assert said(variants=()) == ()
        growing = Test(seeds=Adaptive(start=2, step=1, max=5), steps=100, evals=4, episodes=2)
        assert said(record(test=growing), variants=(scores_of(1.0, 2.0),)) == ()

    @pytest.mark.parametrize(
        ("counts", "pending", "words"),
        [
            ({"complete": 9}, 0, "Small search: 9 trials ran to the end."),
            ({"complete": 1}, 0, "Small search: 1 trial ran to the end."),
            ({"complete": 10}, 0, None),
            ({"complete": 9}, 1, None),
        ],
    )
    def test_a_search_of_few_trials_is_small(self, counts, pending, words):
        all_notes = said(counts=replace(COUNTS, **counts), pending=pending)
        assert [note for note in all_notes if "Small" in note] == ([words] if words else [])


def apart(difference, welch, permutation):
    names = (field.name for field in fields(Difference))
    values = {
        "difference": difference,
        "welch_adjusted": welch,
        "permutation_adjusted": permutation,
    }
    return Difference(**dict.fromkeys(names) | values)


class TestDisagreement:
    @pytest.mark.parametrize(
        ("word", "welch", "permutation"),
        [
            ("improved", 0.01, 0.2),
            (None, 0.01, 0.2),
            ("no clear difference", 0.01, 0.02),
            ("no clear difference", 0.3, 0.2),
            ("no clear difference", 0.05, 0.2),  # at the level is not below it
        ],
    )
    def test_where_the_tests_agree_nothing_is_said(self, word, welch, permutation):
        assert disagreement_notes(word, apart(1.0, welch, permutation)) == ()

    def test_where_a_test_was_not_made_nothing_is_said(self):
        for pair in ((None, 0.01), (0.01, None), (None, None)):
            assert disagreement_notes("no clear difference", apart(1.0, *pair)) == ()
        assert disagreement_notes("no clear difference", None) == ()

    @pytest.mark.parametrize(("difference", "would"), [(1.0, "improved"), (-1.0, "worse")])
    def test_which_test_alone_would_say_what(self, difference, would):
        word = "no clear difference"
        (note,) = disagreement_notes(word, apart(difference, 0.012, 0.2))
        assert note.startswith(
            f"Welch's test alone would call this {would} (p = 0.012), "
            "the permutation test over all cells would not (p = 0.20, "
        )
        (note,) = disagreement_notes(word, apart(difference, 0.2, 0.012))
        assert note.startswith(
            f"The permutation test over all cells alone would call this {would} (p = 0.012), "
            "Welch's test would not (p = 0.20, "
        )

    def test_both_p_values_are_shown_on_their_side_of_the_level(self):
        (note,) = disagreement_notes("no clear difference", apart(1.0, 0.0497, 0.0502))
        assert "improved (p = 0.0497)" in note
        assert "would not (p = 0.0502," in note
        (note,) = disagreement_notes("no clear difference", apart(1.0, 0.00012, 0.2))
        assert "improved (p < 0.001)" in note


def test_an_unstable_verdict_says_what_it_would_be_either_way():
    difference = replace(
        apart(1.0, 0.01, 0.01), finished_word="improved", worst_case_word="no clear difference"
    )
    (note,) = unstable_note("unstable", difference)
    assert note == (
        "Unstable: by the runs that ended tuning improved the cell, with failed runs as the worst "
        "of all there is no clear difference; a verdict takes both."
    )
    assert unstable_note("improved", difference) == unstable_note("unstable", None) == ()
    alike = replace(difference, finished_word="undecided", worst_case_word="undecided")
    assert unstable_note("undecided", alike) == ()


def test_further_searches_and_seeds_added_after_a_look_are_named():
    assert (repeats_note(1), raised_seeds_note(())) == ((), ())
    (searches,) = repeats_note(3)
    assert searches.startswith("The first of 3 searches; ")
    (seeds,) = raised_seeds_note((5, 10))
    assert seeds.startswith("Seeds were raised after the results of 5 and 10 had been seen: ")


def look(**changes):
    values = {
        "decision": "undecided", "worst_case": "undecided", "seeds": 10, "most": 20, "look": 1,
        "looks": 4, "final": False, "statistic": None, "boundary": None,
        "alpha": 0.05,
    }  # fmt: skip
    return Interim(**values | changes)


class TestGrowingSeeds:
    PAID = "The looks are paid for"

    @pytest.mark.parametrize(
        ("changes", "words", "paid"),
        [
            ({"look": 0}, "20 at most: the first look waits until all cells with this rule have 10",
             False),
            ({}, "at most: undecided so far; the next waits until all cells with this rule have 10",
             True),
            ({"final": True, "decision": "improved"},
             "Decided at 10 of at most 20 held-out seeds, at look 1 of 4.", True),
            ({"final": True, "decision": "worse", "looks": 1},
             "Decided at 10 of at most 20 held-out seeds, at look 1 of 1.", False),
            ({"final": True, "decision": "no clear difference"},
             "Given up after 10 held-out seeds: all runs of a variant failed.", True),
            ({"final": True, "decision": "no clear difference", "look": 4},
             "Not decided by all 20 held-out seeds, after 4 looks.", True),
        ],
    )  # fmt: skip
    def test_how_far_the_looks_are(self, changes, words, paid):
        (note,) = adaptive_seeds_note(look(**changes))
        assert words in note
        assert (self.PAID in note) == paid

    def test_no_look_counts_a_seed_that_has_not_ended_or_a_shipped_default(self):
        rule = Test(seeds=Adaptive(start=2, step=1, max=3), steps=100, evals=4, episodes=2)

        def looked(*runs, winner=TRIAL):
            one = record(*runs, winner=winner, test=rule)
            return interims(CampaignRecord(name="c", created="", updated="", cells=(one,)))[
                one.name
            ]

        tuned = [run(n, float(n)) for n in range(3)]
        default = [run(n, 0.0, variant=DEFAULT) for n in range(3)]
        assert looked(*tuned, *default).look == 2
        assert looked(*tuned[:2], *default[:2]).look == 1
        assert looked(*tuned, default[0], run(1, ..., variant=DEFAULT), default[2]).look == 0
        assert looked(tuned[0], run(1, ...), *default).look == 0
        undecided = looked(*tuned, *default, winner=None)
        assert (undecided.look, undecided.final) == (0, False)
        shipped = looked(*tuned, *default, winner=DEFAULT)
        assert (shipped.look, shipped.final) == (0, True)


def figures(*runs, **changes):
    one = record(*runs, **changes)
    (found,) = trust(CampaignRecord(name="c", created="", updated="", cells=(one,)))
    return found


class TestTrust:
    def test_seeds_shared_by_two_rungs_are_named(self):
        runs = [
            run(0, 1.0, seed=5),
            run(1, 1.0, seed=6),
            run(0, 1.0, variant=DEFAULT, seed=6),
            run(0, 1.0, rung=Rung.CONFIRM, seed=7),
            run(1, 1.0, rung=Rung.CONFIRM, seed=5),
        ]
        trials = [replace(trial(0, 1.0), seed=7), replace(trial(1, 1.0), seed=8)]
        assert figures(*runs, trials=trials).shared_seeds == (5, 7)
        assert figures(run(0, 1.0, seed=5)).shared_seeds == ()

    def test_runs_that_were_still_learning_rise_at_the_end(self):
        """The last of four evaluations against the one before it, and against the first."""
        found = figures(
            run(0, 1.0, means=(0.0, 5.0, 8.0, 10.0)),
            run(1, 1.0, means=(2.0, 5.0, 6.0, 12.0)),
            run(2, None, means=(0.0, 0.0, 0.0, 90.0)),  # failed
            run(3, ...),
            run(0, 1.0, variant=DEFAULT, means=(0.0, 0.0, 0.0, 90.0)),
        )
        assert found.rising.difference == pytest.approx(4.0)
        assert found.rising.low < 4.0 < found.rising.high
        assert found.rising_share == pytest.approx(4.0 / 10.0)

    def test_without_gain_there_is_no_share_of_it(self):
        found = figures(*(run(n, 1.0, means=(3.0, 3.0, 2.0, 3.0)) for n in range(2)))
        assert found.rising.difference == pytest.approx(1.0)
        assert found.rising_share is None

    @pytest.mark.parametrize("evals", [1, 2, 8])
    def test_a_rise_needs_as_many_evaluations_before_the_late_ones(self, evals):
        test = Test(seeds=10, steps=100, evals=evals, episodes=2)
        means = tuple(float(n) for n in range(evals))
        found = figures(*(run(n, 1.0, means=means) for n in range(2)), test=test)
        expected = {1: None, 2: 1.0, 8: 2.0}[evals]
        assert (found.rising and found.rising.difference) == expected

    def test_curves_of_another_length_are_left_out(self):
        found = figures(run(0, 1.0, means=(1.0, 2.0)), run(1, 1.0, means=(1.0, 2.0)))
        assert (found.rising, found.rising_share) == (None, None)

    @pytest.mark.parametrize(
        ("tuned", "default", "share"),
        [
            ((10.0, 10.0), (10.0, 0.0), 0.75),
            ((10.0, 9.995), (9.989, 0.0), 0.5),
            ((10.0, None), (0.0,), 0.5),
            ((5.0, 5.0), (), 1.0),
            ((5.0,), (None,), None),
        ],
    )
    def test_runs_at_the_ceiling_cannot_be_told_apart(self, tuned, default, share):
        runs = [run(n, score) for n, score in enumerate(tuned)]
        runs += [run(n, score, variant=DEFAULT) for n, score in enumerate(default)]
        assert figures(*runs).at_ceiling == share

    def test_runs_are_counted_with_their_attempts_and_machines(self):
        found = figures(
            run(0, 1.0, attempts=2, cpu_model="b"),
            run(1, None, attempts=1, cpu_model="a"),
            run(2, 1.0, attempts=3, cpu_model="a"),
            run(3, 1.0),
            run(4, ...),
        )
        assert (found.runs, found.retried, found.cpu_models) == (4, 2, ("a", "b"))

    def test_cpu_time_counts_once_for_the_first_rung_a_run_serves(self):
        shared = replace(run(0, 1.0, cpu=4.0), rung=Rung.TRANSFER)
        tried = replace(trial(0, 1.0), result=replace(result("run-0"), cost=Cost(cpu=16.0)))
        runs = [run(0, 1.0, cpu=4.0), shared, run(1, 1.0, cpu=1.0), run(2, ...)]
        confirm = run(0, 1.0, rung=Rung.CONFIRM, cpu=2.0)
        assert cpu_by_rung(record(*runs, confirm, trials=(tried,))) == {
            "search": 16.0, "confirm": 2.0, "test": 5.0, "transfer": 0.0,
        }  # fmt: skip


class TestAgents:
    def played(self, index, *parts, variant=TUNED, score=1.0, steps=(30, 10, 20)):
        """A run whose late evaluation gave these returns to the agents; the earlier ones none."""
        early = [{"a": -99.0, "b": -99.0, "early": 0.0}] * (3 * len(parts))
        evaluations = [
            Evaluation(step=n, returns=(0.0,), lengths=(1,), parts=each)
            for n, each in enumerate([*early, *parts], start=1)
        ]
        made = run(index, score, variant=variant)
        slots, game, actions = steps
        outcome = replace(
            made.result,
            evaluations=tuple(evaluations),
            steps=slots,
            game_steps=game,
            agent_steps=actions,
        )
        return replace(made, result=outcome)

    def test_one_agent_alone_is_no_team(self):
        assert multi_agent_results(record(run(0, 1.0))) is None

    def test_every_agent_has_its_mean_late_return(self):
        runs = [
            self.played(0, {"b": 1.0, "a": 4.0}, {"b": 3.0, "a": 4.0}),
            self.played(1, {"a": 8.0}),
            self.played(2, {"a": 500.0}, score=None),
            replace(run(3, ...)),
            self.played(0, {"b": 7.0}, variant=DEFAULT),
        ]
        found = multi_agent_results(record(*runs))
        assert [(each.name, each.default, each.tuned) for each in found.parts] == [
            ("a", None, 6.0),
            ("b", 7.0, 2.0),
        ]

    def test_steps_of_all_runs_add_up_where_agents_are_counted(self):
        alone = run(4, 1.0)  # of a time before it had several agents
        runs = [self.played(0, {"a": 1.0}), self.played(1, {"a": 1.0}, steps=(3, 0, 2)), alone]
        found = multi_agent_results(record(*runs))
        assert (found.steps, found.game_steps, found.agent_steps) == (33, 10, 22)

    def test_saved_models_are_called_what_people_call_them(self):
        model = SavedModel(path="models/best.zip", sha256="0" * 64)
        described = {"path": model.path, "sha256": model.sha256, "sampled": model.sampled}
        scenario = replace(cell().scenario, arguments={"opponents": [described]})
        found = multi_agent_results(
            record(self.played(0, {f"seat {model.name}": 1.0}), scenario=scenario)
        )
        assert [each.name for each in found.parts] == [f"seat {model.title}"]
        assert model.name != model.title


class TestPublishedScores:
    def test_those_for_exactly_this_environment_come_first_then_new_to_old(self):
        rows = published_scores("Hopper-v3", "ppo")
        versions = [row.env for row in rows]
        assert versions[0] == "Hopper-v3"
        others = versions[versions.count("Hopper-v3") :]
        assert "Hopper-v3" not in others
        assert others == sorted(others, reverse=True)
        assert len(set(versions)) > 2

    def test_names_are_compared_as_people_write_them(self):
        assert published_scores("my_package:Hopper-v3", "PPO") == published_scores(
            "Hopper-v3", "ppo"
        )
        lstm = published_scores("CartPoleNoVel-v1", "ppo_lstm")
        assert lstm
        for name in ("recurrent_ppo", "ppo_recurrent"):
            assert published_scores("CartPoleNoVel-v1", name) == lstm
        assert published_scores("Hopper", "ppo") != ()
        assert published_scores("NoSuch-v0", "ppo") == ()

    def test_numbers_are_numbers_and_what_is_not_said_is_none(self):
        rows = [
            row for name in ("a2c", "c51", "dqn") for row in published_scores("Acrobot-v1", name)
        ]
        first = next(row for row in rows if row.source.startswith("SLM-Lab"))
        assert (first.steps, first.mean, first.spread, first.seeds) == (300000, -83.99, None, 4)
        assert all(math.isfinite(row.mean) for row in rows)
        assert {row.kind for row in rows} <= {"default", "fixed", "tuned"}
