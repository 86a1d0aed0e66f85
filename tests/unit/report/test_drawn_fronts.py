"""How a front is drawn: names that do not meet, and axes on which it can be read."""

from dataclasses import replace

import pytest

from harness.analysis import ParetoFront
from harness.analysis.searches.pareto_fronts import ParetoAxis, SearchedPoint, TestedPoint
from harness.analysis.variant_scores import IntervalEstimate
from harness.report.parts.pareto.drawing import draw

AXES = (
    ParetoAxis(name="return", label="return", direction="max", clock=False),
    ParetoAxis(name="parameters", label="weights", direction="min", clock=False),
)


def mean(value, low, high):
    return IntervalEstimate(value=value, low=low, high=high)


def front(*points, trials=()):
    tested = [
        TestedPoint(
            variant=name,
            trial=None,
            means=(mean(y, y - 1, y + 1), mean(x, low, x + 1)),
            finished=2,
            planned=2,
            on_front=True,
            shipped=name == "tuned",
        )
        for name, x, low, y in points
    ]
    searched = [
        SearchedPoint(trial=n, values=each, on_front=False) for n, each in enumerate(trials)
    ]
    return ParetoFront(axes=AXES, rule="", searched=tuple(searched), tested=tuple(tested))


def places(figure):
    return {
        trace["name"]: trace["textposition"] for trace in figure.traces if "textposition" in trace
    }


def test_where_no_run_has_ended_nothing_is_drawn():
    assert draw(front()) == ()
    none = IntervalEstimate(value=None, low=None, high=None)
    failed = replace(front(("tuned", 1, 0, 1.0)).tested[0], means=(none, none), finished=0)
    assert draw(replace(front(), tested=(failed,))) == ()


def test_names_of_neighbours_stand_apart():
    near = [("tuned", 100, 99, 5.0), ("trial-3", 101, 100, 5.1), ("trial-4", 100.5, 99, 5.2)]
    (figure,) = draw(front(*near, ("default", 400, 399, 50.0), ("trial-9", 1, 0.5, 1.0)))
    first = places(figure)
    assert len({first[name] for name, *_ in near}) == 3


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [(100, 90_000, "log"), (100, 500, None), (-5, 90_000, None)],
)
def test_an_axis_of_sizes_far_apart_is_logarithmic(low, high, kind):
    (figure,) = draw(front(("tuned", 200, low, 5.0), trials=[(4.0, 300.0), (7.0, float(high))]))
    assert figure.layout["xaxis"].get("type") == kind
