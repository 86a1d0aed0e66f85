"""Other packages in environments of their own, and what a command costs with all it starts."""

import ctypes
import os
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
HARNESS = [sys.executable, "-c", "from harness.cli import main; main()"]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
ENVIRONMENTS = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "rl-harness-bench")


def python_of(name: str, *packages: str, folder: Path | None = None) -> Path:
    """The interpreter of an environment with these packages, made on the first call.

    It gets the torch that the harness runs on, so that both sides call the same kernels.
    """
    place = folder or ENVIRONMENTS / name
    python = place / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    if not (place / "ready").exists():
        torch = f"torch=={version('torch').partition('+')[0]}"
        pip = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, torch], check=True)
        subprocess.run([*pip, torch, *packages], check=True)
        (place / "ready").touch()
    return python


def cost_of(*commands, folder, environment=None):
    """Wall and CPU seconds of commands that run side by side, their descendants' included.

    Raises:
        RuntimeError: One of them failed; what it said is in the message.
    """
    # Orphans become ours, so that their time is counted when they end.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    logs = [Path(folder, f"output-{place}.log") for place in range(len(commands))]
    running = []
    for command, log in zip(commands, logs, strict=True):
        with log.open("w") as output:
            running.append(
                subprocess.Popen(
                    [str(word) for word in command],
                    cwd=folder,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=os.environ | (environment or {}),
                )
            )
    ends = [process.wait() for process in running]
    wall = time.perf_counter() - begun
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    for end, log in zip(ends, logs, strict=True):
        if end:
            raise RuntimeError(f"exit code {end}:\n{log.read_text()[-2000:]}")
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return {"wall_s": round(wall, 2), "cpu_s": round(cpu, 2)}
