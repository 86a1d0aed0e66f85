"""The searches of five guides to tuning as their readers would write them, on short trainings."""

import pytest
from driven import Campaign

from harness.campaign.campaign_records import record

pytestmark = pytest.mark.training

GUIDES = {
    "I": """
seed: 3
scenarios: [{name: CartPole-v1, n_envs: 4}, Acrobot-v1]
algorithms:
  - name: ppo
    space:
      learning_rate: {low: 1e-5, high: 1e-2, log: true}
      net_arch: {choices: [[64, 64], [128, 128], [256, 256]]}
      n_steps: {choices: [128, 256, 512, 1024, 2048]}
      batch_size: {choices: [32, 64, 128, 256]}
      gamma: {low: 0.9, high: 0.9999}
      clip_range: {low: 0.1, high: 0.4}
      ent_coef: {low: 1e-8, high: 0.1, log: true}
  - {name: a2c, space: {n_steps: {choices: [5, 16, 32, 128]}}}
search:
  trials: 20
  steps: 50_000
  episodes: 5
  sampler: {name: tpe, n_startup_trials: 5, multivariate: true}
  pruner: {name: median, n_startup_trials: 5}
test: {steps: 200_000, episodes: 20}
""",
    "II": """
scenarios: [Pendulum-v1]
algorithms: [ppo]
variants:
  phase6: {arguments: {ppo: {ent_coef: 0.01, n_steps: 2048, batch_size: 256, n_epochs: 4}}}
space:
  learning_rate: {low: 1e-5, high: 1e-3, log: true}
  gamma: {low: 0.95, high: 0.999}
  gae_lambda: {low: 0.9, high: 0.99}
  clip_range: {low: 0.1, high: 0.3}
  vf_coef: {low: 0.25, high: 1.0}
  ent_coef: {low: 0.001, high: 0.05}
  max_grad_norm: {low: 0.3, high: 1.0}
  n_steps: {choices: [1024, 2048, 4096]}
  batch_size: {choices: [128, 256, 512]}
  n_epochs: {low: 3, high: 10}
search:
  trials: 20
  steps: 200_000
  evals: 4
  episodes: 5
  score: mean
  first: [{ent_coef: 0.01, batch_size: 256, n_epochs: 4}]
test: {steps: 1_000_000, variants: [default, tuned, phase6]}
overrides: [{match: "ppo@*", baseline: 561.5}]
""",
    "III": """
scenarios: [Pendulum-v1]
algorithms:
  - name: ppo
    space:
      n_steps: {powers_of_two: [32, 4096]}
      gamma: {low: 0.9, high: 0.9999}
      learning_rate: {low: 3e-5, high: 3e-3, log: true}
      activation_fn: {choices: [tanh, relu]}
      policy_kwargs.ortho_init: {choices: [true, false]}
search:
  parameters: [n_steps, gamma, learning_rate, activation_fn, policy_kwargs.ortho_init]
  trials: 50
  steps: 100_000
  evals: 10
  episodes: 5
  score: last
  sampler: {name: tpe, n_startup_trials: 5}
  pruner: {name: median, n_startup_trials: 5, n_warmup_steps: 3, interval_steps: 1}
""",
    "IV": """
seed: 42
scenarios: [{name: bucket_brigade/easy-v0, arguments: {opponents: 3}}, bucket_brigade/hard-v0]
algorithms: [ppo]
space:
  net_arch: {layers: 2, widths: [64, 128, 256, 512]}
  learning_rate: {low: 1e-5, high: 1e-3, log: true}
  batch_size: {choices: [512, 1024, 2048, 4096]}
  n_epochs: {low: 3, high: 10}
  clip_range: {low: 0.1, high: 0.3}
  ent_coef: {low: 0.001, high: 0.05, log: true}
  vf_coef: {low: 0.3, high: 0.7}
  gamma: {low: 0.95, high: 0.999}
  gae_lambda: {low: 0.9, high: 0.99}
search: {trials: 100, steps: 50_000, evals: 10, pruner: median}
test: {seeds: 5, steps: 500_000}
""",
    "V": """
scenarios: [Pendulum-v1]
algorithms:
  - name: ppo
    space:
      learning_rate: {low: 1e-5, high: 1e-3, log: true}
      n_steps: {choices: [1024, 2048, 4096]}
      batch_size: {powers_of_two: [64, 512]}
      n_epochs: {low: 3, high: 20}
      ent_coef: {low: 0.0, high: 0.01}
      lr_schedule: {choices: [linear, cosine]}
  - name: dqn
    space:
      buffer_size: {low: 1e5, high: 1e6}
      exploration_fraction: {low: 0.05, high: 0.5}
      exploration_final_eps: {low: 0.01, high: 0.2}
      target_update_interval: {low: 1, high: 20_000, log: true}
include: [dqn@CartPole-v1]
exclude: [dqn@Pendulum-v1]
search: {trials: 20, steps: 100_000, episodes: 10}
""",
}
SHORT = """
profiles:
  short:
    search: {trials: 3, steps: 2048, evals: 2, episodes: 1}
    confirm: {top: 1, seeds: 1}
    test: {seeds: 1, steps: 2048, evals: 2, episodes: 1}
"""


@pytest.mark.parametrize("guide", GUIDES)
def test_what_a_guide_searches_is_trained(tmp_path, guide):
    campaign = Campaign(tmp_path, f"name: guide\n{GUIDES[guide]}{SHORT}")
    campaign.command("check", "matrix.yaml")
    campaign.run("--profile", "short", "--workers", "2")
    for cell in record("guide", tmp_path / "runs").cells:
        assert len(cell.trials) == 3
        assert not cell.failures
        for name, value in cell.trials[-1].values.items():
            assert cell.cell.space[name].domain.contains(value)
