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


@pytest.fixture(scope="session")
def alone(tmp_path_factory):
    """The usual campaign, run by one worker that nobody disturbs."""
    campaign = Campaign(tmp_path_factory.mktemp("alone"), MATRIX)
    campaign.run("--workers", "1")
    return campaign
