"""The recipe for Slurm, run as it stands on a Slurm of two nodes on this machine."""

import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from driven import MATRIX, PATIENCE, Campaign

pytest.importorskip("ray", reason="the extra `ray` is not installed")
pytestmark = [
    pytest.mark.ray,
    pytest.mark.training,
    pytest.mark.slow,
    pytest.mark.skipif(
        os.getuid() != 0 or shutil.which("slurmctld") is None or shutil.which("slurmd") is None,
        reason="needs root and Debian's slurm-wlm",
    ),
]

RECIPE = Path(__file__).parents[3] / "harness" / "cli" / "recipes" / "slurm.sh"

CONFIGURATION = """
ClusterName=trial
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/none
CredType=cred/none
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldPort=26817
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[27001-27002] CPUs=1
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Slurm's daemons in the foreground, in a folder of their own."""
    folder = tmp_path / "slurm"
    (folder / "state").mkdir(parents=True)
    configuration = folder / "slurm.conf"
    # Daemons take the number of cores on trust only where they are told to.
    text = CONFIGURATION.format(host=platform.node(), folder=folder)
    configuration.write_text(text + "SlurmdParameters=config_overrides\n")
    monkeypatch.setenv("SLURM_CONF", str(configuration))
    # The job finds `harness`, `ray` and `python` of this environment.
    tools = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    log = (folder / "log").open("w")
    commands = [["slurmctld", "-D"], ["slurmd", "-D", "-N", "n1"], ["slurmd", "-D", "-N", "n2"]]
    daemons = [subprocess.Popen(command, stdout=log, stderr=log) for command in commands]
    deadline = time.monotonic() + PATIENCE
    while "idle" not in (states := said("sinfo", "-h", "-o", "%D %t")) or "2 idle" not in states:
        assert time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(1)
    yield
    said("scancel", "--user=root")
    for daemon in reversed(daemons):
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(PATIENCE)
    log.close()


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def submit(campaign, *options):
    command = ["sbatch", *options, "--parsable", "--nodes=2", "--cpus-per-task=1", RECIPE]
    done = subprocess.run(
        [*command, "matrix.yaml"],
        cwd=campaign.folder,
        env=campaign.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    outputs = [path.read_text() for path in sorted(campaign.folder.glob("*[0-9].*"))]
    return done.returncode, done.stdout.strip(), "\n".join([done.stderr, *outputs])


def wait_until(happened, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_job_out_of_time_drains_and_the_next_ends_with_the_numbers_of_one_machine(
    tmp_path, slurm
):
    folders = [tmp_path / name for name in ("alone", "there")]
    for folder in folders:
        folder.mkdir()
    alone, there = (Campaign(folder, MATRIX) for folder in folders)
    code, job, said_there = submit(there)
    assert code == 0, said_there
    wait_until(lambda: len(there.results()) >= 3)
    # What Slurm itself sends some minutes before the time is up.
    said("scancel", "--batch", "--signal=INT", job)
    wait_until(lambda: not said("squeue", "-h", "-j", job).strip())
    first = len(there.results())
    code, _, said_there = submit(there, "--wait")
    assert code == 0, said_there
    alone.run("--workers", "2")
    assert there.scores() == alone.scores()
    assert 3 <= first < len(alone.results())
