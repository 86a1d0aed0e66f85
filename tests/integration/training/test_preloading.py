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

name, env, action, folder = sys.argv[1:]
preload()
result = train(
    Run(
        scenario=Scenario(name=env, env=env, action=action),
        algorithm=next(each for each in ALGORITHMS if each.name == name),
        policy="MlpPolicy",
        arguments={"policy_kwargs": {"net_arch": [8]}},
        seed=1,
        steps=120,
        schedule=Schedule(evals=1, episodes=1, seed=2**30),
        backend=FAST,
    ),
    save_to=Path(folder, "model.zip"),
)
assert result.failure is None, result.failure
print("torch._dynamo" in sys.modules)
"""

CASES = [("a2c", "CartPole-v1", "Discrete"), ("ppo", "CartPole-v1", "Discrete"),
         ("dqn", "CartPole-v1", "Discrete"), ("sac", "Pendulum-v1", "Box"),
         ("td3", "Pendulum-v1", "Box"), ("crossq", "Pendulum-v1", "Box")]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[name for name, *_ in CASES])
def test_accelerated_runs_import_no_compiler(case, tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", CODE, *case, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["False"]
