"""Invented scores: what training runs return, in units of their spread."""

import numpy as np


def normal(generator, shape):
    return generator.normal(0, 1, shape)


def skewed(generator, shape):
    """Log-normal."""
    return (generator.lognormal(0, 0.8, shape) - np.exp(0.32)) / 1.30


def bimodal(generator, shape):
    """Half of the runs learn."""
    half = np.where(generator.random(shape) < 0.5, 1.0, -1.0)
    return half + generator.normal(0, 0.1, shape)


def capped(generator, shape):
    """Runs that learn reach the most an episode can give: one in seven does not."""
    return np.where(generator.random(shape) < 0.85, 0.42, -2.38)


SHAPES = {"normal": normal, "skewed": skewed, "bimodal": bimodal, "capped": capped}
