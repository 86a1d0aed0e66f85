"""What a worker process of accelerated runs does without."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.training

CODE = """
import sys
from pathlib import Path
from harness.algorithms import ALGORITHMS
from harness.core.settings import FAST
from harness.core.evaluation import Schedule
from harness.core.scenario import Scenario
from harness.core.run import Run
from harness.training import preload, train

folder, *names = sys.argv[1:]
preload()
for name in names:
    algorithm = next(each for each in ALGORITHMS if each.name == name)
    discrete = "Discrete" in algorithm.actions
    env, action = ("CartPole-v1", "Discrete") if discrete else ("Pendulum-v1", "Box")
    result = train(
        Run(
            scenario=Scenario(name=env, env=env, action=action),
            algorithm=algorithm,
            policy="MlpPolicy",
            arguments={"policy_kwargs": {"net_arch": [8]}},
            seed=1,
            steps=120,
            schedule=Schedule(evals=1, episodes=1, seed=2**30),
            backend=FAST,
        ),
        save_to=Path(folder, f"{name}.zip"),
    )
    assert result.failure is None, result.failure
    print(name, "torch._dynamo" in sys.modules)
"""

NAMES = ["a2c", "ppo", "dqn", "sac", "td3", "crossq"]


def test_accelerated_runs_import_no_compiler(tmp_path):
    """All in one process: the first that imports it is named."""
    told = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path), *NAMES],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert told.stdout.split() == [word for name in NAMES for word in (name, "False")]
