"""The process's random number generators: seed them, and lend them without a trace."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from gymnasium import Space
from stable_baselines3.common.utils import set_random_seed
from threadpoolctl import ThreadpoolController

from harness.core.settings import CPU


def set_up(seed: int, threads: int, device: str = CPU) -> None:
    """Fix all that the digits of a training depend on besides its run.

    Args:
        seed: For Python's, numpy's and torch's generators.
        threads: Torch's and numpy's threads; other threads sum in another order.
        device: ``cpu`` or ``cuda``.
    """
    if device != CPU:
        # cuBLAS sums in a fixed order only with a workspace of its own; read when it starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    set_threads(threads)
    # `use_deterministic_algorithms` would tell torch's compiler too, and import it.
    torch.set_deterministic_debug_mode("warn")
    # Filling fresh memory is the only part of torch's deterministic mode that costs time here.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    set_random_seed(seed, using_cuda=device != CPU)


def set_threads(threads: int) -> None:
    """Have torch compute as a run is meant to, whatever an environment's module told it.

    An environment may choose threads, a default type, a device, rounder products or no gradients
    for itself; the learner's digits must not depend on it.
    """
    torch.set_num_threads(threads)
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.set_float32_matmul_precision("highest")
    torch.set_grad_enabled(True)
    ThreadpoolController().limit(limits=threads, user_api="blas")


@contextmanager
def borrowed_generators(seed: int, *spaces: Space[object]) -> Iterator[None]:
    """Seed all generators for the block and put them back as they were.

    Args:
        seed: For the block.
        spaces: The learner's action space, from which some learners draw random actions.
    """
    states = (random.getstate(), np.random.get_state(), torch.get_rng_state())  # noqa: NPY002
    gpu_states = _gpu_states()
    generators = [space.np_random.bit_generator for space in spaces]
    generator_states = [generator.state for generator in generators]
    set_random_seed(seed)
    for generator in generators:
        generator.state = np.random.PCG64(seed).state
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        torch.set_rng_state(states[2])
        if gpu_states:
            torch.cuda.set_rng_state_all(gpu_states)
        for generator, state in zip(generators, generator_states, strict=True):
            generator.state = state


def _gpu_states() -> list[torch.Tensor]:
    if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return []
    return torch.cuda.get_rng_state_all()
