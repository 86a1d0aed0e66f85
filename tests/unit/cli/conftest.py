"""A campaign that runs nothing, and the command line called in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fake_campaign import Ended, FakeCampaign, RunOptions, Services
from storyboard import REGISTRY

import harness
from harness.campaign import campaign_records, messages
from harness.campaign.plans import plan_schedule
from harness.campaign.plans.disk_forecast import DiskForecast
from harness.report import campaign_view


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeCampaign:
    """Puts a fake in the place of `harness.campaign`."""
    made = FakeCampaign()
    module = ModuleType("harness.campaign")
    names = ("registry", "load", "summarize", "run_campaign", "record", "campaigns", "latest")
    names += ("train", "agent", "film", "make_model", "play", "machine_speed")
    names += ("implicit_budgets", "fit_to_time", "coordinator", "request_stop")
    names += ("read_if_begun", "read_log", "detectable_difference", "foresight", "forecast_disk")
    names += (
        "campaign_names",
        "free_bytes",
        "calibrate",
        "fit_budget",
        "find_changed_cells",
        "idle_note",
        "no_foresight",
        "view",
    )
    for name in names:
        setattr(module, name, made.function(name))
    module.RunOptions = RunOptions  # type: ignore[attr-defined]
    module.Services = Services  # type: ignore[attr-defined]
    module.Messages = messages.Messages  # type: ignore[attr-defined]
    module.MessageCommands = messages.MessageCommands  # type: ignore[attr-defined]
    module.names_now = campaign_records.names_now  # type: ignore[attr-defined]
    module.ending = plan_schedule.ending  # type: ignore[attr-defined]
    module.deadline_cuts = plan_schedule.deadline_cuts  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "harness.campaign", module)
    monkeypatch.setattr(harness, "campaign", module, raising=False)
    made.answers["registry"] = REGISTRY
    made.answers["latest"] = "quick"
    made.answers["view"] = lambda *_, **options: campaign_view(made.answers["record"], **options)
    made.answers["coordinator"] = None
    made.answers["read_if_begun"] = None
    made.answers["campaign_names"] = []
    made.answers["detectable_difference"] = (10, 1.5)
    made.answers["implicit_budgets"] = ()
    made.answers["foresight"] = None
    made.answers["find_changed_cells"] = []
    made.answers["idle_note"] = ""
    made.answers["forecast_disk"] = DiskForecast(database=3e5, report=5.04e6, models=2e9, runs=30)
    made.answers["free_bytes"] = 10**12
    made.answers["fit_to_time"] = lambda load, **time: load({})
    return made


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Ended]:
    """Calls `harness WORDS` in an empty folder, without a terminal."""
    from harness.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("HARNESS_DEBUG", "HARNESS_RUNS", "HARNESS_REPORTS", "FORCE_COLOR"):
        # Set first, so that what a command sets (`--debug`) is gone after the test.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)

    def call(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["harness", *words])
        code: Any = 0
        try:
            main(words)
        except SystemExit as leaving:
            code = leaving.code or 0
        seen = capsys.readouterr()
        return Ended(code, seen.out, seen.err)

    return call
