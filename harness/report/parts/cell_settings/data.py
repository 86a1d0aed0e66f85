"""The cell's full settings, as they were run."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.declarations import find_declaration
from harness.core.identity import Role
from harness.core.matrix import Cell, section_names
from harness.core.opponents import SavedModel, map_leaves, saved_model_from_json
from harness.core.spaces.space_notes import Note, cut_ranges, outside_defaults
from harness.report.campaign_views import CellView
from harness.report.page_parts import Part
from harness.report.parts.matrix.data import SettingRow, setting_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioReference:
    """A fixed score of the scenario and its source."""

    name: str
    score: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSettingRow(SettingRow):
    """One value of the cell's settings."""

    @property
    def description(self) -> str:
        """What the setting is, and whether a change of it changes numbers; empty for no setting."""
        setting = find_declaration(Cell, tuple(self.path.split(".")))
        if setting is None:
            return ""
        declaration, role = setting
        more = "" if role is Role.IDENTITY else f" ({role})"
        return f"{declaration.description.removesuffix('.')}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDescription:
    """Budgets and scenario of the cell.

    Attributes:
        rows: Every setting.
        references: The scenario's fixed scores.
        unscaled: Which of those are missing that fix the normalised scale, in words.
        cut: Ranges of which the budget and the environments left only a part, in words.
        outside: Library defaults outside their ranges, in words.
    """

    rows: tuple[CellSettingRow, ...]
    references: tuple[ScenarioReference, ...]
    unscaled: str
    cut: tuple[str, ...]
    outside: tuple[str, ...]


def compute(view: CellView) -> CellDescription:
    """The cell's description, flat."""
    cell = view.cell.cell
    description = cell.describe()
    description["search"] = _without_paths(description["search"])
    sections = map_leaves({name: description[name] for name in section_names()}, _in_words)
    scenario = cell.scenario
    first = [trial for trial in view.cell.trials if trial.number == 0]
    scores = {"random": scenario.random, "reference": scenario.reference}
    references = [
        ScenarioReference(name=name, score=score.value, source=score.source)
        for name, score in scores.items()
        if score is not None
    ]
    if scenario.threshold is not None:
        references.append(
            ScenarioReference(
                name="solved", score=scenario.threshold, source="the environment's own"
            )
        )
    return CellDescription(
        rows=tuple(
            CellSettingRow(path=row.path, text=row.text, origin=row.origin)
            for row in setting_rows(sections, {})
        ),
        references=tuple(references),
        unscaled=" and no ".join(name for name, score in scores.items() if score is None),
        cut=tuple(_plain(note) for note in cut_ranges(cell)),
        outside=tuple(
            _plain(note) for each in first for note in outside_defaults(cell, each.values)
        ),
    )


def _without_paths(part: object) -> object:
    """Components without where their files lie, which is of this machine alone."""
    if isinstance(part, list):
        return [_without_paths(each) for each in part]
    if not isinstance(part, dict):
        return part
    is_component = {"path", "version"} <= part.keys()
    omissions = {"path", *(() if part.get("version") else ("version",))} if is_component else set()
    return {name: _without_paths(each) for name, each in part.items() if name not in omissions}


def _plain(note: Note) -> str:
    return note.text.replace("`", "")


def _in_words(part: object) -> object:
    value = saved_model_from_json(part)
    return f"saved model {value.title}" if isinstance(value, SavedModel) else part


PART = Part(title="Settings of this cell", page="cell", order=80, compute=compute)
