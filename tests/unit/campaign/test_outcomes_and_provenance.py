"""How a campaign ended, what it ran on, and what changes between two of its runs."""

import json
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from builders import cell, result
from sample_records import TRUTHS, synthetic_campaign

from harness.campaign import provenance as module
from harness.campaign.matrices import matrix_of, registry
from harness.campaign.options import Outcome, RunOptions, boot_time, write_report
from harness.campaign.provenance import environment_key, provenance
from harness.campaign.stores import enter_campaign, study_key
from harness.core.decisions.joint_decisions import new_histories
from harness.core.decisions.plan import Candidate, plan_test
from harness.core.decisions.repeated_searches import with_repeats
from harness.core.ladder import advance
from harness.core.matrix import Matrix
from harness.core.progress.remaining import Span, remaining
from harness.core.progress.run_counts import counts_of
from harness.core.run import DEFAULT
from harness.core.scenario import Scenario
from harness.core.search_settings import Search
from harness.core.settings import Adaptive, Rung
from harness.errors import INTERRUPTED, CampaignChangedError, MatrixError
from harness.store.memory_ledger import MemoryLedger


def left():
    small = cell()
    counts = counts_of({small.name: advance(small, new_histories([small])[small.name])})
    return remaining(counts[small.name])


class TestOutcome:
    def outcome(self, **changes):
        return Outcome(
            **{"campaign": "c", "report": None, "failed_cells": (), "interrupted": False} | changes
        )

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({}, "complete", 0),
            ({"failed_cells": ("a",)}, "complete", 1),
            ({"interrupted": True}, "complete", 0),  # what ran was all there was
            ({"unfinished": (left(),)}, "partial", 0),
            ({"unfinished": (left(),), "failed_cells": ("a",)}, "partial", 1),
            ({"unfinished": (left(),), "interrupted": True}, "interrupted", INTERRUPTED),
        ],
    )
    def test_what_is_left_decides_how_it_ended(self, changes, status, code):
        ended = self.outcome(**changes)
        assert (ended.status, ended.exit_code) == (status, code)

    def test_what_is_left_adds_up(self):
        assert self.outcome().remaining == Span(least=0, most=0)
        assert self.outcome(unfinished=(left(), left())).remaining == Span(least=24, most=40)


def test_the_last_lines_say_what_the_report_says(tmp_path):
    record = synthetic_campaign("quick", TRUTHS[:3])
    options = RunOptions(runs=tmp_path / "runs", reports=tmp_path / "reports")
    index, answer = write_report(record, options)
    written = json.loads(index.with_name("results.json").read_text(encoding="utf-8"))
    rows = written["parts"]["leaderboard"]["rows"]
    assert answer.headline == written["headline"]
    assert answer.verdicts == {row["row"]["cell"]: row["outcome"] for row in rows}
    assert set(answer.verdicts) == {cell.name for cell in record.cells}


def test_the_clock_of_deadlines_only_grows():
    first = boot_time()
    assert first > 0
    assert boot_time() >= first


class TestProvenance:
    def test_versions_of_the_scenarios_own_packages_are_named_too(self, monkeypatch):
        memory = SimpleNamespace(total=3 * 2**29)
        monkeypatch.setattr(module.psutil, "virtual_memory", lambda: memory)
        scenarios = [
            Scenario(name=name, env=name, action="Discrete", versions={"zsim": version})
            for name, version in (("A", "1.2"), ("B", "1.2"), ("C", "1.3"))
        ]
        facts = provenance(storage="somewhere", scenarios=scenarios)
        versions = {name: v for name, v in facts["versions"].items() if "zsim" in name}
        assert versions == {"zsim": "1.2", "zsim (C)": "1.3"}
        assert {"torch", "rl-harness", "optuna"} <= set(facts["versions"])
        assert facts["run"]["storage"] == "somewhere"
        assert facts["machine"]["memory"] == "1.5 GiB"
        assert len(environment_key()) == 64

    @pytest.mark.parametrize(
        ("words", "command"),
        [
            (["/opt/bin/harness", "run", "--runs", "my runs"], "harness run --runs 'my runs'"),
            (["/lib/harness/__main__.py", "run"], "harness run"),
            (["x", "--storage", "mysql://me:pw@h/db"], "x --storage 'mysql://me:***@h/db'"),
        ],
    )
    def test_the_command_is_shown_as_it_can_be_given_again(self, monkeypatch, words, command):
        monkeypatch.setattr(sys, "argv", words)
        assert provenance(storage="")["run"]["command"] == command

    def test_the_source_is_the_commit_of_the_checkout(self, tmp_path, monkeypatch):
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
        monkeypatch.chdir(tmp_path)
        assert provenance(storage="")["source"] == {"git commit": "not a git checkout"}

        def git(*words):
            identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
            done = subprocess.run(
                ["git", *identity, *words], check=True, capture_output=True, text=True
            )
            return done.stdout.strip()

        git("init", "-q")
        (tmp_path / "file").write_text("1")
        git("add", "file")
        git("commit", "-qm", "one")
        source = {"git commit": git("rev-parse", "HEAD"), "git tree": "clean"}
        (tmp_path / "untracked").touch()
        assert provenance(storage="")["source"] == source
        (tmp_path / "file").write_text("2")
        assert provenance(storage="")["source"] == source | {"git tree": "changed"}

    @pytest.mark.parametrize("error", [OSError("no git"), subprocess.TimeoutExpired("git", 10)])
    def test_without_git_there_is_no_checkout(self, monkeypatch, error):
        def fail(*args, **kwargs):
            raise error

        monkeypatch.setattr(module.subprocess, "run", fail)
        assert provenance(storage="")["source"] == {"git commit": "not a git checkout"}


BEST = Candidate(variant=DEFAULT, arguments={})


class TestEntering:
    def enter(self, ledger, *cells, accept=False):
        matrix = Matrix(name="c", cells=cells, document={}, origins={})
        return enter_campaign(ledger, matrix, storage="s", accept_changes=accept)

    def test_a_campaign_goes_on_where_nothing_that_decides_has_changed(self):
        ledger = MemoryLedger()
        assert self.enter(ledger, cell()) == environment_key()
        more = replace(cell().search, trials=60)
        self.enter(ledger, cell(search=more), replace(cell(), algorithm=other()))
        assert [each.name for each in ledger.record("c").cells] == ["toy@Toy-v0", "b@Toy-v0"]

    def test_a_change_is_named_and_has_to_be_accepted(self):
        ledger = MemoryLedger()
        self.enter(ledger, cell())
        changed = cell(search=Search(trials=6, steps=101, evals=4, episodes=2))
        with pytest.raises(CampaignChangedError) as caught:
            self.enter(ledger, changed)
        assert "toy@Toy-v0: search.steps" in str(caught.value)
        assert "--accept-changes" in caught.value.help
        self.enter(ledger, changed, accept=True)
        assert ledger.record("c").cells[0].cell.search.steps == 101

    def test_other_versions_are_named_and_have_to_be_accepted(self, monkeypatch):
        ledger = MemoryLedger()
        self.enter(ledger, cell())
        versions = {**module.numeric_versions(), "torch": "9.9"}
        monkeypatch.setattr(module, "numeric_versions", lambda: versions)
        with pytest.raises(CampaignChangedError, match="version of torch"):
            self.enter(ledger, cell())
        assert self.enter(ledger, cell(), accept=True) == environment_key()

    def test_seeds_raised_after_results_were_seen_are_on_record(self):
        ledger = MemoryLedger()
        rising = Adaptive(start=4, step=2, max=8)
        for asked, before in ((2, ()), (4, (2,)), (4, (2,)), (3, (2,)), (rising, (2, 3))):
            mine = cell(test=replace(cell().test, seeds=asked))
            matrix = Matrix(name="c", cells=(mine,), document={"seeds": str(asked)}, origins={})
            environment = enter_campaign(ledger, matrix, storage="s", accept_changes=False)
            assert ledger.record("c").raised_seeds("toy@Toy-v0") == before
            planned = plan_test(mine, BEST)
            ledger.set_plan("c", "toy@Toy-v0", Rung.TEST, planned)
            ledger.add_results([result(each.run.id) for each in planned], environment=environment)

    def test_as_many_other_seeds_are_no_more_of_them(self):
        ledger = MemoryLedger()
        for asked in (2, (2**30 + 7, 2**30 + 8), (2**30 + 7,)):
            mine = cell(test=replace(cell().test, seeds=asked))
            matrix = Matrix(name="c", cells=(mine,), document={"seeds": str(asked)}, origins={})
            environment = enter_campaign(ledger, matrix, storage="s", accept_changes=False)
            assert ledger.record("c").raised_seeds("toy@Toy-v0") == ()
            planned = plan_test(mine, BEST)
            ledger.set_plan("c", "toy@Toy-v0", Rung.TEST, planned)
            ledger.add_results([result(each.run.id) for each in planned], environment=environment)

    def test_searches_raised_after_winners_were_tested_are_on_record(self):
        ledger = MemoryLedger()
        steps = ((1, ()), (2, (1,)), (2, (1,)), (3, (1, 2)), (2, (1, 2)))
        for index, (repeats, before) in enumerate(steps):
            mine = cell(search=replace(cell().search, repeats=repeats))
            cells = tuple(with_repeats([mine]))
            # Every document is another one, also where it asks for as many searches.
            document = {"repeats": repeats, "deadline": index}
            matrix = Matrix(name="c", cells=cells, document=document, origins={})
            environment = enter_campaign(ledger, matrix, storage="s", accept_changes=False)
            assert ledger.record("c").raised_searches("toy@Toy-v0") == before
            for each in cells:
                planned = plan_test(each, BEST)
                ledger.set_plan("c", each.name, Rung.TEST, planned)
                results = [result(run.run.id) for run in planned]
                ledger.add_results(results, environment=environment)

    def test_seeds_raised_before_there_is_a_result_are_nobodys_look(self):
        ledger = MemoryLedger()
        for asked in (2, 4):
            mine = cell(test=replace(cell().test, seeds=asked))
            matrix = Matrix(name="c", cells=(mine,), document={"seeds": asked}, origins={})
            enter_campaign(ledger, matrix, storage="s", accept_changes=False)
            ledger.set_plan("c", "toy@Toy-v0", Rung.TEST, plan_test(mine, BEST))
        assert ledger.record("c").raised_seeds("toy@Toy-v0") == ()

    def test_trials_belong_to_what_decides_the_search_and_to_the_versions(self):
        keys = {
            study_key(cell(), "e"),
            study_key(cell(), "f"),
            study_key(cell(search=replace(cell().search, steps=101)), "e"),
        }
        assert len(keys) == 3
        assert study_key(cell(search=replace(cell().search, trials=60)), "e") in keys


def other():
    return replace(cell().algorithm, name="b")


def test_a_matrix_in_a_ledger_that_no_longer_holds_has_no_line():
    document = {"name": "c", "seed": 1, "scenarios": ["Gone-v0"], "algorithms": ["ppo"]}
    with pytest.raises(MatrixError) as caught:
        matrix_of("c", document, registry())
    problems = caught.value.problems
    assert problems
    assert {(each.source, each.line, each.text) for each in problems} == {
        ("the matrix of campaign `c`", 0, "")
    }
