import pytest
from fakes import play


@pytest.fixture
def campaign(tmp_path_factory):
    """Plays a matrix, in a folder of its own if none is named."""

    def start(matrix, folder=None, **more):
        return play(matrix, folder or tmp_path_factory.mktemp("campaign"), **more)

    return start
