"""Campaigns to be disturbed."""

import pytest
from driven import MATRIX, Campaign


@pytest.fixture
def campaign(tmp_path):
    def make(name="here", matrix=MATRIX, **more):
        folder = tmp_path / name
        folder.mkdir()
        return Campaign(folder, matrix, **more)

    return make
