"""What commands take for a campaign: a name, a published one's folder, a name with a moment."""

import shlex
import sys
from types import ModuleType

import pytest
import typer
from small import execute, matrix

from harness.cli.app import application
from harness.errors import UsageError

CELL = "toy@Toy0-v0"
READERS = {
    "compare": "compare NAME camp",
    "export": "export NAME --format json",
    "history": "history NAME camp",
    "plot": f"plot {CELL} --campaign NAME --kind history",
    "publish": "publish other NAME",
    "report": "report NAME",
    "robustness": f"robustness {CELL} --campaign NAME",
    "status": "status NAME",
}
OWNERS = {
    "dashboard": "dashboard NAME",
    "doctor": "doctor NAME",
    "import": "import scores.csv --campaign NAME",
    "logs": f"logs {CELL}#0 --campaign NAME",
    "merge": "merge NAME camp --into both",
    "play": f"play {CELL} --campaign NAME",
    "record": f"record {CELL} --campaign NAME",
    "robustness --seeds": f"robustness {CELL} --campaign NAME --seeds 3",
    "stop": "stop NAME",
}
TRAINERS = {"train": f"train {CELL} --campaign NAME --out model"}
UNTESTED = {"run"}
"""Starts an executor before it looks at --reuse."""


@pytest.fixture
def published(command, tmp_path, monkeypatch):
    execute(matrix(trials=12), tmp_path)
    assert command("publish", "site").code == 0
    (tmp_path / "scores.csv").write_text(f"cell,score,variant\n{CELL},1,other\n")
    dashboard = ModuleType("optuna_dashboard")
    dashboard.run_server = None
    monkeypatch.setitem(sys.modules, "optuna_dashboard", dashboard)
    return command


def words(line, name):
    return [name if word == "NAME" else word for word in shlex.split(line)]


def test_every_command_with_a_campaign_is_here():
    commands = typer.main.get_command(application()).commands
    takers = {
        name
        for name, each in commands.items()
        if {"campaign", "campaigns", "reuse"} & {parameter.name for parameter in each.params}
    }
    assert takers == {line.split()[0] for line in (*READERS, *OWNERS, *TRAINERS, *UNTESTED)}


@pytest.mark.parametrize("name", ["site/camp", "camp@2099-12-31"])
def test_what_only_reads_takes_results_without_a_ledger(published, name):
    for line in READERS.values():
        ended = published(*words(line, name))
        assert ended.code == 0, (line, ended.err)
    # It has read the results; the scenario itself cannot be made.
    (line,) = TRAINERS.values()
    assert f"the matrix of campaign `{name}`" in published(*words(line, name)).err


@pytest.mark.parametrize(
    ("name", "message"),
    [("site/camp", "is a published campaign"), ("camp@2099-12-31", "at a moment")],
)
def test_what_needs_more_says_what_to_do_instead(published, tmp_path, name, message):
    before = sorted(tmp_path.rglob("*"))
    for line in OWNERS.values():
        ended = published(*words(line, name))
        assert ended.code == 2, (line, ended.err)
        assert message in ended.err or f"no models are kept of `{name}`" in ended.err, ended.err
        assert "= help: " in ended.err
    with pytest.raises(UsageError, match=message):
        execute(matrix(), tmp_path / "new", reuse=name)
    assert sorted(path for path in tmp_path.rglob("*") if "new" not in path.parts) == before


def test_a_campaign_is_not_called_by_its_folder(published):
    for line in {**READERS, **OWNERS}.values():
        if not line.startswith("merge"):
            ended = published(*words(line, "runs/camp"))
            assert ended.code == 2, line
            assert "is the folder of a campaign" in ended.err or "no models" in ended.err, line


def test_status_of_a_published_campaign_prints_commands_that_work(published):
    told = published("status", "site/camp/").out
    assert "--campaign site/camp" in told
