import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from builders import cell_of
from fake_campaign import Ended, FakeCampaign, cell_plan, rung_plan
from storyboard import CELL, FAILURE, REGISTRY, held_out, result, trial

from harness.campaign import CampaignInfo, Coordinator
from harness.campaign.plans.speed_calibration import MachineSpeed
from harness.campaign.plans.training_seconds import CheapestCorner
from harness.config import ImplicitBudget
from harness.core.record import CampaignRecord, CellRecord
from harness.core.run import DEFAULT, Variant
from harness.core.run_result import Status
from harness.core.search_settings import Search
from harness.core.settings import Test
from harness.errors import MatrixError, Problem, UnknownNameError

Command = Callable[..., Ended]


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stands for config, analysis and report: what a command asks of them is set by the test."""
    answers = SimpleNamespace()
    for name in ("config", "analysis", "report"):
        module = ModuleType(f"harness.{name}")
        monkeypatch.setitem(sys.modules, f"harness.{name}", module)
        monkeypatch.setattr(f"harness.{name}", module, raising=False)
        setattr(answers, name, module)
    answers.config.render_problems = lambda problems: "\n".join(p.message for p in problems)
    return answers


RECORD = CampaignRecord(
    name="quick",
    created="2026-11-20T20:00:00Z",
    updated="2026-11-20T21:00:00Z",
    cells=(
        CellRecord(
            cell=cell_of(CELL, search=Search(trials=5), test=Test(seeds=2)),
            trials=(
                trial(0),
                trial(1, score=50.0, status=Status.PRUNED),
                trial(2, score=None, status=Status.FAILED, failure=FAILURE),
                trial(3, score=None, status=Status.FAILED, failure=FAILURE),
            ),
            runs=(held_out("default", 0, 90.0), held_out("default", 1, None)),
        ),
    ),
)


class TestPrepare:
    def test_init_writes_the_template_once(
        self, command: Command, doors: SimpleNamespace, tmp_path: Path
    ) -> None:
        doors.config.template = lambda name, campaign: f"# {name} {campaign}\n"
        ended = command("init", "study.yaml", "--template", "locomotion")
        assert (ended.code, ended.out) == (0, "study.yaml\n")
        assert (tmp_path / "study.yaml").read_text() == "# locomotion study\n"
        again = command("init", "study.yaml")
        assert again.code == 2
        assert "study.yaml exists already" in again.err
        assert "--force" in again.err
        assert command("init", "study.yaml", "--force").code == 0
        assert (tmp_path / "study.yaml").read_text() == "# classic study\n"

    def test_init_to_stdout_writes_no_file(
        self, command: Command, doors: SimpleNamespace, tmp_path: Path
    ) -> None:
        doors.config.template = lambda name, campaign: f"# {name} {campaign}\n"
        assert command("init", "-").out == "# classic \n"
        assert list(tmp_path.iterdir()) == []

    def test_init_needs_the_folder(self, command: Command, doors: SimpleNamespace) -> None:
        doors.config.template = lambda name, campaign: ""
        ended = command("init", "there/study.yaml")
        assert ended.code == 2
        assert "mkdir -p there" in ended.err

    def test_check_counts_the_cells(
        self, command: Command, fake: FakeCampaign, doors: SimpleNamespace
    ) -> None:
        fake.answers["load"] = SimpleNamespace(cells=[SimpleNamespace(name=CELL)], notes=())
        ended = command("check", "a.yaml", "--profile", "smoke", "--set", "seed=1")
        assert ended.code == 0
        assert ended.err == "a.yaml: 1 cell, valid\n"
        options = {"profile": "smoke", "sets": ["seed=1"]}
        assert fake.called("load") == (("a.yaml", REGISTRY), options)

    def test_check_says_what_the_matrix_leaves_to_the_default(
        self, command: Command, fake: FakeCampaign, doors: SimpleNamespace
    ) -> None:
        cells = [SimpleNamespace(name=name) for name in ("a", "b")]
        fake.answers["load"] = SimpleNamespace(cells=cells, notes=())
        fake.answers["implicit_budgets"] = (
            ImplicitBudget(key="search.steps", steps=50_000, cells=("a", "b")),
            ImplicitBudget(key="test.steps", steps=50_000, cells=("b",)),
        )
        ended = command("check", "a.yaml", "--json")
        (found,) = json.loads(ended.out)["matrices"]
        assert found["implicit_budgets"][1] == {
            "key": "test.steps",
            "steps": 50_000,
            "cells": ["b"],
        }
        _, search, test = ended.err.splitlines()
        assert search.startswith("a.yaml: nothing here names `search.steps`: trials and confirm")
        assert "`test.steps` for 1 of 2 cells: " in test
        assert "50,000 environment steps, the default" in test

    def test_check_goes_on_after_an_invalid_matrix(
        self, command: Command, fake: FakeCampaign, doors: SimpleNamespace
    ) -> None:
        def load(source: str, names: object, **options: object) -> object:
            if source == "bad.yaml":
                raise MatrixError([Problem(message="unknown key `x`", line=3)])
            return SimpleNamespace(cells=[SimpleNamespace(name=CELL)], notes=())

        fake.answers["load"] = load
        ended = command("check", "bad.yaml", "good.yaml", "--json")
        assert ended.code == 2
        bad, good = json.loads(ended.out)["matrices"]
        assert (bad["valid"], good["valid"]) == (False, True)
        assert bad["problems"][0]["line"] == 3
        assert "unknown key `x`" in ended.err
        assert "good.yaml: 1 cell, valid" in ended.err

    def test_plan_shows_rungs_and_totals(self, command: Command, fake: FakeCampaign) -> None:
        rungs = {
            "search": rung_plan(5, 20_000),
            "confirm": rung_plan(0, 0),
            "test": rung_plan(10, 40_000),
            "transfer": rung_plan(0, 0),
        }
        fake.answers["load"] = SimpleNamespace(name="quick", notes=())
        fake.answers["summarize"] = (cell_plan(CELL, rungs, seconds=1800.0),) * 2
        fake.answers["machine_speed"] = MachineSpeed(
            low=0.5, middle=1.0, high=2.5, runs=0, campaign=""
        )
        ended = command("plan", "quick.yaml", "--workers", "2")
        head, *rows, total = ended.out.splitlines()
        assert " ".join(head.split()) == "cell search confirm test runs steps worker time"
        assert rows[0].split("  ")[0] == CELL
        assert "5 x 4,000" in rows[0]
        assert "10 x 4,000" in rows[0]
        assert total.split() == ["total", "10", "0", "20", "30", "120,000", "1h00m"]
        assert "on 2 workers about 30m02s (15m01s to 1h15m; a guess" in ended.err
        assert f"most of it: {CELL} 50%" in ended.err
        assert "about 0.3 MB of database and 5.0 MB of report, with --save-models 2.0 GB more" in (
            ended.err
        )
        assert "free" not in ended.err
        assert "10 held-out seeds per variant find, four times in five, a difference of 1.5" in (
            ended.err
        )
        assert "nothing was run" in ended.err
        assert "harness run --matrix quick.yaml\n" in ended.err
        smoke = command("plan", "quick.yaml", "--profile", "smoke", "--set", "name=a b")
        assert "--matrix quick.yaml --profile smoke --set 'name=a b'\n" in smoke.err

        data = json.loads(command("plan", "quick.yaml", "--json").out)
        assert (data["runs"], data["steps"]) == (30, 120_000)
        assert data["cells"][0]["test"] == {"runs": 10, "steps": 40_000}
        assert data["cells"][0]["hours"] == {"low": 0.25, "middle": 0.5, "high": 1.25}
        assert data["measured"] == {"campaign": None, "runs": 0, "seconds": 0.0, "cpu": 1.0}
        assert data["disk"] == {"database": 300_000, "report": 5_040_000, "models": 2_000_000_000}
        assert data["wall_hours"]["middle"] == pytest.approx(1802 / 3600, abs=5e-5)
        assert "deadline" not in data

    def test_plan_says_what_its_hours_are_measured_by(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        rungs = {name: rung_plan(1, 10) for name in ("search", "confirm", "test", "transfer")}
        fake.answers["load"] = SimpleNamespace(name="quick", notes=())
        fake.answers["summarize"] = (cell_plan(CELL, rungs, seconds=3600.0),)
        fake.answers["machine_speed"] = MachineSpeed(
            low=0.9,
            middle=2.0,
            high=3.0,
            runs=1200,
            campaign="last",
            training_seconds=7200.0,
            cpu=0.25,
        )
        ended = command("plan", "quick.yaml", "--runs", "there", "--workers", "1")
        assert "on 1 worker about 2h00m" in ended.err
        assert "(54m02s to 3h00m; as 1,200 runs of `last` were, 2h00m in all)" in ended.err
        assert "a run had 25% of a core" in ended.err
        assert fake.called("machine_speed")[0][:2] == (fake.answers["load"], Path("there"))

    def test_plan_says_how_long_a_search_of_cheap_trials_takes(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        corner = CheapestCorner(multiple=0.25, runs=170, seconds=7200.0)
        rungs = {name: rung_plan(1, 10) for name in ("confirm", "test", "transfer")}
        rungs["search"] = rung_plan(44, 10, typical=44, cheapest=corner)
        fake.answers["load"] = SimpleNamespace(name="quick", notes=())
        fake.answers["summarize"] = (cell_plan(CELL, rungs, seconds=3600.0),)
        fake.answers["machine_speed"] = MachineSpeed(
            low=0.9, middle=1.0, high=3.0, runs=1200, campaign="last"
        )
        ended = command("plan", "quick.yaml", "--runs", "there")
        assert (
            "(0.25 of the default's effort) has 170 of them and takes 2h00m instead of" in ended.err
        )

    def test_plan_says_what_a_deadline_leaves_out(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        rungs = {"search": rung_plan(10, 1000)}
        rungs |= {name: rung_plan(0, 0) for name in ("confirm", "test", "transfer")}
        fake.answers["load"] = SimpleNamespace(name="quick", notes=())
        fake.answers["summarize"] = (cell_plan(CELL, rungs, seconds=36_000.0),)
        fake.answers["machine_speed"] = MachineSpeed(low=0.5, middle=1.0, high=2.5)
        words = ("plan", "quick.yaml", "--workers", "1")
        assert f"  {CELL}: 6 of 10 trials of the search\n" in command(*words, "--budget", "5h").err
        assert "leaves nothing out" in command(*words, "--budget", "11h").err
        start = "start with: harness run --matrix quick.yaml --budget 11h\n"
        assert command(*words, "--budget", "11h").err.endswith(start)
        assert f"  {CELL}: all of it\n" in command(*words, "--budget", "30m").err
        data = json.loads(command(*words, "--budget", "5h", "--json").out)
        assert data["deadline"]["cuts"] == [
            {"cell": CELL, "rung": "search", "done": 4, "planned": 10}
        ]
        assert "noon" in command(*words, "--deadline", "noon").err
        assert " 24 Dec 06:30, leaves" in command(*words, "--deadline", "2099-12-24 06:30").err
        assert "deadline" not in command(*words).err

    def test_plan_warns_of_a_disk_that_is_too_small(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        rungs = {name: rung_plan(1, 10) for name in ("search", "confirm", "test", "transfer")}
        fake.answers["load"] = SimpleNamespace(name="quick", notes=())
        fake.answers["summarize"] = (cell_plan(CELL, rungs),)
        fake.answers["machine_speed"] = MachineSpeed(low=0.5, middle=1.0, high=2.5)
        fake.answers["free_bytes"] = 10**9
        assert "only 1.0 GB are free there: too little for --save-models" in (
            command("plan", "quick.yaml").err
        )
        fake.answers["free_bytes"] = 10**6
        assert "only 1.0 MB are free there: the campaign would end with a full disk" in (
            command("plan", "quick.yaml").err
        )

    def test_plan_of_a_campaign_that_has_begun_shows_what_is_left(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        rungs = {name: rung_plan(1, 10) for name in ("search", "confirm", "test", "transfer")}
        fake.answers["load"] = SimpleNamespace(name="quick", notes=())
        fake.answers["summarize"] = (cell_plan(CELL, rungs, seconds=60.0, done=17),)
        fake.answers["machine_speed"] = MachineSpeed(low=0.5, middle=1.0, high=2.5)
        ended = command("plan", "quick.yaml")
        assert "cannot be read" not in ended.err
        fake.answers["idle_note"] = "note: all idle"
        assert "note: all idle" in command("plan", "quick.yaml").err
        head, row, total = ended.out.splitlines()
        assert head.split()[:3] == ["cell", "done", "search"]
        # Its campaign may be out of reach, or damaged.
        fake.answers["campaign_names"] = ["quick"]
        assert "note: campaign `quick` has begun and cannot be read" in (
            command("plan", "quick.yaml").err
        )
        assert "left" in head.split()
        assert (row.split()[1], total.split()[1]) == ("17", "17")
        assert json.loads(command("plan", "quick.yaml", "--json").out)["done"] == 17
        fake.answers["read_if_begun"], fake.answers["find_changed_cells"] = RECORD, [CELL]
        ended = command("plan", "quick.yaml")
        assert f"note: {CELL} is another one in the campaign `quick` that has begun" in ended.err
        assert "all idle" not in ended.err

    def test_plan_shows_what_may_be_added_and_what_travels(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        rungs = {
            "search": rung_plan(5, 20_000),
            "confirm": rung_plan(0, 0),
            "test": rung_plan(10, 40_000, 40, 160_000),
            "transfer": rung_plan(6, 24_000),
        }
        fake.answers["load"] = SimpleNamespace(name="quick", notes=())
        fake.answers["summarize"] = (cell_plan(CELL, rungs),) * 2
        fake.answers["machine_speed"] = MachineSpeed(
            low=0.5, middle=1.0, high=2.5, runs=0, campaign=""
        )
        head, row, _, total = command("plan", "quick.yaml").out.splitlines()
        rungs_shown = ["search", "confirm", "test", "transfer"]
        assert head.split() == ["cell", *rungs_shown, "runs", "steps", "worker", "time"]
        assert "10..40 x 4,000" in row
        assert "6 x 4,000" in row
        words = ["total", "10", "0", "20..80", "12", "42..102", "168,000..408,000"]
        assert total.split()[:-1] == words
        data = json.loads(command("plan", "quick.yaml", "--json").out)
        assert (data["runs"], data["most_runs"]) == (42, 102)
        assert data["cells"][0]["test"] == {
            "runs": 10,
            "steps": 40_000,
            "most_runs": 40,
            "most_steps": 160_000,
        }

    def test_schema_is_json(self, command: Command, doors: SimpleNamespace) -> None:
        doors.config.json_schema = lambda: {"type": "object"}
        assert json.loads(command("schema").out) == {"type": "object"}


class TestNames:
    def test_scenarios_by_family(self, command: Command, fake: FakeCampaign) -> None:
        ended = command("list", "scenarios", "--family", "classic_control")
        head, row = ended.out.splitlines()
        assert head.split()[:3] == ["name", "family", "action"]
        assert row.split()[:6] == [
            "CartPole-v1",
            "classic_control",
            "Discrete",
            "22.2",
            "500.0",
            "50,000",
        ]

    def test_an_unknown_family_is_an_error_with_a_hint(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        ended = command("list", "scenarios", "--family", "clasic_control")
        assert ended.code == 2
        assert "did you mean `classic_control`?" in ended.err

    def test_matrices_say_what_they_are(self, command: Command) -> None:
        rows = json.loads(command("list", "matrices", "--json").out)["matrices"]
        texts = {row["name"]: row["description"] for row in rows}
        assert texts["quick"].startswith("Two scenarios x two algorithms")
        assert all(len(text) > 30 and not text.startswith("#") for text in texts.values())

    def test_algorithms_as_json(self, command: Command, fake: FakeCampaign) -> None:
        (row,) = json.loads(command("list", "algorithms", "--json").out)["algorithms"]
        assert row["name"] == "ppo"
        assert row["actions"] == ["Box", "Discrete"]
        assert row["searched"] == 1

    def test_components_show_their_options(self, command: Command, fake: FakeCampaign) -> None:
        ended = command("list", "samplers", "--json")
        (row,) = json.loads(ended.out)["samplers"]
        assert row["name"] == "tpe"
        assert row["options"] == ["path=<required>"]
        assert row["description"].startswith("Parameters of")

    def test_what_there_is_none_of_is_said_on_stderr(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        ended = command("list", "executors")
        assert (ended.code, ended.out, ended.err) == (0, "", "no executors\n")

    def test_campaigns_the_latest_first(self, command: Command, fake: FakeCampaign) -> None:
        counts = {"cells": 4, "decided": 1, "results": 12, "failed": 0, "problem": ""}
        fake.answers["campaigns"] = tuple(
            SimpleNamespace(name=name, created="c", updated=f"2026-11-{day}", **counts)
            for name, day in (("old", "01"), ("new", "20"))
        )
        lines = command("list", "campaigns", "--runs", "elsewhere").out.splitlines()
        assert [line.split()[0] for line in lines] == ["name", "new", "old"]
        assert fake.called("campaigns") == ((Path("elsewhere"), None), {})

    def test_a_campaign_that_cannot_be_read_hides_no_other(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        fake.answers["campaigns"] = (
            CampaignInfo(name="well", updated="2026-11-20", cells=4),
            CampaignInfo(name="ill", problem="the server is down"),
        )
        head, well, ill = command("list", "campaigns").out.splitlines()
        assert head.split()[-1] == "problem"
        assert well.split()[0] == "well"
        assert ill.endswith("the server is down")

    def test_a_scenario_in_full(self, command: Command, fake: FakeCampaign) -> None:
        ended = command("show", "scenario", "CartPole-v1")
        assert "500.0  (the maximum)" in ended.out
        assert any(line.split() == ["algorithms", "ppo"] for line in ended.out.splitlines())
        data = json.loads(command("show", "scenario", "CartPole-v1", "--json").out)
        assert data["reference"] == {"value": 500, "source": "the maximum"}
        assert data["spaces"]["actions"] == "Discrete(2)"
        assert "Discrete(2)" in ended.out

    def test_a_picture_of_a_scenario(
        self, command: Command, fake: FakeCampaign, tmp_path: Path
    ) -> None:
        path = tmp_path / "cartpole.png"
        ended = command("show", "scenario", "CartPole-v1", "--picture", str(path), "--json")
        assert ended.code == 0
        assert json.loads(ended.out)["name"] == "CartPole-v1"
        assert path.read_bytes()[:4] == b"\x89PNG"
        ended = command("show", "scenario", "CartPole-v1", "--picture", "cartpole.gif")
        assert (ended.code, "is no PNG" in ended.err) == (2, True)
        ended = command("show", "scenario", "CartPole-v1", "--picture", "/no/such/folder/a.png")
        assert (ended.code, "cannot be written" in ended.err) == (2, True)

    def test_an_algorithm_with_its_space(self, command: Command, fake: FakeCampaign) -> None:
        ended = command("show", "algorithm", "ppo")
        assert "stable_baselines3.ppo.ppo:PPO" in ended.out
        (row,) = [line for line in ended.out.splitlines() if line.startswith("learning_rate")]
        assert "1e-05 .. 0.01 (log)" in row
        assert "0.0003" in row
        assert "a paper" in row
        assert "0.0002 .. 0.0008" in row, "the middle of what was good elsewhere"
        data = json.loads(command("show", "algorithm", "ppo", "--json").out)
        assert data["space"][0]["default"] == 0.0003
        assert data["constructor"]["policy"] == "<required>"

    def test_a_misspelt_name_is_an_error_with_a_hint(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        ended = command("show", "algorithm", "ppoo")
        assert (ended.code, ended.out) == (2, "")
        assert ended.err == "error: unknown algorithm `ppoo`\n  = help: did you mean `ppo`?\n"


class TestResults:
    def test_status_counts_rungs_and_groups_reasons(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        fake.answers["record"] = RECORD
        ended = command("status")
        head, row, _, partial, left, _, best, _, reasons, reason = ended.out.splitlines()
        assert head.split()[:5] == ["cell", "state", "search", "confirm", "test"]
        state = "stopped in the search at 4 of 5"
        assert row.replace(state, "state").split()[1:3] == ["state", "4/5"]
        assert row.split()[-7:] == ["0/?", "1/2", "1", "2", "-", "90", "-"]
        assert partial.split() == ["cell", "not", "done"]
        assert left.split()[0] == CELL
        assert "1 trial, 2 confirm runs and 1 test run not done" in left
        assert reasons.split() == ["failed", "cell", "kind", "reason"]
        assert reason.split()[:3] == ["2", CELL, "diverged"]
        assert best.startswith(f"best so far of {CELL}: ")
        asked = [words for name, words, _ in fake.calls if name == "record"]
        assert set(asked) == {("quick", Path("runs"), None)}

    def test_status_as_json(self, command: Command, fake: FakeCampaign) -> None:
        fake.answers["record"] = RECORD
        said = json.loads(command("status", "quick", "--json").out)
        (cell,) = said["cells"]
        assert (said["status"], said["coordinator"]) == ("partial", None)
        assert [left["search"]["least"] for left in said["unfinished"]] == [1]
        assert cell["search"] == {"done": 4, "planned": 5, "closed": None, "error": None}
        assert (cell["pruned"], cell["failed"], cell["default"]) == (1, 2, 90.0)
        assert cell["tuned"] is None
        assert cell["backends"] == ["sb3"]

    def test_status_says_why_a_sampler_failed(self, command: Command, fake: FakeCampaign) -> None:
        (cell,) = RECORD.cells
        fake.answers["record"] = replace(RECORD, cells=(replace(cell, sampler_error="no idea"),))
        *_, reason = command("status", "quick").out.splitlines()
        assert reason.split() == ["1", CELL, "sampler", "no", "idea"]

    def test_status_tells_what_a_decided_cell_ships(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        tuned = replace(trial(1), values={"gamma": 0.98}, arguments={"gamma": 0.98})
        runs = (held_out("default", 0, 90.0), held_out("tuned", 7, 99.0))
        decided = CellRecord(
            cell=cell_of(CELL), trials=(trial(0), tuned), runs=runs, winner=Variant("trial-1")
        )
        fake.answers["record"] = replace(RECORD, cells=(decided,))
        text = f"harness train {CELL} --campaign quick --seed 7 --out models/ppo-CartPole-v1"
        lines = command("status").out
        chosen = f"chosen for {CELL}: held-out seeds 99, default 90\n  gamma=0.98"
        assert f"{chosen}\n  {text}" in lines
        best = json.loads(command("status", "--json").out)["best"]
        assert best[CELL]["arguments"] == {"gamma": 0.98}
        assert best[CELL]["command"].startswith(text)
        fake.answers["record"] = RECORD
        assert json.loads(command("status", "--json").out)["best"] == {}

    def test_status_tells_the_best_trial_of_a_cell_that_searches(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        scored = [
            replace(trial(number, score=score), values={"gamma": 0.9 + number / 100})
            for number, score in enumerate((50.0, 90.0, 70.0))
        ]
        searching = CellRecord(cell=cell_of(CELL), trials=tuple(scored))
        fake.answers["record"] = replace(RECORD, cells=(searching,))
        assert f"best so far of {CELL}: gamma=0.91 (trial 1, 90 in the search)\n" in (
            command("status").out
        )
        best = json.loads(command("status", "--json").out)["best_so_far"][CELL]
        assert (best["trial"], best["score"], best["values"]) == (1, 90.0, {"gamma": 0.91})
        default = CellRecord(cell=cell_of(CELL), trials=tuple(scored[:1]))
        fake.answers["record"] = replace(RECORD, cells=(default,))
        assert f"best so far of {CELL}: the library's default (trial 0, 50" in command("status").out

    def test_status_of_a_campaign_that_somebody_is_about_to_begin(
        self, command: Command, fake: FakeCampaign
    ) -> None:
        fake.answers["record"] = UnknownNameError("campaign", "quick", [])
        assert command("status", "quick").code == 2
        begins = Coordinator(host="box", pid=7, since="then", alive=True, activity=None)
        fake.answers["coordinator"] = begins
        ended = command("status", "quick")
        assert (ended.code, ended.err) == (0, "")
        assert ended.out == (
            "quick: run by process 7 on box since then, getting ready, or writing the report\n"
        )
        said = json.loads(command("status", "quick", "--json").out)
        assert (said["status"], said["coordinator"]["pid"]) == ("starting", 7)
        fake.answers["coordinator"] = replace(begins, alive=False)
        assert command("status", "quick").code == 2

    def test_a_run_in_two_places_is_one_run(self, command: Command, fake: FakeCampaign) -> None:
        shared = [held_out(variant, 0, 5.0, "same") for variant in ("default", "tuned")]
        shipped = CellRecord(
            cell=cell_of(CELL, test=Test(seeds=1)), runs=tuple(shared), winner=DEFAULT
        )
        fake.answers["record"] = CampaignRecord(name="q", created="", updated="", cells=(shipped,))
        (row,) = json.loads(command("status", "q", "--json").out)["cells"]
        assert (row["default"], row["tuned"]) == (5.0, 5.0)

    def test_export_csv_prints_the_files(
        self, command: Command, fake: FakeCampaign, doors: SimpleNamespace, tmp_path: Path
    ) -> None:
        fake.answers["record"] = RECORD
        doors.analysis.export_csv = lambda record, folder: [folder / "scores.csv"]
        assert command("export").out == "runs/quick/export/scores.csv\n"
        assert command("export", "--out", "a/b").out == "a/b/scores.csv\n"
        assert (tmp_path / "a" / "b").is_dir()

    def test_plot_writes_what_it_prints(self, command: Command, fake: FakeCampaign) -> None:
        from sample_records import synthetic_campaign

        fake.answers["record"] = synthetic_campaign()
        ended = command("plot", CELL, "--kind", "impact", "--parameter", "gamma")
        assert ended.out == "runs/synthetic/plots/ppo-CartPole-v1/impact.html\n"
        assert "score by gamma" in Path(ended.out.strip()).read_text()
        wrong = command("plot", "ppo@CartPole", "--kind", "impact")
        assert (wrong.code, wrong.out) == (2, "")
        assert CELL in wrong.err
        assert command("plot", CELL, "--parameter", "gamna").code == 2

    def test_export_of_every_trial(
        self, command: Command, fake: FakeCampaign, tmp_path: Path
    ) -> None:
        fake.answers["record"] = RECORD
        said = json.loads(command("export", "--format", "json", "--trials").out)[CELL]
        assert [trial["state"] for trial in said] == ["complete", "pruned", "failed", "failed"]
        assert said[2]["failure"]["kind"] == "diverged"
        assert command("export", "--format", "json", "--trials", "--out", "o").out == (
            "o/trials.json\n"
        )
        ended = command("export", "--trials")
        assert (ended.code, ended.out) == (2, "")
        assert "`--trials` goes with --format json" in ended.err

    @pytest.mark.parametrize(
        ("form", "file", "text"),
        [
            ("json", "best_parameters.json", f'{{\n  "{CELL}": {{\n    "gamma": 0.99\n  }}\n}}\n'),
            ("yaml", "best_parameters.yaml", f"{CELL}:\n  gamma: 0.99\n"),
            ("zoo", "ppo.yml", "CartPole-v1: {}\n"),
        ],
    )
    def test_export_parameters_to_stdout_or_a_file(
        self,
        command: Command,
        fake: FakeCampaign,
        doors: SimpleNamespace,
        tmp_path: Path,
        form: str,
        file: str,
        text: str,
    ) -> None:
        fake.answers["record"] = RECORD
        doors.analysis.best_parameters = lambda record: {CELL: {"gamma": 0.99}}
        doors.analysis.zoo_yaml = lambda record: "CartPole-v1: {}\n"
        doors.analysis.zoo_files = lambda record: {"ppo.yml": "CartPole-v1: {}\n"}
        doors.analysis.zoo_differences = lambda text: ["gamma: 0.9 stands for more"]
        difference = "note: differs from what was trained: gamma: 0.9 stands for more\n"
        note = difference if form == "zoo" else ""
        shown, saved = (command("export", "--format", form, *at) for at in ((), ("--out", "best")))
        assert (shown.out, shown.err) == (text, note)
        assert (saved.out, saved.err) == (f"best/{file}\n", note)
        assert (tmp_path / "best" / file).read_text() == text

    def test_export_into_a_file_is_refused(
        self, command: Command, fake: FakeCampaign, doors: SimpleNamespace, tmp_path: Path
    ) -> None:
        fake.answers["record"] = RECORD
        (tmp_path / "best").write_text("")
        ended = command("export", "--format", "zoo", "--out", "best")
        assert ended.code == 2
        assert "best is a file" in ended.err

    @pytest.mark.parametrize("out", ["model", "model.zip"])
    def test_train_prints_the_model(self, command: Command, fake: FakeCampaign, out: str) -> None:
        fake.answers["train"] = result()
        ended = command("train", CELL, "--out", out, "--seed", "7")
        assert (ended.code, ended.out) == (0, "model.zip\n")
        assert "score 212.4 after 4,000 steps" in ended.err
        (name, cell), options = fake.called("train")
        assert (name, cell) == ("quick", CELL)
        assert (options["seed"], options["variant"], options["steps"]) == (7, "tuned", None)

    def test_a_failed_training_is_no_model(self, command: Command, fake: FakeCampaign) -> None:
        fake.answers["train"] = result(None, status=Status.FAILED, failure=FAILURE)
        ended = command("train", CELL, "--campaign", "c", "--out", "model", "--json")
        assert ended.code == 1
        data = json.loads(ended.out)
        assert data["model"] is None
        assert data["failure"]["kind"] == "diverged"
        assert "failed: diverged" in ended.err


def test_the_registry_of_these_tests_is_what_commands_see(fake: FakeCampaign) -> None:
    from harness import campaign

    assert campaign.registry() is REGISTRY
