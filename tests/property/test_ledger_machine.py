"""Ledger, study and scheduler as a state machine: finish, die, crash, resume and change at will.

The real coordinator runs in a greenlet and stops wherever it waits for a run; the machine decides
what happens next. Whatever that was, the invariants hold at every stop, and in the end the numbers
are those of a campaign that was asked for the last matrix at once and never disturbed.
"""

import contextlib
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from unittest.mock import patch

import greenlet
from fakes import Crash, SteppedExecutor, fake_result
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from small import ask, check_studies, execute, matrix, scores
from sqlalchemy import Engine, event
from sweeps import examples

from harness.execution import WorkerDiedError
from harness.tuning.suggestion import Suggester

SMALL = {"cells": 1, "trials": 3, "seeds": 1, "steps": 100}
LARGE = {"cells": 2, "trials": 6, "seeds": 3, "steps": 200}
LIVES = 2


@lru_cache(maxsize=64)
def undisturbed(in_flight, *asked):
    """The scores of a campaign of this matrix, run alone and in one go."""
    with tempfile.TemporaryDirectory() as folder:
        execute(matrix(in_flight=in_flight, **dict(asked)), Path(folder), workers=1)
        return scores(Path(folder))


class Campaign(RuleBasedStateMachine):
    """One campaign in a folder of its own."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.asked = dict(SMALL)
        self.recorded = set()
        self.repeated = set()
        self.ask_orders = []
        self.life = None

    @initialize(in_flight=st.sampled_from([1, 2, 3]))
    def choose(self, in_flight):
        self.in_flight = in_flight

    @property
    def running(self):
        return self.life is not None and not self.life.dead

    @precondition(lambda self: not self.running)
    @rule(workers=st.sampled_from([1, 2, 7]))
    def resume(self, workers):
        self.recorded = self._recorded()
        self.executor = SteppedExecutor()
        self.deaths = {}
        self.life = greenlet.greenlet(self._run)
        self._switch(workers)

    @precondition(lambda self: self.running and self.executor.open)
    @rule(which=st.integers(0, 10**6))
    def finish(self, which):
        future, order = self._pick(which)
        future.set_result(fake_result(order.run))
        self._switch(future)

    @precondition(lambda self: self.running and self.executor.open)
    @rule(which=st.integers(0, 10**6))
    def die(self, which):
        run = sorted(self.executor.open)[which % len(self.executor.open)]
        if self.deaths.get(run, 0) < LIVES:
            self.deaths[run] = self.deaths.get(run, 0) + 1
            future, _ = self.executor.open.pop(run)
            future.set_exception(WorkerDiedError(-9))
            self._switch(future)

    @precondition(lambda self: self.running)
    @rule()
    def crash(self):
        self._end()

    @precondition(lambda self: self.running and self.executor.open)
    @rule(which=st.integers(0, 10**6), write=st.integers(0, 3))
    def crash_in_a_write(self, which, write):
        """The commits that follow a result, one of which never comes to be."""
        left = [write]

        def die(connection):
            left[0] -= 1
            if left[0] < 0:
                raise Crash

        event.listen(Engine, "commit", die)
        try:
            self.finish(which)
        finally:
            event.remove(Engine, "commit", die)
        self._end()

    @precondition(lambda self: not self.running)
    @rule(key=st.sampled_from(["cells", "trials", "seeds", "steps"]))
    def change(self, key):
        """More cells, trials and seeds go on from what is there; other steps begin anew."""
        step = 100 if key == "steps" else 1
        self.asked[key] = min(LARGE[key], self.asked[key] + step)

    @invariant()
    def optuna_has_a_told_prefix(self):
        check_studies(self.folder)

    @invariant()
    def every_ask_saw_exactly_the_trials_before_its_lag(self):
        for number, told in self.ask_orders:
            assert told == list(range(max(0, number - self.in_flight + 1)))

    @invariant()
    def no_result_was_lost_or_changed(self):
        assert self.recorded <= self._recorded()

    @invariant()
    def nothing_recorded_is_run_again(self):
        assert not self.repeated

    def teardown(self):
        self._end()
        try:
            self.resume(3)
            while self.running:
                self.finish(0)
            wanted = undisturbed(self.in_flight, *sorted(self.asked.items()))
            assert scores(self.folder) == wanted
            check_studies(self.folder)
        finally:
            self._end()
            shutil.rmtree(self.folder)

    def _run(self, workers):
        suggest = Suggester.suggest

        def noted(suggester, finished, running):
            number = len(finished) + len(running)
            self.ask_orders.append((number, [trial.number for trial in finished]))
            assert all(trial.result is not None for trial in finished)
            return suggest(suggester, finished, running)

        with patch.object(Suggester, "suggest", noted), contextlib.suppress(Crash):
            execute(
                matrix(in_flight=self.in_flight, **self.asked),
                self.folder,
                self.executor,
                queue=self.executor,
                workers=workers,
                accept_changes=True,
            )

    def _switch(self, value):
        self.life.switch(value)
        self.repeated |= self.recorded.intersection(self.executor.started)

    def _pick(self, which):
        run = sorted(self.executor.open)[which % len(self.executor.open)]
        return self.executor.open.pop(run)

    def _end(self):
        if self.running:
            self.life.throw(Crash)
        self.life = None

    def _recorded(self):
        return {run for (run,) in ask(self.folder, "SELECT run_id FROM harness_results")}


def test_any_interleaving_keeps_the_invariants():
    run_state_machine_as_test(
        Campaign,
        settings=settings(
            max_examples=examples(4, 40),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
