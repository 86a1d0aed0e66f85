"""Atari 2600 games of the Arcade Learning Environment, with the field's preprocessing.

The protocol is that of Machado et al. 2018, https://doi.org/10.1613/jair.5699, as the -v5 ids have
it: sticky actions (the last action is repeated with probability 0.25) and a full game per episode,
cut after 108,000 frames. Frames are skipped here, by `AtariPreprocessing`, four at a time and with
the maximum of the last two; the skip of the -v5 ids is set to 1, else one action would last 16
frames. Up to 30 no-ops begin an episode; the policy sees four grey frames of 84 x 84. In training
alone rewards are clipped to -1 .. 1, which for games that pay whole points is their sign; a
lost life ends nothing. Evaluation counts the game's own points.
"""

from __future__ import annotations

from harness.core.scenario import Family, Scenario, Score, Wrapper
from scenarios.scenario_scores import SLM_LAB, published_score, scenario

_HUMAN = (
    "published: the human tester of Wang et al. 2016, https://arxiv.org/abs/1511.06581, as in "
    "dqn_zoo's atari_data.py; played without sticky actions"
)

# No time limit: gymnasium's would count the emulator's frames, not the policy's steps.
_GAME = Scenario(
    name="",
    env="",
    action="Discrete",
    observation="image",
    family="atari",
    imports=("ale_py",),
    arguments={"frameskip": 1},
    wrappers=(
        Wrapper(
            path="gymnasium.wrappers.AtariPreprocessing",
            arguments={"noop_max": 30, "frame_skip": 4, "screen_size": 84},
        ),
        Wrapper(path="gymnasium.wrappers.FrameStackObservation", arguments={"stack_size": 4}),
    ),
    training_wrappers=(
        Wrapper(
            path="gymnasium.wrappers.ClipReward",
            arguments={"min_reward": -1.0, "max_reward": 1.0},
        ),
    ),
    steps=10_000_000,
    requires="rl-harness[atari]",
    packages=("ale-py", "opencv-python-headless"),
    licence="ale-py: GPL-2.0; the games come with it and belong to their publishers",
    description="An Atari 2600 game, seen as four grey frames.",
)


def _game(name: str, value: float, human: float, description: str) -> Scenario:
    return scenario(
        _GAME,
        f"ALE/{name}-v5",
        description,
        reference=published_score(
            value,
            algorithm="PPO, the best of three hand-tuned settings",
            steps="10,000,000",
            runs="4 seeds",
            source=SLM_LAB,
        ),
        baselines={"human": Score(value=human, source=_HUMAN)},
    )


SCENARIOS = (
    _game("Breakout", 326.47, 30.5, "Break a wall of bricks with a ball."),
    _game("Pong", 16.69, 14.6, "Table tennis against the console."),
    _game("Qbert", 15460.48, 13455.0, "Colour a pyramid, dodge snakes."),
    _game("SpaceInvaders", 892.49, 1668.7, "Shoot descending rows of aliens from behind shields."),
)

FAMILIES = (Family(ids=("ALE/*",), draft=_GAME),)
