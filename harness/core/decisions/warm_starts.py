"""Transfer inside a campaign: a search that begins with what earlier cells shipped.

Earlier is what stands before the cell in the matrix, with its algorithm. A search waits until all
of these have decided, so that its first trials follow from the matrix, never from who was quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile
from operator import ne
from typing import Any, Final

from harness.core.arguments import is_number, is_schedule
from harness.core.decisions.transfer import ShippedConfiguration
from harness.core.learner_arguments.cell_arguments import spelling
from harness.core.matrix import Cell, Donor
from harness.core.record import Suggestion
from harness.core.spaces.axis import Scalar
from harness.core.spaces.domain import Domain, option_of
from harness.core.spaces.parameter import look_up

_POINTS: Final = 65
"""Values of a range among which the one is looked for that is nearest to another one."""


def with_donors(cells: Iterable[Cell]) -> list[Cell]:
    """The cells of a matrix, in its order, each with the cells that its search learns from.

    A repeated search learns from searches with its own number, as far as there are any, so that
    no two of them share what they begin with.
    """
    complete: list[Cell] = []
    for cell in cells:
        latest = {other.first_search: other for other in complete}
        earlier = takewhile(partial(ne, cell.first_search), latest)
        donors = tuple(
            Donor(name=other.name, study=other.study_digest())
            for other in map(latest.__getitem__, earlier)
            if cell.search.transfer and other.algorithm.name == cell.algorithm.name
        )
        complete.append(replace(cell, donors=donors))
    return complete


def warm_start(
    cell: Cell, donations: Sequence[ShippedConfiguration], number: int
) -> Suggestion | None:
    """Trial `number`, if it is one that begins with what another cell shipped.

    Such trials follow those that the matrix names. A donor that ships its default gives none, nor
    does one whose values are another one's here.

    Args:
        donations: What its donors shipped, in their order, all of them.
    """
    usual = cell.space.coordinates(cell.space.default_values())
    distinct: list[tuple[str, dict[str, Scalar]]] = []
    for configuration in donations:
        if configuration.values is None:
            continue
        coordinates = cell.space.encode(warm_values(cell, configuration))
        if coordinates not in (usual, *(each for _, each in distinct)):
            distinct.append((configuration.cell.name, coordinates))
    index = number - 1 - len(cell.search.first)
    if not 0 <= index < len(distinct):
        return None
    donor, coordinates = distinct[index]
    return Suggestion(number=number, coordinates=coordinates, source=donor)


def warm_values(cell: Cell, configuration: ShippedConfiguration) -> dict[str, object]:
    """Another cell's configuration as values of this one's search.

    What that cell fixes counts like what it found; what it knows nothing of is the default here. A
    number outside its range is moved to the nearer end.
    """
    donor_values = {**_donor_constants(cell, configuration.cell), **(configuration.values or {})}
    values: dict[str, Any] = {}
    for parameter in cell.space.parameters:
        if cell.space.is_active(parameter, values):
            candidates = (donor_values.get(parameter.name), parameter.default)
            values[parameter.name] = _nearest(parameter.domain, candidates)
    return values


def _donor_constants(cell: Cell, donor: Cell) -> Mapping[str, object]:
    constants = {}
    for parameter in cell.space.parameters:
        has_value, value = look_up(donor.arguments, parameter.target or parameter.name)
        if has_value:
            # A matrix fixes a network by its layers, and a search knows it by a label.
            option = option_of(value["initial"] if is_schedule(value) else value)
            constants[parameter.name] = spelling(cell.space, parameter, option, cell.context())
    return constants


def _nearest(domain: Domain, candidates: Iterable[Scalar]) -> Scalar:
    """The first of the values that the domain has, or has one near; else one of its middle."""
    points = [domain.from_axis(point) for point in domain.grid(_POINTS)]
    numbers = [point for point in points if is_number(point) and domain.contains(point)]
    for value in candidates:
        if domain.contains(value):
            return value
        if is_number(value) and numbers:
            return min(numbers, key=lambda point: abs(point - value))
    return points[len(points) // 2]
