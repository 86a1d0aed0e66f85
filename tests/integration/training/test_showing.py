"""A saved model plays its evaluation again, to the last digit; an episode becomes a film."""

import math
from dataclasses import replace

import pytest
from builders import cell_of

from harness.campaign.models.episodes import play
from harness.campaign.models.recordings import films
from harness.campaign.models.trained_models import Agent, make_model
from harness.core.evaluation import Schedule
from harness.core.record import CampaignRecord, CellRecord, RunRecord
from harness.core.run import Variant
from harness.core.scenario import Normalize, Scenario
from harness.core.settings import Rung
from harness.errors import StorageError, UsageError
from harness.saved_models import read_seed
from harness.training import train
from harness.training.model_playback import open_player

pytestmark = pytest.mark.training

CELL = "ppo@Pendulum-v1"

PENDULUM = Scenario(
    name="Pendulum-v1",
    env="Pendulum-v1",
    action="Box",
    max_episode_steps=30,
    normalize=Normalize(observation=True),
)


@pytest.fixture
def trained(tmp_path):
    """An agent after its training, with what evaluation said of it last."""

    def of(run, variant="tuned"):
        model = tmp_path / "runs" / "camp" / "models" / "model.zip"
        result = train(run, save_to=model)
        assert result.failure is None
        record = RunRecord(
            rung=Rung.TEST,
            variant=Variant(variant),
            index=0,
            trial=None,
            seed=run.seed,
            arguments=run.arguments,
            run_id=run.id,
            result=result,
        )
        return Agent(
            campaign="camp",
            cell=CELL,
            variant=variant,
            record=record,
            run=run,
            folder=tmp_path / "runs" / "camp",
            model=model,
        )

    return of


@pytest.mark.parametrize(
    ("name", "backend"), [("ppo", "fast"), ("ppo", "sb3"), ("sac", "sb3"), ("ppo_recurrent", "sb3")]
)
def test_returns_are_those_of_the_evaluation(trained, run, name, backend):
    # Twelve episodes: the last two follow others in the same environment.
    schedule = Schedule(evals=1, episodes=12, seed=7)
    agent = trained(run(name, PENDULUM, backend=backend, schedule=schedule, steps=128))
    last = agent.record.result.evaluations[-1]
    played = play(agent, episodes=12)
    assert [each.score for each in played] == list(last.returns)
    assert [each.length for each in played] == list(last.lengths)
    assert [each.seed for each in played] == list(range(7, 19))
    assert read_seed(agent.model) == agent.run.seed


def test_masks_are_kept(trained, run, corridor_of):
    agent = trained(run("ppo_mask", corridor_of(masked=True)))
    assert [each.score for each in play(agent, episodes=3)] == [10.0, 10.0, 10.0]


def test_another_seed_is_another_episode(trained, run):
    agent = trained(run("ppo", PENDULUM))
    first, second = (play(agent, episodes=1, seed=seed)[0].score for seed in (1, 2))
    assert first != second


def test_a_film_has_the_return_of_its_episode_and_is_read_back(trained, run, cartpole, tmp_path):
    pytest.importorskip("PIL", reason="needs the extra rl-harness[video]")
    from harness.campaign.models.episodes import film

    agent = trained(run("ppo", cartpole))
    last = agent.record.result.evaluations[-1]
    made = film(agent, episode=2, formats=["gif"], seconds=0.2)
    assert (made.score, made.length) == (last.returns[2], last.lengths[2])
    assert [path.name for path in made.files] == ["episode.gif", "strip.png"]
    assert all(path.stat().st_size > 500 for path in made.files)
    cell = CellRecord(cell=cell_of(CELL), runs=(agent.record,))
    record = CampaignRecord(name="camp", created="", updated="", cells=(cell,))
    (shown,) = films(record, tmp_path / "runs")[CELL]
    assert (shown.variant, shown.score, shown.length) == ("tuned", made.score, made.length)
    assert shown.steps[-1] == made.length
    assert shown.episode_seed == agent.run.schedule.seed + 2


def test_an_mp4_has_a_frame_for_every_step(trained, run, cartpole):
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="needs the extra rl-harness[video]")
    from harness.campaign.models.episodes import film

    made = film(trained(run("ppo", cartpole)), formats=["mp4"])
    frames, seconds = ffmpeg.count_frames_and_secs(str(made.files[0]))
    assert frames == made.length + 1
    assert math.isclose(seconds, frames / 50, abs_tol=0.05)


def test_what_draws_nothing_cannot_be_filmed_and_leaves_nothing(trained, run, corridor_of):
    pytest.importorskip("PIL", reason="needs the extra rl-harness[video]")
    from harness.campaign.models.episodes import film

    agent = trained(run("ppo", corridor_of()))
    with pytest.raises(UsageError, match="cannot be drawn as rgb_array") as caught:
        film(agent, formats=["gif"])
    assert "no drawing at all" in caught.value.help
    assert not list(agent.folder.glob("recordings/**/*.gif"))


def test_text_says_every_step_even_where_nothing_is_drawn(trained, run, corridor_of):
    told = []
    agent = trained(run("ppo", corridor_of()))
    (episode,) = play(agent, episodes=1, render="text", tell=told.append)
    assert len(told) == episode.length + 1
    assert told[-1].endswith(f"return {episode.score:.6g}")


def test_a_window_needs_a_display(trained, run, corridor_of, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    agent = trained(run("ppo", corridor_of()))
    with pytest.raises(UsageError, match="no display"):
        play(agent, episodes=1, render="human")


def test_a_model_of_another_cell_is_refused(trained, run, corridor_of, cartpole):
    other = trained(run("ppo", cartpole))
    mine = run("ppo", corridor_of())
    agent = Agent(
        campaign="c", cell="c", variant="v", record=other.record, run=mine, folder=other.folder,
        model=other.model,
    )  # fmt: skip
    with pytest.raises(StorageError, match="no model of this cell"):
        play(agent, episodes=1)


@pytest.mark.parametrize("name", ["ppo", "sac"])
def test_a_model_whose_weights_fit_another_policy_is_refused(trained, run, name):
    own = {"policy_kwargs": {"net_arch": [8]}}
    other = {"policy_kwargs": {"net_arch": [8], "activation_fn": "elu"}}
    world = replace(PENDULUM, normalize=Normalize())
    agent = trained(replace(run(name, world, steps=64), arguments=own))
    with open_player(agent.run, agent.model):
        pass
    words = r"activation function is .*, here it is .*ELU"
    with pytest.raises(StorageError, match=words) as caught:
        open_player(replace(agent.run, arguments=other), agent.model).__enter__()
    assert "--variant" in caught.value.help


def test_statistics_that_nobody_would_apply_are_refused(trained, run):
    agent = trained(run("ppo", PENDULUM))
    raw = replace(agent.run, scenario=replace(PENDULUM, normalize=Normalize()))
    with pytest.raises(StorageError, match="trained on normalised observations"):
        open_player(raw, agent.model).__enter__()


def test_a_model_made_again_is_the_same(trained, run):
    agent = trained(run("ppo", PENDULUM))
    before = play(agent, episodes=2)
    agent.model.unlink()
    assert not agent.saved
    make_model(agent)
    assert play(agent, episodes=2) == before
