"""What all tests share."""

import gc
import os
import random
import sys
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from sweeps import examples  # noqa: E402

# Two cores, many suites: a slow machine is no failure.
os.environ.setdefault("HARNESS_USER_CODE_SECONDS", "600")
settings.register_profile("default", deadline=None, max_examples=examples(40, 100))
settings.load_profile("default")


# Ten thousand tests are objects that stay: looking through them for garbage took a twentieth.
gc.set_threshold(50_000)


def pytest_collection_finish():
    gc.freeze()


def pytest_configure(config):
    """All workers have one nursery, that of the process which starts them."""
    import nursery

    if not hasattr(config, "workerinput"):
        config.add_cleanup(nursery.open_nursery())


def pytest_addoption(parser):
    group = parser.getgroup("chaos")
    group.addoption("--kills", type=int, default=12, help="kills of the chaos test, at least")
    group.addoption(
        "--chaos-seed",
        type=int,
        default=random.SystemRandom().randrange(10**6),
        help="seed of the chaos test; drawn and printed if left out",
    )


@pytest.fixture
def clock():
    """Stands still until it is set."""
    from builders import Clock

    return Clock()


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
