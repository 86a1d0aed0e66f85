"""What every scenario has to say of itself; needs nothing but the scenario."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import ClassVar

from harness.core.identity import digest
from harness.core.scenario import Scenario
from harness.testing import expect

FACTS = ("description", "licence", "steps", "random", "reference", "threshold")
"""What a scenario says of itself: the last three are its scores."""

CERTAINTY = "certainty"
"""What a random score lacks whose standard error is more than `SURE`."""

SURE = 0.05
"""How large a random score's standard error may be, on the scale from it to the reference."""


class ScenarioFacts:
    """Tests of the data of one scenario, which pytest gives to each as the fixture `scenario`.

    Attributes:
        lacking: What is not there and why: one of `FACTS`, or ``certainty`` of the random score ->
            pattern of scenarios' names (``*`` and ``?`` are wildcards) -> the reason.
    """

    lacking: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType({})

    def test_it_crosses_processes_and_has_an_identity(self, scenario: Scenario) -> None:
        copy = pickle.loads(pickle.dumps(scenario))  # noqa: S301
        expect(copy == scenario, "a pickled copy differs")
        expect(digest(copy) == digest(scenario), "its identity is not stable")

    def test_it_describes_itself(self, scenario: Scenario) -> None:
        facts = {*FACTS, CERTAINTY}
        expect(set(self.lacking) <= facts, f"`lacking` names other things than {sorted(facts)}")
        for fact in FACTS:
            has_fact = getattr(scenario, fact) not in {None, ""}
            is_excused = self._is_excused(scenario, fact)
            expect(has_fact or is_excused, f"it has no {fact}, and `lacking` does not say why")
            expect(not (has_fact and is_excused), f"it has the {fact} that `lacking` says it lacks")

    def test_its_scores_have_sources_and_an_order(self, scenario: Scenario) -> None:
        scores = [scenario.random, scenario.reference, *scenario.baselines.values()]
        expect(all(each is None or each.source for each in scores), "a score has no source")
        if scenario.random is None:
            return
        zero = scenario.random.value
        reference = None if scenario.reference is None else scenario.reference.value
        for score in (reference, scenario.threshold):
            expect(score is None or zero < score, f"chance earns {zero:g}, no less than {score}")

    def test_its_random_score_is_known_well(self, scenario: Scenario) -> None:
        if scenario.random is None or scenario.reference is None:
            return
        match = re.search(r"standard error ([\d.]+(e[+-]\d+)?)", scenario.random.source)
        expect(match is not None, "the source of its random score names no `standard error`")
        error = 0.0 if match is None else float(match[1].rstrip("."))
        scale = scenario.reference.value - scenario.random.value
        sure = error <= SURE * scale
        is_excused = self._is_excused(scenario, CERTAINTY)
        expect(not (sure and is_excused), "it has the certainty that `lacking` says it lacks")
        expect(
            sure or is_excused,
            f"the standard error of its random score, {error:g}, is more than {SURE:.0%} of the "
            f"{scale:g} that are between it and the reference",
        )

    def _is_excused(self, scenario: Scenario, fact: str) -> bool:
        excuses = self.lacking.get(fact, {}).items()
        reasons = [why for pattern, why in excuses if fnmatchcase(scenario.name, pattern)]
        expect(all(reasons), f"`lacking` gives no reason for its {fact}")
        return bool(reasons)
