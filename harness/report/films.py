"""Film: a filmed episode as a report shows it, a few frames side by side."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Film", "Films"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """One filmed episode.

    Attributes:
        variant: Whose agent it shows.
        seed: Training seed of that agent.
        episode_seed: Of the episode.
        score: Return of the episode.
        length: Its steps.
        steps: Steps that the frames show, in order.
        data: The filmstrip, encoded.
        kind: ``png`` or ``jpeg``.
        width, height: Pixels.
    """

    variant: str
    seed: int
    episode_seed: int
    score: float
    length: int
    steps: tuple[int, ...]
    data: bytes
    kind: str
    width: int
    height: int

    @property
    def uri(self) -> str:
        """The picture as an address that needs no file."""
        return f"data:image/{self.kind};base64,{base64.b64encode(self.data).decode('ascii')}"


Films = Mapping[str, tuple[Film, ...]]
"""Cell name -> its films."""
