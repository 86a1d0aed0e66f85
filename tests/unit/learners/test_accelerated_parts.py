"""What the rest of the harness takes for accelerated is what the learners have."""

import pytest
import torch

from harness.core import backend
from harness.core.arguments import ACTIVATIONS, OPTIMIZERS
from harness.learners import LEARNERS, accelerated_class, layer_math, optimizers


def test_the_accelerated_learners_are_those_of_the_backend():
    paths = backend.ON_POLICY | backend.OFF_POLICY
    assert {path.partition(":")[2] for path in paths} == LEARNERS.keys()


@pytest.mark.parametrize("name", LEARNERS)
def test_each_derives_from_the_librarys_own(name):
    accelerated = accelerated_class(name)
    assert accelerated.__name__ == f"Fast{name}"
    assert name in [base.__name__ for base in accelerated.__mro__]


def test_the_accelerated_activations_and_optimizers_have_counterparts():
    activations = {getattr(torch.nn, entry.name): entry for entry in ACTIVATIONS.values()}
    assert {kind for kind, entry in activations.items() if entry.accelerated} == {
        *layer_math.FAST_ACTIVATIONS
    }
    classes = {getattr(torch.optim, entry.name): entry for entry in OPTIMIZERS.values()}
    assert {kind for kind, entry in classes.items() if entry.accelerated} == {*optimizers.KINDS}
