"""Campaigns to be disturbed."""

from pathlib import Path

import pytest
from driven import MATRIX, Campaign

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Give tests of whole campaigns the time that they take beside a load.

    The limit is there to end a test that hangs. A minute's work took more than five on two cores
    with ten other processes, so the limit that suits unit tests ended sound tests here.
    """
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture
def campaign(tmp_path):
    def make(name="here", matrix=MATRIX, **more):
        folder = tmp_path / name
        folder.mkdir()
        return Campaign(folder, matrix, **more)

    return make
