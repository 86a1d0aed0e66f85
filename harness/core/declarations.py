"""What it takes to declare a setting: its description, bounds, and the types and limits they share.

Field metadata is read with `declaration_of`. Where a type is written in a matrix otherwise than in
Python, e.g. a size as ``2GiB``, `harness.config.documents.written_forms` says how, once for each
type.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final, get_args, get_type_hints

from harness.core.identity import SPARSE, Role, role_of

MOST_TRIALS: Final = 10_000
MOST_SEEDS: Final = 1_000
MOST_CELLS: Final = 2_000
MOST_REPEATS: Final = 100
"""Bounds of whatever a plan lists one by one; a billion would only fill the memory."""

MOST_STEPS: Final = 10**12
MOST_EVALS: Final = 10_000
MOST_EPISODES: Final = 100_000
MOST_SECONDS: Final = 10**8
MOST_THREADS: Final = 1024

Bytes = Annotated[int, "bytes, written as a size such as `2GiB`"]
CampaignName = Annotated[str, "a name that folders can have"]
CostMultiple = Annotated[float, "a multiple of the default's effort"]
DottedPath = Annotated[str, "a dotted path such as `package.Class`"]
RunCount = Annotated[float, "a number of runs of the default, written `60` or `60 runs`"]
Seeds = int | tuple[int, ...]
"""How many seeds to derive, or the seeds themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What is said of a setting beside its name, type, default and role.

    Attributes:
        description: One line.
        at_least, above, at_most: Bounds of a number.
        options: The words that it may be; empty for any value of its type.
        unset: What holds where a matrix leaves it out, in words, if that is not the default.
        cells_only: Whether it can only be set for some cells, in an override.
    """

    description: str
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    options: tuple[str, ...] = ()
    unset: str = ""
    cells_only: bool = False


def setting(
    default: object,
    description: str,
    *,
    role: Role = Role.IDENTITY,
    sparse: bool = False,
    **declared: Any,
) -> Any:
    """A dataclass field that is a setting.

    Args:
        default: Its value where no matrix says another; a mutable one is copied for each instance;
            ``dataclasses.MISSING`` for a setting that must be given.
        sparse: Whether it is no part of an identity where it has its default, see `SPARSE`.
        declared: What else a `Declaration` holds, by its names.
    """
    declaration = Declaration(description=description, **declared)
    metadata = {"role": role, "declaration": declaration, SPARSE: sparse}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def declaration_of(each: dataclasses.Field[object]) -> Declaration | None:
    """What a field declares with `setting`; None for a field that is no setting."""
    return each.metadata.get("declaration")


def settings_of(kind: type) -> Iterator[dataclasses.Field[object]]:
    """The fields of a dataclass that are settings."""
    return (each for each in dataclasses.fields(kind) if declaration_of(each) is not None)


@cache
def find_declaration(kind: type, path: tuple[str, ...]) -> tuple[Declaration, Role] | None:
    """What is declared at the end of a path through nested dataclasses, and with which role.

    A path may go on below a setting, e.g. to one of the options of a sampler; then what is declared
    of that setting counts. A setting inside one that is no identity is none either.

    >>> from harness.core.settings import CellSettings
    >>> find_declaration(CellSettings, ("test", "seeds"))[1]
    <Role.EXTENDABLE: 'extendable'>
    """
    nearest: tuple[Declaration, Role] | None = None
    for name in path:
        each = {each.name: each for each in dataclasses.fields(kind)}.get(name)
        if each is None:
            break
        declaration, role = declaration_of(each), role_of(each)
        if nearest is not None and nearest[1] is not Role.IDENTITY:
            role = nearest[1]
        if declaration is not None:
            nearest = (declaration, role)
        hint = get_type_hints(kind)[name]
        classes = [part for part in (hint, *get_args(hint)) if dataclasses.is_dataclass(part)]
        if not classes:
            break
        kind = classes[0]  # type: ignore[assignment]  # a class, not an instance of one
    return nearest
