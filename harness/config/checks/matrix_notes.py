"""What is legal in a resolved cell, but not what one might expect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from harness.config.documents.nodes import DEFAULT, Node, location_of
from harness.core.arguments import SAVING, TIMEOUTS
from harness.core.costs.search_budget import typical_trials
from harness.core.decisions import plan
from harness.core.learner_arguments import cell_arguments
from harness.core.matrix import Cell, CellNote
from harness.core.printable_text import quantity
from harness.core.scenario import WRAPPER_KEYS
from harness.core.search_settings import MEAN
from harness.core.spaces import space_notes
from harness.core.spaces.parameter import look_up
from harness.core.spaces.search_words import COUNTS_WITH

_RUNNING: Final = {"NormalizeObservation": "observation", "NormalizeReward": "reward"}
"""Wrappers of gymnasium with running statistics -> what of `normalize` is meant."""


def notes_of(cell: Cell, settings: Node) -> Iterator[CellNote]:
    """What is legal in a cell, but not what one might expect; ranges of its own in one note."""
    cut = []
    for note in space_notes.cut_ranges(cell):
        if settings.get("space", note.parameter) is None:
            cut.append(note.text)
            continue
        yield _note(cell, f"{space_notes.SEARCHED} {note.text}", note.parameter, settings)
    if cut:
        yield CellNote(cell=cell.name, text=f"{space_notes.SEARCHED} {'; '.join(cut)}")
    if cell.search.budget is not None:
        yield CellNote(
            cell=cell.name,
            text=_split_text(cell),
            source=location_of(settings.get("search", "budget")).origin,
        )
    if cell.search.over_seeds != MEAN and cell.search.seeds == 1:
        text = "`search.over_seeds` joins nothing: each trial has one seed, `search: {seeds: 3}`"
        location = location_of(settings.get("search", "over_seeds"))
        yield CellNote(cell=cell.name, text=text, source=location.origin)
    yield from _note_pruner(cell, settings)
    yield from _note_running_statistics(cell, settings)
    if cell.scenario.arguments.get("render_mode") == "human":
        text = "`render_mode: human` draws every step of every training, which takes far longer; "
        text += "without it, `harness play --render human` draws episodes"
        source = location_of(settings.get("env_arguments", "render_mode")).origin
        yield CellNote(cell=cell.name, text=text, source=source)
    yield from _note_choice(cell, settings)
    yield from _note_unread_arguments(cell, settings)
    outside = space_notes.outside_defaults(cell, cell_arguments.default_values(cell))
    for note in (*outside, *space_notes.budget_notes(cell)):
        yield _note(cell, note.text, note.parameter, settings)
    if any(
        each.get(SAVING) is True
        for each in (cell.arguments, *(variant.arguments for variant in cell.variants))
    ):
        text = f"`{SAVING}` trains with `{TIMEOUTS}: false`: a time limit counts as an end"
        yield _note(cell, text, SAVING, settings)


def _note_pruner(cell: Cell, settings: Node) -> Iterator[CellNote]:
    """A pruner that somebody wrote, and that never hears of a trial before its end."""
    search, location = cell.search, location_of(settings.get("search", "pruner"))
    is_written = location != DEFAULT and search.pruner.name != "none"
    has_one_look = search.evals == 1 and search.seeds == 1
    if is_written and has_one_look and "min_share" not in search.pruner.options:
        text = f"pruner `{search.pruner.name}` gives nothing up: `search.evals` is 1, at the end"
        yield CellNote(cell=cell.name, text=text, source=location.origin)


def _note_running_statistics(cell: Cell, settings: Node) -> Iterator[CellNote]:
    """Wrappers whose statistics evaluation does not share with training."""
    for key in WRAPPER_KEYS:
        for index, wrapper in enumerate(getattr(cell.scenario, key)):
            word = _RUNNING.get(wrapper.path.replace(":", ".").rpartition(".")[2])
            if word is None or not wrapper.path.startswith("gymnasium."):
                continue
            text = (
                f"`{wrapper.path}` has statistics of its own in each environment, those of "
                f"evaluations too; `normalize: {{{word}: true}}` learns them in training alone"
            )
            location = location_of(settings.get(key, index), settings.get(key))
            yield CellNote(cell=cell.name, text=text, source=location.origin)


def _split_text(cell: Cell) -> str:
    """How many trials and confirm runs a budget pays for, in words."""
    search, top, seeds = cell.search, cell.confirm.top, len(plan.confirm_seeds(cell))
    return (
        f"a budget of {search.budget:g} runs is about {typical_trials(cell)} trials, more "
        f"of cheap or pruned ones, and {(top + 1) * seeds} confirm runs (the best {top} and the "
        f"default on {quantity(seeds, 'seed')}); the test comes on top"
    )


def _note_choice(cell: Cell, settings: Node) -> Iterator[CellNote]:
    """Which hyperparameters are searched, where not all are."""
    names = cell.space.names
    own = cell.algorithm.space.for_actions(cell.scenario.action).names
    constants = (each.parameter.name for each in cell.space.held)
    every = dict.fromkeys((*own, *constants, *names))
    roots = {name.partition(".")[0] for name in names}
    others = [name for name in every if name not in names and name not in roots]
    if not others:
        return
    few = len(names) <= len(others)
    phrase = ", ".join(names) if few else f"without {', '.join(others)}"
    by_hand = location_of(settings.get("search", "parameters"))
    follows = cell.space.held and not by_hand.line
    why = ", which matter most, as follows from the budget" if follows else ""
    rest = "the others stay as they are by default"
    rest += "" if cell.space.held and not cell.arguments else ", or as the matrix fixes them"
    count = f"{len(names)} of {len(names) + len(others)}"
    text = f"searches {count} hyperparameters ({phrase}){why}; {rest}"
    size = settings.get("search", "budget") if follows else None
    location = location_of(settings.get("search", "parameters"), size, settings.get("space"))
    yield CellNote(cell=cell.name, text=text, source=location.origin)


def _note_unread_arguments(cell: Cell, settings: Node) -> Iterator[CellNote]:
    """Fixed arguments that a learner reads only beside another one, which is fixed otherwise."""
    own = cell.algorithm.space.parameters
    conditions = {each.name: each.when for each in own if each.when is not None}
    conditions |= COUNTS_WITH
    defaults = {each.name: each.default for each in own if not each.target}
    noted = set()
    for arguments in (cell.arguments, *(variant.arguments for variant in cell.variants)):
        for name, when in conditions.items():
            owner = when.parameter
            if name in noted or owner in cell.space or not look_up(arguments, name)[0]:
                continue
            is_fixed, value = look_up(arguments, owner)
            value = value if is_fixed else defaults.get(owner)
            if value is not None and value not in when.values:
                noted.add(name)
                text = f"`{name}` counts for nothing: `{owner}` is {json.dumps(value)}"
                yield _note(cell, text, name, settings)


def _note(cell: Cell, text: str, parameter: str, settings: Node) -> CellNote:
    nodes = (settings.get("space", parameter), settings.get("arguments", parameter))
    return CellNote(cell=cell.name, text=text, source=location_of(*nodes).origin)
