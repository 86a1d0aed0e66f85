"""What must hold in a cell beyond its schema. Each check yields the problems it finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from harness.config.documents.nodes import Location, Node, location_of, problem
from harness.core import seeds
from harness.core.arguments import HINDSIGHT
from harness.core.backend import cell_obstacle, obstacle
from harness.core.costs.search_budget import typical_trials
from harness.core.decisions import plan
from harness.core.decisions.transfer import transfer_seeds
from harness.core.learner_arguments import cell_arguments
from harness.core.learner_arguments.cell_arguments import arguments_of
from harness.core.matrix import Cell
from harness.core.opponents import KEY
from harness.core.run import DEFAULT, TUNED
from harness.core.scenario import Scenario
from harness.core.search_settings import SEQUENCES
from harness.core.seeds import Purpose
from harness.core.settings import CPU, FAST, SB3, Adaptive
from harness.core.spaces.domain import Choice
from harness.core.spaces.parameter import N_ENVS
from harness.errors import Problem, did_you_mean

_NEEDED: Final = (DEFAULT, TUNED)
_BUFFER: Final = "replay_buffer_class"
_WARMUP: Final = "learning_starts"
_ROLLOUT_HINT: Final = "; to search `batch_size`, search `n_steps` too"
_FARTHEST: Final = 100_000
"""How far from a batch size one is looked for that divides the rollout."""


def check_cell(cell: Cell, settings: Node, parameters: Mapping[str, object]) -> Iterator[Problem]:
    """Everything that can be wrong with a resolved cell.

    Args:
        settings: What it was resolved from, with locations.
        parameters: The learner's constructor parameters and their defaults.
    """
    yield from _budgets(cell, settings)
    yield from _seeds(cell, settings)
    yield from _hindsight(cell, settings, parameters)
    yield from _warmup(cell, settings)
    if cell.algorithm.on_policy:
        location = location_of(
            settings.get("arguments", "batch_size"),
            settings.get("space", "batch_size"),
            settings.get("arguments", "n_steps"),
            settings.get("space", "n_steps"),
            settings.get("n_envs"),
        )
        arguments = cell_arguments.default_arguments(cell)
        for fault in check_batch(cell, arguments, parameters, location):
            is_searched = "batch_size" in cell.space
            yield replace(fault, help=fault.help + _ROLLOUT_HINT) if is_searched else fault


def check_scale(scenario: Scenario, entry: Node) -> Iterator[Problem]:
    """Whether the ends of a scenario's normalised scale lie apart, the better one above.

    Args:
        entry: The scenario's entry in the document.
    """
    random, reference = scenario.random, scenario.reference
    if random is None or reference is None or random.value < reference.value:
        return
    location = location_of(entry.get("reference"), entry.get("random"), entry)
    message = f"`reference` is {reference.value:g}, but `random` is {random.value:g}"
    hint = "they are 1 and 0 of the normalised scale, on which higher returns are better"
    yield problem(message, location, help=hint)


def _budgets(cell: Cell, settings: Node) -> Iterator[Problem]:
    rule = cell.test.seeds
    if isinstance(rule, Adaptive) and rule.max < rule.start:
        location = location_of(*(settings.get("test", "seeds", end) for end in ("max", "start")))
        message = f"`test.seeds.max` is {rule.max}, but the first look takes {rule.start} seeds"
        yield problem(message, location, help="raise `max`, or lower `start`")
    if isinstance(rule, Adaptive) and cell.test.margin is not None:
        location = location_of(settings.get("test", "margin"))
        message = "`test.margin` needs a fixed number of seeds: looks ask for any difference"
        yield problem(message, location, help="write `test: {seeds: 20}`, or leave `margin` out")
    for rung, budget in (("search", cell.search), ("test", cell.test)):
        if budget.evals > budget.steps:
            location = location_of(settings.get(rung, "evals"), settings.get(rung, "steps"))
            message = f"`{rung}.evals` is {budget.evals}, but a run has {budget.steps} steps"
            yield problem(message, location, help="evaluate less often or train longer")
    search = cell.search
    if search.cost_aware is not None and search.sampler.name in SEQUENCES:
        location = location_of(
            settings.get("search", "cost_aware"), settings.get("search", "sampler")
        )
        message = f"`search.cost_aware` cannot pass over a point of sampler `{search.sampler.name}`"
        yield problem(message, location, help="its points are one sequence; take tpe, gp or random")
    yield from _first(cell, settings)


def _first(cell: Cell, settings: Node) -> Iterator[Problem]:
    """Whether the configurations tried first have trials of their own."""
    search = cell.search
    location = location_of(settings.get("search", "first"))
    count = len(search.first)
    trials = typical_trials(cell)
    if count >= trials:
        message = f"`search.first` takes {count} trials and the default one, of {trials}"
        size = "trials" if search.budget is None else "budget"
        yield problem(message, location, help=f"raise `{size}`")
    if count and search.sampler.name == "grid":
        message = "`search.first` would push points of sampler `grid` out"
        yield problem(message, location, help="take another sampler")


def check_batch(
    cell: Cell, arguments: Mapping[str, Any], parameters: Mapping[str, Any], location: Location
) -> Iterator[Problem]:
    """Whether minibatches divide the rollout, where an algorithm has both."""
    if not {"n_steps", "batch_size"} <= parameters.keys():
        return
    n_steps, batch_size = (
        arguments.get(name, parameters[name]) for name in ("n_steps", "batch_size")
    )
    n_envs = cell.scenario.environment_count(arguments)
    if not all(isinstance(size, int) and size > 0 for size in (n_steps, batch_size)):
        return
    if n_steps * n_envs % batch_size:
        close = _close_divisors(n_steps * n_envs, batch_size)
        yield problem(
            f"`batch_size` {batch_size} does not divide the rollout of "
            f"{n_steps * n_envs} (`n_steps` {n_steps} x `n_envs` {n_envs})",
            location,
            help=f"take {' or '.join(map(str, close))}",
        )


def _close_divisors(total: int, size: int) -> list[int]:
    """The two divisors of a number that are nearest to another one, the smaller first."""
    start = min(size, total)
    around = (other for step in range(_FARTHEST) for other in {start - step, start + step})
    divisors = (other for other in around if 1 <= other <= total and not total % other)
    return sorted(islice(divisors, 2)) or [total]


def _hindsight(cell: Cell, settings: Node, parameters: Mapping[str, object]) -> Iterator[Problem]:
    """Hindsight needs goals, and whole episodes before it is first sampled from."""
    node = settings.get("arguments", _BUFFER) or settings.get("space", _BUFFER)
    is_searched = _BUFFER in cell.space and cell.space[_BUFFER].domain.contains(HINDSIGHT)
    if cell.arguments.get(_BUFFER) != HINDSIGHT and not is_searched:
        return
    scenario = cell.scenario
    if scenario.observation != "dict":
        message = f"`{scenario.name}` has no goals: it observes a {scenario.observation}"
        yield problem(message, location_of(node), help=f"take `{HINDSIGHT}` out")
        return
    n_envs = _most_environments(cell)
    least = (scenario.max_episode_steps or 0) * n_envs
    starts = _least_warmup(cell, parameters)
    if not isinstance(starts, int) or starts < least:
        words = f"is {starts}" if _WARMUP not in cell.space else f"may be {starts}"
        limit = f"an episode of {scenario.max_episode_steps} steps" if least else "an episode"
        some = f" in {n_envs} environments" if n_envs > 1 else ""
        yield problem(
            f"`learning_starts` {words}, but `{HINDSIGHT}` learns from {limit}{some} at the least",
            location_of(
                settings.get("arguments", _WARMUP),
                settings.get("space", _WARMUP),
                node,
            ),
            help=f"write `arguments: {{learning_starts: {max(least, 100)}}}`",
        )


def _most_environments(cell: Cell) -> int:
    """The most environments in which a configuration of the cell is trained."""
    arguments = (cell.arguments, *(variant.arguments for variant in cell.variants))
    counts = [cell.scenario.environment_count(each) for each in arguments]
    for parameter in cell.space.parameters:
        if parameter.target == N_ENVS and not parameter.domain.problems():
            numbers = map(parameter.domain.from_axis, parameter.domain.grid(2))
            counts += [number for number in numbers if type(number) is int]
    return max(counts)


def _least_warmup(cell: Cell, parameters: Mapping[str, object]) -> object:
    """The shortest warm-up that a training of the cell may have."""
    starts = cell.arguments.get(_WARMUP, parameters.get(_WARMUP))
    if _WARMUP not in cell.space:
        return starts
    domain = cell.space[_WARMUP].domain
    counts = [starts, *map(domain.from_axis, domain.grid(2))]
    return min(count for count in counts if isinstance(count, int))


def _warmup(cell: Cell, settings: Node) -> Iterator[Problem]:
    """Check that the runs of search and test are longer than the warm-up."""
    starts = cell.arguments.get(_WARMUP)
    if not isinstance(starts, int):
        return
    for rung, budget in (("search", cell.search), ("test", cell.test)):
        if starts >= budget.steps:
            location = location_of(
                settings.get("arguments", _WARMUP),
                settings.get("space", _WARMUP),
                settings.get(rung, "steps"),
            )
            message = (
                f"`learning_starts` is {starts}, but a run of the {rung} has {budget.steps} steps"
            )
            room = max(budget.steps // 10, 1)
            hint = f"nothing would be learned; take {room} or less, or train longer"
            yield problem(message, location, help=hint)


def _seeds(cell: Cell, settings: Node) -> Iterator[Problem]:
    """No seed may serve two purposes. Derived seeds cannot meet, given ones can."""
    seed_lists = {
        rung: settings.get(rung, "seeds")
        for rung, budget in (("confirm", cell.confirm), ("test", cell.test))
        if isinstance(budget.seeds, tuple)
    }
    if not seed_lists:
        return
    for rung, node in seed_lists.items():
        yield from _check_repeats(rung, node)
    by_purpose = _seeds_by_purpose(cell)
    # A run uses as many in a row as it has environments.
    n_envs = _most_environments(cell)
    in_a_row = dict.fromkeys(by_purpose, n_envs) | {"evaluation": 1}
    for first, second, common in seeds.overlaps(by_purpose, in_a_row):
        node = seed_lists.get(second) or seed_lists.get(first)
        reason = f"; with `n_envs` {n_envs} a run uses that many seeds in a row"
        hint = "the rungs must not share seeds" + (reason if n_envs > 1 else "")
        examples = ", ".join(map(str, common[:3])) + (", ..." if len(common) > 3 else "")
        message = f"{first} and {second} share the seed{'s' if len(common) > 1 else ''} {examples}"
        yield problem(message, location_of(node), help=hint)


def _check_repeats(rung: str, node: Node | None) -> Iterator[Problem]:
    earlier: set[int] = set()
    for item in node.children.values() if node is not None else ():
        if item.value in earlier:
            message = f"seed {item.value} stands twice in `{rung}.seeds`"
            yield problem(message, item.location, help="a repeated seed repeats the same run")
        earlier.add(item.value)


def _seeds_by_purpose(cell: Cell) -> dict[str, tuple[int, ...]]:
    """Every seed of a run, and of its evaluations' episodes."""
    training = {
        "search": plan.search_seeds(cell),
        "confirm": plan.confirm_seeds(cell),
        "test": plan.test_seeds(cell),
        "transfer": transfer_seeds(cell),
    }
    evaluation = tuple(
        seeds.derive_one(cell.seed, cell.name, Purpose.EVALUATION, str(seed))
        for rung_seeds in training.values()
        for seed in rung_seeds
    )
    return training | {"evaluation": evaluation}


def check_choices(scenario: Scenario, settings: Node) -> Iterator[Problem]:
    """Whether the scenario knows the words among its arguments, where it says which it knows.

    A path ``module:name`` is the scenario's own business.
    """
    for name, words in scenario.choices.items():
        value = settings.get("env_arguments", name)
        for item in () if value is None else (value, *value.children.values()):
            word = item.value
            if isinstance(word, Mapping) and KEY not in word:
                message = f"`{scenario.name}` knows no {name} of this kind"
                hint = f"write a word, or `{{{KEY}: FILE}}`"
                yield problem(message, item.location, help=hint)
            if isinstance(word, str) and word not in words and ":" not in word:
                message = f"`{scenario.name}` knows no {name} `{word}`"
                hint = did_you_mean(word, words) or f"known: {', '.join(words)}"
                yield problem(message, item.location, help=hint)


def check_variants(cell: Cell, named_variants: list[str], settings: Node) -> Iterator[Problem]:
    """Whether the test names variants that exist, and the two it is all about."""
    listing = settings.get("test", "variants")
    variants = cell.test.variants
    for index, name in enumerate(variants):
        item = listing.get(index) if listing is not None else None
        if variants.index(name) < index:
            yield problem(f"variant `{name}` stands twice", location_of(item), help="name it once")
        elif name not in {*_NEEDED, *named_variants}:
            names = [*_NEEDED, *(other for other in named_variants if other not in _NEEDED)]
            hint = did_you_mean(name, names) or f"known: {', '.join(names)}"
            yield problem(f"unknown variant `{name}`", location_of(item), help=hint)
    against = cell.test.against
    if against is not None and against not in named_variants:
        hint = did_you_mean(against, named_variants) or (
            (f"known: {', '.join(named_variants)}; " if named_variants else "")
            + "name its configuration under `variants`; a bare number is a `baseline`; scores of "
            "other programs need no name here: `harness import` has tuned compared with them"
        )
        if against in _NEEDED:
            hint = "tuned is always held against the default; leave it out"
        message = f"no variant `{against}` to hold tuned against"
        yield problem(message, location_of(settings.get("test", "against")), help=hint)
    missing = [name for name in _NEEDED if name not in variants]
    if missing:
        message = f"`test.variants` lacks {' and '.join(f'`{name}`' for name in missing)}"
        hint = "the verdict compares `tuned` with `default`"
        yield problem(message, location_of(listing), help=hint)


def backend_of(cell: Cell, setting: str) -> str:
    """The backend of a cell that asks for ``auto``, ``sb3`` or ``fast``."""
    is_covered = cell.device == CPU and cell_obstacle(cell.algorithm, cell.scenario) is None
    return FAST if setting != SB3 and is_covered else SB3


def check_backend(cell: Cell, setting: str, settings: Node) -> Iterator[Problem]:
    """Whether all runs of a cell can be trained by ``fast``, where that is asked for."""
    if setting != FAST:
        return
    for arguments in _configurations(cell):
        reason = obstacle(cell.algorithm, cell.scenario, arguments)
        if cell.device != CPU:
            reason = "it trains on a GPU"
        if reason is not None:
            yield problem(
                f"`backend: fast` cannot train `{cell.name}`: {reason}",
                location_of(settings.get("backend")),
                help="`auto` takes it for whatever it can train",
            )
            return


def _configurations(cell: Cell) -> Iterator[Mapping[str, object]]:
    """Arguments of every kind that a run of the cell may have."""
    yield cell_arguments.default_arguments(cell)
    for variant in cell.variants:
        yield cell_arguments.within_budget(cell, variant.arguments)
    defaults = cell.space.default_values()
    for parameter in cell.space.parameters:
        if isinstance(parameter.domain, Choice):
            for option in parameter.domain.options:
                yield arguments_of(cell, defaults | {parameter.name: option})
