"""The Pillow and ffmpeg door: frames of an episode -> GIF, MP4, filmstrip.

Both come with the extra ``rl-harness[video]``; they are imported where a film is made.
"""

from harness.video.films import Gif, Mp4, check_formats
from harness.video.strip import Strip, Thumbnails

__all__ = ["Gif", "Mp4", "Strip", "Thumbnails", "check_formats"]
