"""Our Bucket Brigade beside the published game: what every scripted team earns in both.

    python tests/benchmarks/bucket_brigade_table.py [REFERENCE.json] [--games 20000]

A line per scenario and agent: the published mean and its standard error, ours, and how many
standard errors of the difference lie between them. Takes minutes; ends with status 1 where any
two are more than four apart. A reference is a file with `resim_20000` and `measured_original`;
without one the figures of the tests are compared.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from bucket_brigade_reference import FIGURES, agent

from scenarios.bucket_brigade.measure import play_out
from scenarios.bucket_brigade.rules import rules_of

OPPONENTS = ("random", "random", "firefighter")
LIMIT = 4.0

Case = tuple[str, str, str, float, float]
"""Kind of game, scenario, agent, mean, standard error."""


def compared() -> Iterator[Case]:
    """The figures that the tests compare."""
    for kind, table in FIGURES["returns"].items():
        for name, agents in table.items():
            yield from ((kind, name, who, *figures) for who, figures in agents.items())


def referred(reference: dict[str, Any]) -> Iterator[Case]:
    """The figures of a whole reference."""
    kinds = {"classic_opponents2": "classic with 2 opponents"}
    kinds |= {"classic_opponents3": "classic with 3 opponents", "v1": "v1"}
    for key, kind in kinds.items():
        for name, agents in reference["resim_20000"][key].items():
            for who, found in agents.items():
                which = "team_return" if kind == "v1" else "learner_return"
                yield kind, name, who, *found[which]
    for name, agents in reference["measured_original"]["v1"].items():
        for who, found in agents.items():
            mean, error = found["team_return_mean"], found["team_return_se"]
            yield "v1, the original", name.removesuffix("-v1"), who, mean, error


def ours(kind: str, name: str, who: str, games: int) -> tuple[float, float]:
    seed = sum(map(ord, f"{kind}{name}{who}"))
    if kind.startswith("v1"):
        # A mixed team is written with bars.
        team = [agent(one) for one in who.split("|")]
        rules = rules_of(name, "v1")
        return play_out(rules, team * (rules.agents // len(team)), games=games, seed=seed).team
    others = OPPONENTS[: int(kind.split()[2])]
    rules = rules_of(name, agents=1 + len(others))
    return play_out(rules, [agent(who), *others], games=games, seed=seed).learner


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("reference", nargs="?", type=Path)
    parser.add_argument("--games", type=int, default=20_000)
    options = parser.parse_args()
    cases = compared()
    if options.reference is not None:
        cases = referred(json.loads(options.reference.read_text(encoding="utf-8")))
    apart = []
    for kind, name, who, expected, error in cases:
        mean, own = ours(kind, name, who, options.games)
        between = math.hypot(error, own)
        # A team whose return is always the same has no standard error at all.
        z = (mean - expected) / between if between > 1e-3 else (mean - expected) / 1e-3
        apart.append(z)
        print(
            f"{kind:26}{name:24}{who:26}{expected:12.2f} ({error:.2f}){mean:12.2f} ({own:.2f})"
            f"{z:8.2f}",
            flush=True,
        )
    far = sum(abs(z) > LIMIT for z in apart)
    spread = math.sqrt(sum(z * z for z in apart) / len(apart))
    print(
        f"{len(apart)} comparisons, {far} more than {LIMIT:g} standard errors apart, "
        f"the largest {max(map(abs, apart)):.2f}, root mean square {spread:.2f}"
    )
    return 1 if far else 0


if __name__ == "__main__":
    sys.exit(main())
