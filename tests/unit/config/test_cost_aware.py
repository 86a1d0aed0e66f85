import pytest

from harness.errors import MatrixError

MATRIX = """
scenarios: [CartPole-v1]
algorithms: [ppo]
search: {{trials: 3{more}}}
"""


def limit(load, more):
    return load(MATRIX.format(more=more)).cells[0].search.cost_aware


@pytest.mark.parametrize(
    ("more", "times"),
    [
        ("", None),
        (", cost_aware: false", None),
        (", cost_aware: true", 4.0),
        (", cost_aware: 2", 2.0),
        (", cost_aware: 1.5", 1.5),
    ],
)
def test_true_false_or_a_multiple(load, more, times):
    assert limit(load, more) == times


@pytest.mark.parametrize("written", ["1", "0.5", "-3", "often"])
def test_other_multiples_are_refused_where_they_stand(load, written):
    with pytest.raises(MatrixError) as caught:
        limit(load, f", cost_aware: {written}")
    (problem,) = caught.value.problems
    assert problem.line == 4


def test_without_a_limit_the_study_is_the_one_it_was(load):
    free, limited = (
        load(MATRIX.format(more=more)).cells[0].study_digest()
        for more in (", cost_aware: false", ", cost_aware: true")
    )
    assert load(MATRIX.format(more="")).cells[0].study_digest() == free != limited


@pytest.mark.parametrize("sampler", ["grid", "qmc"])
def test_a_sequence_of_points_cannot_be_limited(load, sampler):
    with pytest.raises(MatrixError) as caught:
        limit(load, f", cost_aware: true, sampler: {sampler}")
    found = [problem for problem in caught.value.problems if "cost_aware" in problem.message]
    assert [f"sampler `{sampler}`" in problem.message for problem in found] == [True]
