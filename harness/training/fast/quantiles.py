"""Quantile regression with Huber's loss (Dabney et al. 2018, eq. 10)."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch

from harness.training.fast.memory import Floats

__all__ = ["QuantileLoss"]

CACHED: Final = 160_000
"""Pairs taken at once, so that they stay in the processor's cache."""


class QuantileLoss:
    """The loss of estimates (B, M) of the quantiles of targets (B, T)."""

    def __init__(self, quantiles: int, copies: int = 1) -> None:
        """Set the probabilities.

        Args:
            quantiles: How many are estimated, at the midpoints of as many equal shares.
            copies: How many sets of such estimates lie side by side.
        """
        shares = (torch.arange(quantiles) + 0.5) / quantiles
        self._shares = shares.repeat(copies)[:, None]
        # Errors above an estimate weigh its share w, those below 1 - w: with x- the negative
        # part, w x+ + (1 - w) x- = w x + (1 - 2 w) x-.
        self._below = 1 - 2 * self._shares
        self._scratch = torch.empty(3, 0)

    def __call__(self, current: Floats, targets: Floats) -> tuple[float, Floats]:
        """Sum of the loss over all pairs of an estimate and a target, and its gradient (B, M)."""
        size, width = current.shape[1], targets.shape[1]
        step = max(1, CACHED // (size * width))
        self._fit(step * size * width)
        estimates, wanted = torch.from_numpy(current), torch.from_numpy(targets)
        gradient = torch.empty(len(current), size)
        total = 0.0
        for start in range(0, len(current), step):
            place = slice(start, start + step)
            total += self._add(estimates[place], wanted[place], gradient[place])
        return total, np.negative(gradient.numpy())

    def _add(self, current: torch.Tensor, targets: torch.Tensor, out: torch.Tensor) -> float:
        """Sum of the loss of some rows; the weighted and clipped errors' sums go to `out`."""
        shape = (*current.shape, targets.shape[1])
        count = current.numel() * targets.shape[1]
        apart, kept, weighted = (flat[:count].view(shape) for flat in self._scratch)
        torch.sub(targets[:, None, :], current[:, :, None], out=apart)
        torch.clamp(apart, -1, 1, out=kept)
        torch.clamp_max(kept, 0, out=weighted)
        weighted.mul_(self._below).addcmul_(kept, self._shares)
        torch.sum(weighted, dim=2, out=out)
        # Huber's loss is the error less half of its clipped part, times that part.
        apart.add_(kept, alpha=-0.5)
        return float(torch.dot(weighted.view(-1), apart.view(-1)))

    def _fit(self, count: int) -> None:
        if self._scratch.shape[1] < count:
            self._scratch = torch.empty(3, count)
