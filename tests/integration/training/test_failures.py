"""What breaks a training off is recorded with its kind and step."""

from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
import torch

from harness.core.evaluation import Schedule
from harness.core.run_result import Status
from harness.core.scenario import Scenario
from harness.errors import DivergedError
from harness.training import build, train
from harness.training.callbacks import EvaluationCallback, LossDivergedError, LossLogger
from harness.training.cost_meter import Meter
from harness.training.evaluate import Arena

pytestmark = pytest.mark.training


def test_a_reward_that_is_no_number(run, corridor_of):
    result = train(run("ppo", corridor_of(nan_at=37)))
    assert result.status is Status.FAILED
    assert result.score is None
    assert result.failure.kind == "diverged"
    assert result.failure.step == 37
    assert "reward" in result.failure.message


def test_an_environment_that_raises(run, corridor_of):
    result = train(run("dqn", corridor_of(raise_at=37)))
    assert result.failure.kind == "environment"
    assert result.failure.step == 37
    assert "the bridge is out" in result.failure.message
    assert "RuntimeError" in result.failure.traceback


def test_an_environment_that_raises_in_evaluation(run, corridor_of):
    """The evaluation's own environment gets to its 96th step before the training's."""
    long = run(
        "ppo",
        corridor_of(raise_at=96),
        schedule=Schedule(evals=4, episodes=100, seed=7),
        steps=192,
    )
    result = train(long)
    assert result.failure.kind == "environment"
    assert result.failure.step == 48


def test_a_policy_that_diverges(run, corridor_of):
    wild = run(
        "ppo",
        corridor_of(continuous=True, scale=1e30),
        arguments={"n_steps": 64, "batch_size": 32, "learning_rate": 1e30},
    )
    result = train(wild)
    assert result.failure.kind == "diverged"
    assert result.failure.step > 0


def test_a_weight_that_is_no_number(run, cartpole):
    """DQN takes the best of values that are no numbers without complaint."""
    lost = run("dqn", cartpole)
    learner = build(lost)
    learner.learn(20)
    next(learner.policy.parameters()).data[0] = float("nan")
    arena = Arena(cartpole, lost.schedule, masks=False)
    arena.evaluate(learner)
    with pytest.raises(DivergedError, match="a weight of the policy") as caught:
        EvaluationCallback(lost, arena, Meter(), None).finish(learner)
    assert caught.value.step == 20
    arena.close()
    learner.env.close()


def test_an_argument_the_learner_refuses(run, cartpole):
    result = train(run("ppo", cartpole, arguments={"batch_size": 1}))
    assert result.failure.kind == "exception"
    assert "batch_size" in result.failure.message
    assert result.steps == 0


def test_what_is_known_before_the_failure_is_kept(run, corridor_of):
    result = train(run("a2c", corridor_of(nan_at=150)))
    assert len(result.evaluations) == 1
    assert result.steps == 149


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
def test_what_is_no_failure_of_the_training_is_raised(error, run, cartpole):
    def stop(mean):
        raise error

    with pytest.raises(error):
        train(run("a2c", cartpole), should_stop=stop)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("name", "step", "words"),
    [
        ("dqn", 101, "loss is not finite after step 101"),
        ("td3", 101, "critic_loss is not finite after step 101"),
        ("a2c", 16, "loss is not finite after step 16"),
        # Within their update a distribution complains first.
        ("ppo", 64, "Categorical"),
        ("trpo", 64, "Categorical"),
    ],
)
def test_a_loss_that_is_no_number_ends_the_training_where_it_happens(
    name, step, words, run, corridor_of
):
    """The rewards are finite, and so large that the loss of the values is not."""
    own = {"arguments": {"learning_starts": 100, "train_freq": 1}} if name == "dqn" else {}
    result = train(run(name, corridor_of(huge=True, continuous=name == "td3"), **own))
    assert result.failure.kind == "diverged", result.failure.traceback
    assert words in result.failure.message
    assert result.failure.step == result.steps == step


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf, np.float32("nan")])
def test_the_logger_takes_other_quantities_as_they_come(value):
    logger = LossLogger(SimpleNamespace(num_timesteps=7))
    logger.record("train/explained_variance", value)
    logger.record("train/loss", 1.0)
    with pytest.raises(LossDivergedError, match="value_loss is not finite after step 7") as caught:
        logger.record("train/value_loss", value)
    assert caught.value.step == 7


def test_an_action_that_is_no_number(run, corridor_of):
    """Nothing is evaluated before: the environment itself notices."""
    lost = run("td3", corridor_of(continuous=True))
    learner = build(lost)
    with torch.no_grad():
        next(learner.actor.parameters()).fill_(float("nan"))
    with pytest.raises(DivergedError, match="action") as caught:
        learner.learn(150)
    assert caught.value.step > 100  # the first hundred actions are random
    learner.env.close()


class Meddler(gymnasium.Env):
    """Changes torch for the whole process, and fails where that reached the learner."""

    observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2, start=5)

    def __init__(self):
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(3)
        torch.set_grad_enabled(False)
        torch.set_default_device("meta")
        torch.set_float32_matmul_precision("medium")

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.np_random.uniform(-1, 1, (1, 2)), {}

    def step(self, action):
        assert action in {5, 6}
        assert torch.get_num_threads() == 1
        assert torch.get_default_dtype() == torch.float32
        assert torch.get_float32_matmul_precision() == "highest"
        self.steps += 1
        return self.np_random.uniform(-1, 1, 2), 1.0, self.steps >= 8, False, {}


gymnasium.register("Meddler-v0", entry_point=Meddler)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_an_environment_that_changes_torch_changes_no_training(run, algorithm):
    """Nor do actions that count from 5, and observations of another shape and type."""
    scenario = Scenario(name="meddler", env="Meddler-v0", action="Discrete")
    assert train(run(algorithm, scenario)).failure is None


class Endless(Meddler):
    """Nothing ends its episodes."""

    def __init__(self):
        self.steps = 0

    def step(self, action):
        return self.np_random.uniform(-1, 1, 2), 1.0, False, False, {}


gymnasium.register("Endless-v0", entry_point=Endless)


def test_an_evaluation_that_nothing_ends(run):
    endless = Scenario(name="endless", env="Endless-v0", action="Discrete")
    failure = train(run("ppo", endless, schedule=Schedule(evals=1, episodes=1, seed=7))).failure
    assert failure.kind == "environment"
    assert "nothing ends the episodes of Endless-v0" in failure.message
