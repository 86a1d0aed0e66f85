"""The budgets of the rungs: search, confirm, test and transfer."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Discriminator, Field, Tag

from harness.config.schema.model import ABSENT, Model, Short
from harness.config.schema.values import CostAware, Count, Seed, Seeds

__all__ = [
    "ALTERNATIVES",
    "AdaptiveEntry",
    "ComponentEntry",
    "ConfirmEntry",
    "SearchEntry",
    "TestEntry",
    "TransferEntry",
]


class ComponentEntry(Short):
    """A sampler or pruner by name, with its options."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    name: str = ""


class SearchEntry(Model):
    """Budget of the search rung."""

    trials: Count = Field(ABSENT, description="Trials in all, the library default included.")
    steps: Count = Field(ABSENT, description="Environment steps of one trial.")
    evals: Count = Field(ABSENT, description="Evaluations per trial, evenly spaced.")
    episodes: Count = Field(ABSENT, description="Episodes per evaluation.")
    in_flight: Count = Field(ABSENT, description="Trials open at once.")
    sampler: ComponentEntry = ABSENT
    pruner: ComponentEntry = ABSENT
    cost_aware: CostAware = Field(
        ABSENT, description="Pass over trials dearer than 4 times the default, or another multiple."
    )
    first: list[dict[str, Any]] = Field(
        ABSENT, description="Known configurations, tried right after the default."
    )


class ConfirmEntry(Model):
    """Budget of the confirm rung."""

    top: Count = Field(ABSENT, description="Configurations taken from the search.")
    seeds: Seeds = Field(ABSENT, description="How many seeds, or the seeds themselves.")


class AdaptiveEntry(Model):
    """A rule that adds seeds to the cells that are not decided."""

    start: Count = Field(ABSENT, description="Seeds of the first look.")
    step: Count = Field(ABSENT, description="Seeds added before every later look.")
    max: Count = Field(ABSENT, description="Seeds at most.")


ALTERNATIVES: Final = ("<seeds>", "<rule>")
"""What a validator calls the forms of `HeldOut` in the places of its errors."""

HeldOut = Annotated[
    Annotated[Seeds, Tag(ALTERNATIVES[0])] | Annotated[AdaptiveEntry, Tag(ALTERNATIVES[1])],
    Discriminator(lambda given: ALTERNATIVES[isinstance(given, dict | AdaptiveEntry)]),
]


class TestEntry(Model):
    """Budget of the test rung."""

    __test__ = False  # not a pytest class

    seeds: HeldOut = Field(
        ABSENT, description="How many seeds, the seeds themselves, or a rule that adds them."
    )
    steps: Count = Field(ABSENT, description="Environment steps of one run.")
    evals: Count = Field(ABSENT, description="Evaluations per run.")
    episodes: Count = Field(ABSENT, description="Episodes per evaluation.")
    variants: list[str] = Field(ABSENT, description="`default`, `tuned` and names from `variants`.")


class TransferEntry(Model):
    """Budget of the transfer rung."""

    seeds: Seed = Field(ABSENT, description="How many seeds; 0 for no such rung.")
