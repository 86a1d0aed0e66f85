"""The section on games of several agents: parts of the return, and three counts of steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sample_records import TRUTHS, synthetic_campaign, write_report

from harness.analysis import AgentReturns, multi_agent_results
from harness.core.identity import canonical, decode
from harness.core.matrix import Cell
from harness.core.opponents import SavedModel
from harness.core.record import CampaignRecord, CellRecord, RunRecord
from harness.core.run_result import RunResult


def grouped(result: RunResult, parts: dict[str, float]) -> RunResult:
    evaluations = tuple(replace(e, parts=parts) for e in result.evaluations[:-1])
    late = replace(result.evaluations[-1], parts={name: v + 1 for name, v in parts.items()})
    return replace(
        result, evaluations=(*evaluations, late), game_steps=100, agent_steps=150, steps=200
    )


def several(cell: CellRecord) -> CellRecord:
    def changed(run: RunRecord) -> RunRecord:
        if run.result is None or not run.result.evaluations:
            return run
        earned = 2.0 if run.variant == "tuned" else -2.0
        # Four evaluations, of which the last one is late.
        kept = replace(run.result, evaluations=run.result.evaluations[:4])
        return replace(run, result=grouped(kept, {"against random": earned}))

    return replace(cell, trials=(), runs=tuple(changed(run) for run in cell.runs))


def campaign() -> CampaignRecord:
    record = synthetic_campaign("several", TRUTHS[:1])
    return replace(record, cells=tuple(several(cell) for cell in record.cells))


def test_parts_are_those_of_the_late_evaluations_of_the_test() -> None:
    cell = campaign().cells[0]
    found = multi_agent_results(cell)
    assert found is not None
    assert found.parts == (AgentReturns(name="against random", default=-1.0, tuned=3.0),)
    runs = {run.run_id for run in cell.runs if run.result is not None and run.result.game_steps}
    assert found.game_steps == 100 * len(runs)
    assert found.agent_steps == 150 * len(runs)
    assert found.steps == 200 * len(runs)


def test_a_saved_model_is_called_by_where_it_came_from() -> None:
    cell = campaign().cells[0]
    saved = SavedModel(path="/w/runs/x/models/ppo@easy/best.zip", sha256="0123456789")
    scenario = {**cell.spec["scenario"], "arguments": {"panel": ["random", saved]}}
    spec = canonical({**cell.spec, "scenario": scenario}, everything=True)

    def against(run: RunRecord) -> RunRecord:
        met = {"against random": 1.0, f"against {saved.name}": 2.0}
        return run if run.result is None else replace(run, result=grouped(run.result, met))

    found = multi_agent_results(
        replace(cell, cell=decode(Cell, spec), runs=tuple(against(run) for run in cell.runs))
    )
    assert found is not None
    assert [part.name for part in found.parts] == [
        "against ppo@easy/best (01234567)",
        "against random",
    ]


def test_an_agent_alone_is_no_company() -> None:
    assert multi_agent_results(synthetic_campaign("alone", TRUTHS[:1]).cells[0]) is None


def test_a_cell_page_shows_them(tmp_path: Path) -> None:
    write_report(campaign(), tmp_path)
    pages = [p.read_text(encoding="utf-8") for p in tmp_path.rglob("*.html")]
    shown = [page for page in pages if 'id="multi-agent"' in page]
    assert shown
    assert all("against random" in page for page in shown)
