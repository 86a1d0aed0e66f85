"""The game's parameters: two rule sets and every named scenario of both. Pure data.

A ring of houses burns, agents choose where to go and whether to work, and a fire that is not put
out within its night ruins the house for good. ``classic`` is the game as it was first tuned;
``v1`` is its later form with frozen ids, in which signals may lie and rewards are ten times larger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Final, Literal

RuleSet = Literal["classic", "v1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that decides how a game goes.

    Attributes:
        rules: Rule set. In ``classic`` the signal is the mode, fires at the start are a fixed
            number, workers' chances combine as ``1 - exp(-extinguish k)`` and the team's reward
            counts a tenth; in ``v1`` the signal is free, every house burns at the start with the
            chance `ignition`, and k workers combine as ``1 - (1 - extinguish)^k``.
        agents: How many there are; agent i owns the houses h with ``h % agents == i``.
        houses: Length of the ring.
        spread: Chance that a burning house lights a safe neighbour. Without `suppression` every
            fire is out or a ruin by then, so that it only shows in the observation.
        extinguish: A lone worker's chance, or rate, of putting a fire out.
        ignition: Chance per safe house and night of catching fire.
        initial: ``classic``: share of the houses burning at the start.
        nights: Night from which on the game ends when nothing burns, counted from 0.
        last_ignition: ``classic``: night from which on nothing catches fire any more.
        team_reward, team_penalty: Per night, times the share of safe and of ruined houses.
        own_reward, other_reward: For a house that is safe again, to its owner and to the others.
        own_penalty, other_penalty: For every ruined house, every night.
        work_cost: Per night of work.
        distance_cost: Per house between an agent's home and where it works.
        rest_reward: Per night of rest.
        homes: Where the agents live; empty puts agent i at house ``i % houses``.
        suppression: What one worker adds per night towards putting a fire out, which happens at 1;
            fires then neither burn out nor depend on chance. None for the usual game.
    """

    rules: RuleSet
    agents: int = 4
    houses: int = 10
    spread: float = 0.25
    extinguish: float = 0.5
    ignition: float = 0.02
    initial: float = 0.0
    nights: int = 12
    last_ignition: int | None = None
    team_reward: float = 100.0
    team_penalty: float = 100.0
    own_reward: float = 1.0
    other_reward: float = 0.0
    own_penalty: float = 2.0
    other_penalty: float = 0.0
    work_cost: float = 0.5
    distance_cost: float = 0.0
    rest_reward: float = 0.5
    homes: tuple[int, ...] = ()
    suppression: float | None = None

    @property
    def classic(self) -> bool:
        return self.rules == "classic"

    @property
    def action(self) -> tuple[int, ...]:
        """Numbers of choices of one agent: house, mode and, in ``v1``, signal."""
        return (self.houses, 2) if self.classic else (self.houses, 2, 2)


def _classic(
    *,
    spread: float,
    extinguish: float,
    work_cost: float = 0.5,
    initial: float,
    ignition: float,
    nights: int = 12,
    team_reward: float = 100.0,
) -> Rules:
    return Rules(
        rules="classic",
        spread=spread,
        extinguish=extinguish,
        work_cost=work_cost,
        initial=initial,
        ignition=ignition,
        nights=nights,
        last_ignition=nights,
        team_reward=team_reward,
    )


CLASSIC: Final[Mapping[str, Rules]] = MappingProxyType(
    {
        "default": _classic(spread=0.25, extinguish=0.5, initial=0.2, ignition=0.02),
        "easy": _classic(spread=0.1, extinguish=0.8, initial=0.1, ignition=0.01, nights=10),
        "hard": _classic(spread=0.4, extinguish=0.3, initial=0.3, ignition=0.05, nights=15),
        "trivial_cooperation": _classic(spread=0.15, extinguish=0.9, initial=0.1, ignition=0.0),
        "early_containment": _classic(spread=0.35, extinguish=0.6, initial=0.3, ignition=0.02),
        "greedy_neighbor": _classic(
            spread=0.15, extinguish=0.4, work_cost=1.0, initial=0.2, ignition=0.02
        ),
        "sparse_heroics": _classic(
            spread=0.1, extinguish=0.5, work_cost=0.8, initial=0.15, ignition=0.02, nights=20
        ),
        "rest_trap": _classic(
            spread=0.05, extinguish=0.95, work_cost=0.2, initial=0.1, ignition=0.02
        ),
        "chain_reaction": _classic(
            spread=0.45, extinguish=0.6, work_cost=0.7, initial=0.3, ignition=0.03, nights=15
        ),
        "deceptive_calm": _classic(
            spread=0.25, extinguish=0.6, work_cost=0.4, initial=0.1, ignition=0.05, nights=20
        ),
        "overcrowding": _classic(
            spread=0.2,
            extinguish=0.3,
            work_cost=0.6,
            initial=0.1,
            ignition=0.02,
            team_reward=50.0,
        ),
        "mixed_motivation": _classic(
            spread=0.3, extinguish=0.5, work_cost=0.6, initial=0.2, ignition=0.03, nights=15
        ),
    }
)
"""The scenarios of the first rule set."""

_DEFAULT: Final = Rules(rules="v1", own_reward=20.0, own_penalty=40.0)
_PRIVATE: Final = replace(
    _DEFAULT, team_reward=10.0, team_penalty=10.0, own_reward=50.0, own_penalty=100.0
)

V1: Final[Mapping[str, Rules]] = MappingProxyType(
    {
        "default": _DEFAULT,
        "easy": Rules(rules="v1", spread=0.1, extinguish=0.8, ignition=0.01, nights=10),
        "hard": Rules(rules="v1", spread=0.4, extinguish=0.3, ignition=0.05, nights=15),
        "trivial_cooperation": Rules(rules="v1", spread=0.15, extinguish=0.9, ignition=0.0),
        "early_containment": Rules(rules="v1", spread=0.35, extinguish=0.6),
        "greedy_neighbor": Rules(rules="v1", spread=0.15, extinguish=0.4, work_cost=1.0),
        "sparse_heroics": Rules(rules="v1", spread=0.1, work_cost=0.8, nights=20),
        "rest_trap": Rules(rules="v1", spread=0.05, extinguish=0.95, work_cost=0.2),
        "chain_reaction": Rules(
            rules="v1", spread=0.45, extinguish=0.6, ignition=0.03, work_cost=0.7, nights=15
        ),
        "deceptive_calm": Rules(
            rules="v1", extinguish=0.6, ignition=0.05, work_cost=0.4, nights=20
        ),
        "overcrowding": Rules(
            rules="v1", spread=0.2, extinguish=0.3, work_cost=0.6, team_reward=50.0
        ),
        "mixed_motivation": Rules(rules="v1", spread=0.3, ignition=0.03, work_cost=0.6, nights=15),
        "minimal_specialization": _PRIVATE,
        "positional_default": replace(_DEFAULT, homes=(0, 3, 5, 8), distance_cost=0.1),
        "v2_minimal": replace(_PRIVATE, houses=2, ignition=0.05, nights=8),
        "default_continuous": replace(_DEFAULT, suppression=0.5),
        "asym_b05_k09_c05": replace(_PRIVATE, spread=0.5, extinguish=0.9),
        "asym_b09_k09_c05": replace(_PRIVATE, spread=0.9, extinguish=0.9),
    }
)
"""The scenarios of the second rule set."""

_TABLES: Final = {"classic": CLASSIC, "v1": V1}


def rules_of(
    scenario: str,
    rules: RuleSet = "classic",
    *,
    agents: int | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Rules:
    """The rules of a named scenario.

    Args:
        scenario: Name, without version.
        rules: Which rule set.
        agents: How many agents; None for the scenario's own number.
        parameters: Changes to the attributes of `Rules`.

    Raises:
        ValueError: There is no such scenario or parameter, or a number does not hold.
    """
    if rules not in _TABLES:
        raise ValueError(f"no rule set `{rules}`; there are: {', '.join(_TABLES)}")
    table = _TABLES[rules]
    if scenario not in table:
        raise ValueError(f"no scenario `{scenario}` in `{rules}`; there are: {', '.join(table)}")
    changes = dict(parameters or {})
    if agents is not None:
        changes["agents"] = agents
    names = {field.name for field in fields(Rules)} - {"rules"}
    unknown = sorted(set(changes) - names)
    if unknown:
        raise ValueError(f"no parameter `{unknown[0]}`; there are: {', '.join(sorted(names))}")
    if "homes" in changes:
        changes["homes"] = tuple(changes["homes"])
    result = replace(table[scenario], **changes)
    _check(result)
    return result


def _check(rules: Rules) -> None:
    for name in ("agents", "houses"):
        if getattr(rules, name) < 1:
            raise ValueError(f"`{name}` = {getattr(rules, name)}: there has to be at least one")
    if rules.nights < 0:
        raise ValueError(f"`nights` = {rules.nights}: it cannot be negative")
    for name in ("spread", "ignition", "initial"):
        if not 0 <= getattr(rules, name) <= 1:
            raise ValueError(f"`{name}` = {getattr(rules, name)} is no probability")
    if rules.extinguish < 0 or (not rules.classic and rules.extinguish > 1):
        raise ValueError(f"`extinguish` = {rules.extinguish} is no probability")
    if rules.homes and (
        len(rules.homes) != rules.agents or not set(rules.homes) <= set(range(rules.houses))
    ):
        raise ValueError(
            f"`homes` = {list(rules.homes)} does not give each of {rules.agents} agents one of "
            f"the houses 0 .. {rules.houses - 1}"
        )
