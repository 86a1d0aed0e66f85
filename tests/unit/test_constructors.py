"""Constructors are read from source, without importing what they construct."""

import subprocess
import sys

import pytest

from harness import constructors
from harness.errors import MissingExtraError, UsageError


def test_a_learner_is_read_with_its_defaults():
    parameters = constructors.read("stable_baselines3.ppo.ppo:PPO").parameters
    assert parameters["learning_rate"] == 3e-4
    assert parameters["n_steps"] == 2048
    assert parameters["policy"] == constructors.REQUIRED
    assert parameters["target_kl"] is None


def test_a_function_is_read_with_keyword_only_parameters(tmp_path, monkeypatch):
    (tmp_path / "some_plugin.py").write_text(
        "def made(*, seed, points: int = 3, f=len): 'Makes.'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    made = constructors.read("some_plugin:made")
    assert dict(made.parameters) == {
        "seed": constructors.REQUIRED,
        "points": 3,
        "f": constructors.NOT_LITERAL,
    }
    assert made.summary == "Makes."


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("no_such_package.x:Y", MissingExtraError, "package `no_such_package` is not installed"),
        ("stable_baselines3.nowhere:PPO", UsageError, "module `stable_baselines3.nowhere`"),
        ("stable_baselines3.ppo.ppo:PP0", UsageError, "defines no constructor"),
    ],
)
def test_what_is_not_there_is_said(path, error, words):
    with pytest.raises(error, match=words):
        constructors.read(path)


def test_reading_imports_no_torch():
    code = (
        "import sys; from harness import constructors; "
        "constructors.read('sb3_contrib.tqc.tqc:TQC'); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
