"""The checklist for reproducible tuning in RL, filled in from the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.core.declarations import Seeds
from harness.core.evaluation import describe_score
from harness.core.matrix import Cell
from harness.core.objectives import preference
from harness.core.printable_text import quantity
from harness.core.record import CellRecord
from harness.core.search_settings import Component
from harness.core.settings import Adaptive
from harness.report.campaign_views import CampaignView
from harness.report.number_format import duration, steps
from harness.report.page_parts import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question, the campaign's answer, and the page with the details (word, page, anchor)."""

    question: str
    answer: str
    details: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """Every question with its answer."""

    items: tuple[Item, ...]


def compute(view: CampaignView) -> Checklist | None:
    """Left out while the campaign has no cells."""
    cells = view.record.cells
    if not cells:
        return None
    return Checklist(items=_items(view, cells))


def _items(view: CampaignView, cells: Sequence[CellRecord]) -> tuple[Item, ...]:
    seed_check = next(check for check in view.checks if check.id == "T02")
    results = [result for cell in cells for result in cell.results]
    cpu_seconds = sum(result.cost.cpu for result in results)
    total_steps = sum(result.steps for result in results)
    versions = view.record.provenance.get("versions", {})
    machine = view.record.provenance.get("machine", {})
    return (
        Item(
            question="Are tuning and testing kept apart?",
            answer="Configurations are searched and confirmed on other training seeds than they "
            f"are tested on: {seed_check.value}. Environment and evaluation are the same.",
            details=("trust", "trust", "T02"),
        ),
        Item(question="Which method tunes?", answer=_each(cells, _method)),
        Item(
            question="With which budget, and is it the same for all?",
            answer=_each(cells, _budget),
        ),
        Item(
            question="What is the search space?",
            answer=_each(cells, _space) + ". Ranges and defaults are on every cell's page.",
            details=("hyperparameters", "algorithms/index", ""),
        ),
        Item(
            question="By which number are configurations compared?",
            answer=_each(cells, _score),
            details=("methods", "methods", "ladder"),
        ),
        Item(
            question="Which seeds tune?",
            answer=_each(cells, _tuning_seeds) + ". All are listed below.",
            details=("seeds", "provenance", "seeds"),
        ),
        Item(
            question="Which seeds test?",
            answer=_each(cells, _test_seeds) + ". All are listed below.",
            details=("seeds", "provenance", "seeds"),
        ),
        Item(
            question="Is the baseline treated like the tuned configuration?",
            answer="The library's default is trial 0 of every search, a candidate of every confirm "
            "rung, and is tested on the same seeds and steps as the winner. It was not tuned.",
            details=("trust", "trust", "T03"),
        ),
        Item(
            question="Are the final configurations given?",
            answer="Every shipped value is on its cell's page; harness export writes them all.",
            details=("leaderboard", "index", "leaderboard"),
        ),
        Item(
            question="Is the variation shown?",
            answer="Every seed's score and curve, 95 % intervals, tests corrected for all cells.",
            details=("methods", "methods", "cell"),
        ),
        Item(
            question="What did it cost?",
            answer=f"{steps(total_steps)} environment steps, {duration(cpu_seconds)} of CPU time, "
            "failed runs included.",
        ),
        Item(
            question="With which software and hardware?",
            answer=f"{quantity(len(versions), 'version')} recorded; "
            f"{machine.get('processor') or 'no processor recorded'}.",
            details=("origin", "provenance", "provenance"),
        ),
    )


def _each(cells: Sequence[CellRecord], answer: Callable[[Cell], str]) -> str:
    """One answer if it is the same for all cells, else every answer with its cells."""
    counts = Counter(answer(record.cell) for record in cells)
    if len(counts) == 1:
        return f"All cells: {next(iter(counts))}"
    return "; ".join(f"{quantity(cells, 'cell')}: {text}" for text, cells in counts.items())


def _method(cell: Cell) -> str:
    sampler, pruner = _component(cell.search.sampler), _component(cell.search.pruner)
    first = len(cell.search.first)
    start = f", begun with {quantity(first, 'known configuration')}" if first else ""
    return f"sampler {sampler}, pruner {pruner}{start}"


def _component(component: Component) -> str:
    options = ", ".join(f"{name}={value}" for name, value in component.options.items())
    return f"{component.name} ({options})" if options else component.name


def _score(cell: Cell) -> str:
    scores = describe_score(cell.search)
    if not cell.search.objectives:
        return f"trials by the {scores}; candidates by the mean of it over the confirm seeds"
    others = ", ".join(each.name for each in cell.search.objectives if each.name != "return")
    rule = preference(cell)
    return f"trials by return ({scores}) and {others}; candidates by their means, {rule}"


def _budget(cell: Cell) -> str:
    search, confirm = cell.search, cell.confirm
    trials = quantity(search.trials, "trial")
    if search.budget is not None:
        trials = f"{search.budget:g} default runs of effort with the confirm rung, trials"
    return (
        f"{trials} of {steps(search.steps)} steps, then the best "
        f"{confirm.top} and the default on {_seeds(confirm.seeds)} each"
        + (f"; {search.repeats} such searches" if search.repeats > 1 else "")
    )


def _space(cell: Cell) -> str:
    usable = cell.algorithm.space.for_actions(cell.scenario.action).names
    names = cell.space.names
    is_part = cell.search.budget is not None or cell.search.parameters
    some = f" of {len({*usable, *names})}" if is_part else ""
    return f"{len(names)}{some} hyperparameter{'s' if len(names) != 1 or some else ''}"


def _tuning_seeds(cell: Cell) -> str:
    return f"one per trial, {_seeds(cell.confirm.seeds)} to confirm"


def _test_seeds(cell: Cell) -> str:
    return f"{_seeds(cell.test.seeds)} per variant"


def _seeds(seeds: Seeds | Adaptive) -> str:
    """A number of seeds, a list of them, or a rule that adds them."""
    if isinstance(seeds, Adaptive):
        return f"{seeds} until decided,"
    return quantity(seeds if isinstance(seeds, int) else len(seeds), "seed")


PART = Part(title="Checklist for reproducible tuning", page="provenance", order=20, compute=compute)
