"""How far a minibatch step of PPO is from the same arithmetic in C, and from its products alone.

    python tests/benchmarks/roofline.py [--rounds 5]

Three times for one gradient step of actor and critic (two hidden layers, tanh, clipped loss,
clipping, Adam), in turns on one thread: the accelerated update, one C loop nest compiled here with
``cc -O3 -march=native -ffast-math``, and nothing but the six matrix products of each hidden layer's
passes through the BLAS that numpy calls. Prints one JSON object, microseconds of CPU time.
"""

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
import torch
from side_by_side import run

from harness.learners.on_policy_updates import LossWeights, PpoSettings, ppo_update
from harness.learners.rollouts import Samples
from harness.training import build

SHAPES = [(4, 64), (16, 64), (64, 64), (256, 64), (1024, 64), (16, 256), (64, 256), (512, 256)]
"""Samples of a minibatch, units of each hidden layer."""
INPUTS, ACTIONS = 4, 2
STEPS, EPOCH = 256, 16
"""Steps that are timed at once, and minibatches of an epoch."""


def main() -> None:
    """Measure every shape."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(Path(folder))
        found = {}
        for batch, width in SHAPES:
            found[f"batch {batch}, width {width}"] = measured(library, batch, width, given.rounds)
            print(batch, width, found[f"batch {batch}, width {width}"], file=sys.stderr, flush=True)
    print(json.dumps(found, indent=1))


def compiled(folder):
    """The C loops as a library."""
    target = folder / "step.so"
    source = Path(__file__).with_name("roofline.c")
    flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, str(source), "-o", str(target), "-lm"], check=True)
    return ctypes.CDLL(str(target))


def measured(library, batch, width, rounds):
    """Median microseconds of a step in each way."""
    works = [ours(batch, width), in_c(library, batch, width), products(batch, width)]
    times = np.array([[timed(work) for work in works] for _ in range(rounds)])
    fast, c, gemm = np.median(times, axis=0)
    return {
        "fast_us": round(float(fast), 1),
        "c_us": round(float(c), 1),
        "products_us": round(float(gemm), 1),
        "fast_over_c": round(float(np.median(times[:, 0] / times[:, 1])), 2),
        "fast_over_products": round(float(np.median(times[:, 0] / times[:, 2])), 2),
    }


def timed(work):
    """CPU microseconds of a step, after a warm-up."""
    work(EPOCH)
    begun = time.process_time()
    work(STEPS)
    return 1e6 * (time.process_time() - begun) / STEPS


def ours(batch, width):
    """The accelerated update: epochs over some batches of random samples."""
    rows = EPOCH * batch
    learner = build(
        run(
            "ppo",
            "CartPole-v1",
            1,
            {"n_steps": rows, "batch_size": batch, "policy_kwargs": {"net_arch": [width, width]}},
        )
    )
    random = np.random.default_rng(0)
    engine = learner.engine
    data = Samples(
        inputs=random.normal(size=(rows, INPUTS)).astype(np.float32),
        actions=random.integers(ACTIONS, size=(rows, 1)),
        values=random.normal(size=rows).astype(np.float32),
        log_probs=np.full(rows, -np.log(2), np.float32),
        advantages=random.normal(size=rows).astype(np.float32),
        returns=random.normal(size=rows).astype(np.float32),
        masks=None,
    )
    weights = LossWeights(entropy=0.0, value=0.5, max_norm=0.5)

    def work(steps):
        settings = PpoSettings(
            clip_range=0.2,
            clip_range_vf=None,
            epochs=steps // EPOCH,
            batch_size=batch,
            normalize=True,
            target_kl=None,
        )
        ppo_update(engine, data, settings, weights)

    return work


def in_c(library, batch, width):
    """The loops of roofline.c on data of the same shapes."""
    random = np.random.default_rng(0)
    size = library.parameters(INPUTS, width, ACTIONS)
    scales = [(0.1, size), *[(0, size)] * 3, (1, batch * INPUTS), (1, batch), (1, batch)]
    scales.append((0, 8 * batch * width))
    arrays = [random.normal(scale=scale, size=n).astype(np.float32) for scale, n in scales]
    actions = random.integers(ACTIONS, size=batch).astype(np.int32)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (*arrays, actions)]

    def work(steps):
        assert len(arrays[-3]) == len(actions) == batch  # kept alive by this
        library.steps(steps, batch, INPUTS, width, ACTIONS, *pointers)

    return work


def products(batch, width):
    """The matrix products of two networks, forward and backward, and nothing else."""
    random = np.random.default_rng(0)

    def drawn(*shape):
        return random.normal(size=shape).astype(np.float32)

    inputs, hidden, delta = drawn(batch, INPUTS), drawn(batch, width), drawn(batch, width)
    one, two, last = drawn(INPUTS, width), drawn(width, width), drawn(width, ACTIONS)
    out, square, narrow = np.empty_like(hidden), np.empty_like(two), np.empty_like(one)
    ends, tail = drawn(batch, ACTIONS), np.empty_like(last)

    def work(steps):
        for _ in range(2 * steps):
            np.dot(inputs, one, out=out)
            np.dot(hidden, two, out=out)
            np.dot(hidden, last, out=ends)
            np.dot(ends, last.T, out=out)
            np.dot(hidden.T, ends, out=tail)
            np.dot(delta, two.T, out=out)
            np.dot(hidden.T, delta, out=square)
            np.dot(inputs.T, delta, out=narrow)

    return work


if __name__ == "__main__":
    main()
