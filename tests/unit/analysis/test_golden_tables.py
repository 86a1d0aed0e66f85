"""Every table of a fixed record, compared with a stored copy; what it is for stands in other tests.

If another one is meant, replace `golden_tables.json` by the file that the failing test names.
"""

from __future__ import annotations

import json
from pathlib import Path

from sample_records import rounded, synthetic_campaign

from harness.analysis import (
    aggregates,
    best_parameters,
    best_trial,
    cost_table,
    cpu_by_rung,
    drift,
    edge_patch,
    edges,
    efficiency,
    find_best_trial,
    improvement_matrix,
    improvements,
    leaderboard,
    moved_values,
    optimism,
    parameter_rows,
    profiles,
    pruner_regret,
    score_table,
    search_and_test,
    searched_parameters,
    trials_table,
    trust,
    zoo_files,
)
from harness.core.identity import canonical

GOLDEN = Path(__file__).parent / "golden_tables.json"


def tables() -> dict[str, object]:
    record = synthetic_campaign()
    rows = leaderboard(record)
    values = {
        "leaderboard": rows,
        "aggregates": aggregates(record, resamples=200),
        "improvement_matrix": improvement_matrix(record),
        "improvements": improvements(record),
        "optimism": optimism(rows),
        "search_and_test": search_and_test(record, rows),
        "efficiency": efficiency(record),
        "pruner_regret": pruner_regret(record),
        "trust": trust(record),
        "drift": drift(record),
        "edges": edges(record),
        "edge_patch": edge_patch(edges(record)),
        "best_parameters": best_parameters(record),
        "zoo_files": zoo_files(record),
    }
    # Curves of a hundred points and dozens of trials: a few of them tell as much.
    values["profiles"] = [
        (curve.thresholds[::25], curve.share[::25], curve.low[::25], curve.high[::25])
        for curve in profiles(record, resamples=200)
    ]
    for name, table in (
        ("score_table", score_table(record)),
        ("trials_table", trials_table(record)),
        ("cost_table", cost_table(record)),
    ):
        values[name] = json.loads(table[::7].to_json(orient="records"))
    for cell in record.cells:
        best = best_trial(cell)
        shipped = find_best_trial(cell)
        values[cell.name] = {
            "ranks": [trial.number for trial in cell.ranked_trials],
            "searched": [each.name for each in searched_parameters(cell)],
            "parameters": parameter_rows(cell, best),
            "shipped": None if shipped is None else shipped.number,
            "moved": moved_values(cell, best),
            "cpu": cpu_by_rung(cell),
        }
    return rounded(canonical(values, everything=True))


def test_tables_are_the_stored_ones(tmp_path: Path) -> None:
    text = json.dumps(tables(), indent=0, sort_keys=True) + "\n"
    new = tmp_path / "golden_tables.json"
    new.write_text(text, encoding="utf-8")

    assert json.loads(text) == json.loads(GOLDEN.read_text(encoding="utf-8")), new
