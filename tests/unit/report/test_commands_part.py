"""The lines that load a model make its environment, or say who does."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sample_records import TRUTHS, synthetic_campaign

from harness.core.identity import decode
from harness.core.matrix import Cell
from harness.report.campaign_views import campaign_view, cell_views
from harness.report.parts.commands.data import Commands, compute


def commands(arguments: Any = None, /, **scenario: Any) -> Commands:
    """Of a campaign in such a scenario, and with these arguments of what it ships."""
    record = synthetic_campaign("saved", TRUTHS[:1])
    cell = record.cells[0]
    spec = {**cell.spec, "scenario": {**cell.spec["scenario"], **scenario}}
    trials = tuple(replace(each, arguments=arguments or each.arguments) for each in cell.trials)
    changed = replace(record, cells=(replace(cell, cell=decode(Cell, spec), trials=trials),))
    found = compute(cell_views(campaign_view(changed))[0])
    assert found is not None
    return found


def environment_alone(text: str) -> str:
    """The lines up to the model's, without the learner's import."""
    lines = [line for line in text.splitlines() if "stable_baselines3" not in line]
    return "\n".join(line for line in lines if not line.startswith("model"))


def test_arguments_and_modules_that_register_are_there() -> None:
    found = commands(
        env="bucket_brigade/easy-v1",
        imports=["scenarios.bucket_brigade.env"],
        arguments={"opponents": ["hero"]},
        normalize={"observation": False, "reward": False},
    )
    # A fresh interpreter, as the reader's: here another test may have registered the ids.
    played = "print(env.reset(seed=1)[0].shape == env.observation_space.shape)"
    lines = f"{environment_alone(found.load)}\n{played}"
    command = [sys.executable, "-c", lines]
    answer = subprocess.run(command, check=False, capture_output=True, text=True)
    assert answer.stdout.strip() == "True", answer.stderr
    assert found.play == ""


def test_normalised_environments_get_their_arguments_too() -> None:
    both = {"observation": True, "reward": True}
    found = commands(env="FrozenLake-v1", arguments={"map_name": "8x8"}, normalize=both)
    assert "make_vec_env('FrozenLake-v1', env_kwargs={'map_name': '8x8'})" in found.load
    assert "model.vecnormalize.npz" in found.load


@pytest.mark.parametrize(
    "scenario",
    [
        {"env": "pettingzoo:mpe2.simple_spread_v3"},
        {"wrappers": [{"path": "gymnasium.wrappers.FlattenObservation", "arguments": {}}]},
        {"arguments": {"opponents": [{"path": "/w/a.zip", "sha256": "0" * 64, "sampled": False}]}},
    ],
)
def test_where_gymnasium_alone_does_not_make_it_the_harness_plays(scenario: Any) -> None:
    found = commands(**scenario)
    assert "gymnasium" not in found.load
    assert ".load(" in found.load
    assert found.play.startswith("harness play ")
    assert found.play.endswith("/model.zip")


def test_an_infinite_argument_is_written_as_python_writes_it() -> None:
    plain = {"observation": False, "reward": False}
    found = commands(arguments={"z": [0.7, ".inf"], "low": "-.inf"}, normalize=plain)
    assert "z=[0.7, float('inf')], low=float('-inf')" in found.load


def test_what_was_searched_of_a_scenario_is_there() -> None:
    plain = {"observation": False, "reward": False}
    found = commands({"scenario": {"normalize": True}}, normalize=plain)
    assert "model.vecnormalize.npz" in found.load
    found = commands({"scenario": {"normalize": {"observation": False}}})
    assert "vecnormalize" not in found.load
    found = commands({"scenario": {"frame_stack": 4}}, normalize=plain)
    assert ("env" in found.load, found.play != "") == (False, True)


def test_only_what_was_normalised_of_a_dictionary_gets_statistics(tmp_path: Any) -> None:
    both = {"observation": True, "reward": True}
    found = commands(env="Parts-v0", observation="dict", normalize=both)
    file = tmp_path / "statistics.npz"
    np.savez(file, **{"number/mean": np.full(2, 3.0), "number/var": np.ones(2)})  # type: ignore[arg-type]
    _, _, rest = found.load.partition("\nnumbers = numpy.load(")
    lines = rest.splitlines()[1:-1]

    class Parts:
        """Takes what VecNormalize takes."""

        def __init__(self, _: object, *, norm_obs_keys: list[str], **__: object) -> None:
            self.obs_rms = {key: SimpleNamespace() for key in norm_obs_keys}

    names: dict[str, Any] = {"numbers": np.load(file), "VecNormalize": Parts, "env": None}
    exec("\n".join(lines), names)
    assert list(names["env"].obs_rms) == ["number"]
    assert names["env"].obs_rms["number"].mean.tolist() == [3, 3]
