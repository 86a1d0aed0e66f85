"""Two weeks of nights in a minute: a crash, a reboot, a stop, a full disk, and a queue of three.

Every command is real, trainings are faked, and every message has to come once.
"""

import json
import os
import signal
import subprocess
import time
from collections import Counter

import pytest
from driven import MATRIX, PATIENCE, Campaign, kill
from faked import DAY, SECONDS
from small import SCORES

from harness.analysis import export_csv
from harness.campaign.campaign_records import record
from harness.campaign.coordinator_activity import request_stop
from harness.core.ledger import StopRequest

pytestmark = pytest.mark.slow

NIGHTS = [f"night-{day:02d}" for day in range(1, 15)]


class Nights(Campaign):
    """Nights of one matrix, with an inbox for their messages.

    Attributes:
        ends: Campaign -> exit codes of the commands that could still say how they ended.
    """

    def __init__(self, folder):
        super().__init__(folder, MATRIX, faked=True)
        self.inbox = folder / "inbox"
        self.ends = {}

    def begin(self, name, *options):
        deliver = f"cat >> {self.inbox}; echo >> {self.inbox}"
        hooks = ("--on-end", deliver, "--on-failure", deliver)
        return self.start("--name", name, "--workers", "2", *hooks, *options)

    def end(self, name, process, code):
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == code, err
        self.ends.setdefault(name, []).append(code)

    def finish(self, name, *options):
        self.end(name, self.begin(name, *options), code=0)

    def begin_and_wait(self, name):
        """A night with some results, and most still to come."""
        process = self.begin(name)
        while len(self.results(name)) < 3:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.02)
        return process

    def messages(self):
        return [json.loads(line) for line in self.inbox.read_text().splitlines()]

    def numbers(self, name):
        export_csv(record(name, self.folder / "runs"), self.folder / "csv" / name)
        return [(self.folder / "csv" / name / file).read_bytes() for file in SCORES]


def killed(nights, name):
    kill(nights.begin_and_wait(name))


def rebooted(nights, name):
    process = nights.begin_and_wait(name)
    os.kill(process.pid, signal.SIGTERM)
    nights.end(name, process, 130)


def stopped(nights, name):
    # A coordinator looks once a second at what is asked of it.
    nights.more = {SECONDS: "0.5"}
    process = nights.begin_and_wait(name)
    request_stop(name, StopRequest.STOP, nights.folder / "runs")
    nights.more = {}
    nights.end(name, process, 130)


def out_of_space(nights, name):
    """The folder of the night is on a disk that is too small; then on one that is not."""
    disk = nights.folder / "runs" / name
    disk.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=150k", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        disk.rmdir()
        return
    try:
        nights.end(name, nights.begin(name, "--save-models"), 3)
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


DISTURBANCES = {"night-03": killed, "night-06": rebooted, "night-08": stopped}
DISTURBANCES["night-10"] = out_of_space


def test_a_fortnight(tmp_path):
    nights = Nights(tmp_path)
    for name in NIGHTS:
        if name in DISTURBANCES:
            DISTURBANCES[name](nights, name)
        nights.finish(name)
    queue(nights)
    regression(nights)
    numbers = {name: nights.numbers(name) for name in [*NIGHTS, "first", "third"]}
    assert all(each == numbers["night-01"] for each in numbers.values())

    messages = nights.messages()
    ends = {}
    for message in messages:
        if message["message"] == "end":
            ends.setdefault(message["campaign"], []).append(message["exit_code"])
    assert ends.pop("") == [2]  # the matrix that is none
    assert ends == nights.ends
    last = {each["campaign"]: each for each in messages if each["message"] == "end"}
    assert all(last[name]["runs_left"] == 0 for name in NIGHTS)
    assert all(last[name]["headline"] for name in NIGHTS)

    regressions = [each for each in messages if each["message"] == "regression"]
    assert [(each["earlier"], each["campaign"], each["worse_cells"]) for each in regressions] == [
        ("dated-2026-11-16", "dated-2026-11-17", ["ppo@CartPole-v1"])
    ]

    failures = Counter(
        (each["campaign"], each["cell"], each["reason"])
        for each in messages
        if each["message"] == "failure"
    )
    assert failures
    assert set(failures.values()) == {1}
    of_first = {key[1:] for key in failures if key[0] == "night-01"}
    assert all({key[1:] for key in failures if key[0] == name} == of_first for name in NIGHTS)


def queue(nights):
    """Three matrices at once, of which one is not valid: the others run."""
    for name in ("first", "third"):
        (nights.folder / f"{name}.yaml").write_text(MATRIX.replace("name: small", f"name: {name}"))
    (nights.folder / "second.yaml").write_text("scenarios: [Nowhere-v0]\nalgorithms: [ppo]\n")
    files = [f"{name}.yaml" for name in ("first", "second", "third")]
    deliver = f"cat >> {nights.inbox}; echo >> {nights.inbox}"
    words = ("run", *files, "--workers", "2", "--no-dry-runs", "--on-end", deliver)
    nights.command(*words, "--budget", "8h", code=2)
    nights.ends |= {"first": [0], "third": [0]}


def regression(nights):
    """Three dated nights of new seeds, the last with a learning rate next to nothing."""
    text = MATRIX.replace("test: {seeds: 2", "test: {seeds: 8").replace("[ppo, a2c]", "[ppo]")
    (nights.folder / "dated.yaml").write_text(text)
    lower = 'overrides=[{match: "ppo@*", arguments: {n_steps: 64, learning_rate: 1.0e-9}}]'
    deliver = f"cat >> {nights.inbox}; echo >> {nights.inbox}"
    words = ("run", "dated.yaml", "--name", "dated-{date}", "--workers", "2", "--no-dry-runs")
    for day, *more in (("15",), ("16",), ("17", "--set", lower), ("17", "--set", lower)):
        nights.more = {DAY: f"2026-11-{day}T22:00:00+00:00"}
        seed = f"seed={day}"
        nights.command(*words, "--on-regression", deliver, "--set", seed, *more)
    nights.more = {}
    pair = ("dated-2026-11-16", "dated-2026-11-17")
    out, _ = nights.command("compare", *pair, "--fail-on", "worse", code=4)
    assert "worse" in out
    nights.command("compare", "dated-2026-11-15", pair[0], "--fail-on", "worse")
    nights.command("history", "dated-*", "--out", "page", "--fail-on", "worse", code=4)
    data = json.loads((nights.folder / "page" / "data.json").read_text())
    assert {step["campaign"] for step in data["steps"]["steps"]} == {pair[1]}
