"""What several tests of campaigns need."""

import pytest
from builders import cell_of

from harness.core.decisions import plan
from harness.core.run import PlannedRun, Variant
from harness.core.settings import Rung


@pytest.fixture
def planned_run():
    """Makes the first trial of a cell of that name."""

    def make(name):
        run = plan.retrain(cell_of(name), {}, 1, 100)
        return PlannedRun(
            run=run, cell=name, rung=Rung.SEARCH, variant=Variant.of_trial(1), index=1
        )

    return make
