"""A validated document -> cells, and everything that does not hold in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.config.cell_selection import Entry, Pair, cell_node, entries, select
from harness.config.checks.across_checks import check_across
from harness.config.checks.argument_checks import (
    check_against_space,
    check_arguments,
    check_component,
    check_searched_arguments,
)
from harness.config.checks.cell_checks import (
    backend_of,
    check_backend,
    check_cell,
    check_choices,
    check_scale,
    check_variants,
)
from harness.config.checks.donor_checks import check_donors, donor_notes
from harness.config.checks.dry_run_checks import CellNode, check_built_components, check_dry_runs
from harness.config.checks.matrix_notes import notes_of
from harness.config.curricula import with_curriculum
from harness.config.document_names import (
    Learner,
    Names,
    check_document_space,
    check_patterns,
    find_names,
    make_entry,
)
from harness.config.documents.matrix_schema import Settings
from harness.config.documents.nodes import DEFAULT, Node, location_of, plain, problem
from harness.config.ensemble_variants import check_ensembles, ensemble_notes, ensembles_of
from harness.config.foreign.coarse_campaigns import with_coarse_campaign
from harness.config.foreign.exported_configurations import FineSearch
from harness.config.foreign.known_configurations import first_of
from harness.config.module_references import with_file_versions
from harness.config.named_variants import check_variant_arguments, variant_nodes, variants_of
from harness.config.objective_settings import check_objectives, objective_notes
from harness.config.ranges.bounded_ranges import bound_ranges
from harness.config.ranges.search_spaces import TailoredSpace, tailor
from harness.config.scenario_settings import environment_problem, with_environment, with_settings
from harness.config.search_sizes import check_end, check_size, with_split
from harness.core.algorithm import Algorithm
from harness.core.decisions.repeated_searches import with_repeats
from harness.core.decisions.warm_starts import with_donors
from harness.core.declarations import MOST_CELLS, settings_of
from harness.core.identity import decode
from harness.core.learner_arguments.argument_contradictions import Signature
from harness.core.learner_arguments.argument_problems import normal_arguments
from harness.core.learner_arguments.cell_arguments import fixed_numbers
from harness.core.matrix import Cell, CellNote, cell_name
from harness.core.scenario import Scenario
from harness.core.settings import CellSettings
from harness.core.space import Space
from harness.errors import HarnessError, Problem, UsageError
from harness.registry import Registry, package_version


def resolve_cells(
    root: Node, registry: Registry, problems: list[Problem], notes: list[CellNote]
) -> list[Cell]:
    """Every cell of the document that can be built; what does not hold is added to `problems`.

    Args:
        root: The document, valid by its schema, defaults included.
        registry: What the names stand for.
        problems: Of the document, so far.
        notes: Gets what is legal, but not what one might expect.
    """
    scenarios = entries(root, "scenario", problems)
    algorithms = entries(root, "algorithm", problems)
    count = max(len(scenarios) * len(algorithms), len((root.get("include") or root).children))
    if count > MOST_CELLS:
        message = f"the matrix has {count:,} cells; {MOST_CELLS:,} are the most"
        problems.append(problem(message, root.location, help="make several matrices of it"))
        return []
    selection = select(root, scenarios, list(algorithms), problems)
    for (algorithm, scenario), node in selection:
        if node is not None:
            scenarios.setdefault(scenario, make_entry(scenario, "scenario", node))
            algorithms.setdefault(algorithm, make_entry(algorithm, "algorithm", node))
    pairs = [pair for pair, _ in selection]
    names = find_names(scenarios, algorithms, registry, problems)
    problems += check_patterns(root, pairs)
    problems += check_document_space(root, names)
    cells: list[CellNode] = []
    for pair in pairs:
        cell, faults = _cell(root, pair, names, registry, notes)
        problems += faults
        cells += [cell] if cell is not None else []
    if not problems:
        problems += check_built_components(cells, registry)
        problems += check_dry_runs(cells, registry, notes)
    problems += _too_many(cells)
    complete = with_donors(with_repeats([cell.cell for cell in cells]))
    problems += check_donors(complete[: len(cells)], cells)
    problems += check_across(cells)
    notes += donor_notes(complete)
    return complete


def _too_many(cells: Sequence[CellNode]) -> Iterator[Problem]:
    """Whether repeated searches make more cells of the matrix than there may be."""
    count = sum(each.cell.search.repeats for each in cells)
    if count > MOST_CELLS:
        node = max(cells, key=lambda each: each.cell.search.repeats).settings
        message = f"with repeated searches there are {count:,} cells; {MOST_CELLS:,} are the most"
        location = location_of(node.get("search", "repeats"))
        yield problem(message, location, help="repeat fewer searches")


def emptiness(root: Node) -> Problem:
    """Why a matrix with no other problem has no cells."""
    for key, example in (("scenarios", "CartPole-v1"), ("algorithms", "ppo")):
        items = root.get(key)
        if items is None or not items.children:
            location = items.location if items is not None else root.location
            hint = f"add `{key}: [{example}]`"
            return problem(f"the matrix names no {key}", location, help=hint)
    exclusion = root.get("exclude")
    location = exclusion.location if exclusion is not None else DEFAULT
    return problem("the matrix is empty: every cell is excluded", location, help="exclude less")


def _cell(
    root: Node, pair: Pair, names: Names, registry: Registry, notes: list[CellNote]
) -> tuple[CellNode | None, list[Problem]]:
    if pair[0] not in names.learners or pair[1] not in names.scenarios:
        return None, []
    entry, learner = names.learners[pair[0]]
    scenario_entry, _ = names.scenarios[pair[1]]
    node = with_split(cell_node(root, pair, entry, scenario_entry, learner.may_search))
    node, faults = with_coarse_campaign(node, pair, learner.vocabulary, notes)
    if faults:
        return None, faults
    document = Settings.model_validate(plain(node)).model_dump(exclude_unset=True)
    keys = [field.name for field in settings_of(CellSettings)]
    settings: CellSettings = decode(
        CellSettings, {key: document[key] for key in keys if key in document}
    )
    settings = replace(settings, search=with_file_versions(settings.search))
    scenario, problems = _scenario(pair, names, document, node, registry)
    if problems:
        return None, problems
    evals = min(settings.search.evals, settings.test.evals)
    scenario, curriculum_faults = with_curriculum(scenario, node, evals, registry)
    versions = {package: package_version(package) for package in scenario.packages}
    versions |= {source.name: source.version for source in scenario.sources}
    scenario = replace(scenario, versions=versions)
    signature = registry.signature(learner.algorithm, scenario)
    cell, problems = _build_cell(root, node, settings, signature, learner, document, notes)
    cell = _in_normal_form(cell, signature)
    problems += curriculum_faults
    problems += check_scale(scenario, scenario_entry.settings)
    _check(cell, root, node, settings.backend, signature, registry, problems)
    if not problems:
        notes += notes_of(cell, node)
        notes += objective_notes(cell, node)
        notes += ensemble_notes(cell, root)
    by_variant = variant_nodes(cell, root)
    location = scenario_entry.location
    return CellNode(cell=cell, settings=node, scenario=location, variants=by_variant), problems


def _check(
    cell: Cell,
    root: Node,
    node: Node,
    backend: str,
    signature: Signature,
    registry: Registry,
    problems: list[Problem],
) -> None:
    """Add everything that does not hold in a cell; what builds on the rest only if that holds."""
    variant_names = [str(name) for name in root.children_at("variants")]
    problems += check_arguments(cell.algorithm.name, signature, node.get("arguments"))
    for kind, component in (("sampler", cell.search.sampler), ("pruner", cell.search.pruner)):
        problems += check_component(kind, component, node.get("search", kind), registry)
    problems += check_cell(cell, node, signature.parameters)
    problems += check_size(cell, node)
    problems += check_end(cell, node)
    problems += check_objectives(cell, node, registry)
    if not problems:
        problems += check_searched_arguments(cell, node, signature)
    if not problems:
        problems += check_against_space(cell, node, signature)
    if not problems:
        problems += check_backend(cell, backend, node)
    problems += check_variants(cell, variant_names, node)
    problems += check_variant_arguments(cell, root, signature)
    problems += check_ensembles(cell, root)


def _scenario(
    pair: Pair, names: Names, document: Mapping[str, object], node: Node, registry: Registry
) -> tuple[Scenario, list[Problem]]:
    """The scenario of a cell that its algorithm can be trained in, or why it cannot."""
    entry, learner = names.learners[pair[0]]
    scenario_entry, base = names.scenarios[pair[1]]
    actions = learner.algorithm.actions
    usual = base.with_action_kind(actions).with_usual_normalization(
        on_policy=learner.algorithm.on_policy, has_discount="gamma" in learner.parameters
    )
    explicit = frozenset(map(str, scenario_entry.settings.children))
    try:
        scenario = with_settings(usual, document, explicit=explicit)
    except UsageError as error:
        return usual, [environment_problem(error, scenario_entry, node)]
    problems = list(check_choices(scenario, node))
    if not problems:
        scenario, problems = with_environment(scenario, scenario_entry, node, registry, actions)
    if not problems:
        problems = list(_incapable(learner.algorithm, scenario, entry, registry))
    return scenario, problems


def _in_normal_form(cell: Cell, signature: Signature) -> Cell:
    """The cell with all its arguments as they are recorded, shown and trained."""
    variants = tuple(
        replace(each, arguments=normal_arguments(each.arguments, signature))
        for each in cell.variants
    )
    arguments = normal_arguments(cell.arguments, signature)
    return replace(cell, arguments=arguments, variants=variants)


def _incapable(
    algorithm: Algorithm, scenario: Scenario, entry: Entry, registry: Registry
) -> Iterator[Problem]:
    able = [
        other.name
        for other in registry.algorithms.values()
        if scenario.with_action_kind(other.actions).action in other.actions
        and scenario.observation in other.policies
    ]
    if scenario.action not in algorithm.actions:
        lack = f"cannot act in `{scenario.name}`: its actions are {scenario.action}"
    elif scenario.observation not in algorithm.policies:
        lack = f"has no policy for `{scenario.name}`: it observes {scenario.observation}"
    else:
        return
    hint = f"these can: {', '.join(able)}; or " if able else ""
    hint += f"exclude `{cell_name(algorithm.name, scenario.name)}`"
    yield problem(f"`{algorithm.name}` {lack}", entry.location, help=hint)


def _build_cell(
    root: Node,
    node: Node,
    settings: CellSettings,
    signature: Signature,
    learner: Learner,
    document: Mapping[str, Any],
    notes: list[CellNote],
) -> tuple[Cell, list[Problem]]:
    values = {field.name: getattr(settings, field.name) for field in settings_of(CellSettings)}
    scenario = signature.scenario
    if scenario is None:
        raise TypeError("a cell needs a scenario")
    arguments = normal_arguments(document.get("arguments", {}), signature)
    cell = Cell(
        scenario=scenario,
        algorithm=learner.algorithm,
        space=learner.algorithm.space,
        seed=root.children["seed"].value,
        device=settings.resources.device,
        **values,
    )
    outcome = tailor(
        learner.algorithm,
        learner.parameters,
        replace(cell.context(), domains={}),
        arguments,
        node,
        signature=signature,
        scenario_ranges=scenario.ranges,
        document=root,
    )
    first, space, problems = _tailor_search(cell, outcome, learner, node, notes)
    whole_cell = replace(
        cell,
        search=replace(cell.search, first=first),
        space=space,
        arguments=outcome.arguments,
        variants=variants_of(root, (cell.algorithm.name, scenario.name), outcome.arguments),
        ensembles=ensembles_of(root),
        backend=backend_of(cell, settings.backend),
    )
    return whole_cell, problems


def _tailor_search(
    cell: Cell, outcome: TailoredSpace, learner: Learner, node: Node, notes: list[CellNote]
) -> tuple[tuple[Mapping[str, object], ...], Space, list[Problem]]:
    """What the search tries first, the space within the budget, and what does not hold in them."""
    context = replace(cell.context(), fixed=frozenset(outcome.arguments))
    search = FineSearch(
        algorithm=cell.algorithm,
        parameters=learner.parameters,
        space=outcome.space,
        constants=outcome.arguments,
        # What the first trials are asked for may lie where the budget does not reach.
        context=replace(context, domains={}),
    )
    first, first_problems = first_of(cell.name, search, node, notes)
    problems = [*outcome.problems, *first_problems]
    if problems:
        return first, outcome.space, problems
    try:
        numbers = fixed_numbers(cell.algorithm.space, outcome.arguments)
        return first, bound_ranges(outcome.space, context, numbers), []
    except HarnessError as error:
        fault = problem(error.message, location_of(node.get("space")), help=error.help)
        return first, outcome.space, [fault]
