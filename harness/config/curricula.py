"""What a cell says of its curriculum -> the curriculum, and everything that does not hold in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from harness.config.documents.nodes import Location, Node, location_of, plain, problem
from harness.config.documents.written_forms import CurriculumEntry, LevelEntry
from harness.config.local_scenarios import module_of, with_level_sources
from harness.config.scenario_settings import with_models
from harness.core.curriculum import Curriculum, Level
from harness.core.opponents import map_leaves, map_models
from harness.core.scenario import Scenario
from harness.errors import HarnessError, Problem, UsageError, did_you_mean
from harness.registry import Registry


def with_curriculum(
    scenario: Scenario, settings: Node, evals: int, registry: Registry
) -> tuple[Scenario, list[Problem]]:
    """The scenario with the curriculum that its settings ask for, and what is wrong with that.

    Args:
        scenario: With everything else applied.
        settings: The cell's, with locations.
        evals: The fewest evaluations that a training of the cell has.
        registry: Knows the spaces of the levels.
    """
    curriculum = settings.get("curriculum")
    entry = CurriculumEntry.model_validate(False if curriculum is None else plain(curriculum))
    if curriculum is None or not entry.use:
        return scenario, []
    levels, problems = _levels(scenario, entry, curriculum)
    try:
        scenario, levels = with_level_sources(scenario, levels)
    except UsageError as error:
        return scenario, [problem(error.message, _location(curriculum), help=error.help)]
    problems += _check_repeats(levels, scenario, curriculum)
    problems += _changes(entry, len(levels), curriculum)
    problems += _conditions(entry, evals, curriculum)
    if not problems:
        problems += _spaces(levels, scenario, curriculum, registry)
    if problems:
        return scenario, problems
    return replace(scenario, curriculum=_build(levels, entry)), []


def _build(levels: tuple[Level, ...], entry: CurriculumEntry) -> Curriculum:
    count = len(levels)
    threshold: float | list[float] | None = entry.threshold
    thresholds: list[float] = []
    if threshold is not None:
        thresholds = threshold if isinstance(threshold, list) else [threshold] * count
    even = [(index + 1) / (count + 1) for index in range(count)]
    return Curriculum(
        levels=levels,
        shares=tuple(entry.at if entry.at is not None else [] if thresholds else even),
        thresholds=tuple(thresholds),
        episodes=entry.episodes or 0,
        evaluations=entry.evaluations or 0,
    )


def _levels(
    scenario: Scenario, entry: CurriculumEntry, curriculum: Node
) -> tuple[Sequence[Level], list[Problem]]:
    if not entry.levels:
        if scenario.levels:
            return list(scenario.levels), []
        hint = "list them: `curriculum: {levels: [{arguments: {...}}]}`, the easiest first"
        return [], [
            problem(f"`{scenario.name}` has no levels of its own", _location(curriculum), help=hint)
        ]
    own = {level.name: level for level in scenario.levels}
    levels: list[Level] = []
    problems: list[Problem] = []
    for index, level in enumerate(entry.levels):
        if level.arguments:
            levels.append(Level(name=_name(level), arguments=with_models(level.arguments)))
        elif level.name in own:
            levels.append(own[level.name])
        else:
            hint = f"known: {', '.join(own)}" if own else "give its `arguments`"
            hint = did_you_mean(level.name, list(own)) or hint
            message = f"`{scenario.name}` has no level `{level.name}`"
            problems.append(problem(message, _location(curriculum, "levels", index), help=hint))
    return levels, problems


def _name(level: LevelEntry) -> str:
    words = _argument_words(level)
    return level.name or ", ".join(f"{key}={value}" for key, value in words.items())


def _argument_words(entry: LevelEntry) -> Mapping[str, object]:
    """The arguments as words; a saved model is called by its content, a file by its module."""
    arguments = with_models(entry.arguments or {})
    names = map_models(arguments, lambda model: model.name)
    words: Mapping[str, object] = map_leaves(names, module_of)
    return words


def _check_repeats(
    levels: Sequence[Level], scenario: Scenario, curriculum: Node
) -> Iterator[Problem]:
    """Levels that cannot be told apart, and a level that is the scenario itself."""
    names: list[str] = []
    stages = [scenario.at_level(level).arguments for level in levels]
    for index, level in enumerate(levels):
        location = _location(curriculum, "levels", index)
        if level.name in names or level.name == scenario.name:
            message = f"two levels are called `{level.name}`"
            yield problem(message, location, help="give each a `name` of its own")
        elif stages[index] == scenario.arguments:
            message = f"level `{level.name}` is `{scenario.name}` itself"
            yield problem(message, location, help="leave it out: the scenario always comes last")
        elif stages[index] in stages[:index]:
            message = f"level `{level.name}` has the arguments of an earlier one"
            yield problem(message, location, help="leave one of them out")
        names.append(level.name)


def _changes(entry: CurriculumEntry, count: int, curriculum: Node) -> Iterator[Problem]:
    """One share and one threshold for each level."""
    for key, values in (("at", entry.at), ("threshold", entry.threshold)):
        if isinstance(values, list) and count and len(values) != count:
            word = "level has" if count == 1 else "levels have"
            message = f"{count} {word} {len(values)} values of `{key}`"
            hint = "one for each: when it is left; the scenario itself needs none"
            yield problem(message, _location(curriculum, key), help=hint)
    shares = entry.at or []
    bounds = [0.0, *shares, 1.0]
    if any(later <= earlier for earlier, later in pairwise(bounds)):
        message = f"`at` does not rise between 0 and 1: {', '.join(f'{s:g}' for s in shares)}"
        hint = "shares of the training's steps, e.g. `[0.25, 0.5]`"
        yield problem(message, _location(curriculum, "at"), help=hint)


def _conditions(entry: CurriculumEntry, evals: int, curriculum: Node) -> Iterator[Problem]:
    """Check that a threshold comes with the one kind of mean that has to reach it."""
    keys = entry.model_fields_set
    averages = [key for key in ("episodes", "evaluations") if key in keys]
    if "threshold" in keys and not averages:
        hint = "add `episodes: 20`, the training episodes whose mean has to reach it"
        yield problem(
            "`threshold` without `episodes`", _location(curriculum, "threshold"), help=hint
        )
    if averages and "threshold" not in keys:
        hint = "add `threshold`, the mean return to reach"
        yield problem(
            f"`{averages[0]}` without `threshold`", _location(curriculum, averages[0]), help=hint
        )
    if len(averages) > 1:
        hint = "a mean is over training episodes or over evaluations on the scenario itself"
        message = "`episodes` and `evaluations` exclude each other"
        yield problem(message, _location(curriculum, "evaluations"), help=hint)
    if entry.evaluations is not None and entry.evaluations >= evals:
        message = f"`evaluations` is {entry.evaluations}, but a run has {evals}"
        hint = "a level could never be left; take fewer, or evaluate more often"
        yield problem(message, _location(curriculum, "evaluations"), help=hint)


def _spaces(
    levels: Sequence[Level], scenario: Scenario, curriculum: Node, registry: Registry
) -> Iterator[Problem]:
    """Levels whose environment cannot be made, or that another policy would be needed for."""
    try:
        own_spaces = registry.layouts(scenario.at_level(None))
    except HarnessError as error:
        yield problem(error.message, _location(curriculum), help=error.help)
        return
    for index, level in enumerate(levels):
        location = _location(curriculum, "levels", index)
        try:
            level_spaces = registry.layouts(scenario.at_level(level))
        except HarnessError as error:
            yield problem(f"level `{level.name}`: {error.message}", location, help=error.help)
            continue
        for kind, one, other in zip(
            ("acts in", "observes"), level_spaces, own_spaces, strict=False
        ):
            if one != other:
                message = f"level `{level.name}` {kind} {one}, `{scenario.name}` {kind} {other}"
                hint = "one policy can only go through levels with equal spaces"
                yield problem(message, location, help=hint)


def _location(curriculum: Node, *path: str | int) -> Location:
    node = curriculum.get(*path)
    return location_of(node, curriculum.get(*path[:1]) if path else None, curriculum)
