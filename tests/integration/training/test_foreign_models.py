"""Models and statistics of somebody else: read without running what a pickle in them says."""

import base64
import io
import json
import pickle
import zipfile
from contextlib import nullcontext
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from harness import saved_models
from harness.core.opponents import SavedModel
from harness.core.scenario import Normalize
from harness.envs.players import UnplayedModel
from harness.errors import HarnessError, UsageError
from harness.training import train
from harness.training.frozen_policies import FrozenPolicy
from harness.training.model_playback import open_player
from harness.training.observation_statistics import ObservationStatistics

BOTH = Normalize(observation=True, reward=True)

pytestmark = pytest.mark.training


class Silent(gymnasium.Env):
    """An environment of which only the spaces count."""

    action_space = spaces.Discrete(2)

    def __init__(self, space):
        self.observation_space = space


def stub(space):
    return DummyVecEnv([lambda: Silent(space)])


class Evil:
    """What a hostile file holds: reading it as a pickle leaves a trace."""

    def __init__(self, trace):
        self._trace = str(trace)

    def __reduce__(self):
        return (open, (self._trace, "w"))


def with_entry(path, key, value):
    """The model with another pickle in its description."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    data = json.loads(members["data"])
    data[key] = {":type:": "x", ":serialized:": base64.b64encode(pickle.dumps(value)).decode()}
    if key == "policy_class":
        data[key]["__module__"] = "stable_baselines3.common.policies"
    members["data"] = json.dumps(data).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    "key", ["observation_space", "action_space", "policy_class", "policy_kwargs", "lr_schedule"]
)
def test_a_hostile_model_runs_nothing(run, cartpole, tmp_path, key):
    path, trace = tmp_path / "model.zip", tmp_path / "trace"
    train(run("ppo", cartpole), save_to=path)
    with_entry(path, key, Evil(trace))
    content = saved_models.read(path)
    model = SavedModel(path=str(path), sha256=content.sha256)
    refused = key != "lr_schedule"
    with pytest.raises(UsageError, match="open") if refused else nullcontext():
        FrozenPolicy(model)
    refused = "space" in key
    with pytest.raises(UsageError, match="open") if refused else nullcontext():
        UnplayedModel(model)
    path.with_name(f"{path.name}.sha256").unlink()
    with open_player(run("ppo", cartpole), path) as player:
        assert list(player.episode(0))
    assert not trace.exists()


def test_statistics_that_are_a_pickle_are_not_read(run, pendulum, tmp_path):
    path, trace = tmp_path / "model.zip", tmp_path / "trace"
    work = run("a2c", replace(pendulum, normalize=BOTH))
    train(work, save_to=path)
    statistics = path.with_suffix(saved_models.STATISTICS)
    whole = statistics.read_bytes()
    statistics.with_name(f"{statistics.name}.sha256").unlink()
    array = np.empty(1, dtype=object)
    array[0] = Evil(trace)
    file = io.BytesIO()
    np.savez(file, mean=array, var=array, count=array, clip_obs=array, epsilon=array)
    for content in (pickle.dumps(Evil(trace)), file.getvalue(), b"", whole[:50]):
        statistics.write_bytes(content)
        with pytest.raises(HarnessError), open_player(work, path):
            pass
    statistics.rename(path.with_suffix(".vecnormalize.pkl"))
    with pytest.raises(UsageError, match="is a pickle"), open_player(work, path):
        pass
    with pytest.raises(UsageError, match="is a pickle"):
        saved_models.read(path)
    assert not trace.exists()


def test_statistics_of_several_arrays():
    space = spaces.Dict({"a": spaces.Box(-1, 1, (2,)), "b": spaces.Box(-1, 1, (3, 1))})
    venv = VecNormalize(stub(space))
    rng = np.random.default_rng(3)
    for key, moments in venv.obs_rms.items():
        moments.update(rng.normal(5, 3, (50, *space[key].shape)))
    again = ObservationStatistics.read(ObservationStatistics.of(venv).to_bytes())
    batch = {key: rng.normal(5, 3, (4, *space[key].shape)) for key in space}
    for key, values in venv.normalize_obs(batch).items():
        assert np.array_equal(again.normalize_obs(batch)[key], values)
    other = VecNormalize(stub(space))
    again.apply(other)
    for key, values in venv.normalize_obs(batch).items():
        assert np.array_equal(other.normalize_obs(batch)[key], values)
    with pytest.raises(ValueError, match="its statistics are of"):
        again.apply(VecNormalize(stub(space["a"])))
