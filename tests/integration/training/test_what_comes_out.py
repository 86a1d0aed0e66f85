"""A real campaign that begins with a zoo file: its last lines, exports, pictures and trackers."""

import json

import optuna
import pytest
from driven import Campaign

pytestmark = [pytest.mark.training, pytest.mark.slow]

ZOO = """
CartPole-v1:
  n_envs: 2
  n_timesteps: !!float 1e5
  policy: 'MlpPolicy'
  n_steps: 32
  batch_size: 32
  learning_rate: lin_0.001
  policy_kwargs: "dict(net_arch=[16], activation_fn=nn.Tanh)"
"""

MATRIX = """
name: small
scenarios: [CartPole-v1]
algorithms: [{name: ppo, arguments: {n_epochs: 2}}]
variants: {zoo: {from_zoo: ppo.yml}}
search: {trials: 6, steps: 256, evals: 2, episodes: 1, pruner: none,
         parameters: [learning_rate, n_steps, gamma], first: [{from_zoo: ppo.yml}]}
confirm: {top: 1, seeds: 1}
test: {seeds: 1, steps: 256, evals: 2, episodes: 1, variants: [default, tuned, zoo]}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    (folder / "ppo.yml").write_text(ZOO)
    campaign = Campaign(folder, MATRIX)
    listeners = "listeners=[tensorboard]" if _has("tensorboard") else "listeners=[]"
    out, err = campaign.run("--workers", "1", "--set", listeners, "--json")
    return campaign, [json.loads(line) for line in out.splitlines()], err


def _has(module):
    from importlib.util import find_spec

    return find_spec(module) is not None


def test_the_zoos_configuration_is_trained_in_the_scenario_it_names(ran):
    campaign, events, _ = ran
    cell = json.loads((campaign.folder / "runs/small/matrix.json").read_text())
    assert cell["overrides"][0]["n_envs"] == 2
    zoo = [each for each in events if each.get("variant") == "zoo"]
    assert [each["status"] for each in zoo if each["event"] == "run_finished"] == ["complete"]
    said, _ = campaign.command("export", "--format", "json", "--trials")
    first = json.loads(said)["ppo@CartPole-v1"][1]
    assert (first["values"]["learning_rate"], first["values"]["n_steps"]) == (0.001, 32)


def test_the_last_lines_name_a_command_that_trains(ran):
    campaign, events, _ = ran
    best = events[-1]["best"]["ppo@CartPole-v1"]
    _, *words = best["command"].split()
    out, _ = campaign.command(*words, "--steps", "64")
    assert out.strip() == "models/ppo-CartPole-v1/model.zip"
    assert (campaign.folder / out.strip()).is_file()
    said, _ = campaign.command("status")
    assert best["command"] in said


def test_its_studies_and_pictures(ran):
    campaign, _, _ = ran
    out, _ = campaign.command("export", "--format", "optuna")
    url = f"sqlite:///{campaign.folder / out.strip()}"
    study = optuna.load_study(study_name="small/ppo@CartPole-v1", storage=url)
    assert len(study.trials) == 6
    out, _ = campaign.command("plot", "ppo@CartPole-v1", "--kind", "summary", "--kind", "slices")
    for path in out.split():
        assert "plotly-graph-div" in (campaign.folder / path).read_text()


def test_a_listener_heard_of_every_run(ran):
    if not _has("tensorboard"):
        pytest.skip("tensorboard is not installed")
    campaign, _, _ = ran
    files = (campaign.folder / "runs/small/tensorboard").glob("*/*/parameters.json")
    ids = {json.loads(file.read_text())["run_id"] for file in files}
    assert ids == {result["run_id"] for result in campaign.results()}
