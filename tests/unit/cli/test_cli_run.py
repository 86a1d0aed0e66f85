import json
import re
from collections.abc import Callable
from dataclasses import make_dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fake_campaign import Ended, FakeCampaign
from sample_records import Truth, synthetic_campaign
from storyboard import CELL, REGISTRY, story

from harness.campaign import CampaignInfo
from harness.campaign.options import Answer
from harness.core.decisions.best_configurations import BestConfiguration, OtherVariant
from harness.core.events import Interrupted
from harness.core.matrix import CellNote
from harness.core.progress.remaining import Remaining, Span
from harness.core.record import CampaignRecord
from harness.core.run import ACROSS, Variant
from harness.errors import StorageError, UnknownNameError, UsageError

Command = Callable[..., Ended]


LOADED = SimpleNamespace(name="quick", notes=(), cells=())
"""The matrix, as far as the command looks at it."""


def load_by_name(source: str, *_: object, **__: object) -> SimpleNamespace:
    """The same, called after its file."""
    return SimpleNamespace(name=Path(source).stem, notes=(), cells=())


def outcome(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "campaign": "quick",
        "report": Path("reports/quick/index.html"),
        "failed_cells": (),
        "remaining": Span(least=0, most=0),
        "interrupted": False,
        "status": "complete",
        "unfinished": (),
        "best": (),
        "answer": Answer(),
        "sampler_errors": {},
        "unlisted": (),
        "exit_code": 0,
    }
    values = {**given, **changes}
    return make_dataclass("Outcome", values)(**values)


@pytest.fixture
def running(fake: FakeCampaign) -> FakeCampaign:
    """A campaign that tells its story and ends well."""

    def run(
        matrix: object, options: object, listener: Callable[[Any], None], services: object
    ) -> SimpleNamespace:
        for event in story():
            listener(event)
        return outcome()

    fake.answers["load"] = LOADED
    fake.answers["run_campaign"] = run
    return fake


def test_the_report_is_the_product_and_progress_is_not(
    command: Command, running: FakeCampaign
) -> None:
    ended = command("run", "quick.yaml")
    assert (ended.code, ended.out) == (0, "reports/quick/index.html\n")
    words = [line.split()[1] for line in ended.err.splitlines()]
    assert words == ["start", "done", "done", "FAIL", "decided", "done", "cell", "end"]


def test_what_a_trial_of_the_environment_showed_is_said_before_it_runs(
    command: Command, running: FakeCampaign
) -> None:
    endless = CellNote(cell=CELL, text="nothing ends it", source="m.yaml:2", of_environment=True)
    notes = (CellNote(cell=CELL, text="a range is cut"), endless)
    running.answers["load"] = SimpleNamespace(name="quick", notes=notes, cells=(CELL,))
    lines = command("run", "m.yaml").err.splitlines()
    assert lines[0] == f"note: {CELL}: nothing ends it (m.yaml:2)"
    assert "a range is cut" not in " ".join(lines)


def test_idle_workers_are_named_before_a_campaign_begins(
    command: Command, running: FakeCampaign
) -> None:
    running.answers["idle_note"] = lambda matrix, workers: f"note: {workers} workers, all idle"
    words = ("run", "m.yaml", "--workers", "16")
    assert command(*words).err.splitlines()[0] == "note: 16 workers, all idle"
    running.answers["campaign_names"] = ["quick"]
    assert "idle" not in command(*words).err


def test_options_reach_the_campaign(command: Command, running: FakeCampaign) -> None:
    flags = ["--accept-changes", "--retry-failed", "--save-models", "--executor", "dask"]
    flags += ["--address", "a:1", "--executor-option", "n=2", "--executor-option", "q=gpu=yes"]
    places = ["--runs", "a", "--reports", "b"]
    command("run", "--matrix", "m.yaml", "--workers", "3", "--set", "seed=1", *flags, *places)
    layers = {"profile": None, "sets": ["seed=1"], "options": {}, "sizes": {}}
    assert running.called("load") == (("m.yaml", REGISTRY), layers)
    (_, options, _), _ = running.called("run_campaign")
    assert options.workers == 3
    assert (options.runs, options.reports) == (Path("a"), Path("b"))
    assert options.accept_changes
    assert options.retry_failed
    assert options.save_models
    assert options.executor == "dask"
    assert options.executor_options == {"address": "a:1", "n": 2, "q": "gpu=yes"}


def test_by_default_the_executor_decides_how_many_work(
    command: Command, running: FakeCampaign
) -> None:
    command("run", "m.yaml")
    (_, options, _), _ = running.called("run_campaign")
    assert options.workers is None
    assert options.executor_options == {}
    assert not any((options.accept_changes, options.retry_failed, options.save_models))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run", []),
        ("plan", []),
        ("check", []),
        ("run", ["a.yaml", "--matrix", "b.yaml"]),
        ("plan", ["a.yaml", "--matrix", "b.yaml"]),
    ],
)
def test_exactly_one_matrix(
    command: Command, running: FakeCampaign, name: str, words: list[str]
) -> None:
    ended = command(name, *words)
    assert ended.code == 2
    assert f"harness {name} --matrix FILE" in ended.err


@pytest.mark.parametrize("workers", ["0", "-1", "many"])
def test_impossible_workers_are_refused(
    command: Command, running: FakeCampaign, workers: str
) -> None:
    ended = command("run", "m.yaml", "--workers", workers)
    assert ended.code == 2
    assert "--workers" in ended.err


def test_json_lines_end_with_the_outcome(command: Command, running: FakeCampaign) -> None:
    ended = command("run", "m.yaml", "--json")
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert lines[0]["event"] == "campaign_started"
    assert lines[-1]["event"] == "outcome"
    assert lines[-1]["report"] == "reports/quick/index.html"
    assert lines[-1]["exit_code"] == 0
    assert "done cell=" in ended.err


BEST = BestConfiguration(
    campaign="quick",
    cell=CELL,
    winner="trial-3",
    values={"learning_rate": 0.000712345, "n_steps": 512, "activation": "tanh", "net": [64, 64]},
    arguments={"learning_rate": 0.000712345, "n_steps": 512},
    score=451.26,
    default=180.0,
    seed=11,
)


def test_the_last_lines_are_the_best_parameters_and_how_to_train_them(
    command: Command, running: FakeCampaign
) -> None:
    running.answers["run_campaign"] = lambda *_, **__: outcome(best=(BEST,))
    ended = command("run", "m.yaml")
    values = "learning_rate=0.0007123, n_steps=512, activation=tanh, net=[64, 64]"
    train = f"harness train {CELL} --campaign quick --seed 11"
    assert ended.err.splitlines()[-3:] == [
        f"chosen for {CELL}: held-out seeds 451.3, default 180.0",
        f"  {values}",
        f"  {train} --out models/ppo-CartPole-v1/model.zip",
    ]
    assert ended.out == "reports/quick/index.html\n"
    elsewhere = command("run", "m.yaml", "--runs", "my runs")
    assert "--campaign quick --runs 'my runs' --seed 11" in elsewhere.err.splitlines()[-1]
    assert "chosen for" not in command("run", "m.yaml", "--quiet").err


def test_the_last_lines_say_what_came_of_tuning(command: Command, running: FakeCampaign) -> None:
    answer = Answer(headline="It made no clear difference.", verdicts={CELL: "no clear difference"})
    running.answers["run_campaign"] = lambda *_, **__: outcome(best=(BEST,), answer=answer)
    lines = command("run", "m.yaml").err.splitlines()[-5:]
    assert lines[0] == "It made no clear difference."
    assert lines[2].endswith(": held-out seeds 451.3, default 180.0: no clear difference")
    end = json.loads(command("run", "m.yaml", "--json").out.splitlines()[-1])
    assert (end["headline"], end["verdicts"]) == (answer.headline, answer.verdicts)
    assert answer.headline not in command("run", "m.yaml", "--quiet").err


def test_what_is_tested_beside_it_follows_with_its_own_command(
    command: Command, running: FakeCampaign
) -> None:
    two = ({"gamma": 0.9}, {"gamma": 0.98})
    others = (
        OtherVariant(variant=Variant("zoo"), configurations=two[:1], score=400.0, objectives={}),
        OtherVariant(variant=Variant("ensemble"), configurations=two, score=470.0, objectives={}),
        OtherVariant(
            variant=ACROSS,
            configurations=({},),
            score=None,
            objectives={"return": 1.0, "effort": 2},
        ),
    )
    objectives = {"return": (451.26, 180.0), "effort": (1.5, 1.0)}
    best = replace(BEST, others=others, objectives=objectives)
    running.answers["run_campaign"] = lambda *_, **__: outcome(best=(best,))
    lines = command("run", "m.yaml").err.splitlines()[-9:]
    assert lines[0].endswith(": held-out seeds 451.3, default 180.0; effort 1.5, default 1.0")
    assert lines[3::2] == [
        "  zoo: gamma=0.9 (held-out seeds 400.0)",
        "  ensemble: 2 configurations together (held-out seeds 470.0)",
        "  across: the library's default (held-out seeds -; effort 2)",
    ]
    train = f"    harness train {CELL} --campaign quick --seed 11 --variant zoo"
    assert lines[4] == f"{train} --out models/ppo-CartPole-v1/zoo.zip"
    told = json.loads(command("run", "m.yaml", "--json").out.splitlines()[-1])["best"][CELL]
    assert told["objectives"]["effort"] == {"shipped": 1.5, "default": 1.0}
    assert told["variants"]["ensemble"]["configurations"] == list(two)


def test_a_kept_default_is_told_as_such_and_many_cells_as_one_command(
    command: Command, running: FakeCampaign
) -> None:
    kept = replace(BEST, winner="default")
    running.answers["run_campaign"] = lambda *_, **__: outcome(best=(kept,))
    said = command("run", "m.yaml").err
    assert f"chosen for {CELL}: the library's default, held-out seeds 451.3" in said
    running.answers["run_campaign"] = lambda *_, **__: outcome(best=(BEST,) * 13)
    *_, last = command("run", "m.yaml").err.splitlines()
    assert last == "best parameters of 13 cells: harness export quick --format yaml"


def test_the_best_parameters_are_in_the_outcome_as_json(
    command: Command, running: FakeCampaign
) -> None:
    running.answers["run_campaign"] = lambda *_, **__: outcome(best=(BEST,))
    best = json.loads(command("run", "m.yaml", "--json").out.splitlines()[-1])["best"][CELL]
    assert (best["winner"], best["score"], best["default"]) == ("trial-3", 451.26, 180.0)
    assert (best["values"], best["arguments"]) == (BEST.values, BEST.arguments)
    assert best["command"].startswith(f"harness train {CELL} --campaign quick")


def test_quiet_leaves_stderr_to_failures(command: Command, running: FakeCampaign) -> None:
    ended = command("run", "m.yaml", "--quiet")
    (line,) = ended.err.splitlines()
    assert " FAIL " in line
    assert ended.out == "reports/quick/index.html\n"


def test_failed_cells_end_with_one_and_the_way_on(command: Command, fake: FakeCampaign) -> None:
    fake.answers["load"] = LOADED
    fake.answers["run_campaign"] = outcome(failed_cells=(CELL,), exit_code=1)
    ended = command("run", "m.yaml")
    assert ended.code == 1
    assert f"failed: {CELL}" in ended.err
    assert "--retry-failed" in ended.err
    assert ended.out == "reports/quick/index.html\n"


def test_a_sampler_that_failed_is_told_with_its_reason(
    command: Command, fake: FakeCampaign
) -> None:
    fake.answers["load"] = LOADED
    fake.answers["run_campaign"] = outcome(
        failed_cells=(CELL,),
        sampler_errors={CELL: "no idea"},
        remaining=Span(least=7, most=9),
        status="partial",
        exit_code=1,
    )
    ended = command("run", "m.yaml")
    assert ended.code == 1
    assert "failed: no idea\n  = help: mend or replace it" in ended.err
    assert "harness run m.yaml --accept-changes" in ended.err
    assert "partial: 7..9 runs to do" in ended.err
    assert "--retry-failed" not in ended.err


def test_cells_that_a_command_leaves_out_of_its_campaign_are_named(
    command: Command, fake: FakeCampaign
) -> None:
    fake.answers["load"] = LOADED
    fake.answers["run_campaign"] = outcome(unlisted=("a@A", "b@B", "c@C", "d@D"))
    ended = command("run", "quick.yaml", "--json")
    assert "leaves out 4 cells of earlier commands (a@A, b@B, c@C, ...)\n" in ended.err
    assert json.loads(ended.out.splitlines()[-1])["unlisted"] == ["a@A", "b@B", "c@C", "d@D"]


def test_an_interrupted_run_says_how_to_resume(command: Command, fake: FakeCampaign) -> None:
    def run(
        matrix: object, options: object, listener: Callable[[Any], None], services: object
    ) -> SimpleNamespace:
        listener(Interrupted(count=2, running=1))
        return outcome(
            report=None, remaining=Span(least=7, most=9), interrupted=True, exit_code=130
        )

    fake.answers["load"] = LOADED
    fake.answers["run_campaign"] = run
    ended = command("run", "my matrix.yaml", "--workers", "2")
    assert (ended.code, ended.out) == (130, "")
    assert "resume: harness run 'my matrix.yaml' --workers 2" in ended.err
    assert "7..9 runs to do" in ended.err


@pytest.mark.parametrize("option", ["--runs", "--reports"])
def test_a_file_in_the_place_of_a_folder_is_refused_before_the_run(
    command: Command, running: FakeCampaign, tmp_path: Path, option: str
) -> None:
    (tmp_path / "taken").write_text("mine")
    ended = command("run", "quick", option, "taken")
    assert ended.code == 2
    assert f"{option} names a folder" in ended.err
    assert "run" not in [name for name, *_ in running.calls]


def test_a_time_limit_reaches_the_campaign_in_seconds(
    command: Command, running: FakeCampaign
) -> None:
    command("run", "m.yaml", "--budget", "8h", "--deadline", "2999-01-01T00:00")
    (_, options, _), _ = running.called("run_campaign")
    assert 8 * 3600 - 60 < options.budget <= 8 * 3600


def test_without_a_time_limit_there_is_none(command: Command, running: FakeCampaign) -> None:
    command("run", "m.yaml")
    (_, options, _), _ = running.called("run_campaign")
    assert options.budget is None


@pytest.mark.parametrize(
    "words",
    [
        ["--budget", "soon"],
        ["--budget", "999999999h"],
        ["--budget", f"{10**12}d"],
        ["--report-every", "99999999d"],
        ["--deadline", "25:00"],
        ["--deadline", "0001-01-01T00:00+23:00"],
    ],
)
def test_a_time_limit_that_is_none_is_refused_before_anything(
    command: Command, running: FakeCampaign, words: list[str]
) -> None:
    ended = command("run", "m.yaml", *words)
    assert ended.code == 2
    assert words[0] in ended.err
    assert not running.calls


LEFT = Remaining(
    cell=CELL,
    search=Span(least=17, most=17),
    confirm=Span(least=0, most=12),
    test=Span(least=2, most=12),
    transfer=Span(least=0, most=0),
    trials=20,
    closed=3,
    decided=True,
)
PARTIAL = {"status": "partial", "remaining": LEFT.total, "unfinished": (LEFT,)}


def test_a_partial_run_is_no_failure_and_says_what_is_left(
    command: Command, running: FakeCampaign
) -> None:
    running.answers["run_campaign"] = lambda *_, **__: outcome(**PARTIAL)
    ended = command("run", "m.yaml", "--budget", "8h")
    assert ended.code == 0
    assert ended.out == "reports/quick/index.html\n"
    assert "partial: time ran out, 19..41 runs to do" in ended.err
    assert f"{CELL}: 17 trials and 2 test runs not done; search closed at 3 of 20" in ended.err
    assert "harness run m.yaml --budget 8h" in ended.err


def test_a_partial_run_as_json(command: Command, running: FakeCampaign) -> None:
    running.answers["run_campaign"] = lambda *_, **__: outcome(**PARTIAL)
    last = json.loads(command("run", "m.yaml", "--json").out.splitlines()[-1])
    assert (last["status"], last["exit_code"]) == ("partial", 0)
    assert last["remaining"] == {"least": 19, "most": 41}
    (left,) = last["unfinished"]
    assert left["search"] == {"least": 17, "most": 17}
    assert (left["cell"], left["closed"], left["decided"]) == (CELL, 3, True)


@pytest.mark.parametrize("written", ["queue", "=1"])
def test_an_option_of_the_executor_needs_name_and_value(
    command: Command, running: FakeCampaign, written: str
) -> None:
    ended = command("run", "m.yaml", "--executor-option", written)
    assert ended.code == 2
    assert "--executor-option KEY=VALUE" in ended.err


PLACES = ("--runs", "deep/runs", "--reports", "deep/reports")


def test_a_refused_run_leaves_nothing(command: Command, fake: FakeCampaign, tmp_path: Path) -> None:
    fake.answers["load"] = LOADED
    fake.answers["run_campaign"] = UnknownNameError("executor", "nobody", ["local"])
    assert command("run", "m.yaml", "--executor", "nobody", *PLACES).code == 2
    assert not list(tmp_path.iterdir())


def test_a_refused_run_touches_nothing_that_was_there(
    command: Command, fake: FakeCampaign, tmp_path: Path
) -> None:
    (tmp_path / "deep" / "runs").mkdir(parents=True)
    fake.answers["load"] = LOADED
    fake.answers["run_campaign"] = UsageError("no")
    assert command("run", "m.yaml", *PLACES).code == 2
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["runs"]


def test_a_run_that_fails_later_leaves_the_folders_alone(
    command: Command, fake: FakeCampaign, tmp_path: Path
) -> None:
    """Somebody may just be putting back what was deleted under it."""

    def run(
        matrix: object, options: object, listener: Callable[[Any], None], services: object
    ) -> None:
        listener(story()[0])
        raise StorageError("campaign.db is gone")

    fake.answers["load"] = LOADED
    fake.answers["run_campaign"] = run
    assert command("run", "m.yaml", *PLACES).code == 3
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"runs", "reports"}


def test_what_a_run_has_written_stays_when_it_fails(
    command: Command, fake: FakeCampaign, tmp_path: Path
) -> None:
    def run(*arguments: object, **services: object) -> None:
        (tmp_path / "deep" / "runs" / "quick").mkdir()
        (tmp_path / "deep" / "runs" / "quick" / "campaign.db").write_text("results")
        raise StorageError("the disk is full")

    fake.answers["load"] = LOADED
    fake.answers["run_campaign"] = run
    assert command("run", "m.yaml", *PLACES).code == 3
    assert (tmp_path / "deep" / "runs" / "quick" / "campaign.db").read_text() == "results"
    assert not (tmp_path / "deep" / "reports").exists()


class TestQueues:
    def test_one_that_cannot_run_does_not_stop_the_next(
        self, command: Command, running: FakeCampaign
    ) -> None:
        def load(source: str, *_: object, **__: object) -> SimpleNamespace:
            if source == "broken.yaml":
                raise UsageError("no such file")
            return load_by_name(source)

        running.answers["load"] = load
        ended = command("run", "a.yaml", "broken.yaml", "b.yaml")
        assert ended.code == UsageError.exit_code
        assert "broken.yaml: error: no such file" in ended.err
        names = [args[0].name for name, args, _ in running.calls if name == "run_campaign"]
        assert names == ["a", "b"]

    def test_an_interrupt_ends_all_of_them(self, command: Command, running: FakeCampaign) -> None:
        running.answers["run_campaign"] = outcome(
            status="interrupted", interrupted=True, exit_code=130
        )
        assert command("run", "a.yaml", "b.yaml").code == 130
        assert len([name for name, *_ in running.calls if name == "run_campaign"]) == 1

    def test_an_interrupt_by_which_one_was_done_ends_the_others_too(
        self, command: Command, running: FakeCampaign
    ) -> None:
        running.answers["load"] = load_by_name
        running.answers["run_campaign"] = outcome(interrupted=True)
        assert command("run", "a.yaml").code == 0
        running.calls.clear()
        assert command("run", "a.yaml", "b.yaml").code == 130
        assert len([name for name, *_ in running.calls if name == "run_campaign"]) == 1

    def test_two_matrices_are_not_one_campaign(
        self, command: Command, running: FakeCampaign
    ) -> None:
        running.answers["load"] = load_by_name
        ended = command("run", "x/night.yaml", "y/night.yaml")
        assert ended.code == UsageError.exit_code
        assert "x/night.yaml and y/night.yaml are both campaign `night`" in ended.err
        assert command("run", "x/night.yaml", "x/night.yaml").code == 0

    def test_a_signal_that_ends_the_command_is_told(
        self, command: Command, running: FakeCampaign, tmp_path: Path
    ) -> None:
        def leave(*_: object, **__: object) -> None:
            raise SystemExit(129)

        running.answers["load"] = leave
        ended = command("run", "a.yaml", "--on-end", f"cat > {tmp_path}/end.json")
        message = json.loads((tmp_path / "end.json").read_text())
        assert (ended.code, message["exit_code"]) == (129, 129)
        assert message["reason"] == "a.yaml: ended by a signal"
        assert "ended by a signal; nothing is lost: harness run a.yaml" in ended.err

    def test_the_budget_is_shared_out_and_what_one_leaves_goes_to_the_next(
        self, command: Command, running: FakeCampaign
    ) -> None:
        running.answers["load"] = load_by_name
        command("run", "a.yaml", "b.yaml", "c.yaml", "--budget", "90m")
        calls = [args[1] for name, args, _ in running.calls if name == "run_campaign"]
        minutes = [options.budget / 60 for options in calls]
        # The fake takes no time: the first may take a third, the second half of what is left.
        assert minutes == pytest.approx([30, 45, 90], rel=0.05)

    def test_names_are_dated_and_belong_to_one_matrix(
        self, command: Command, running: FakeCampaign
    ) -> None:
        command("run", "a.yaml", "--name", "night-{date}")
        name = running.called("load")[1]["options"]["--name"]
        assert re.fullmatch(r"name=night-\d{4}-\d\d-\d\d", name)
        ended = command("run", "a.yaml", "b.yaml", "--name", "night")
        assert ended.code == 2
        assert "`--name night` for 2 matrices" in ended.err
        running.calls.clear()
        running.answers["load"] = load_by_name
        command("run", "x/a.yaml", "b.yaml", "--set", "seed=1", "--name", "{matrix}-{date}")
        names = [words["options"]["--name"] for name, _, words in running.calls if name == "load"]
        assert [re.sub(r"\d{4}-\d\d-\d\d", "DAY", each) for each in names] == [
            "name=a-DAY",
            "name=b-DAY",
        ]
        sets = [words["sets"] for name, _, words in running.calls if name == "load"]
        assert sets == [["seed=1"]] * 2

    def test_commands_of_the_user_hear_of_the_end(
        self, command: Command, running: FakeCampaign, tmp_path: Path
    ) -> None:
        command("run", "a.yaml", "--on-end", f"cat > {tmp_path}/end.json")
        message = json.loads((tmp_path / "end.json").read_text())
        assert (message["message"], message["exit_code"]) == ("end", 0)
        running.answers["run_campaign"] = StorageError("the disk is full")
        command("run", "a.yaml", "--on-end", f"cat > {tmp_path}/end.json")
        message = json.loads((tmp_path / "end.json").read_text())
        assert message["exit_code"] == StorageError.exit_code
        assert message["reason"] == "a.yaml: the disk is full"


def test_the_log_as_json_has_an_object_per_event_on_stderr(
    command: Command, running: FakeCampaign
) -> None:
    ended = command("run", "quick.yaml", "--log-format", "json")
    events = [json.loads(line)["event"] for line in ended.err.splitlines()]
    assert events[0] == "campaign_started"
    assert events[-2:] == ["campaign_finished", "outcome"]
    assert ended.out == "reports/quick/index.html\n"
    running.answers["load"] = StorageError("the disk is full")
    ended = command("run", "quick.yaml", "--log-format", "json")
    said = json.loads(ended.err)
    assert (ended.code, said["event"], said["matrix"]) == (3, "error", "quick.yaml")
    assert "the disk is full" in said["text"]


def test_ctrl_c_outside_of_the_runs_says_how_to_go_on(
    command: Command, running: FakeCampaign
) -> None:
    running.answers["load"] = KeyboardInterrupt
    ended = command("run", "quick.yaml")
    assert ended.code == 130
    assert ended.err == "interrupted; nothing is lost: harness run quick.yaml\n"


class TestRegressions:
    @staticmethod
    def night(name: str, created: str, tuned: float, seed: int) -> CampaignRecord:
        truth = Truth(
            scenario="A", algorithm="ppo", sd=20.0, searched=900.0, default=100.0, tuned=tuned
        )
        return replace(synthetic_campaign(name, [truth], seed=seed), created=created)

    def test_a_cell_that_is_worse_than_in_the_night_before_is_told_once(
        self, command: Command, running: FakeCampaign, tmp_path: Path
    ) -> None:
        nights = [
            self.night("night-2026-11-18", "18", 100.0, 1),
            self.night("night-2026-11-19", "19", 300.0, 2),
            self.night("other-2026-11-19", "20", 900.0, 3),
            self.night("night-2026-11-20", "21", 200.0, 4),
        ]
        records = {record.name: record for record in nights}
        running.answers["record"] = lambda name, *_: records[name]
        running.answers["campaigns"] = tuple(
            CampaignInfo(name=record.name, created=record.created) for record in nights
        )
        running.answers["load"] = SimpleNamespace(name="night-2026-11-20", notes=())
        running.answers["run_campaign"] = outcome(campaign="night-2026-11-20")
        (tmp_path / "runs" / "night-2026-11-20").mkdir(parents=True)
        words = ["run", "a.yaml", "--name", "night-{date}", "--on-regression", "cat >> told"]
        ended = command(*words)
        assert "worse than in night-2026-11-19: ppo@A" in ended.err
        message = json.loads((tmp_path / "told").read_text())
        assert (message["message"], message["earlier"]) == ("regression", "night-2026-11-19")
        assert message["worse_cells"] == ["ppo@A"]
        command(*words)
        assert json.loads((tmp_path / "told").read_text()) == message

    def test_the_first_night_and_a_name_without_a_date(
        self, command: Command, running: FakeCampaign
    ) -> None:
        running.answers["campaigns"] = (CampaignInfo(name="quick", created="20"),)
        words = ["run", "a.yaml", "--on-regression", "cat", "--name"]
        assert "nothing to compare it with" in command(*words, "quick{date}").err
        ended = command(*words, "night")
        assert ended.code == 2
        assert "--on-regression needs campaigns with dated names" in ended.err
