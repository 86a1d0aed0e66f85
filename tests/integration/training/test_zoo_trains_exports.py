"""What `harness export --format zoo` writes is trained by rl-baselines3-zoo's own `train.py`.

The zoo may live in an environment of its own: HARNESS_ZOO_PYTHON names its interpreter.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from harness.analysis import zoo_files
from harness.campaign import record, registry, run_campaign
from harness.campaign.matrices import load
from harness.campaign.options import RunOptions

pytestmark = [pytest.mark.training, pytest.mark.slow]

ZOO = os.environ.get("HARNESS_ZOO_PYTHON", sys.executable)

MATRIX = """
name: forth
scenarios:
  - {name: Pendulum-v1, n_envs: 2, normalize: {observation: true, reward: false}}
algorithms:
  - name: ppo
    arguments: {n_steps: 32, n_epochs: 1, policy_kwargs: {net_arch: small}}
    space: {entropy_bonus: true, ent_coef: {low: 0.01}, ent_coef.schedule: linear}
  - {name: td3, arguments: {action_noise: {noise: normal, sigma: 0.1}, learning_starts: 20}}
  - {name: tqc, arguments: {learning_starts: 20, policy_kwargs: {n_critics: 1}}}
search: {trials: 2, steps: 100, evals: 2, episodes: 1}
confirm: {top: 1, seeds: 1}
test: {seeds: 1, steps: 100, evals: 1, episodes: 1}
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    if subprocess.run([ZOO, "-c", "import rl_zoo3"], capture_output=True, check=False).returncode:
        pytest.skip("rl_zoo3 is not installed")
    folder = tmp_path_factory.mktemp("forth")
    (folder / "m.yaml").write_text(MATRIX)
    options = RunOptions(workers=1, runs=folder / "runs", reports=folder / "reports")
    run_campaign(load(str(folder / "m.yaml"), registry()), options)
    campaign = record("forth", folder / "runs")
    assert all(cell.winner is not None for cell in campaign.cells)
    (folder / "hyperparams").mkdir()
    for name, text in zoo_files(campaign).items():
        (folder / "hyperparams" / name).write_text(text)
    return folder


@pytest.mark.parametrize("algorithm", ["ppo", "td3", "tqc"])
def test_the_zoo_trains_it(exported, algorithm):
    words = ["-m", "rl_zoo3.train", "--algo", algorithm, "--env", "Pendulum-v1", "-n", "120"]
    words += ["--conf-file", str(exported / "hyperparams" / f"{algorithm}.yml")]
    words += ["--eval-freq", "-1", "-f", str(exported / "logs"), "--num-threads", "1"]
    ended = subprocess.run(
        [ZOO, *words], cwd=exported, capture_output=True, text=True, check=False, timeout=600
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert (exported / "logs" / algorithm / "Pendulum-v1_1" / "Pendulum-v1.zip").is_file()
