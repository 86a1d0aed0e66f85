"""`train`, `play` and `record` of an environment that does something to the process it is in."""

import os

import driven
import psutil
import pytest

CELL = "ppo@moody"
OUTSIDE = 3
"""Exit code of a command whose environment failed."""

MATRIX = """
name: moody
scenarios: [{name: moody, env: "moody.py:Moody"}]
algorithms: [{name: ppo, arguments: {n_steps: 32, batch_size: 32, n_epochs: 1}}]
search: {trials: 1, in_flight: 1, steps: 64, evals: 1, episodes: 1}
confirm: {top: 1, seeds: 1}
test: {seeds: 1, steps: 64, evals: 1, episodes: 1}
"""

MOODY = """
import os, subprocess, sys, threading, time
import gymnasium, numpy as np
from gymnasium import spaces

class Moody(gymnasium.Env):
    metadata = {"render_modes": ["rgb_array"]}
    observation_space = spaces.Box(-1, 1, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, render_mode=None):
        self.render_mode = render_mode
        if "made" in os.environ.get("MOOD", ""):
            exec(os.environ["DEED"], globals())

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.time += 1
        if "step" in os.environ.get("MOOD", ""):
            exec(os.environ["DEED"], globals())
        return np.zeros(2, np.float32), 1.0, self.time == 5, False, {}

    def render(self):
        return np.zeros((40, 40, 3), np.uint8)
"""

pytestmark = [pytest.mark.training, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A campaign of an environment that was well-behaved."""
    folder = tmp_path_factory.mktemp("moody")
    (folder / "moody.py").write_text(MOODY, encoding="utf-8")
    (folder / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
    ran = harness(folder, "", "", "run", "matrix.yaml", "--workers", "1", "--save-models")
    assert ran.returncode == 0, ran.stderr
    return folder


def harness(folder, mood, deed, *words):
    more = {"OMP_NUM_THREADS": "1", "MOOD": mood, "DEED": deed, "COLUMNS": "200"}
    return driven.harness(folder, *words, environment=os.environ | more)


@pytest.mark.parametrize(
    ("words", "deed", "code"),
    [
        (("train", CELL, "--out", "m"), "sys.exit(0)", 1),
        (("train", CELL, "--out", "m"), "os._exit(0)", 1),
        (("play", CELL), "sys.exit(0)", OUTSIDE),
        (("play", CELL), "os._exit(0)", 2),
        (("record", CELL, "--variant", "default", "--format", "gif"), "os._exit(0)", 2),
        (("record", CELL, "--variant", "default", "--format", "gif"), "1 / 0", OUTSIDE),
    ],
)
def test_what_ends_the_process_is_an_error_that_names_the_scenario(folder, words, deed, code):
    answer = harness(folder, "step", deed, *words)
    assert answer.returncode == code, answer.stderr
    assert "moody" in answer.stderr.casefold()
    assert "internal error" not in answer.stderr
    assert not (folder / "m.zip").exists()
    assert not list(folder.glob("runs/moody/recordings/**/*.gif"))


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (("train", CELL, "--out", "model"), "model.zip"),
        (("play", CELL, "--episodes", "2", "--json"), ""),
        (
            ("record", CELL, "--variant", "default", "--format", "gif"),
            f"runs/moody/recordings/{CELL}/default/episode.gif",
        ),
    ],
)
def test_what_harms_a_process_harms_its_own_alone(folder, words, files):
    deed = (
        "os.chdir('/'); subprocess.Popen(['setsid', 'sleep', '4714']); "
        "threading.Thread(target=time.sleep, args=(4715,)).start(); "
        "os.path.exists('/proc/self/fd/1') and (print('boo', flush=True), os.close(1))"
    )
    answer = harness(folder, "made", deed, *words)
    assert answer.returncode == 0, answer.stderr
    assert "boo" not in answer.stdout
    assert answer.stdout.strip()
    assert (folder / files).exists()
    assert not [one for one in psutil.process_iter() if "4714" in _command(one)]


def _command(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []
