"""Which model stands for a cell's variant, and what is said where there is none."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from sample_records import TRUTHS, synthetic_campaign

from harness.campaign import films, trained_models
from harness.campaign.recordings import recording_folder, write_note
from harness.campaign.trained_models import agent, saved_model
from harness.core.plan import DEFAULT, TUNED
from harness.errors import StorageError, UnknownNameError, UsageError
from harness.report import Film

CELL = "ppo@CartPole-v1"
FILM = Film(
    variant=TUNED,
    seed=1,
    episode_seed=2,
    score=3.5,
    length=9,
    steps=(0, 9),
    data=b"a picture",
    kind="png",
    width=20,
    height=10,
)


@pytest.fixture
def campaign(monkeypatch):
    """A finished campaign; no matrix has to be resolved for it."""
    made = synthetic_campaign("camp", TRUTHS[:2])
    monkeypatch.setattr(trained_models, "record", lambda name, runs, storage: made)
    monkeypatch.setattr(trained_models, "matrix_of", lambda name, document: {CELL: None})
    monkeypatch.setattr(trained_models.plan, "retrain", lambda cell, arguments, seed: None)
    return made


def runs_of(record, variant):
    (cell,) = (cell for cell in record.cells if cell.name == CELL)
    runs = [run for run in cell.runs if run.rung == "test" and run.variant == variant]
    return sorted(runs, key=lambda run: run.result.score)


@pytest.mark.parametrize("variant", [DEFAULT, TUNED])
def test_the_median_run_stands_for_a_variant(campaign, tmp_path, variant):
    runs = runs_of(campaign, variant)
    found = agent("camp", CELL, runs=tmp_path, variant=variant)
    assert found.record == runs[(len(runs) - 1) // 2]
    assert (
        found.model
        == tmp_path / "camp" / "models" / CELL / f"{variant}-seed{found.record.seed}.zip"
    )
    assert not found.saved


def test_the_best_run_and_any_other_can_be_asked_for(campaign, tmp_path):
    runs = runs_of(campaign, TUNED)
    assert agent("camp", CELL, runs=tmp_path, run="best").record == runs[-1]
    for run in runs:
        assert agent("camp", CELL, runs=tmp_path, run=str(run.seed)).record == run


def test_what_is_missing_is_said_with_the_commands_that_make_it(campaign, tmp_path):
    found = agent("camp", CELL, runs=tmp_path)
    said = str(replace(found, run=SimpleNamespace(steps=4000)).missing)
    assert f"no model of `tuned` of `{CELL}` with seed {found.record.seed} was saved" in said
    assert f"harness train {CELL} --campaign camp --variant tuned" in said
    assert "--train" in said


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"cell": "ppo@CartPole-v2"}, UnknownNameError, "unknown cell"),
        ({"variant": "defualt"}, UnknownNameError, "unknown variant `defualt`"),
        ({"run": "worst"}, UsageError, "is called `worst`"),
    ],
)
def test_what_is_not_there_is_refused(campaign, tmp_path, asked, error, message):
    with pytest.raises(error, match=message):
        agent(**({"name": "camp", "cell": CELL, "runs": tmp_path} | asked))


def test_a_cell_without_a_finished_run_has_no_agent(campaign, tmp_path, monkeypatch):
    cells = tuple(
        replace(cell, runs=tuple(replace(run, result=None) for run in cell.runs))
        for cell in campaign.cells
    )
    monkeypatch.setattr(trained_models, "record", lambda *a: replace(campaign, cells=cells))
    with pytest.raises(UsageError, match="no finished test run of `tuned` yet"):
        agent("camp", CELL, runs=tmp_path)


def test_a_default_that_won_is_saved_under_its_own_name(campaign, tmp_path):
    run = replace(runs_of(campaign, TUNED)[0], trial=None, seed=5)
    assert saved_model(tmp_path, CELL, run) == tmp_path / CELL / "default-seed5.zip"


def recorded(runs, run):
    folder = recording_folder(runs / "camp", CELL, TUNED)
    folder.mkdir(parents=True)
    write_note(folder, run, FILM)
    return folder


def test_recordings_are_read_back(campaign, tmp_path):
    recorded(tmp_path, runs_of(campaign, TUNED)[0].run_id)
    assert films(campaign, tmp_path) == {CELL: (FILM,)}


def test_a_recording_of_a_run_that_no_longer_counts_is_left_out(campaign, tmp_path):
    recorded(tmp_path, "another run")
    assert films(campaign, tmp_path) == {}


@pytest.mark.parametrize("text", ["", "[]", '{"run": 1}', None])
def test_a_damaged_recording_is_said_with_what_to_do(campaign, tmp_path, text):
    run = runs_of(campaign, TUNED)[0].run_id
    folder = recorded(tmp_path, run)
    if text is None:
        (folder / "strip.png").unlink()
    else:
        (folder / "recording.json").write_text(text.replace("1", f'"{run}"'))
    with pytest.raises(StorageError, match="cannot be read") as caught:
        films(campaign, tmp_path)
    assert "harness record" in caught.value.help
