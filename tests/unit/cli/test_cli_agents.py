"""`harness play` and `harness record`."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.errors import UsageError


def episode(number, score, length):
    return SimpleNamespace(number=number, seed=100 + number, score=score, length=length)


@pytest.fixture
def agent(fake):
    """The fake campaign answers with an agent whose model is saved."""
    made = SimpleNamespace(
        cell="ppo@CartPole-v1",
        variant="tuned",
        record=SimpleNamespace(seed=7, result=SimpleNamespace(score=455.25)),
        run=SimpleNamespace(steps=4000, seed=3),
        model=Path("models/tuned-seed7.zip"),
        saved=True,
        missing=UsageError("no model was saved", help="add `--train`"),
    )
    fake.answers |= {
        "agent": made,
        "make_model": None,
        "play": lambda *_, **__: (episode(0, 450.0, 450), episode(1, 460.5, 500)),
        "film": SimpleNamespace(
            score=1.5, length=20, files=(Path("a/episode.gif"), Path("a/strip.png"))
        ),
    }
    return made


def test_play_prints_scores_and_their_mean(agent, fake, command):
    ended = command("play", "ppo@CartPole-v1", "--episodes", "2", "--seed", "5", "--run", "best")
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[1].split() == ["0", "100", "450.0", "450"]
    assert ended.out.splitlines()[-1].split() == ["mean", "455.2", "475.0"]
    assert "trained with seed 7, score 455.2" in ended.err
    _, asked = fake.called("agent")
    assert (asked["variant"], asked["run"]) == ("tuned", "best")
    _, asked = fake.called("play")
    assert (asked["episodes"], asked["seed"], asked["render"]) == (2, 5, "none")


def test_play_as_json(agent, command):
    told = json.loads(command("play", "ppo@CartPole-v1", "--json").out)
    assert told["mean"] == 455.25
    assert told["episodes"][1] == {"episode": 1, "seed": 101, "return": 460.5, "steps": 500}


def test_text_goes_to_stderr(agent, fake, command):
    def told(agent, *, tell, **_):
        tell("night 3")
        return (episode(0, 1.0, 1),)

    fake.answers["play"] = told
    ended = command("play", "ppo@CartPole-v1", "--render", "text")
    assert "night 3" in ended.err
    assert "night 3" not in ended.out


@pytest.mark.parametrize("words", [("play",), ("record", "--format", "gif")])
def test_a_model_that_was_not_saved_is_not_trained_unasked(agent, fake, command, words):
    agent.saved = False
    ended = command(words[0], "ppo@CartPole-v1", *words[1:])
    assert ended.code == 2
    assert "no model was saved" in ended.err
    assert "--train" in ended.err
    assert not [call for call in fake.calls if call[0] == "make_model"]


def test_it_is_trained_where_that_is_asked_for(agent, fake, command):
    agent.saved = False
    ended = command("play", "ppo@CartPole-v1", "--train")
    assert ended.code == 0, ended.err
    assert "training `tuned` of ppo@CartPole-v1, seed 7: 4,000 steps" in ended.err
    (asked,), _ = fake.called("make_model")
    assert asked is agent


def test_a_model_of_the_users_own_needs_no_saved_one(agent, fake, command):
    agent.saved = False
    ended = command("play", "ppo@CartPole-v1", "--model", "mine")
    assert ended.code == 0
    for question in ("agent", "play"):
        assert fake.called(question)[1]["model"] == Path("mine.zip")
    assert "mine.zip: episodes of the evaluation of seed 3" in ended.err
    assert "evaluation" not in command("play", "ppo@CartPole-v1", "--model", "m", "--seed", "1").err


def test_record_films_default_and_tuned_and_prints_the_files(agent, fake, command):
    ended = command("record", "ppo@CartPole-v1", "--episode", "3", "--seconds", "4")
    assert ended.code == 0, ended.err
    assert ended.out == "a/episode.gif\na/strip.png\n" * 2
    asked = [kwargs for name, _, kwargs in fake.calls if name == "agent"]
    assert [each["variant"] for each in asked] == ["default", "tuned"]
    made = [kwargs for name, _, kwargs in fake.calls if name == "film"]
    assert made[0] == {"episode": 3, "seed": None, "formats": ["gif", "mp4"], "seconds": 4.0}
    assert "`harness report quick`" in ended.err


def test_record_as_json(agent, command):
    told = json.loads(command("record", "ppo@CartPole-v1", "--variant", "tuned", "--json").out)
    assert told["films"] == [
        {"variant": "tuned", "return": 1.5, "steps": 20, "files": ["a/episode.gif", "a/strip.png"]}
    ]


def test_an_unknown_way_to_render_is_refused(agent, command):
    assert command("play", "ppo@CartPole-v1", "--render", "film").code == 2
