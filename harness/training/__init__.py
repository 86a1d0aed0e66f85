"""The torch and stable-baselines3 door: train one run, evaluate, prune, save.

Nothing here imports torch until it is used, so that a command line that only plans stays quick.
"""

from harness.lazy import lazily

__getattr__, __all__ = lazily(__file__)
