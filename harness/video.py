"""The Pillow and ffmpeg door: frames of an episode -> GIF, MP4, filmstrip.

Films are written frame by frame, so that an episode never lies in memory whole. Pillow and ffmpeg
come with the extra ``rl-harness[video]``; they are imported where a film is made.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from harness.errors import MissingExtraError, UsageError

Frame = NDArray[np.uint8]
"""An RGB picture, (height, width, 3)."""

GIF_RATE: Final = 25
"""Frames per second of a GIF at most; browsers slow faster ones down."""

GIF_WIDTH: Final = 400
"""Pixels; a wider frame is made smaller, because a GIF is hardly compressed."""

STRIP_FRAMES: Final = 6
MOST_FRAMES: Final = 48
"""Frames of a filmstrip, and frames in memory while the length of the episode is not known."""

FRAME_HEIGHT: Final = 168
FRAME_WIDTH: Final = 252
FRAME_GAP: Final = 2
"""Pixels: the largest size of a filmstrip's frame, and what is between two of them."""

JPEG_QUALITY: Final = 82

_NEEDS: Final[dict[str, tuple[str, ...]]] = {"gif": (), "mp4": ("imageio_ffmpeg",)}


def check_formats(formats: Iterable[str]) -> None:
    """Whether films of these formats can be made here; a filmstrip always belongs to them.

    Raises:
        UsageError: There is no such format.
        MissingExtraError: A package is not installed.
    """
    for name in formats:
        if name not in _NEEDS:
            raise UsageError(f"no format `{name}`", help=f"there are: {', '.join(_NEEDS)}")
        for package in _NEEDS[name]:
            if importlib.util.find_spec(package) is None:
                raise MissingExtraError(
                    f"{name.upper()} needs a package that is not installed: {package}",
                    help="pip install 'rl-harness[video]'",
                )


def rgb_picture(frame: object) -> Frame:
    """What an environment drew, checked to be an RGB picture.

    Raises:
        UsageError: It is not one.
    """
    picture = np.asarray(frame)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise UsageError(
            f"the environment drew {picture.dtype} of shape {picture.shape}, no RGB picture",
            help="its `render` has to give (height, width, 3) uint8 in the mode rgb_array",
        )
    return picture


class Gif:
    """A GIF in real time: of a quick simulation only every second, third ... frame is kept."""

    def __init__(self, path: Path, rate: int) -> None:
        """Prepare a film that is written when the ``with`` block ends.

        Args:
            rate: Frames per second of the episode.
        """
        self._path = path
        self._every = -(-rate // GIF_RATE)
        self._seconds = self._every / rate
        self._count = 0
        self._frames: list[Any] = []

    def add(self, frame: Frame) -> None:
        from PIL import Image

        if self._count % self._every == 0:
            picture = Image.fromarray(frame)
            if picture.width > GIF_WIDTH:
                height = round(picture.height * GIF_WIDTH / picture.width)
                picture = picture.resize((GIF_WIDTH, height), Image.Resampling.BILINEAR)
            self._frames.append(picture.quantize(128, dither=Image.Dither.NONE))
        self._count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None or not self._frames:
            return
        first, *others = self._frames
        # The last frame stays for a second, so that it can be seen before the film starts again.
        duration = round(self._seconds * 1000)
        durations = [duration] * len(others) + [max(1000, duration)]
        first.save(
            self._path,
            save_all=True,
            append_images=others,
            duration=durations,
            loop=0,
            optimize=False,
        )


class Mp4:
    """H.264 that browsers play, as large as the frames."""

    def __init__(self, path: Path, rate: int) -> None:
        self._path = path
        self._rate = rate
        self._pipe: Any = None
        self._size = (0, 0)

    def add(self, frame: Frame) -> None:
        import imageio_ffmpeg

        # The colour format wants even sides.
        height, width = frame.shape[0] // 2 * 2, frame.shape[1] // 2 * 2
        if self._pipe is None:
            self._size = (width, height)
            self._pipe = imageio_ffmpeg.write_frames(
                str(self._path),
                self._size,
                fps=self._rate,
                quality=7,
                macro_block_size=2,
                ffmpeg_log_level="error",
                output_params=["-movflags", "+faststart"],
            )
            self._pipe.send(None)
        self._pipe.send(np.ascontiguousarray(frame[: self._size[1], : self._size[0]]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pipe is not None:
            self._pipe.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameStrip:
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
    """Frames of an episode of unknown length: evenly spaced, at most `MOST_FRAMES` of them."""

    def __init__(self) -> None:
        self._every = 1
        self._frames: list[tuple[int, Any]] = []

    def wants(self, step: int, *, last: bool = False) -> bool:
        """Whether the frame of this step should be drawn for the strip."""
        return last or step % self._every == 0

    def add(self, step: int, frame: Frame) -> None:
        """Keep a frame; every second one goes when there are too many."""
        self._frames.append((step, _thumbnail(frame)))
        if len(self._frames) > MOST_FRAMES:
            self._every *= 2
            self._frames = [frame for frame in self._frames if frame[0] % self._every == 0]

    def strip(self) -> FrameStrip:
        """The first frame, the last one and those that lie evenly between them.

        Raises:
            ValueError: No frame was added.
        """
        if not self._frames:
            raise ValueError("an episode without a frame has no strip")
        indices = _space_evenly([step for step, _ in self._frames])
        return _compose([self._frames[index] for index in indices])


def _space_evenly(steps: Sequence[int]) -> list[int]:
    """Indices of the steps nearest to even distances, each once."""
    end = steps[-1]
    targets = [end * part / (STRIP_FRAMES - 1) for part in range(STRIP_FRAMES)]
    nearest = (min(range(len(steps)), key=lambda i: abs(steps[i] - target)) for target in targets)
    return sorted(set(nearest))


def _thumbnail(frame: Frame) -> object:
    from PIL import Image

    picture = Image.fromarray(frame)
    scale = min(FRAME_HEIGHT / picture.height, FRAME_WIDTH / picture.width)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    # Few pixels, as in grid worlds, stay sharp when they grow.
    resampling = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST
    return picture.resize(size, resampling)


def _compose(frames: Sequence[tuple[int, Any]]) -> FrameStrip:
    from PIL import Image

    frame_width, height = frames[0][1].size
    width = len(frames) * (frame_width + FRAME_GAP) - FRAME_GAP
    whole = Image.new("RGB", (width, height), (150, 150, 150))
    for index, (step, picture) in enumerate(frames):
        _label(picture, f"step {step:,}")
        whole.paste(picture, (index * (frame_width + FRAME_GAP), 0))
    files = {kind: _encode(whole, kind) for kind in ("jpeg", "png")}
    kind = min(files, key=lambda name: len(files[name]))
    return FrameStrip(
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
    y = picture.height - (bottom - top + 6)
    draw.rectangle((0, y, right - left + 8, picture.height), fill=(20, 20, 20))
    draw.text((4, y + 3 - top), text, font=font, fill=(255, 255, 255))


def _encode(picture: Any, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "png":
        picture.quantize(64).save(buffer, format="PNG", optimize=True)
    else:
        picture.save(buffer, format="JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()
