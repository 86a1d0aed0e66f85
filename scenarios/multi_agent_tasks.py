"""Games of several agents from PettingZoo and mpe2, with the scores of random and scripted players.

Importing this module imports no simulator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harness.core.scenario import MULTI_AGENT_MODES, PETTINGZOO_PREFIX, ActionKind, Scenario
from scenarios.scenario_scores import RANDOM, measured_scores

EXTRA: Final = "rl-harness[marl]"
PLAYERS: Final = "scenarios.multi_agent_players"


def _scenario(
    *,
    name: str,
    module: str,
    action: ActionKind,
    players: str,
    player_names: tuple[str, ...],
    arguments: Mapping[str, object],
    steps: int,
    description: str,
) -> Scenario:
    scores = dict(measured_scores(name))
    random = scores.pop(RANDOM)
    best = max(scores, key=lambda who: scores[who].value, default="")
    return Scenario(
        name=name,
        env=f"{PETTINGZOO_PREFIX}{module}",
        family=name.partition("/")[0],
        action=action,
        arguments={**arguments, **({"players": players} if players else {})},
        n_envs=4,
        random=random,
        reference=scores.get(best),
        baselines=scores,
        choices={"mode": MULTI_AGENT_MODES, "panel": ("random", *player_names)},
        steps=steps,
        requires=EXTRA,
        packages=tuple(dict.fromkeys((module.partition(".")[0], "pettingzoo"))),
        licence="MIT",
        description=description,
    )


SCENARIOS: Final = (
    _scenario(
        name="mpe/simple_spread-v3",
        module="mpe2.simple_spread_v3",
        action="Discrete",
        players=f"{PLAYERS}:PARTICLE_PLAYERS",
        player_names=("stay", "cover"),
        arguments={"max_cycles": 25},
        steps=500_000,
        description="Three agents cover three landmarks without running into each other.",
    ),
    _scenario(
        name="mpe/simple_reference-v3",
        module="mpe2.simple_reference_v3",
        action="Discrete",
        players=f"{PLAYERS}:PARTICLE_PLAYERS",
        player_names=("stay", "point"),
        arguments={"max_cycles": 25},
        steps=500_000,
        description="Two agents, each of which knows only where the other has to go, and may talk.",
    ),
    _scenario(
        name="mpe/simple_tag-v3",
        module="mpe2.simple_tag_v3",
        action="Discrete",
        players=f"{PLAYERS}:PARTICLE_PLAYERS",
        player_names=("stay", "chase", "flee"),
        arguments={
            "max_cycles": 25,
            "learners": ["adversary_0", "adversary_1", "adversary_2"],
            "panel": ["flee", "random"],
        },
        steps=500_000,
        description="Three slow pursuers that learn catch a fast prey that is scripted.",
    ),
    _scenario(
        name="sisl/multiwalker-v9",
        module="pettingzoo.sisl.multiwalker_v9",
        action="Box",
        players="",
        player_names=(),
        arguments={"max_cycles": 500},
        steps=3_000_000,
        description="Three two-legged walkers carry one package; the fall of one ends it for all.",
    ),
    _scenario(
        name="sisl/pursuit-v5",
        module="pettingzoo.sisl.pursuit_v5",
        action="Discrete",
        players=f"{PLAYERS}:PURSUIT_PLAYERS",
        player_names=("hunt", "surround"),
        arguments={"max_cycles": 500},
        steps=2_000_000,
        description="Eight pursuers with a view of seven fields surround thirty evaders.",
    ),
    _scenario(
        name="butterfly/knights_archers_zombies-v11",
        module="pettingzoo.butterfly.knights_archers_zombies_v11",
        action="Discrete",
        players=f"{PLAYERS}:KNIGHTS_PLAYERS",
        player_names=("aim",),
        arguments={"max_cycles": 900},
        steps=1_000_000,
        description="Two knights and two archers hold zombies off; agents die one by one.",
    ),
    _scenario(
        name="classic/connect_four-v3",
        module="pettingzoo.classic.connect_four_v3",
        action="Discrete",
        players=f"{PLAYERS}:BOARD_PLAYERS",
        player_names=("tactical",),
        arguments={"mode": "selfplay", "panel": ["random", "tactical"]},
        steps=500_000,
        description="Four in a row, learned against earlier selves, tested in both seats against "
        "chance and a player who sees one move ahead.",
    ),
)
