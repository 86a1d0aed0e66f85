"""Episodes shown and filmed: what is asked of the player, told and written. Nothing is trained."""

import importlib
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from builders import cell

from harness.campaign import models
from harness.campaign.models import episodes
from harness.core.decisions import plan
from harness.errors import UsageError

RUN = plan.retrain(cell(), {}, 3)
LENGTHS = (3, 5)


@dataclass(frozen=True)
class Moment:
    step: int
    action: Any
    reward: float
    total: float
    over: bool


class Player:
    """Every step of an episode earns half a point; episode n takes LENGTHS[n] steps."""

    def __init__(self):
        self.env = SimpleNamespace(metadata={"render_fps": 2})
        self.asked = []

    def episode(self, number, seed):
        self.asked.append((number, seed))
        length = LENGTHS[number]
        yield Moment(0, None, 0.0, 0.0, False)
        for step in range(1, length + 1):
            yield Moment(step, np.array([0.12345, 1.0]), 0.5, step / 2, step == length)


CHILD = "harness.campaign.models.played_episodes"


class Here:
    """Answers in this process what else a child is asked."""

    def __init__(self, module):
        self.module = module

    def ask(self, question, *arguments, tell=None, **_):
        assert question.startswith(f"{CHILD}:")
        more = {} if tell is None else {"tell": tell}
        return getattr(self.module, question.rpartition(":")[2])(*arguments, **more)

    def close(self):
        pass


@pytest.fixture
def theatre(monkeypatch):
    """The module with a player that needs no torch, and what was asked of the world."""
    stage = SimpleNamespace(player=Player(), opened=[], drawn=[], modes=("rgb_array",))
    playback = ModuleType("harness.training.model_playback")

    @contextmanager
    def open_player(run, model, make):
        stage.opened.append((run, model, make))
        yield stage.player

    for name, value in {"Moment": Moment, "Player": Player, "open_player": open_player}.items():
        setattr(playback, name, value)
    monkeypatch.setitem(sys.modules, playback.__name__, playback)
    randomness = ModuleType("harness.training.randomness")
    randomness.set_threads = lambda threads: None
    monkeypatch.setitem(sys.modules, randomness.__name__, randomness)
    monkeypatch.delitem(sys.modules, CHILD, raising=False)
    monkeypatch.delitem(vars(models), CHILD.rpartition(".")[2], raising=False)
    stage.module = importlib.import_module(CHILD)
    stage.play = partial(episodes.play, code=Here(stage.module))
    stage.film = partial(episodes.film, code=Here(stage.module))

    def frame(env):
        stage.drawn.append(len(stage.drawn))
        return "a picture" if "ansi" in stage.modes else np.zeros((40, 60, 3), dtype=np.uint8)

    stage.envs = SimpleNamespace(
        has_display=lambda: False,
        render_into_memory=lambda: None,
        render_modes=lambda scenario: stage.modes,
        make=lambda *a, **k: ("plain", k),
        make_renderable=lambda *a, **k: ("drawn", k),
        render_frame=frame,
        frame_rate=lambda env: 2,
    )
    monkeypatch.setattr(stage.module, "WATCH", SimpleNamespace(start=lambda: None))
    for module in (stage.module, episodes):
        monkeypatch.setattr(module, "envs", stage.envs)
    monkeypatch.setattr(stage.module.time, "sleep", stage.drawn.append)
    yield stage
    del sys.modules[CHILD]
    vars(models).pop(CHILD.rpartition(".")[2])


def agent(tmp_path):
    return SimpleNamespace(
        run=RUN,
        model=tmp_path / "model.zip",
        folder=tmp_path,
        cell="toy@Toy-v0",
        variant="tuned",
        record=SimpleNamespace(seed=3, run_id="r"),
    )


def test_the_episodes_are_those_of_the_evaluation(theatre, tmp_path):
    first = RUN.schedule.seed
    played = theatre.play(agent(tmp_path), episodes=2)
    assert theatre.player.asked == [(0, first), (1, first)]
    assert [(e.number, e.seed, e.score, e.length) for e in played] == [
        (0, first, 1.5, 3), (1, first + 1, 2.5, 5),
    ]  # fmt: skip
    ((run, model, make),) = theatre.opened
    assert (run, model) == (RUN, tmp_path / "model.zip")
    assert make()[0] == "plain"
    assert theatre.drawn == []


def test_seed_and_model_may_be_others(theatre, tmp_path):
    (episode,) = theatre.play(agent(tmp_path), episodes=1, seed=0, model=tmp_path / "other.zip")
    assert theatre.player.asked == [(0, 0)]
    assert episode.seed == 0
    assert theatre.opened[0][1] == tmp_path / "other.zip"


def test_a_window_needs_a_display(theatre, tmp_path):
    with pytest.raises(UsageError, match="no display") as caught:
        theatre.play(agent(tmp_path), episodes=1, render="human")
    assert "--render text" in caught.value.help
    theatre.envs.has_display = lambda: True
    theatre.play(agent(tmp_path), episodes=1, render="human")
    assert theatre.opened[0][2]() == ("drawn", {"render_mode": "human"})


@pytest.mark.parametrize(("render", "memory"), [("none", 1), ("text", 1), ("human", 0)])
def test_only_a_window_draws_on_the_display(theatre, tmp_path, render, memory):
    calls = []
    theatre.envs.has_display = lambda: True
    theatre.envs.render_into_memory = lambda: calls.append(1)
    theatre.play(agent(tmp_path), episodes=1, render=render)
    assert len(calls) == memory


def test_an_episode_is_told_step_by_step(theatre, tmp_path):
    told = []
    theatre.play(agent(tmp_path), episodes=1, render="text", tell=told.append)
    assert told == [
        "episode 0  step 0  return 0",
        "episode 0  step 1  action [0.123, 1.0]  reward 0.5  return 0.5",
        "episode 0  step 2  action [0.123, 1.0]  reward 0.5  return 1",
        "episode 0  step 3  action [0.123, 1.0]  reward 0.5  return 1.5",
    ]
    assert theatre.drawn == [0.0] * 4  # nobody waits, nothing is drawn


def test_what_can_be_drawn_as_text_is(theatre, tmp_path):
    theatre.modes = ("ansi",)
    told = []
    theatre.play(agent(tmp_path), episodes=1, render="text", tell=told.append)
    assert told[0] == "episode 0  step 0  return 0\na picture\n"
    assert theatre.opened[0][2]() == ("drawn", {"render_mode": "ansi"})
    theatre.opened.clear()
    theatre.play(agent(tmp_path), episodes=1, render="none")
    assert theatre.opened[0][2]()[0] == "plain"


@pytest.mark.parametrize(("rate", "pause"), [(2, 0.5), (10, 0.1), (50, 0.1)])
def test_whoever_reads_gets_the_time_to(theatre, tmp_path, rate, pause):
    theatre.envs.frame_rate = lambda env: rate
    theatre.play(agent(tmp_path), episodes=1, render="text", slowly=True)
    assert theatre.drawn == [pause] * 4


class Taker:
    """A film that is only counted."""

    made: ClassVar[list[Any]] = []

    def __init__(self, path, rate):
        self.path, self.rate, self.frames = path, rate, 0
        self.made.append(self)

    def add(self, frame):
        self.frames += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.path.write_bytes(b"a film")


@pytest.fixture
def films(theatre, monkeypatch):
    """The films that were made, by suffix."""
    pytest.importorskip("PIL.Image", reason="needs the extra rl-harness[video]")
    monkeypatch.setattr(Taker, "made", [])
    monkeypatch.setattr(theatre.module, "Gif", Taker)
    monkeypatch.setattr(theatre.module, "Mp4", Taker)
    monkeypatch.setattr(episodes, "check_formats", lambda formats: None)
    return lambda: {each.path.suffix: (each.frames, each.rate) for each in Taker.made}


def test_a_film_shows_an_episode_and_a_note_says_which(theatre, films, tmp_path):
    filmed = theatre.film(agent(tmp_path), episode=1)
    assert theatre.player.asked == [(1, RUN.schedule.seed)]
    assert theatre.opened[0][2]() == ("drawn", {"render_mode": "rgb_array"})
    assert (filmed.score, filmed.length) == (2.5, 5)
    assert films() == {".gif": (6, 2), ".mp4": (6, 2)}
    assert [file.name for file in filmed.files][:2] == ["episode.gif", "episode.mp4"]
    assert all(file.is_file() for file in filmed.files)
    assert filmed.files[-1].stem == "strip"
    note = (filmed.files[0].parent / "recording.json").read_text()
    assert f'"episode_seed": {RUN.schedule.seed + 1}' in note
    assert '"seed": 3' in note


def test_a_film_may_be_shorter_than_its_strip(theatre, films, tmp_path):
    filmed = theatre.film(agent(tmp_path), episode=1, seconds=1.5, formats=["gif"], seed=9)
    assert films() == {".gif": (4, 2)}  # steps 0 to 3 of two steps a second
    assert theatre.player.asked == [(1, 9)]
    assert filmed.length == 5
    note = (filmed.files[0].parent / "recording.json").read_text()
    assert '"episode_seed": 10' in note


def test_nothing_is_drawn_that_nobody_wants(theatre, films, monkeypatch, tmp_path):
    wants = theatre.module.Thumbnails.wants
    monkeypatch.setattr(
        theatre.module.Thumbnails,
        "wants",
        lambda self, step, *, last: step != 4 and wants(self, step, last=last),
    )
    theatre.film(agent(tmp_path), episode=1, seconds=1.0, formats=["gif"])
    assert films() == {".gif": (3, 2)}
    assert len(theatre.drawn) == 5  # all but step 4
