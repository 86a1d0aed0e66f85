"""`harness dashboard` serves the campaign's own studies."""

import sys
from pathlib import Path
from types import SimpleNamespace

import optuna
import small

from harness.campaign.campaign_records import storage_url


def serving(monkeypatch):
    """What stands for optuna-dashboard; what it was asked to serve."""
    served = []

    def run_server(storage, *, host, port):
        served.append((optuna.get_all_study_names(storage), host, port))
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "optuna_dashboard", SimpleNamespace(run_server=run_server))
    return served


def test_it_serves_the_studies_until_it_is_interrupted(command, monkeypatch, tmp_path):
    small.execute(small.matrix(cells=2), tmp_path)
    served = serving(monkeypatch)
    ended = command("dashboard", "camp", "--port", "8123")
    assert (ended.code, ended.out) == (0, "")
    assert "camp: http://localhost:8123" in ended.err
    ((names, host, port),) = served
    assert (len(names), host, port) == (2, "localhost", 8123)


def test_without_the_extra_it_says_which(command, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna_dashboard", None)
    ended = command("dashboard", "camp")
    assert ended.code != 0
    assert "pip install 'rl-harness[dashboard]'" in ended.err


def test_an_unknown_campaign_is_refused(command, monkeypatch, tmp_path):
    small.execute(small.matrix(), tmp_path)
    serving(monkeypatch)
    ended = command("dashboard", "cmp")
    assert ended.code == 2
    assert "`camp`" in ended.err
    assert storage_url("camp", Path("runs")).startswith("sqlite:")
