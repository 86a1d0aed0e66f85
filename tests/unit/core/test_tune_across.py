"""One configuration for all scenarios: which candidate it is, and what of it is trained."""

from dataclasses import replace

import pytest
from builders import cell, cell_of, ladders

from harness.core.decisions import plan
from harness.core.decisions.transfer import ShippedConfiguration, plan_transfer, sources
from harness.core.decisions.tune_across import (
    choose_across,
    normalise_means,
    plan_across,
    plan_default,
)
from harness.core.learner_arguments import cell_arguments
from harness.core.run import ACROSS
from harness.core.scenario import Scenario, Score
from harness.core.settings import Rung, Transfer


def scenario(random, reference):
    ends = [
        None if value is None else Score(value=value, source="") for value in (random, reference)
    ]
    return Scenario(name="A", env="A", action="Discrete", random=ends[0], reference=ends[1])


@pytest.mark.parametrize(
    ("by", "means", "choice"),
    [
        ("mean", {"default": (0.5, 0.5), "a": (1.0, 0.1), "b": (0.4, 0.4)}, "a"),
        ("worst", {"default": (0.4, 0.5), "a": (1.0, 0.1), "b": (0.6, 0.45)}, "b"),
        ("mean", {"default": (0.5, 0.5), "a": (0.4, 0.6)}, "default"),  # a tie
        ("mean", {"default": (0.1, 0.1), "a": (None, 9.0), "b": (0.2, 0.2)}, "b"),
        ("worst", {"default": (0.1, None), "a": (0.0, 0.0)}, "a"),
        ("mean", {"default": (0.1, None), "a": (None, 0.0)}, "default"),
    ],
)
def test_the_best_in_all_scenarios_is_chosen(by, means, choice):
    scenarios = [{name: each[index] for name, each in means.items()} for index in (0, 1)]
    assert choose_across(scenarios, by) == choice


def test_scores_are_normalised_by_fixed_references():
    scores = {"default": [-150.0, -50.0], "a": [0.0, None], "b": []}
    assert normalise_means(scenario(-200.0, 0.0), scores) == {"default": 0.5, "a": None, "b": None}
    for ends in [(None, 1.0), (1.0, None), (1.0, 1.0)]:
        assert normalise_means(scenario(*ends), scores) == dict.fromkeys(scores)


def test_the_own_winner_is_a_candidate_where_one_configuration_is_asked_for():
    asked = cell_of("toy@A-v0", transfer=Transfer(seeds=2, tune_across="mean"))
    other = cell_of("toy@B-v0")
    assert sources(asked, [asked, other]) == (asked, other)
    without = replace(asked, transfer=Transfer(seeds=2))
    assert sources(without, [without, other]) == (other,)


def test_what_a_cell_ships_itself_is_tested_by_the_runs_of_its_test():
    own = cell(transfer=Transfer(seeds=2, tune_across="mean"))
    values = {"lr": 0.01, "net": "big"}
    arguments = cell_arguments.arguments_of(own, values)
    shipped = ShippedConfiguration(cell=own, values=values, trial=3)
    held_out = [plan.retrain(own, arguments, seed).id for seed in plan.test_seeds(own)[:3]]
    tested = plan_across(own, shipped, 3)
    assert [each.run.id for each in tested] == held_out
    assert {(each.rung, each.variant) for each in tested} == {(Rung.TRANSFER, ACROSS)}
    fresh = {each.run.seed for each in (*plan_default(own), *plan_transfer(own, shipped))}
    assert not fresh & set(plan.test_seeds(own))
    default = plan_across(own, None, 1)
    assert [each.run.id for each in default] == [plan.plan_test(own, None, 1)[0].run.id]


def joined(name, random=0.0, **settings):
    each = cell_of(name, transfer=Transfer(seeds=2, tune_across="mean"), **settings)
    ends = {"random": Score(value=random, source=""), "reference": Score(value=10.0, source="")}
    return replace(each, scenario=replace(each.scenario, **ends))


def ends_of(cells, score):
    *_, last = ladders(cells, score)
    return last


class TestLadders:
    """Two cells that share one configuration, to the end of their ladders."""

    CELLS = (joined("toy@A-v0"), joined("toy@B-v0"))

    @staticmethod
    def best_of(name):
        """Scores by which the searches find winners, and the winner of one cell is best in all."""

        def score(planned):
            if planned.rung == Rung.TRANSFER:
                return 9.0 if planned.variant == name else 1.0
            return float(planned.trial or planned.index)

        return score

    @pytest.mark.parametrize("name", ["toy@A-v0", "toy@B-v0"])
    def test_the_best_in_all_is_tested_in_each(self, name):
        ended = ends_of(self.CELLS, self.best_of(name))
        for each in ended.values():
            assert each.history.across == name
            assert (each.awaits_across, each.awaited_sources, each.done) == (False, 0, True)
            variants = [run.variant for run in each.planned[Rung.TRANSFER]]
            assert variants == [
                *["default"] * 2, *["toy@A-v0"] * 2, *["toy@B-v0"] * 2, *[ACROSS] * 4,
            ]  # fmt: skip
            assert {n: len(scores) for n, scores in each.pool.items()} == {
                "default": 2, "toy@A-v0": 2, "toy@B-v0": 2,
            }  # fmt: skip
        tested = {
            run.run.arguments["lr"]
            for each in ended.values()
            for run in each.planned[Rung.TRANSFER]
            if run.variant == ACROSS
        }
        assert tested == {ended[name].shipped.values["lr"]}

    def test_the_default_is_chosen_where_no_other_is_better(self):
        ended = ends_of(self.CELLS, lambda planned: 1.0)
        for each in ended.values():
            assert each.history.across == "default"
            runs = [run for run in each.planned[Rung.TRANSFER] if run.variant == ACROSS]
            assert {run.run.id for run in runs} == {
                run.run.id for run in each.planned[Rung.TEST] if run.variant == "default"
            }

    def test_nothing_is_chosen_before_all_candidates_ended_in_all_cells(self):
        for progress in ladders(self.CELLS, self.best_of("toy@B-v0")):
            pools = [each.pool for each in progress.values()]
            is_over = all(each.winner for each in progress.values()) and None not in pools
            for each in progress.values():
                assert (each.history.across is not None) == is_over
                assert each.awaits_across != is_over
                assert each.pool is None or not each.awaited_sources
                assert not each.done or is_over

    def test_other_algorithms_choose_for_themselves(self):
        alone = joined("other@A-v0")
        plain = cell_of("toy@C-v0", transfer=Transfer(seeds=2))
        ended = ends_of([*self.CELLS, alone, plain], self.best_of("other@A-v0"))
        assert ended["other@A-v0"].history.across == "other@A-v0"
        assert ended["toy@A-v0"].history.across == "default"
        assert ended["toy@C-v0"].history.across is None
        assert not ended["toy@C-v0"].awaits_across
