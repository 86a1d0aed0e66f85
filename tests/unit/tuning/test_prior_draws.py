"""First trials: near the default, and where configurations were good elsewhere."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from harness.algorithms import ALGORITHMS
from harness.core.matrix import Cell
from harness.core.search_settings import Component
from harness.core.space import Space
from harness.core.spaces.axis import Scalar
from harness.core.spaces.domain import Choice, Domain, Float, Int
from harness.registry import Registry, component_paths
from harness.tuning.prior_draws import _near, is_inside
from harness.tuning.suggestion import Suggester

REGISTRY = Registry(samplers=component_paths("sampler"), pruners=component_paths("pruner"))
ORDER = ("learning_rate", "gamma", "n_steps", "epochs")


@pytest.fixture
def first_trials(cell: Cell, search: Any) -> Any:
    """Values of 200 trials that `auto` draws before its model, with these priors."""

    def draw(
        priors: dict[str, tuple[Any, ...]], space: Space | None = None
    ) -> list[dict[str, Any]]:
        algorithm = replace(cell.algorithm, importance=ORDER, priors=priors)
        options = {"n_startup_trials": 10_000}
        sampler = Component(name="auto", options=options)
        changed = replace(
            cell,
            algorithm=algorithm,
            space=space or cell.space,
            search=replace(cell.search, sampler=sampler, trials=201),
        )
        default = search(changed, 1, lambda _: 0.0)
        drawn = []
        for seed in range(200):
            suggester = Suggester(REGISTRY, "c", replace(changed, seed=seed))
            drawn.append(changed.space.decode(suggester.suggest(default, []).coordinates))
        return drawn

    return draw


def test_half_of_them_move_only_what_matters_most(first_trials: Any, cell: Cell) -> None:
    usual = cell.space.default_values()
    others = [name for name in usual if name not in ORDER]
    near = sum(all(each[name] == usual[name] for name in others) for each in first_trials({}))
    # Two options each: a quarter of the trials that move all parameters have these by chance.
    assert 0.5 < near / 200 < 0.75


def test_values_near_good_ones_are_most_of_a_trial_near_the_default_and_few_elsewhere(
    first_trials: Any, cell: Cell
) -> None:
    usual = cell.space.default_values()
    others = [name for name in usual if name not in ORDER]
    shares: dict[bool, list[bool]] = {True: [], False: []}
    decades = []
    for each in first_trials({"learning_rate": (1e-3,)}):
        near_default = all(each[name] == usual[name] for name in others)
        # Within two spreads of 0.05 x 4 decades lie 95 % of those, and a fifth of the even ones.
        decades.append(abs(math.log10(each["learning_rate"]) + 3))
        shares[near_default].append(decades[-1] < 0.4)
    assert 0.6 < sum(shares[True]) / len(shares[True]) < 0.85
    assert 0.2 < sum(shares[False]) / len(shares[False]) < 0.55
    assert max(decades) > 1.5


def test_good_options_are_drawn_as_often_as_they_stand_there(first_trials: Any) -> None:
    trials = first_trials({"epochs": (3, 3, 3, 3)})
    assert sum(2 <= each["epochs"] <= 4 for each in trials) > 80


def test_good_values_outside_a_range_are_not_drawn(first_trials: Any, cell: Cell) -> None:
    rate = cell.space["learning_rate"]
    narrow = replace(rate, domain=Float(low=1e-5, high=1e-4, log=True))
    trials = first_trials({"learning_rate": (1e-2,)}, cell.space.with_parameter(narrow))
    rates = [each["learning_rate"] for each in trials]
    # The default lies outside as well, so that every trial draws one, evenly.
    assert all(1e-5 <= rate <= 1e-4 for rate in rates)
    assert max(rates.count(rate) for rate in rates) == 1


def test_values_of_ranges_in_steps_lie_on_a_step(first_trials: Any, cell: Cell) -> None:
    # Neither the defaults nor what was good elsewhere do.
    epochs, rate = Int(low=1, high=20, step=4), Float(low=0.001, high=0.1, step=0.033)
    space = cell.space.with_parameter(replace(cell.space["epochs"], domain=epochs))
    space = space.with_parameter(replace(space["learning_rate"], domain=rate, default=0.005))
    for trial in first_trials({"epochs": (10, 15), "learning_rate": (0.01, 0.02)}, space):
        assert trial["epochs"] in {1, 5, 9, 13, 17}
        assert trial["learning_rate"] in {0.001, 0.034, 0.067, 0.1}


@pytest.mark.parametrize(
    ("domain", "value", "shift", "moved"),
    [
        (Int(low=100, high=120), 110, 0.1, 112),
        (Int(low=100, high=120), 110, -0.13, 107),
        (Float(low=-3.0, high=5.0), 1.0, 0.25, 3.0),
        (Float(low=1e-4, high=1e-2, log=True), 1e-3, 0.25, 10**-2.5),
        (Float(low=1e-4, high=1e-2, log=True), 1e-3, -0.75, 1e-4),
        (Float(low=2.0, high=4.0), 3.0, 0.75, 4.0),
        (Float(low=2.0, high=2.0), 2.0, 0.3, 2.0),
        (Choice(options=("a", "b")), "a", 0.3, "a"),
    ],
)
def test_a_value_is_moved_by_a_share_of_its_range(
    domain: Domain, value: Scalar, shift: float, moved: Scalar
) -> None:
    found = _near(domain.axis("x"), value, shift)
    assert found == (moved if isinstance(moved, str) else pytest.approx(moved))
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("domain", "inside", "outside"),
    [
        (Int(low=1, high=4), (1, 4), (0, 5, "2", None)),
        (Float(low=0.5, high=1.0), (0.5, 1.0, 1), (0.4, 1.1, True, "auto")),
        (Choice(options=("a", 2)), ("a", 2), ("b", 3)),
    ],
)
def test_a_value_lies_between_bounds_or_is_an_option(
    domain: Domain, inside: tuple[Scalar, ...], outside: tuple[Scalar, ...]
) -> None:
    assert all(is_inside(domain, value) for value in inside)
    assert not any(is_inside(domain, value) for value in outside)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda each: each.name)
def test_good_values_of_an_algorithm_lie_in_its_ranges(algorithm: Any) -> None:
    assert algorithm.priors, "each algorithm has some"
    for name, values in algorithm.priors.items():
        assert all(is_inside(algorithm.space[name].domain, value) for value in values), name
