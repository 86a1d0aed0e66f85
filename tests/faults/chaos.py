"""Something that kills: processes of a campaign at random moments, over and over."""

import contextlib
import random
import shutil
import signal
import time

import psutil
from driven import PATIENCE, Campaign
from nursery import FORK_SERVER

from harness.execution import ATTEMPTS

MATRIX = """
name: small
seed: 7
scenarios: [{name: Slow, env: "chaos_envs:SlowCartPole-v0"}]
algorithms: [ppo, a2c]
search: {trials: 5, steps: 256, evals: 4, episodes: 2, pruner: {name: median, n_startup_trials: 1}}
confirm: {top: 1, seeds: 2}
test: {seeds: 2, steps: 256, evals: 2, episodes: 2}
overrides:
  - {match: "ppo@*", arguments: {n_steps: 64, n_epochs: 1}}
"""

DEATHS = ATTEMPTS - 1
"""Of one run, or dry run, in one life of the coordinator: one more would count as its failure."""


class Noted(Campaign):
    """A campaign whose workers note the seed of the run they train."""

    @property
    def notes(self):
        return self.folder / "notes"

    @property
    def environment(self):
        return super().environment | {"CHAOS_NOTES": str(self.notes)}

    def start(self, *options):
        shutil.rmtree(self.notes, ignore_errors=True)
        self.notes.mkdir()
        return super().start(*options)


class Life:
    """One process that runs the campaign, with its fork server and its workers.

    What harms returns whether there was somebody to be harmed.
    """

    def __init__(self, campaign, chance, timeout):
        self._campaign = campaign
        self._random = chance
        self._timeout = timeout
        self.process = campaign.start("--workers", "2", "--set", f"timeout={timeout}")
        self._coordinator = psutil.Process(self.process.pid)
        self.errors = ""
        self._deaths = {}
        self._deaths_of_all = 0
        self._seen = set()

    @property
    def lives(self):
        return self.process.poll() is None

    def end(self):
        """Wait until everybody is gone who was seen at work."""
        if self.lives:
            self.process.kill()
        _, self.errors = self.process.communicate(timeout=PATIENCE)
        _, alive = psutil.wait_procs(list(self._seen), timeout=PATIENCE)
        assert not alive, f"outlived the coordinator: {alive}"

    def kill_a_worker(self):
        return self._harm_a_worker(psutil.Process.kill)

    def stop_a_worker_past_its_timeout(self):
        def stop(worker):
            worker.suspend()
            gone, _ = psutil.wait_procs([worker], timeout=10 * self._timeout)
            assert gone, "a stopped worker was waited for"

        return self._harm_a_worker(stop)

    def kill_the_fork_server(self):
        """All workers die with it, whatever they train."""
        servers = [each for each in self._family() if each.name() == FORK_SERVER.decode()]
        if not servers or max(self._deaths.values(), default=0) + self._deaths_of_all >= DEATHS:
            return False
        self._deaths_of_all += 1
        servers[0].kill()
        return True

    def kill_the_coordinator(self):
        self._family()
        self.process.kill()
        self.process.wait()
        return True

    def kill_everything(self):
        family = [self._coordinator, *self._family()]
        self._random.shuffle(family)
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.wait()
        return True

    def stop_the_coordinator_and_kill_it(self):
        self._coordinator.suspend()
        self._wait(3)
        return self.kill_the_coordinator()

    def stop_the_coordinator_past_the_timeout(self):
        return self._pause([self._coordinator], 1.1 * self._timeout)

    def stop_everything_for_a_while(self):
        return self._pause([self._coordinator, *self._family()], 3)

    def _pause(self, processes, seconds):
        for each in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.suspend()
        time.sleep(seconds)
        for each in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.resume()
        return True

    def _wait(self, seconds):
        time.sleep(self._random.uniform(0, seconds))

    def _harm_a_worker(self, harm):
        workers = [each for each in self._family() if self._seed(each) is not None]
        self._random.shuffle(workers)
        for worker in workers:
            seed = self._seed(worker)
            if self._deaths.get(seed, 0) + self._deaths_of_all < DEATHS:
                self._deaths[seed] = self._deaths.get(seed, 0) + 1
                harm(worker)
                return True
        return False

    def _family(self):
        """Everybody the coordinator has started, now."""
        family = self._coordinator.children(recursive=True)
        self._seen.update(family)
        return family

    def _seed(self, process):
        note = self._campaign.notes / str(process.pid)
        return note.read_text() if note.exists() else None


OFTEN = {
    Life.kill_a_worker: 35,
    Life.kill_the_coordinator: 6,
    Life.kill_the_fork_server: 3,
    Life.kill_everything: 2,
    Life.stop_the_coordinator_and_kill_it: 1,
    Life.stop_the_coordinator_past_the_timeout: 1,
    Life.stop_everything_for_a_while: 1,
    Life.stop_a_worker_past_its_timeout: 1,
}
"""What is done, and how often in fifty times."""


class Chaos:
    """Does harm in an order drawn from a seed.

    Attributes:
        done: What was done, in order.
    """

    def __init__(self, seed, kills, pace):
        """`pace` is how many seconds a run takes here and now, at most."""
        self.done = []
        self.kills = kills
        self._pace = pace
        self._random = random.Random(seed)
        self._due = []

    def disturb(self, campaign):
        """One campaign from its first command to its end; the same command after every death."""
        deadline = time.monotonic() + 300 * max(1, self._pace)
        while True:
            life = Life(campaign, self._random, timeout=round(max(12, 6 * self._pace)))
            try:
                while life.lives:
                    assert time.monotonic() < deadline, f"no end in sight after {self.done}"
                    time.sleep(self._random.expovariate(4 / self._pace))
                    self._strike(life)
            finally:
                life.end()
            if life.process.returncode != -signal.SIGKILL:
                return life

    def _strike(self, life):
        if len(self.done) == self.kills:
            return
        if not self._due:
            self._due = [harm for harm, count in OFTEN.items() for _ in range(count)]
            self._random.shuffle(self._due)
        harm = self._due.pop()
        with contextlib.suppress(psutil.NoSuchProcess):
            if life.lives and harm(life):
                self.done.append(harm.__name__)
                return
        # Its turn comes later.
        self._due.insert(self._random.randrange(len(self._due) + 1), harm)
