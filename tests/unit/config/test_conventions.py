"""What built-in scenarios bring into a matrix: normalisation, hindsight, simulators' versions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import campaign, registry
from harness.core.identity import differences
from harness.core.matrix import Cell, Matrix
from harness.core.scenario import Normalize
from harness.errors import MatrixError

BOTH = Normalize(observation=True, reward=True)
SMALL = "search: {trials: 2, steps: 5_000, evals: 2}\ntest: {steps: 20_000, evals: 2}\n"
HINDSIGHT = "replay_buffer_class: HerReplayBuffer"


def load(text: str, folder: Path) -> Matrix:
    path = folder / "m.yaml"
    path.write_text(text + SMALL, encoding="utf-8")
    return campaign.load(str(path))


def cells(text: str, folder: Path) -> dict[str, Cell]:
    return {cell.name: cell for cell in load(text, folder).cells}


def test_on_policy_learners_are_normalised_where_the_field_does_it(tmp_path: Path) -> None:
    found = cells(
        "scenarios: [Hopper-v5, Pendulum-v1]\nalgorithms: [ppo, a2c, trpo, ars, sac, td3, tqc]\n",
        tmp_path,
    )
    wanted = {name: cell.scenario.normalize for name, cell in found.items()}
    for name in ("ppo", "a2c", "trpo"):
        assert wanted[f"{name}@Hopper-v5"] == BOTH
    # It has no discount factor to scale rewards by.
    assert wanted["ars@Hopper-v5"] == Normalize(observation=True)
    for name in ("sac", "td3", "tqc"):
        assert wanted[f"{name}@Hopper-v5"] == Normalize()
    assert wanted["ppo@Pendulum-v1"] == Normalize()


def test_what_the_matrix_says_of_normalisation_stands(tmp_path: Path) -> None:
    found = cells(
        "algorithms: [ppo]\nscenarios:\n"
        "  - {name: Hopper-v5, normalize: false}\n"
        "  - {name: Ant-v5, normalize: {reward: true}}\n",
        tmp_path,
    )
    assert found["ppo@Hopper-v5"].scenario.normalize == Normalize()
    assert found["ppo@Ant-v5"].scenario.normalize == Normalize(reward=True)


def test_the_locomotion_matrix_follows_the_field() -> None:
    for cell in campaign.load("locomotion").cells:
        on_policy = cell.algorithm.name == "ppo"
        assert cell.scenario.normalize == (BOTH if on_policy else Normalize())
        assert on_policy or cell.arguments["learning_starts"] == 10_000


@pytest.mark.parametrize(("starts", "rung"), [(5_000, "search"), (9_000, "search"), (20_000, None)])
def test_random_steps_that_fill_a_whole_run_are_refused(
    tmp_path: Path, starts: int, rung: str | None
) -> None:
    text = (
        f"algorithms:\n  - {{name: sac, arguments: {{learning_starts: {starts}}}}}\n"
        "scenarios: [Pendulum-v1]\n"
    )
    with pytest.raises(MatrixError) as caught:
        cells(text, tmp_path)
    first = caught.value.problems[0]
    assert f"`learning_starts` is {starts}, but a run of the search has 5000 steps" in first.message
    assert "take 500 or less" in first.help
    assert len(caught.value.problems) == (1 if rung else 2)


def test_training_wrappers_can_be_written_and_taken_out(tmp_path: Path) -> None:
    pytest.importorskip("ale_py")
    found = cells(
        "algorithms: [dqn]\nscenarios:\n"
        "  - {name: ALE/Pong-v5, training_wrappers: []}\n"
        "  - name: CartPole-v1\n    training_wrappers:\n"
        "      - {path: gymnasium.wrappers.ClipReward, arguments: {max_reward: 0.5}}\n"
        "  - ALE/Breakout-v5\n",
        tmp_path,
    )
    assert found["dqn@ALE/Pong-v5"].scenario.training_wrappers == ()
    (own,) = found["dqn@CartPole-v1"].scenario.training_wrappers
    assert (own.path, own.arguments) == ("gymnasium.wrappers.ClipReward", {"max_reward": 0.5})
    assert len(found["dqn@ALE/Breakout-v5"].scenario.training_wrappers) == 1


def test_hindsight_is_an_argument(tmp_path: Path) -> None:
    found = cells(
        "scenarios: [FetchReach-v4]\nalgorithms:\n  - name: sac\n"
        f"    arguments: {{{HINDSIGHT}, learning_starts: 100}}\n",
        tmp_path,
    )
    assert found["sac@FetchReach-v4"].arguments["replay_buffer_class"] == "HerReplayBuffer"


@pytest.mark.parametrize(
    ("scenario", "arguments", "message", "help_"),
    [
        ("FetchReach-v4", HINDSIGHT, "`learning_starts` may be 10", "learning_starts: 100"),
        (
            "{name: FetchReach-v4, n_envs: 4}",
            f"{HINDSIGHT}, learning_starts: 100",
            "learns from an episode of 50 steps in 4 environments",
            "learning_starts: 200",
        ),
        (
            "Hopper-v5",
            f"{HINDSIGHT}, learning_starts: 100",
            "`Hopper-v5` has no goals",
            "take `HerReplayBuffer` out",
        ),
        (
            "FetchReach-v4",
            "replay_buffer_class: HerBuffer, learning_starts: 100",
            "unknown replay buffer `HerBuffer`",
            "did you mean `HerReplayBuffer`?",
        ),
    ],
)
def test_hindsight_that_cannot_work_is_said(
    scenario: str, arguments: str, message: str, help_: str, tmp_path: Path
) -> None:
    text = f"scenarios: [{scenario}]\nalgorithms: [{{name: sac, arguments: {{{arguments}}}}}]\n"
    with pytest.raises(MatrixError) as caught:
        load(text, tmp_path)
    (found,) = caught.value.problems
    assert message in found.message
    assert help_ in found.help
    assert found.line


def test_another_version_of_a_simulator_is_another_experiment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "scenarios: [ALE/Pong-v5, CartPole-v1]\nalgorithms: [dqn]\n"
    found = []
    for number in ("0.11", "0.12"):
        monkeypatch.setattr("harness.config.cells.package_version", lambda package, n=number: n)
        found.append(cells(text, tmp_path))
    old, new = (each["dqn@ALE/Pong-v5"].identity() for each in found)
    assert '"0.11" -> "0.12"' in "\n".join(differences(old, new))
    # Whoever does not use it, is not touched by it.
    assert found[0]["dqn@CartPole-v1"].identity() == found[1]["dqn@CartPole-v1"].identity()


def test_no_package_has_the_version_missing() -> None:
    assert registry.package_version("no-such-package") == "missing"
    assert registry.package_version("gymnasium")[0].isdigit()


def test_a_scenario_says_nothing_of_versions_before_a_matrix_is_resolved() -> None:
    scenario = campaign.registry().scenario("ALE/Pong-v5")
    assert scenario.versions == {}
    assert replace(scenario, versions={}) == scenario
