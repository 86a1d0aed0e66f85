"""What cells do together: looks at a growing number of seeds, and winners that travel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.interim_analyses import families, judge
from harness.campaign.ladder import Climb
from harness.core.events import InterimTaken
from harness.core.plan import DEFAULT
from harness.core.record import RunResult
from harness.core.settings import Adaptive

__all__ = ["Together"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """Cells with one rule; `share` of the level is theirs."""

    rule: Adaptive
    climbs: tuple[Climb, ...]
    share: float


class Together:
    """Cells of a campaign that wait for one another.

    Everything follows from results that are there, never from the order in which they came: a look
    is taken once all of a family's cells have their seeds, a setting travels once it is shipped.
    """

    def __init__(self, climbs: Sequence[Climb]) -> None:
        by_name = {climb.cell.name: climb for climb in climbs}
        rules = {name: _rule(climb) for name, climb in by_name.items()}
        self._families = [
            _Family(
                rule=rule,
                climbs=tuple(by_name[name] for name in names),
                share=len(names) / len(climbs),
            )
            for rule, names in families(rules).items()
            if rule is not None
        ]
        self._targets = [
            (climb, tuple(by_name[name] for name in climb.sources))
            for climb in climbs
            if climb.sources
        ]
        self._carried: set[str] = set()

    def looks(self, results: Mapping[str, RunResult]) -> list[tuple[InterimTaken, list[Climb]]]:
        """Every look that may be taken now, with the cells that took part."""
        return [
            (_look(family, results), list(family.climbs))
            for family in self._families
            if not all(climb.settled for climb in family.climbs)
            and all(climb.is_tested(results) for climb in family.climbs)
        ]

    def receivers(self) -> list[Climb]:
        """Cells that get settings shipped since the last time; they have planned them."""
        shipped = {
            source.cell.name
            for _, sources in self._targets
            for source in sources
            if source.winner is not None
        }
        new = shipped - self._carried
        self._carried |= new
        receivers = [pair for pair in self._targets if any(s.cell.name in new for s in pair[1])]
        for target, sources in receivers:
            target.receive([source.setting for source in sources if source.setting is not None])
        return [target for target, _ in receivers]


def _rule(climb: Climb) -> Adaptive | None:
    given = climb.cell.test.seeds
    return given if isinstance(given, Adaptive) else None


def _look(family: _Family, results: Mapping[str, RunResult]) -> InterimTaken:
    climbs = family.climbs
    judged = judge(
        family.rule,
        [
            None if climb.winner and climb.winner.variant == DEFAULT else climb.pairs(results)
            for climb in climbs
        ],
        share=family.share,
        seed=climbs[0].cell.seed,
    )
    added = {}
    for climb, interim in zip(climbs, judged, strict=True):
        before = climb.total()
        if climb.grow(interim.seeds, settled=interim.final):
            added[climb.cell.name] = climb.total() - before
    return InterimTaken(
        look=max(interim.look for interim in judged),
        looks=len(family.rule.groups),
        decisions={
            climb.cell.name: interim.decision
            for climb, interim in zip(climbs, judged, strict=True)
            if climb.winner is not None and climb.winner.variant != DEFAULT
        },
        added=added,
        steps={
            climb.cell.name: added[climb.cell.name] * climb.cell.test.steps
            for climb in climbs
            if climb.cell.name in added
        },
    )
