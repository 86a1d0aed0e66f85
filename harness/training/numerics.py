"""What decides the last digits of a training besides its run: versions, matrix kernels, GPUs.

Nothing here imports torch or numpy until it is asked.
"""

from __future__ import annotations

import platform
from typing import Final

from threadpoolctl import threadpool_info

from harness.core.scenario import Scenario, is_checksum
from harness.core.settings import CPU
from harness.errors import UsageError
from harness.registry import package_version

NUMERIC: Final = ("torch", "stable-baselines3", "sb3-contrib", "gymnasium", "mujoco", "numpy")


def numeric_versions() -> dict[str, str]:
    """Package -> installed version, ``missing`` where there is none, and Python's own.

    Results of different versions are never pooled.
    """
    return {name: package_version(name) for name in NUMERIC} | {"python": platform.python_version()}


def check_versions(scenario: Scenario) -> None:
    """See to it that a scenario's own packages are those its run was planned with.

    Raises:
        UsageError: One has another version here.
    """
    # Sources come with the scenario itself.
    packages = {name: v for name, v in scenario.versions.items() if not is_checksum(v)}
    for package, version in packages.items():
        present = package_version(package)
        if present != version:
            raise UsageError(
                f"`{scenario.name}` was planned with {package} {version}, here it is {present}",
                help=f"pip install {package}=={version}",
            )


def blas() -> str:
    """Numpy's BLAS: name, version and the kernels it chose for this processor."""
    import numpy as np  # noqa: F401  (loads the library)

    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    # Scipy brings one of its own.
    own = [library for library in libraries if "numpy" in library["filepath"]] or libraries
    if not own:
        return "unknown"
    parts = (own[0].get(part) for part in ("internal_api", "version", "architecture"))
    return " ".join(part for part in parts if part)


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
