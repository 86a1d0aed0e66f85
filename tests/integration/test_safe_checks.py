"""`--safe` runs nothing that a matrix names: no import, no child, no network; and says so."""

import json
import os
import subprocess
import sys

import pytest

WATCHED = """
import sys

EVENTS = ("subprocess.Popen", "os.fork", "os.exec", "os.posix_spawn", "os.system", "socket.")

def watch(name, arguments):
    if name.startswith(EVENTS) and name != "socket.__new__":
        sys.stderr.write(f"HAPPENED {name} {arguments}\\n")

sys.addaudithook(watch)
from harness.cli import main
main()
"""

EVIL = 'open("OWNED", "a").write(__name__)\nimport os\nos._exit(0)\n'

MATRIX = """
name: foreign
scenarios:
  - env.py:MyEnv
  - {name: X-v0, imports: [evil]}
  - evil:Y-v0
  - {name: CartPole-v1, arguments: {sutton_barto_reward: true}, wrappers: [evil:W, env.py:V]}
  - {name: Z, env: "evil:Z-v0", arguments: {a: 1}, training_wrappers: ["evil.W"]}
  - pettingzoo:evil
algorithms: [ppo]
search: {steps: 1000}
test: {steps: 1000}
"""


@pytest.fixture
def foreign(tmp_path):
    """A folder of somebody else: modules, what looks like an installed package, a campaign."""
    for name in ("env.py", "evil.py"):
        (tmp_path / name).write_text(EVIL)
    package = tmp_path / "evil-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        "[harness.scenarios]\nevil = evil\n[gymnasium.envs]\n__root__ = evil:register\n"
    )
    campaign = tmp_path / "runs" / "foreign"
    campaign.mkdir(parents=True)
    (campaign / "storage.json").write_text('{"storage": "postgresql://x@127.0.0.1:9/db"}')
    (tmp_path / "m.yaml").write_text(MATRIX)
    return tmp_path


def harness(folder, *words):
    return subprocess.run(
        [sys.executable, "-c", WATCHED, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


@pytest.mark.parametrize("command", ["check", "plan"])
def test_nothing_of_a_foreign_matrix_is_run(foreign, command):
    done = harness(foreign, command, "m.yaml", "--safe", "--json")
    assert done.returncode == 0, done.stderr
    assert not (foreign / "OWNED").exists()
    assert "HAPPENED" not in done.stderr
    told = json.loads(done.stdout)
    lines = told["unverified"] if command == "plan" else told["matrices"][0]["unverified"]
    text = "\n".join(lines)
    for part in ("`env:MyEnv`", "`X-v0`", "import of `evil`", "`evil:Y-v0`", "wrapper `evil:W`",
                 "`pettingzoo:evil`", "evil.py"):  # fmt: skip
        assert part in text
    # Nor is its campaign read, which would say what is left of the plan.
    assert ("what campaign `foreign` in runs/ has done" in text) == (command == "plan")


def test_faults_that_need_no_code_are_told(foreign):
    (foreign / "m.yaml").write_text(MATRIX.replace("test:", "tset:"))
    done = harness(foreign, "check", "m.yaml", "--safe")
    assert done.returncode == 2
    assert "did you mean `test`?" in done.stderr
    assert not (foreign / "OWNED").exists()


def test_without_it_the_code_is_run_in_a_child(foreign):
    """What the test above would see if `--safe` were not kept to."""
    for path in foreign.glob("*.dist-info/*"):
        path.unlink()
    done = harness(foreign, "check", "m.yaml")
    assert (foreign / "OWNED").exists()
    assert "HAPPENED subprocess.Popen" in done.stderr
