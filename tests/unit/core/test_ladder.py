"""The ladder as pure functions."""

from dataclasses import replace

import pytest
from builders import SPACE, cell, content, generous, ladders, result, trial
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.decisions import plan
from harness.core.decisions.joint_decisions import advance_all, decide_jointly, new_histories
from harness.core.decisions.transfer import ShippedConfiguration
from harness.core.decisions.winner import candidates, choose_winner
from harness.core.ladder import advance
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import NamedConfiguration
from harness.core.progress.ladder_progress import History
from harness.core.run_result import Status
from harness.core.scenario import Scenario
from harness.core.search_settings import Search
from harness.core.settings import Adaptive, Confirm, Rung, Test, Transfer
from harness.core.space import Space
from harness.core.spaces.domain import PowerOfTwo
from harness.core.spaces.parameter import Parameter


def variants(compared):
    return [candidate.variant for candidate in compared]


def test_candidates_are_the_default_and_the_best_distinct_complete_trials():
    trials = [
        trial(0, 50.0, arguments={}),
        trial(1, 10.0),
        trial(2, 30.0),
        trial(3, 99.0, status=Status.PRUNED),
        trial(4, None, status=Status.FAILED),
        trial(5, 20.0),
    ]
    assert variants(candidates(cell(), trials)) == ["default", "trial-2", "trial-5"]


def test_the_same_configuration_is_confirmed_once_and_the_default_not_twice():
    trials = [
        trial(0, 1.0, arguments={}),
        trial(1, 9.0, arguments={"lr": 1}),
        trial(2, 8.0, arguments={"lr": 1}),
        trial(3, 7.0, arguments={}),
        trial(4, 6.0, arguments={"lr": 2}),
    ]
    assert variants(candidates(cell(), trials)) == ["default", "trial-1", "trial-4"]


def test_ties_go_to_the_earlier_trial():
    trials = [trial(n, 5.0) for n in range(6)]
    assert variants(candidates(cell(), trials)) == ["default", "trial-1", "trial-2"]


def test_a_search_in_which_all_failed_leaves_the_default():
    trials = [trial(n, None, status=Status.FAILED) for n in range(6)]
    assert variants(candidates(cell(), trials)) == ["default"]


@pytest.fixture
def three():
    return candidates(cell(), [trial(n, float(n)) for n in range(6)])


def results(scores):
    return {
        variant: [
            result("u", score, Status.FAILED if score is None else Status.COMPLETE) for score in row
        ]
        for variant, row in scores.items()
    }


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"default": [1, 1], "trial-5": [2, 4], "trial-4": [3, 2]}, "trial-5"),
        ({"default": [5, 5], "trial-5": [2, 4], "trial-4": [3, 2]}, "default"),
        ({"default": [3, 3], "trial-5": [3, 3], "trial-4": [3, 3]}, "default"),
        ({"default": [1, 1], "trial-5": [99, None], "trial-4": [2, 2]}, "trial-4"),
        ({"default": [None, None], "trial-5": [None, 1], "trial-4": [None, 2]}, "trial-4"),
    ],
)
def test_the_best_mean_wins_and_failures_lose(three, scores, expected):
    assert choose_winner(cell(), three, results(scores)).variant == expected


def test_confirm_trains_every_candidate_on_the_same_fresh_seeds(three):
    runs = plan.plan_confirm(cell(), three)
    assert len(runs) == 3 * 2
    by_variant = {}
    for planned in runs:
        by_variant.setdefault(planned.variant, []).append(planned.run.seed)
    assert len(set(map(tuple, by_variant.values()))) == 1
    assert not set(by_variant["default"]) & set(plan.search_seeds(cell()))


def test_variants_differ_in_nothing_but_their_arguments(three):
    """An unfair comparison cannot be planned."""
    named = cell(
        variants=(NamedConfiguration(name="published", arguments={"lr": 0.5}),),
        test=Test(
            seeds=3, steps=200, evals=4, episodes=2, variants=("default", "tuned", "published")
        ),
    )
    runs = plan.plan_test(named, three[1])
    assert [p.variant for p in runs] == ["default"] * 3 + ["tuned"] * 3 + ["published"] * 3
    for a, b, c in zip(runs[:3], runs[3:6], runs[6:], strict=True):
        assert replace(a.run, arguments={}) == replace(b.run, arguments={})
        assert replace(a.run, arguments={}) == replace(c.run, arguments={})


def test_a_default_that_won_is_trained_once(three):
    runs = plan.plan_test(cell(), three[0])
    assert len(runs) == 8
    assert len({planned.run.id for planned in runs}) == 4


def test_without_a_winner_only_what_depends_on_nothing_is_planned():
    assert {planned.variant for planned in plan.plan_test(cell(), None)} == {"default"}


def test_adding_seeds_adds_only_runs(three):
    few = {p.run.id for p in plan.plan_test(cell(), three[1])}
    more = cell(test=Test(seeds=6, steps=200, evals=4, episodes=2))
    assert few < {p.run.id for p in plan.plan_test(more, three[1])}
    wide = cell(confirm=Confirm(top=2, seeds=5))
    few = {p.run.id for p in plan.plan_confirm(cell(), three)}
    assert few < {p.run.id for p in plan.plan_confirm(wide, three)}


def test_given_seeds_are_taken_as_they_are(three):
    own = cell(test=Test(seeds=(100, 101), steps=200))
    assert [p.run.seed for p in plan.plan_test(own, None)] == [100, 101]


def test_a_trial_carries_the_told_trials_as_its_pruning_rule():
    planned = plan.plan_trial(cell(), 3, {"lr": 1}, [trial(0, 1.0), trial(1, 2.0)])
    rule = planned.run.pruning
    assert planned.rung is Rung.SEARCH
    assert rule.study == cell().study_digest()
    assert [curve.number for curve in rule.finished] == [0, 1]
    assert rule.finished[1].means == (2.0,)


def test_the_default_is_the_library_with_what_the_matrix_fixes():
    fixed = cell(arguments={"lr": 0.5, "policy_kwargs": {"ortho_init": False}})
    arguments = cell_arguments.arguments_of(fixed, {"net": "big", "lr": 1e-3})
    assert arguments["lr"] == 0.5
    assert arguments["net"] == "big"
    assert candidates(fixed, [])[0].arguments == fixed.arguments


def test_merge_lays_nested_mappings_over_one_another():
    below = {"a": {"x": 1, "y": 2}, "b": 1}
    assert cell_arguments.merge(below, {"a": {"y": 3}, "c": 4}) == {
        "a": {"x": 1, "y": 3},
        "b": 1,
        "c": 4,
    }
    assert below == {"a": {"x": 1, "y": 2}, "b": 1}


def test_rules_see_what_the_matrix_fixes():
    """A searched batch size has to divide a fixed rollout."""

    def fit(values, context):
        return values | {"batch_size": min(values["batch_size"], values["n_steps"])}

    tied = Space(
        parameters=(Parameter(name="batch_size", domain=PowerOfTwo(low=8, high=512), default=64),),
        rules=(fit,),
    )
    fixed = cell(space=tied, arguments={"n_steps": 128})
    assert cell_arguments.arguments_of(fixed, {"batch_size": 512}) == {
        "batch_size": 128,
        "n_steps": 128,
    }


def by_trial(planned):
    """The later a trial, the better; the default is worst."""
    return float(planned.trial or 0)


def named(name, **changes):
    return cell(scenario=Scenario(name=name, env=name, action="Discrete"), **changes)


@settings(max_examples=10)
@given(st.integers(1, 3), st.integers(1, 5), st.randoms(use_true_random=False))
def test_a_search_keeps_its_trials_in_flight_and_decides_by_the_first_ones(flight, trials, draw):
    small = cell(search=Search(trials=trials, steps=100, evals=4, episodes=2, in_flight=flight))
    (name,) = (small.name,)
    for step in ladders([small], by_trial, pick=draw.choice):
        now, results = step[name], step[name].history.results
        ended = [trial.run_id in results for trial in now.trials]
        finished = ended.index(False) if False in ended else len(ended)
        assert [trial.number for trial in now.finished] == list(range(finished))
        assert len(now.trials) == min(trials, finished + flight)
        assert now.searching == (finished < trials)
        assert bool(now.candidates) == (Rung.CONFIRM in now.planned) == (not now.searching)
        assert {each.run.id for each in now.pending} == set(now.runs) - set(results)
        assert [trial.result is not None for trial in now.trials] == ended
    assert now.done
    assert now.winner.variant.trial == (trials - 1 or None)


def test_without_a_cache_the_ladder_is_the_same():
    small = named("A-v0", transfer=Transfer(seeds=1))
    for step in ladders([small, named("B-v0")], by_trial):
        for each in step.values():
            assert advance(each.cell, each.history).planned == each.planned


@pytest.fixture
def ways():
    """Every moment of a cell whose trials beat the default, and its end."""
    moments = [step[cell().name] for step in ladders([cell()], by_trial)]
    return moments, moments[-1]


def test_what_is_not_decided_is_not_known(ways):
    moments, end = ways
    decided = next(n for n, each in enumerate(moments) if each.winner is not None)
    for each in moments[:decided]:
        assert (each.shipped, each.score_pairs(), each.is_tested, each.done) == (
            None, [], False, False,
        )  # fmt: skip
    confirmed = {each.run.id for each in moments[decided].planned[Rung.CONFIRM]}
    assert confirmed <= set(moments[decided].history.results)
    assert not confirmed <= set(moments[decided - 1].history.results)
    assert not moments[-2].is_tested
    assert end.is_tested


def test_what_a_cell_ships_is_the_configuration_of_its_winner(ways):
    _, end = ways
    assert end.shipped.trial == end.winner.variant.trial == 5
    assert end.shipped.values == end.trials[5].values
    *_, step = ladders([cell()], lambda planned: -by_trial(planned))
    default = step[cell().name]
    assert default.winner.variant == "default"
    assert (default.shipped.values, default.shipped.trial) == (None, None)
    assert default.score_pairs() is None


def test_scores_are_paired_as_far_as_both_variants_have_ended(ways):
    _, end = ways
    assert end.score_pairs() == [(5.0, 0.0)] * 4
    results = end.history.results
    tuned = [each for each in end.planned[Rung.TEST] if each.variant == "tuned"]
    without = {k: v for k, v in results.items() if k != tuned[1].run.id}
    assert advance(cell(), replace(end.history, results=without)).score_pairs() == [(5.0, 0.0)]
    failed = results | {tuned[1].run.id: result(tuned[1].run.id, None, Status.FAILED)}
    pairs = advance(cell(), replace(end.history, results=failed)).score_pairs()
    assert pairs == [(5.0, 0.0), (None, 0.0), (5.0, 0.0), (5.0, 0.0)]


def test_a_variant_lacks_a_score_until_one_of_its_runs_has_one(ways):
    _, end = ways
    assert end.variants_without_score() == []
    default = [each.run.id for each in end.planned[Rung.TEST] if each.variant == "default"]
    results = dict(end.history.results)
    for count, run_id in enumerate(default, start=1):
        results[run_id] = result(run_id, None, Status.FAILED)
        now = advance(cell(), replace(end.history, results=dict(results)))
        assert now.variants_without_score() == (["default"] if count == len(default) else [])
    results = {k: v for k, v in results.items() if k not in default}
    now = advance(cell(), replace(end.history, results=results))
    assert now.variants_without_score() == ["default"]


def test_a_closed_search_decides_from_the_trials_it_was_closed_with(ways):
    moments, _ = ways
    five = next(each for each in moments if len(each.finished) == 5)
    for closed in (3, 5, 6):
        now = advance(cell(), replace(five.history, closed=closed))
        assert len(now.finished) == min(closed, 5)
        assert not now.searching
        assert now.next_trial is None
        assert variants(now.candidates)[1] == f"trial-{min(closed, 5) - 1}"
        assert {each.rung for each in now.pending} == {Rung.CONFIRM, Rung.TEST}


def test_a_default_without_rivals_is_not_confirmed_where_time_is_short(ways):
    moments, _ = ways
    first = next(each for each in moments if len(each.finished) == 1)
    closed = advance(cell(), replace(first.history, closed=1))
    assert closed.planned[Rung.CONFIRM] == ()
    assert closed.winner.variant == "default"
    alone = [step[cell().name] for step in ladders([cell()], only_the_default)][-1]
    assert len(alone.planned[Rung.CONFIRM]) == 2


def only_the_default(planned):
    return None if planned.rung is Rung.SEARCH and planned.index else 1.0


def test_a_smaller_search_leaves_out_the_trials_beyond_it(ways):
    _, end = ways
    less = advance(
        cell(search=replace(cell().search, trials=4)), History(trials=end.history.trials)
    )
    assert [trial.number for trial in less.trials] == [0, 1, 2, 3]
    assert less.next_trial is None


def test_a_cell_waits_for_every_configuration_it_is_to_train():
    cells = [named(name, transfer=Transfer(seeds=1)) for name in ("A-v0", "B-v0", "C-v0")]
    for step in ladders(cells, by_trial):
        for each in step.values():
            others = [step[name] for name in each.history.sources]
            assert len(others) == 2
            assert each.awaited_sources == sum(other.winner is None for other in others)
            shipped = [other.shipped for other in others if other.winner is not None]
            assert list(each.history.shipped) == shipped
            assert len(each.planned[Rung.TRANSFER]) == len(shipped)
            assert not (each.done and each.awaited_sources)
    assert all(each.done for each in step.values())


def test_what_a_rule_refuses_is_planned_with_the_reason_and_never_runs():
    def strict(values, context):
        if context.n_envs > 1:
            raise ValueError("one environment only")
        return values

    from_here = cell(space=replace(SPACE, rules=(strict,)))
    shipped = ShippedConfiguration(cell=from_here, values={"lr": 0.1, "net": "big"}, trial=1)
    scenario = Scenario(name="B-v0", env="B-v0", action="Discrete", n_envs=2)
    target = cell(scenario=scenario, transfer=Transfer(seeds=2))
    now = advance(target, History(sources=(from_here.name,), shipped=(shipped,)))
    runs = [each.run.id for each in now.planned[Rung.TRANSFER]]
    assert len(runs) == 2
    assert list(now.refused) == runs
    words = f"what {from_here.name} ships cannot be trained here: one environment only"
    assert set(now.refused.values()) == {words}


class TestJointDecisions:
    RULE = Adaptive(start=2, step=2, max=5)

    def cells(self, *names, seeds=RULE):
        return [named(name, test=replace(cell().test, seeds=seeds)) for name in names]

    def asked(self, cells):
        """What a judge was asked who adds seeds as long as there are any, and the cells' ends."""
        asked = []

        def ask(rule, scores, *, share, seed):
            asked.append((rule, scores, share, seed))
            return generous(rule, scores, share=share, seed=seed)

        *_, end = ladders(cells, by_trial, judge=ask)
        return asked, end

    def test_seeds_are_added_until_the_judge_is_content(self):
        cells = self.cells("A-v0", "B-v0")
        asked, end = self.asked(cells)
        assert [[len(pairs) for pairs in scores] for _, scores, *_ in asked] == [
            [2, 2], [4, 4], [5, 5],
        ]  # fmt: skip
        assert {(rule, share, seed) for rule, _, share, seed in asked} == {(self.RULE, 1.0, 7)}
        assert {each.seeds for each in end.values()} == {5}
        assert all(each.settled and each.done for each in end.values())

    def test_families_are_judged_apart_with_their_share_of_the_level(self):
        other = Adaptive(start=3, step=1, max=3)
        cells = [*self.cells("A-v0", "B-v0"), *self.cells("C-v0", seeds=other),
                 *self.cells("D-v0", seeds=2)]  # fmt: skip
        asked, end = self.asked(cells)
        shares = {rule: share for rule, _, share, _ in asked}
        assert shares == {self.RULE: 0.5, other: 0.25}
        assert [len(scores) for rule, scores, *_ in asked if rule == self.RULE] == [2, 2, 2]
        assert {name[-4]: each.seeds for name, each in end.items()} == {
            "A": 5, "B": 5, "C": 3, "D": 2,
        }  # fmt: skip

    def test_nothing_is_judged_before_every_cell_of_the_family_is_tested(self):
        cells = self.cells("A-v0", "B-v0")

        def forbidden(*args, **kwargs):
            raise AssertionError("too early")

        histories = new_histories(cells)
        progress = advance_all(cells, histories, forbidden)
        assert not any(each.is_tested for each in progress.values())
        *_, end = ladders(cells, by_trial)
        first, second = end
        half = {
            first: advance(cells[0], replace(end[first].history, settled=False)),
            second: progress[second],
        }
        assert decide_jointly(half, forbidden).analyses == ()

    def test_an_analysis_says_who_has_how_many_seeds_and_why(self):
        cells = self.cells("A-v0", "B-v0")
        tuned, default = (each.name for each in cells)

        def score(planned):
            return by_trial(planned) if planned.cell == tuned else -by_trial(planned)

        *_, end = ladders(cells, score, judge=content)
        first = {
            name: advance(each.cell, replace(each.history, seeds=None, settled=False))
            for name, each in end.items()
        }
        decisions = decide_jointly(first, generous)
        (analysis,) = decisions.analyses
        assert (analysis.look, analysis.looks) == (1, 3)
        assert analysis.decisions == {
            tuned: "undecided"
        }  # there is nothing to compare in the other
        assert analysis.seeds == {tuned: (2, 4), default: (2, 2)}
        assert {name: (h.seeds, h.settled) for name, h in decisions.histories.items()} == {
            tuned: (4, False), default: (2, True),
        }  # fmt: skip

    def test_a_settled_family_is_not_judged_again(self):
        *_, end = ladders(self.cells("A-v0", "B-v0"), by_trial)
        decisions = decide_jointly(end, None)
        assert (decisions.analyses, decisions.histories) == ((), {})


def test_a_run_that_serves_default_and_winner_is_the_defaults():
    *_, end = ladders([cell()], lambda planned: 1.0)
    (progress,) = end.values()
    assert progress.winner.variant == "default"
    tuned = {run.run.id for run in progress.planned[Rung.TEST] if run.variant == "tuned"}
    assert {progress.runs[run_id].variant for run_id in tuned} == {"default"}
    assert progress.score_pairs() is None
    # Also where the winner's are planned first.
    turned = replace(
        progress, planned={Rung.TEST: tuple(reversed(progress.planned[Rung.TEST]))}
    )  # fmt: skip
    assert {run.variant for run in turned.runs.values()} == {"default"}


@pytest.mark.parametrize(
    ("search", "closed", "searching", "may_go_on"),
    [
        ({"trials": 3}, None, True, True),
        ({"trials": 2}, None, False, False),
        ({"trials": 3}, 2, False, True),
        ({"trials": 9, "budget": 8.0}, None, True, True),
        ({"trials": 9, "budget": 3.5}, None, False, False),
        ({"trials": 9, "budget": 3.5}, 2, False, True),
    ],
)
def test_a_search_may_go_on_as_long_as_it_has_trials_to_come(search, closed, searching, may_go_on):
    each = cell(search=Search(steps=100, evals=4, episodes=2, in_flight=1, **search))
    trials = (trial(0, 1.0, {}), trial(1, 2.0))
    progress = advance(each, History(trials=trials, closed=closed))
    assert (progress.searching, progress.may_go_on) == (searching, may_go_on)
