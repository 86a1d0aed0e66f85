"""A report is made on a machine that has neither torch nor a learner nor a simulator."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[2]

PROBE = """
import importlib.abc, sys
from pathlib import Path

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        heavy = {"gymnasium", "mujoco", "pettingzoo", "sb3_contrib", "stable_baselines3", "torch"}
        if name.partition(".")[0] in heavy:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
sys.path.insert(0, sys.argv[2])
from harness.campaign import campaign_records
from harness.cli.commands.result_commands import report
from sample_records import TRUTHS, synthetic_campaign

campaign_records.record = lambda name, *_, **__: synthetic_campaign(name, TRUTHS[:1])
report("far", runs=Path("runs"), reports=Path(sys.argv[1]), single_file=False, fail_on=["T02"])
"""


def test_nothing_that_trains_is_needed(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROBE, str(tmp_path), str(TESTS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "far" / "index.html").is_file()
