"""Published scores of an algorithm on an environment, to hold one's own default against.

They come from other code, other evaluation rules and often another version of the environment:
good for noticing that something is badly off, never for a verdict.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedScore:
    """A score somebody else reported.

    Attributes:
        env: Gymnasium id it was reported for.
        kind: ``default`` for the authors' settings, ``fixed`` for one setting for all
            environments, ``tuned`` for one of its own.
        steps: Environment steps of the training; None if not said.
        mean, spread: Return, and what the source gives behind the plus-minus sign.
        seeds: Training runs behind it; None if not said.
        source: Where it was published.
        note: Remark for the reader; may be empty.
    """

    env: str
    kind: Literal["default", "fixed", "tuned"]
    steps: int | None
    mean: float
    spread: float | None
    seeds: int | None
    source: str
    note: str


def published_scores(env: str, algorithm: str) -> tuple[PublishedScore, ...]:
    """Known scores, those for exactly this environment first, then its other versions, new to old.

    Args:
        env: Gymnasium id, e.g. ``Hopper-v5``.
        algorithm: Name in the registry, e.g. ``ppo``.
    """
    name = env.rpartition(":")[2]
    scores = _table().get((_stem(name), _plain(algorithm)), ())
    return tuple(sorted(scores, key=lambda score: (score.env != name, -_version(score.env))))


def _stem(env: str) -> str:
    return re.sub(r"-v\d+$", "", env)


def _version(env: str) -> int:
    match = re.search(r"-v(\d+)$", env)
    return int(match[1]) if match else 0


def _plain(algorithm: str) -> str:
    name = re.sub(r"[^a-z0-9]", "", algorithm.lower())
    return {"pporecurrent": "ppolstm", "recurrentppo": "ppolstm"}.get(name, name)


@lru_cache(maxsize=1)
def _table() -> dict[tuple[str, str], list[PublishedScore]]:
    path = resources.files("harness.analysis") / "data" / "published_scores.csv"
    table: dict[tuple[str, str], list[PublishedScore]] = {}
    for line in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        kind: Literal["default", "fixed", "tuned"] = line["kind"]  # type: ignore[assignment]
        score = PublishedScore(
            env=line["env"],
            kind=kind,
            steps=int(line["steps"]) if line["steps"] else None,
            mean=float(line["mean"]),
            spread=float(line["spread"]) if line["spread"] else None,
            seeds=int(line["seeds"]) if line["seeds"] else None,
            source=line["source"],
            note=line["note"],
        )
        table.setdefault((_stem(score.env), _plain(line["algorithm"])), []).append(score)
    return table
