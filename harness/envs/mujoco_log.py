"""MuJoCo's warnings, sent to logging instead of a file in the working directory."""

from __future__ import annotations

import logging
import sys

__all__ = ["redirect"]

_log = logging.getLogger(__name__)


def redirect() -> None:
    """Have MuJoCo, if this process has imported it, warn through `logging`.

    By itself MuJoCo appends to ``MUJOCO_LOG.TXT`` wherever the process was started.
    """
    mujoco = sys.modules.get("mujoco")
    if mujoco is not None and mujoco.get_mju_user_warning() is not _warn:
        mujoco.set_mju_user_warning(_warn)


def _warn(message: str) -> None:
    _log.warning("MuJoCo: %s", message)
