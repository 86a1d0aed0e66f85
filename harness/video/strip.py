"""A filmstrip: a few frames of a whole episode side by side in one small picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.video.films import Frame

__all__ = ["Strip", "Thumbnails"]

FRAMES: Final = 6
HEIGHT: Final = 168
WIDEST: Final = 252
"""Pixels of one frame."""

ROOM: Final = 48
"""Frames kept at a time while the length of the episode is not known."""

GAP: Final = 2
QUALITY: Final = 82


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A finished filmstrip.

    Attributes:
        data: The picture, encoded.
        kind: ``png`` or ``jpeg``, whichever is smaller.
        width, height: Pixels.
        steps: Steps of the episode that its frames show, in order.
    """

    data: bytes
    kind: str
    width: int
    height: int
    steps: tuple[int, ...]


class Thumbnails:
    """Frames of an episode of unknown length: evenly spaced, never more than `ROOM` in memory."""

    def __init__(self) -> None:
        self._every = 1
        self._kept: list[tuple[int, Any]] = []

    def wants(self, step: int, *, last: bool = False) -> bool:
        """Whether the frame of this step should be drawn for the strip."""
        return last or step % self._every == 0

    def add(self, step: int, frame: Frame) -> None:
        """Keep a frame; every second one goes when there are too many."""
        self._kept.append((step, _small(frame)))
        if len(self._kept) > ROOM:
            self._every *= 2
            self._kept = [kept for kept in self._kept if kept[0] % self._every == 0]

    def strip(self) -> Strip:
        """The first frame, the last one and those that lie evenly between them.

        Raises:
            ValueError: No frame was added.
        """
        if not self._kept:
            raise ValueError("an episode without a frame has no strip")
        chosen = _chosen([step for step, _ in self._kept])
        return _composed([self._kept[place] for place in chosen])


def _chosen(steps: Sequence[int]) -> list[int]:
    """Places of the frames nearest to even distances; each once."""
    end = steps[-1]
    wanted = [end * part / (FRAMES - 1) for part in range(FRAMES)]
    nearest = (min(range(len(steps)), key=lambda p: abs(steps[p] - want)) for want in wanted)
    return sorted(set(nearest))


def _small(frame: Frame) -> Any:
    from PIL import Image

    picture = Image.fromarray(frame)
    scale = min(HEIGHT / picture.height, WIDEST / picture.width)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    # Few pixels, as in grid worlds, stay sharp when they grow.
    how = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST
    return picture.resize(size, how)


def _composed(frames: Sequence[tuple[int, Any]]) -> Strip:
    from PIL import Image

    each_width, height = frames[0][1].size
    width = len(frames) * (each_width + GAP) - GAP
    whole = Image.new("RGB", (width, height), (150, 150, 150))
    for place, (step, picture) in enumerate(frames):
        _label(picture, f"step {step:,}")
        whole.paste(picture, (place * (each_width + GAP), 0))
    files = {kind: _encoded(whole, kind) for kind in ("jpeg", "png")}
    kind = min(files, key=lambda name: len(files[name]))
    return Strip(
        data=files[kind],
        kind=kind,
        width=width,
        height=height,
        steps=tuple(step for step, _ in frames),
    )


def _label(picture: Any, text: str) -> None:
    from PIL import ImageDraw, ImageFont

    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(12)
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    high = bottom - top + 6
    draw.rectangle((0, picture.height - high, right - left + 8, picture.height), fill=(20, 20, 20))
    draw.text((4, picture.height - high + 3 - top), text, font=font, fill=(255, 255, 255))


def _encoded(picture: Any, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "png":
        picture.quantize(64).save(buffer, format="PNG", optimize=True)
    else:
        picture.save(buffer, format="JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()
