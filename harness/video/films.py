"""Moving pictures, written frame by frame so that an episode never lies in memory whole."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from harness.errors import MissingExtraError, UsageError

__all__ = ["Gif", "Mp4", "check_formats", "checked"]

Frame = NDArray[np.uint8]
"""An RGB picture, (height, width, 3)."""

GIF_RATE: Final = 25
"""Frames per second of a GIF at most; browsers slow faster ones down."""

GIF_WIDTH: Final = 400
"""Pixels; a wider frame is made smaller, because a GIF is hardly compressed."""

_NEEDS: Final = {"gif": ("PIL",), "mp4": ("PIL", "imageio_ffmpeg")}


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


def checked(frame: Any) -> Frame:
    """What an environment drew, as a picture.

    Raises:
        UsageError: It is none.
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
        """A film to be written when the block ends.

        Args:
            path: Where to.
            rate: Frames per second that will be added.
        """
        self._path = path
        self._every = -(-rate // GIF_RATE)
        self._seconds = self._every / rate
        self._seen = 0
        self._kept: list[Any] = []

    def add(self, frame: Frame) -> None:
        from PIL import Image

        if self._seen % self._every == 0:
            picture = Image.fromarray(frame)
            if picture.width > GIF_WIDTH:
                height = round(picture.height * GIF_WIDTH / picture.width)
                picture = picture.resize((GIF_WIDTH, height), Image.Resampling.BILINEAR)
            self._kept.append(picture.quantize(128, dither=Image.Dither.NONE))
        self._seen += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None or not self._kept:
            return
        first, *others = self._kept
        # The last frame stays for a second, so that its end can be seen before it begins anew.
        each = round(self._seconds * 1000)
        durations = [each] * len(others) + [max(1000, each)]
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pipe is not None:
            self._pipe.close()
