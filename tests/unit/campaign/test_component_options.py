"""What a sampler or pruner makes of its options is said by a check, not by the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.campaign.matrices import load, registry
from harness.core.matrix import Matrix
from harness.errors import MatrixError

NAMES = registry(dry_runs=True)

WRONG = {
    "pruner": (
        "threshold",
        "{name: threshold, lower: 5, upper: 1}",
        "{name: median, n_startup_trials: -1}",
        "{name: median, n_startup_trials: 1.5}",
        "{name: median, interval_steps: 0}",
        "{name: percentile, percentile: 500}",
        "{name: hyperband, min_share: 2}",
        "{name: hyperband, by_effort: true}",
        "{name: hyperband, min_share: 0.1, min_resource: 1}",
        "{name: hyperband, min_resource: 100}",
        "{name: hyperband, reduction_factor: 1}",
        "{name: hyperband, bootstrap_count: -1}",
        "{name: successive_halving, reduction_factor: 1}",
        "{name: successive_halving, bootstrap_count: -2}",
        "{name: patient, patience: -1}",
        "{name: wilcoxon, p_threshold: 2}",
    ),
    "sampler": (
        "{name: grid, points: 0}",
        "{name: grid, points: 1.5}",
        "{name: cmaes, popsize: 1}",
        "{name: cmaes, lr_adapt: true, with_margin: true}",
        "{name: tpe, n_ei_candidates: 0}",
        "{name: nsga2, population_size: 1}",
        "{name: nsga2, mutation_prob: 3}",
    ),
}
RIGHT = {
    "pruner": (
        "{name: threshold, lower: 5}",
        "{name: percentile, percentile: 25, n_startup_trials: 0}",
        "{name: hyperband, min_share: 0.1, by_effort: true}",
        "{name: patient, patience: 2}",
    ),
    "sampler": ("{name: grid, points: 1}", "{name: tpe, multivariate: false}", "cmaes", "random"),
}


def checked(tmp_path: Path, kind: str, entry: str) -> Matrix:
    path = tmp_path / "m.yaml"
    path.write_text(
        "scenarios: [CartPole-v1]\nalgorithms: [a2c]\nsearch:\n"
        f"  {kind}: {entry}\n  trials: 6\n  steps: 1000\n  evals: 4\n"
        "  parameters: [gamma, learning_rate]\n"
    )
    return load(str(path), NAMES)


@pytest.mark.parametrize(("kind", "entry"), [(k, e) for k in WRONG for e in WRONG[k]])
def test_what_a_component_does_not_take_is_a_problem_of_the_matrix(
    kind: str, entry: str, tmp_path: Path
) -> None:
    with pytest.raises(MatrixError) as caught:
        checked(tmp_path, kind, entry)
    (fault,) = caught.value.problems
    assert fault.message.startswith(f"{kind} `{entry.strip('{}').partition(',')[0].split()[-1]}`")
    assert fault.line == 4


@pytest.mark.parametrize(("kind", "entry"), [(k, e) for k in RIGHT for e in RIGHT[k]])
def test_what_it_takes_is_none(kind: str, entry: str, tmp_path: Path) -> None:
    assert getattr(checked(tmp_path, kind, entry).cells[0].search, kind).name in entry
