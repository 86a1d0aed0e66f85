"""Signals while a campaign runs."""

import os
import signal

import pytest

from harness.execution.interrupts import Interrupts


@pytest.fixture
def interrupts(clock):
    with Interrupts(kill=lambda: None, clock=clock) as entered:
        yield entered


def test_ctrl_c_drains_for_as_long_as_it_takes_and_stops_at_the_second(interrupts, clock):
    os.kill(os.getpid(), signal.SIGINT)
    clock.now = 1e6
    assert (interrupts.draining, interrupts.stopping) == (True, False)
    os.kill(os.getpid(), signal.SIGINT)
    assert interrupts.stopping


def test_sigterm_stops_by_itself_after_a_minute(interrupts, clock):
    os.kill(os.getpid(), signal.SIGTERM)
    clock.now = 59.0
    assert (interrupts.draining, interrupts.stopping) == (True, False)
    clock.now = 60.0
    assert (interrupts.count, interrupts.stopping) == (2, True)


def test_a_request_is_never_taken_back_and_never_kills(interrupts):
    interrupts.raise_to(2)
    interrupts.raise_to(1)
    interrupts.raise_to(7)
    assert interrupts.count == 2
