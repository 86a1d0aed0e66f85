"""Everything a document says about one cell, laid over one another, with places."""

from __future__ import annotations

from collections.abc import Sequence

from harness.config.nodes import Node, mapping, merge
from harness.config.selection import Entry, Pair, matches, pattern_of

__all__ = ["settings_of"]

_RUNGS = ("search", "confirm", "test", "transfer")
_BUDGETS = ("threads", "backend", "timeout", "memory", "resources", *_RUNGS)
_ENVIRONMENT = (
    "n_envs",
    "normalize",
    "wrappers",
    "training_wrappers",
    "max_episode_steps",
    "curriculum",
)


def settings_of(
    root: Node, pair: Pair, algorithm: Entry, scenario: Entry, usable: frozenset[str]
) -> Node:
    """The settings of a cell, in the shape of `schema.Settings`.

    From the lowest: the document, the scenario's entry, the algorithm's entry, the overrides that
    match, in their order.

    Args:
        root: The document.
        pair: The cell.
        algorithm, scenario: Its entries.
        usable: Hyperparameters that the document's own `space` may touch in this cell.
    """
    layers = [
        mapping({key: scenario.settings.get(key) for key in _ENVIRONMENT}),
        mapping({"env_arguments": scenario.settings.get("arguments")}),
        mapping({key: algorithm.settings.get(key) for key in ("arguments", "space")}),
    ]
    overrides = root.get("overrides")
    for override in overrides.children.values() if overrides is not None else ():
        if matches(pattern_of(override.children["match"]), pair):
            said = {str(key): node for key, node in override.children.items() if key != "match"}
            layers.append(mapping(said, override.place))
    settings = mapping({key: root.get(key) for key in _BUDGETS})
    for layer in (mapping({"space": _shared(root, layers, usable)}), *layers):
        settings = merge(settings, layer)
    return settings


def _shared(root: Node, layers: Sequence[Node], usable: frozenset[str]) -> Node | None:
    """The document's own ranges, where nothing nearer to the cell fixes a value."""
    ranges = root.get("space")
    if ranges is None:
        return None
    fixed = {name for layer in layers if (a := layer.get("arguments")) for name in a.children}
    kept = {
        str(name): node
        for name, node in ranges.children.items()
        if name in usable and name not in fixed
    }
    return mapping(kept, ranges.place)
