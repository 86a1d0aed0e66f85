"""Small trainings in PettingZoo's games: one policy for all, masks, self-play, deaths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from harness.core.curriculum import Curriculum
from harness.core.evaluation import Schedule
from harness.envs.players import SnapshotPool
from harness.training import build, train
from harness.training.frozen_policies import SnapshotCallback, snapshot_policy
from harness.training.vec_envs import curriculum_progress_of
from scenarios import SCENARIOS

pytestmark = pytest.mark.training

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
FOUR = "classic/connect_four-v3"


def scenario(name, **arguments):
    found = BY_NAME[name]
    return replace(found, n_envs=2, arguments={**found.arguments, **arguments})


@pytest.mark.parametrize("backend", ["sb3", "fast"])
def test_ppo_on_simple_spread(run, backend):
    pytest.importorskip("mpe2", reason="the extra `marl` is not installed")
    work = run("ppo", scenario("mpe/simple_spread-v3"), steps=768, backend=backend)
    result = train(work)
    assert result.failure is None
    # Three agents share two copies: 384 slots a rollout, of which all act.
    assert (result.steps, result.game_steps, result.agent_steps) == (768, 256, 768)
    last = result.evaluations[-1]
    assert set(last.lengths) == {75}
    assert set(last.parts) == {"agent_0", "agent_1", "agent_2"}
    assert sum(last.parts.values()) == pytest.approx(np.mean(last.returns))
    assert train(work).evaluations == result.evaluations


@pytest.mark.parametrize("backend", ["sb3", "fast"])
def test_masked_ppo_plays_connect_four_against_its_earlier_selves(run, backend):
    schedule = Schedule(evals=2, episodes=8, seed=7)
    work = run(
        "ppo_mask",
        scenario(FOUR, snapshot_every=100),
        steps=384,
        schedule=schedule,
        backend=backend,
    )
    result = train(work)
    assert result.failure is None
    assert result.agent_steps == result.steps
    # The other seat moves about as often as the learner.
    assert 1.8 * result.steps < result.game_steps < 2.2 * result.steps
    last = result.evaluations[-1]
    assert set(last.parts) == {
        "against random",
        "against tactical",
        "as player_0",
        "as player_1",
    }
    assert set(last.returns) <= {-1.0, 0.0, 1.0}
    assert train(work).evaluations == result.evaluations


def test_both_seats_of_connect_four_learn_with_one_policy(run):
    result = train(run("ppo_mask", scenario(FOUR, mode="shared"), steps=512))
    assert result.failure is None
    # Of two seats one moves at a time.
    assert result.agent_steps == result.game_steps == result.steps / 2


def test_knights_and_archers_die_one_by_one(run):
    pytest.importorskip("pymunk", reason="the extra `marl` is not installed")
    name = "butterfly/knights_archers_zombies-v11"
    short = scenario(name, max_cycles=160, spawn_delay=2)
    schedule = Schedule(evals=1, episodes=1, seed=7)
    result = train(run("a2c", short, steps=1200, schedule=schedule))
    assert result.failure is None
    assert result.agent_steps < result.steps


def test_a_snapshot_stays_what_it_was(run):
    learner = build(run("ppo_mask", scenario(FOUR)))
    seen = np.random.default_rng(0).random((40, learner.observation_space.shape[0]))
    seen = seen.astype(np.float32)
    masks = np.tile([True] + [False] * 6, (40, 1))
    mind = snapshot_policy(learner)
    assert set(mind(seen, masks)) == {0}
    import torch

    def acts():
        torch.manual_seed(0)
        return mind(seen, None).tolist()

    before = acts()
    with torch.no_grad():
        for weight in learner.policy.parameters():
            weight.add_(torch.randn_like(weight))
    assert acts() == before
    learner.env.close()


def test_snapshots_come_when_they_are_due(run):
    learner = build(run("ppo_mask", scenario(FOUR)))
    pool = SnapshotPool(every=100, keep=9)
    taker = SnapshotCallback(pool, learner)
    taker.init_callback(learner)
    counts = []
    for steps in (50, 99, 100, 150, 260, 299, 300):
        learner.num_timesteps = steps
        taker.on_step()
        counts.append(len(pool._snapshots))
    # One before the first step; a rollout that jumps over an appointment makes it up once.
    assert counts == [1, 1, 2, 2, 3, 3, 4]
    learner.env.close()


def test_taking_a_snapshot_leaves_the_trainings_random_numbers_alone(run):
    import torch

    learner = build(run("ppo_mask", scenario(FOUR)))
    state = torch.get_rng_state()
    snapshot_policy(learner)
    assert torch.equal(torch.get_rng_state(), state)
    learner.env.close()


def test_bucket_brigade_meets_its_earlier_selves_and_is_tested_among_others(run):
    name = "bucket_brigade/easy-selfplay-v0"
    work = run("a2c", scenario(name, snapshot_every=100), steps=240)
    result = train(work)
    assert result.failure is None
    assert {length for e in result.evaluations for length in e.lengths} == {11}
    assert train(work).evaluations == result.evaluations


@pytest.mark.parametrize("mode", ["shared", "selfplay"])
def test_a_learner_holds_on_to_its_slots_from_level_to_level(run, mode):
    name = f"bucket_brigade/easy-{mode}-v1"
    found = BY_NAME[name]
    curriculum = Curriculum(levels=found.levels[:1], shares=(0.5,))
    work = run("ppo", replace(found, n_envs=2, curriculum=curriculum), steps=512)
    learner = build(work)
    gaps, pool = (learner.env.get_attr(name)[0] for name in ("gaps", "pool"))
    learner.learn(512)
    assert curriculum_progress_of(learner).level_index == 1
    assert learner.env.get_attr("gaps")[0] is gaps
    assert learner.env.get_attr("pool")[0] is pool
    assert gaps.agent_steps == learner.num_timesteps
    assert gaps.allowed
    learner.env.close()
