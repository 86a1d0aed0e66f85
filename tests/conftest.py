"""What all tests share."""

import os
import random
import sys
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

# Two cores, many suites: a slow machine is no failure.
os.environ.setdefault("HARNESS_USER_CODE_SECONDS", "600")
settings.register_profile("default", deadline=None)
settings.load_profile("default")


def pytest_addoption(parser):
    group = parser.getgroup("chaos")
    group.addoption("--kills", type=int, default=12, help="kills of the chaos test, at least")
    group.addoption(
        "--chaos-seed",
        type=int,
        default=random.SystemRandom().randrange(10**6),
        help="seed of the chaos test; drawn and printed if left out",
    )


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server."""
    yield from _serve("Postgres")


@pytest.fixture(scope="session")
def mariadb():
    """A MariaDB server."""
    yield from _serve("MariaDB")


@pytest.fixture(params=["postgres", "mariadb"])
def server(request):
    """Each kind of server in turn."""
    return request.getfixturevalue(request.param)


def _serve(kind):
    import servers

    made = getattr(servers, kind)
    reason = made.missing()
    if reason:
        pytest.skip(reason)
    running = made()
    yield running
    running.close()
