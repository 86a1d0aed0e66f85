"""GPUs, as torch sees them."""

from __future__ import annotations

from harness.core.settings import CPU
from harness.errors import UsageError

__all__ = ["check_device", "gpus"]


def gpus() -> int:
    """How many GPUs torch can use here; 0 with a build for the CPU alone."""
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def check_device(device: str) -> None:
    """Refuse to train on the CPU what is meant for a GPU: the digits would be others.

    Raises:
        UsageError: There is no GPU.
    """
    if device != CPU and not gpus():
        raise UsageError(
            "torch sees no GPU here",
            help="train on a machine with one and a CUDA build of torch, or set "
            "`resources: {gpus: 0}`",
        )
