"""Matrices that come with the package: the built-in ones, and those that `harness init` writes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from harness.config.documents.written_values import check_campaign_name
from harness.errors import UnknownNameError, UsageError


def builtin_matrices() -> dict[str, Traversable]:
    """Name -> file of every built-in matrix, by name."""
    files_by_name = {
        item.name.removesuffix(".yaml"): item
        for item in _folder().iterdir()
        if item.name.endswith(".yaml")
    }
    return dict(sorted(files_by_name.items()))


def _folder() -> Traversable:
    if find_spec("harness._matrices") is not None:
        return files("harness._matrices")
    return Path(__file__).parents[3] / "benchmarks"


_CLASSIC: Final = """\
# Two algorithms on two classic control tasks: minutes on a laptop, every setting in view.
#
#   harness check FILE    validate it
#   harness plan FILE     what would run, and how much of it
#   harness run FILE      search, confirm, test, report

name: classic             # of the campaign: runs/NAME/, reports/NAME/
seed: 1                   # another seed, another campaign; nothing else is random

# Every scenario with every algorithm is a cell. `harness list scenarios` names them all, and any
# Gymnasium id works as well.
scenarios:
  - CartPole-v1
  - name: Acrobot-v1
    n_envs: 4             # parallel training environments
    # normalize: true     # running normalisation of observations and rewards
    # max_episode_steps: 300

algorithms:
  - ppo
  - name: a2c
    # arguments:          # constructor arguments, the same for the default and the tuned
    #   gae_lambda: 1.0

# exclude: ["a2c@Acrobot-*"]
# include: ["dqn@CartPole-v1"]

# 1. search: Optuna looks for better hyperparameters; trial 0 is the library default
search:
  trials: 20
  steps: 30_000
  evals: 10               # evaluations per trial; the last quarter makes the score
  episodes: 10
  sampler: tpe            # harness list samplers
  pruner: median          # harness list pruners

# 2. confirm: the best trials and the default meet on fresh seeds; the best mean wins
confirm:
  top: 3
  seeds: 4

# 3. test: the winner and the default, trained from scratch on held-out seeds
test:
  seeds: 10
  steps: 30_000
  evals: 10
  episodes: 20

# Ranges of your own: for all algorithms that have the parameter.
space:
  learning_rate: {low: 1e-5, high: 1e-2, log: true}
  # gamma: 0.99           # a value alone takes a parameter out of the search

# Settings for some cells only; later ones win.
overrides:
  - match: "ppo@Acrobot-v1"
    search: {steps: 50_000}
    test: {steps: 50_000}

# harness run FILE --profile smoke: the whole of it in a minute or two, to see that it works
profiles:
  smoke:
    name: classic-smoke
    search: {trials: 2, steps: 600, evals: 2, episodes: 2}
    confirm: {top: 1, seeds: 1}
    test: {seeds: 2, steps: 600, evals: 2, episodes: 2}
    overrides: []
"""

_LOCOMOTION: Final = """\
# PPO and SAC on two locomotion tasks: a night on a real machine.
#
#   harness check FILE                    validate it
#   harness run FILE --profile smoke      the whole of it in minutes, to see that it works
#   harness run FILE                      for real; run it again to continue

name: locomotion
seed: 1

scenarios: [Hopper-v5, HalfCheetah-v5]

algorithms:
  - ppo
  - name: sac
    arguments: {learning_starts: 10_000}

search:
  trials: 40
  steps: 300_000
  evals: 10
  episodes: 10
  pruner: {name: median, n_startup_trials: 5}
confirm:
  top: 3
  seeds: 4
test:
  seeds: 10
  steps: 1_000_000
  evals: 20
  episodes: 20

overrides:
  - match: "ppo@*"        # on-policy learners need normalised observations here
    normalize: true

profiles:
  smoke:
    name: locomotion-smoke
    algorithms:
      - ppo
      - name: sac
        arguments: {learning_starts: 100}
    search: {trials: 2, steps: 300, evals: 2, episodes: 1}
    confirm: {top: 1, seeds: 1}
    test: {seeds: 2, steps: 300, evals: 2, episodes: 1}
"""

_TEMPLATES: Final[Mapping[str, str]] = {"classic": _CLASSIC, "locomotion": _LOCOMOTION}


def template_names() -> tuple[str, ...]:
    """The templates there are."""
    return tuple(_TEMPLATES)


def template(name: str, campaign: str = "") -> str:
    """Text of a commented matrix to begin with, of a campaign that is called as the template.

    Args:
        name: Of the template.
        campaign: Another name of the campaign; one that no folder can have is passed over.

    Raises:
        UnknownNameError: There is no such template.
    """
    if name not in _TEMPLATES:
        raise UnknownNameError("template", name, list(_TEMPLATES))
    with suppress(UsageError):
        check_campaign_name(campaign)
        return _TEMPLATES[name].replace(f"name: {name}", f"name: {campaign}")
    return _TEMPLATES[name]
