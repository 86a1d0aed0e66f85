"""Samplers and pruners as a plug-in would bring them; only their signatures matter here."""


def tpe(seed, space, n_startup_trials=10, multivariate=True):
    """A sampler with options."""


def random(seed, space):
    """A sampler without options."""


def median(evals, n_startup_trials=5, n_warmup_steps=None):
    """A pruner with options."""


def threshold(evals, lower):
    """A pruner with an option that has to be given."""
