"""Which model stands for a cell's variant, and what is said where there is none."""

import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest
from builders import cell
from sample_records import TRUTHS, synthetic_campaign

from harness.campaign.models import trained_models
from harness.campaign.models.recordings import films, recording_folder, write_note
from harness.campaign.models.trained_models import (
    _arguments,
    agent,
    find_model,
    keep_best_models,
    make_model,
    train,
)
from harness.core.decisions.plan import DEFAULT, TUNED, retrain
from harness.core.run import ACROSS
from harness.core.run_result import Failure, RunResult, Status
from harness.core.settings import Rung, Test, Transfer
from harness.errors import HarnessError, StorageError, UnknownNameError, UsageError
from harness.files import verify_checksum, write_with_checksum
from harness.report import Film
from harness.saved_models import STATISTICS

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
    monkeypatch.setattr(trained_models, "matrix_of", lambda name, document, names: {CELL: None})
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


@pytest.mark.parametrize(
    ("description", "seed"),
    [('{"seed": 41}', 41), ('{"seed": null}', None), ("[]", None), ("no JSON", None)],
)
def test_a_model_of_the_users_plays_the_episodes_of_its_own_evaluation(
    campaign, tmp_path, monkeypatch, description, seed
):
    monkeypatch.setattr(trained_models.plan, "retrain", lambda cell, arguments, seed: seed)
    model = tmp_path / "mine.zip"
    with zipfile.ZipFile(model, "w") as archive:
        archive.writestr("data", description)
    found = agent("camp", CELL, runs=tmp_path, model=model)
    assert found.model == model
    assert found.run == (found.record.seed if seed is None else seed)
    assert agent("camp", CELL, runs=tmp_path, model=tmp_path / "none.zip").run == found.record.seed


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


def the_cell(record):
    (cell,) = (cell for cell in record.cells if cell.name == CELL)
    return cell


@pytest.mark.parametrize(("others", "name"), [((DEFAULT, ACROSS), DEFAULT), ((ACROSS,), TUNED)])
def test_a_run_of_several_variants_has_one_model(campaign, tmp_path, others, name):
    run = replace(runs_of(campaign, TUNED)[0], seed=5)
    rungs = {DEFAULT: Rung.TEST, ACROSS: Rung.TRANSFER}
    same = [replace(run, variant=each, rung=rungs[each], trial=None) for each in others]
    one = replace(the_cell(campaign), runs=(run, *same))
    for each in one.runs:
        assert find_model(tmp_path, one, each) == tmp_path / CELL / f"{name}-seed5.zip"


def test_the_one_configuration_for_all_scenarios_has_agents_and_is_trained_by_its_name(
    campaign, tmp_path, monkeypatch
):
    cell = the_cell(campaign)
    across = [
        replace(run, variant=ACROSS, rung=Rung.TRANSFER, run_id=f"across {run.seed}")
        for run in runs_of(campaign, DEFAULT)
    ]
    record = replace(campaign, cells=(replace(cell, runs=(*cell.runs, *across)),))
    monkeypatch.setattr(trained_models, "record", lambda *a: record)
    found = agent("camp", CELL, runs=tmp_path, variant=ACROSS)
    assert found.record in across
    assert found.model.name == f"across-seed{found.record.seed}.zip"
    assert _arguments(record.cells[0], ACROSS) == across[0].arguments
    with pytest.raises(UnknownNameError, match="unknown variant"):
        _arguments(cell, ACROSS)
    asked = replace(cell.cell, transfer=Transfer(seeds=1, tune_across="mean"))
    with pytest.raises(UsageError, match="has no parameters of `across` yet"):
        _arguments(replace(cell, cell=asked), ACROSS)


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


class TestTraining:
    @pytest.fixture
    def orders(self, campaign, monkeypatch):
        """What was trained; nothing is."""
        resolved = cell(test=Test(seeds=(40, 41), steps=700))
        monkeypatch.setattr(
            trained_models, "matrix_of", lambda name, document, names: {CELL: resolved}
        )
        monkeypatch.setattr(trained_models.plan, "retrain", retrain)
        return []

    @pytest.fixture
    def execute(self, orders):
        def execute(order):
            orders.append(order)
            return RunResult(run_id="r", status=Status.COMPLETE, score=1.0, steps=1)

        return execute

    def test_a_variant_is_trained_as_its_test_rung_did(self, campaign, orders, execute, tmp_path):
        result = train("camp", CELL, runs=tmp_path, out=tmp_path / "model", execute=execute)
        (order,) = orders
        assert result.score == 1.0
        assert order.save_to == tmp_path / "model.zip"
        assert order.run.arguments == runs_of(campaign, TUNED)[0].arguments
        assert (order.run.seed, order.run.steps) == (40, 700)

    def test_seed_steps_and_variant_may_be_others(self, campaign, orders, execute, tmp_path):
        asked = {"seed": 0, "steps": 99, "variant": DEFAULT, "out": tmp_path / "a.b.zip"}
        train("camp", CELL, runs=tmp_path, execute=execute, **asked)
        (order,) = orders
        assert order.save_to == tmp_path / "a.b.zip"
        assert order.run.arguments == runs_of(campaign, DEFAULT)[0].arguments
        assert (order.run.seed, order.run.steps) == (0, 99)

    def test_a_dot_in_a_name_is_no_suffix(self, campaign, orders, execute, tmp_path):
        train("camp", CELL, runs=tmp_path, out=tmp_path / "model-0.5", execute=execute)
        assert orders[0].save_to == tmp_path / "model-0.5.zip"

    @pytest.mark.parametrize(
        ("asked", "error", "message"),
        [
            ({"cell": "ppo@CartPole-v2"}, UnknownNameError, "unknown cell"),
            ({"variant": "defualt"}, UnknownNameError, "unknown variant `defualt`"),
        ],
    )
    def test_what_does_not_exist_is_not_trained(
        self, campaign, orders, execute, tmp_path, asked, error, message
    ):
        with pytest.raises(error, match=message):
            train(
                **({"name": "camp", "cell": CELL, "runs": tmp_path, "out": tmp_path} | asked),
                execute=execute,
            )
        assert orders == []

    def test_without_a_winner_there_is_nothing_tuned_to_train(
        self, campaign, orders, execute, tmp_path, monkeypatch
    ):
        undecided = tuple(
            replace(each, runs=tuple(run for run in each.runs if run.variant != TUNED))
            for each in campaign.cells
        )
        record = replace(campaign, cells=undecided)
        monkeypatch.setattr(trained_models, "record", lambda *a: record)
        with pytest.raises(UsageError, match="has no parameters of `tuned` yet") as caught:
            train("camp", CELL, runs=tmp_path, out=tmp_path / "m", execute=execute)
        assert "--variant default" in caught.value.help

    def test_an_agents_model_is_made_where_it_is_looked_for(
        self, campaign, orders, execute, tmp_path
    ):
        found = agent("camp", CELL, runs=tmp_path)
        make_model(found, execute=execute)
        (order,) = orders
        assert (order.run, order.save_to) == (found.run, found.model)

    def test_a_training_that_fails_makes_no_model(self, campaign, orders, tmp_path):
        failed = RunResult(
            run_id="r", status=Status.FAILED, score=None, steps=1,
            failure=Failure(kind="diverged", message="NaN in the reward"),
        )  # fmt: skip
        found = agent("camp", CELL, runs=tmp_path)
        with pytest.raises(HarnessError, match="`ppo@CartPole-v1` failed, diverged: NaN in the"):
            make_model(found, execute=lambda order: failed)


class TestBestModels:
    @pytest.fixture(autouse=True)
    def _cell(self, campaign):
        self.cell = the_cell(campaign)

    def save(self, folder, run, *suffixes):
        for suffix in suffixes:
            with write_with_checksum(
                find_model(folder, self.cell, run).with_suffix(suffix)
            ) as file:
                file.write_text(f"{run.variant} {run.seed} {suffix}")

    def test_the_best_tuned_model_is_copied_with_its_normalisation(self, campaign, tmp_path):
        runs = runs_of(campaign, TUNED)
        for run in (*runs, *runs_of(campaign, DEFAULT)):
            self.save(tmp_path, run, ".zip", STATISTICS)
        keep_best_models(campaign, tmp_path)
        for suffix in (".zip", STATISTICS):
            best = tmp_path / CELL / f"best{suffix}"
            assert best.read_text() == f"tuned {runs[-1].seed} {suffix}"
            verify_checksum(best)

    def test_what_was_not_saved_is_not_copied(self, campaign, tmp_path):
        runs = runs_of(campaign, TUNED)
        self.save(tmp_path, runs[-1], ".zip")
        self.save(tmp_path, runs[0], ".zip", STATISTICS)
        keep_best_models(campaign, tmp_path)
        assert (tmp_path / CELL / "best.zip").exists()
        assert not (tmp_path / CELL / f"best{STATISTICS}").exists()

    def test_without_a_score_there_is_no_best(self, campaign, tmp_path):
        self.save(tmp_path, runs_of(campaign, TUNED)[-1], ".zip")
        cells = tuple(
            replace(each, runs=tuple(replace(run, result=None) for run in each.runs))
            for each in campaign.cells
        )
        keep_best_models(replace(campaign, cells=cells), tmp_path)
        assert not (tmp_path / CELL / "best.zip").exists()

    def test_a_damaged_model_is_not_copied(self, campaign, tmp_path):
        run = runs_of(campaign, TUNED)[-1]
        self.save(tmp_path, run, ".zip")
        find_model(tmp_path, self.cell, run).write_text("something else")
        with pytest.raises(StorageError):
            keep_best_models(campaign, tmp_path)
