"""Files with which nights are run."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.cli.commands.matrix_commands import Recipe

FAKE = """#!/bin/sh
echo "$@" >> calls
exit $(cat code)
"""


@pytest.mark.parametrize("recipe", Recipe)
def test_a_recipe_is_written_whole_or_not_at_all(command, tmp_path, recipe):
    folder = tmp_path / "night"
    folder.mkdir()
    written = command("init", "--recipe", recipe.value, str(folder)).out.splitlines()
    assert sorted(folder.iterdir()) == sorted(map(Path, written))
    for file in written[1:]:
        Path(file).unlink()
    again = command("init", "--recipe", recipe.value, str(folder))
    assert again.code == 2
    assert "exists already" in again.err
    assert [str(file) for file in folder.iterdir()] == written[:1]
    assert command("init", "--recipe", recipe.value, str(folder), "--force").code == 0


@pytest.mark.parametrize("script", ["systemd/night.sh", "cron/night.sh", "slurm/slurm.sh"])
def test_scripts_are_what_a_shell_reads(command, tmp_path, script):
    recipe, name = script.split("/")
    command("init", "--recipe", recipe, str(tmp_path))
    shell = "bash" if recipe == "slurm" else "sh"
    subprocess.run([shell, "-n", tmp_path / name], check=True)
    assert os.access(tmp_path / name, os.X_OK)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("unit", ["harness-night.service", "harness-night.timer"])
def test_units_are_what_systemd_reads(command, tmp_path, unit):
    command("init", "--recipe", "systemd", str(tmp_path))
    text = (tmp_path / unit).read_text().replace("%h/night", str(tmp_path))
    (tmp_path / unit).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert str(unit) not in done.stderr, done.stderr


def test_the_crontab_has_times_and_commands_that_run(command, tmp_path):
    night = tmp_path / "night"
    night.mkdir()
    command("init", "--recipe", "cron", str(night))
    lines = (night / "night.crontab").read_text().splitlines()
    daily, reboot = (line for line in lines if not line.startswith("#"))
    *times, daily = daily.split(maxsplit=5)
    assert all(re.fullmatch(r"\*|\d+", time) for time in times)
    moment, reboot = reboot.split(maxsplit=1)
    assert moment == "@reboot"
    (night / "night.sh").write_text("#!/bin/sh\necho began\n")
    for line in (daily, reboot.replace("sleep 60;", "")):
        assert "%" not in line  # which cron takes for the end of a line
        subprocess.run(["/bin/sh", "-c", line], env={"HOME": str(tmp_path)}, check=False)
    # After a reboot only what was not over.
    assert (night / "night.log").read_text() == "began\n"


def test_the_container_file_has_steps_that_are_known_and_read_by_a_shell(command, tmp_path):
    command("init", "--recipe", "container", str(tmp_path))
    text = (tmp_path / "Containerfile").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    steps = re.sub(r"\\\n", "", "\n".join(lines)).splitlines()
    words = [step.partition(" ")[::2] for step in steps]
    assert words[0][0] == "FROM"
    assert {word for word, _ in words} <= {"FROM", "RUN", "COPY", "ENV", "WORKDIR", "ENTRYPOINT"}
    for word, rest in words:
        if word == "RUN":
            subprocess.run(["/bin/sh", "-n", "-c", rest], check=True)
    assert json.loads(dict(words)["ENTRYPOINT"]) == ["harness"]


def test_a_night_that_was_cut_goes_on_under_its_name_and_the_next_gets_another(command, tmp_path):
    command("init", "--recipe", "cron", str(tmp_path))
    binaries = tmp_path / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "harness").write_text(FAKE)
    (binaries / "harness").chmod(0o755)

    def night(code):
        (tmp_path / "code").write_text(str(code))
        return subprocess.run([tmp_path / "night.sh"], check=False).returncode

    (tmp_path / "night.name").write_text("night-of-yesterday\n")
    assert night(130) == 130
    assert night(0) == 0
    calls = (tmp_path / "calls").read_text().splitlines()
    assert all("--name night-of-yesterday " in call for call in calls)
    assert not (tmp_path / "night.name").exists()
    night(3)
    assert (tmp_path / "night.name").read_text().startswith("night-2")
