"""Family: how the many environments of one package are made, told by their ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.core.scenario import Scenario

__all__ = ["Family", "family_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Settings shared by all environments of a package that are no scenario of their own.

    Attributes:
        ids: Patterns of Gymnasium ids, e.g. ``ALE/*``; ``*`` and ``?`` are wildcards.
        draft: What they share: imports, wrappers, arguments, licence, what pip has to install.
            Its name, environment and spaces are filled in by whoever looks an id up.
    """

    ids: tuple[str, ...]
    draft: Scenario

    def covers(self, env: str) -> bool:
        """Whether an id, which may stand behind ``module:``, is one of the family's."""
        name = env.rpartition(":")[2]
        return any(fnmatchcase(name, pattern) for pattern in self.ids)


def family_of(env: str, families: Iterable[Family]) -> Family | None:
    """The first family that covers an id; None if none does."""
    return next((family for family in families if family.covers(env)), None)
