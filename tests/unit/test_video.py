"""GIF and filmstrip of made-up frames."""

import io

import numpy as np
import pytest

from harness import video
from harness.errors import MissingExtraError, UsageError
from harness.video import MOST_FRAMES, STRIP_FRAMES, Gif, Thumbnails, check_formats, rgb_picture

PIL = pytest.importorskip("PIL.Image")


def frame(shade, width=60, height=40):
    return np.full((height, width, 3), shade % 256, dtype=np.uint8)


@pytest.mark.parametrize("length", [1, 5, MOST_FRAMES, 3 * MOST_FRAMES + 7, 1000])
def test_a_strip_spans_an_episode_of_any_length(length):
    thumbnails = Thumbnails()
    drawn = 0
    for step in range(length + 1):
        if thumbnails.wants(step, last=step == length):
            thumbnails.add(step, frame(step))
            drawn += 1
    strip = thumbnails.strip()
    assert strip.steps[0] == 0
    assert strip.steps[-1] == length
    assert len(strip.steps) == min(STRIP_FRAMES, length + 1)
    gaps = np.diff(strip.steps)
    assert gaps.max() - gaps.min() <= max(2, 0.1 * length)
    assert drawn <= 2 * MOST_FRAMES * (1 + np.log2(max(1, length / MOST_FRAMES)))
    picture = PIL.open(io.BytesIO(strip.data))
    assert picture.format.lower() == strip.kind
    assert picture.size == (strip.width, strip.height)


def test_a_strip_without_a_frame_is_no_strip():
    with pytest.raises(ValueError, match="without a frame"):
        Thumbnails().strip()


@pytest.mark.parametrize(("rate", "kept", "duration"), [(10, 20, 100), (50, 10, 40), (125, 4, 40)])
def test_a_gif_runs_in_real_time(tmp_path, rate, kept, duration):
    path = tmp_path / "film.gif"
    with Gif(path, rate) as film:
        for step in range(20):
            film.add(frame(12 * step, width=500, height=400))
    with PIL.open(path) as picture:
        assert picture.n_frames == kept
        assert picture.info["duration"] == duration
        assert picture.size == (400, 320)
        picture.seek(kept - 1)
        assert picture.info["duration"] == 1000


def test_a_film_that_broke_off_leaves_nothing(tmp_path):
    def broken():
        with Gif(tmp_path / "film.gif", 10) as film:
            film.add(frame(1))
            raise RuntimeError("the bridge is out")

    with pytest.raises(RuntimeError, match="bridge"):
        broken()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("drawn", [None, "text", np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3))])
def test_what_is_no_picture_is_refused(drawn):
    with pytest.raises(UsageError, match="no RGB picture"):
        rgb_picture(drawn)


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(video.importlib.util, "find_spec", lambda name: None)
    check_formats(["gif"])
    with pytest.raises(MissingExtraError) as caught:
        check_formats(["gif", "mp4"])
    assert caught.value.help == "pip install 'rl-harness[video]'"


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match="no format `webm`"):
        check_formats(["webm"])
