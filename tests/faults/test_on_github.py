"""The recipe for GitHub Actions, run job by job as it stands; only trainings are faked."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import nursery
import pytest
from driven import MATRIX, Campaign
from ruamel.yaml import YAML
from small import SCORES

from harness.analysis import export_csv
from harness.campaign.campaign_records import record

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("bash") is None or shutil.which("jq") is None, reason="needs bash and jq"
    ),
]

RECIPE = Path(__file__).parents[2] / "harness" / "cli" / "recipes" / "night.yml"


class Workflow:
    """Runs jobs of the recipe, each in a folder of its own; uploads go from one to the next."""

    def __init__(self, folder):
        self.folder = folder
        self.jobs = YAML(typ="safe").load(RECIPE.read_text())["jobs"]
        tools = folder / "tools"
        tools.mkdir()
        nursery.write_script(tools / "harness", faked=True)
        (tools / "pip").write_text("#!/bin/sh\n")
        (tools / "pip").chmod(0o755)
        self.path = f"{tools}:{os.environ['PATH']}"
        self.outputs = folder / "outputs"

    def run(self, job, number=0, **variables):
        """Every step of a job that is a command, and what it uploads and downloads."""
        checkout = self.folder / f"{job}-{number}"
        checkout.mkdir()
        (checkout / "night.yaml").write_text(MATRIX)
        environment = os.environ | {"PATH": self.path, "GITHUB_OUTPUT": str(self.outputs)}
        for step in self.jobs[job]["steps"]:
            name = step.get("uses", "").partition("@")[0]
            if name == "actions/upload-artifact":
                for path in step["with"]["path"].split():
                    target = self.folder / "artifacts" / f"{job}-{number}"
                    # What is uploaded of one folder is the content of it.
                    shutil.copytree(checkout / path, target, dirs_exist_ok=True)
            elif name == "actions/download-artifact":
                artifacts = self.folder / "artifacts"
                shutil.copytree(artifacts, checkout / step["with"]["path"])
            elif "run" in step:
                command = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
                done = subprocess.run(
                    command,
                    cwd=checkout,
                    env=environment | variables,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                expected = {0, 4} if "--fail-on" in step["run"] else {0}
                assert done.returncode in expected, step["run"] + done.stderr
        return checkout


def test_a_job_per_group_of_cells_makes_the_campaign_of_all(tmp_path):
    workflow = Workflow(tmp_path)
    workflow.run("plan")
    name, _, groups = workflow.outputs.read_text().strip().partition("=")
    assert (name, json.loads(groups)) == ("groups", ["a2c@*", "ppo@*"])
    for number, group in enumerate(json.loads(groups)):
        workflow.run("cells", number, GROUP=group)
    last = workflow.run("report")
    assert (last / "reports" / "night" / "index.html").is_file()

    whole = Campaign(tmp_path, MATRIX, faked=True)
    whole.run("--name", "night")
    numbers = []
    for folder in (last, tmp_path):
        export_csv(record("night", folder / "runs"), folder / "csv")
        numbers.append({name: (folder / "csv" / name).read_bytes() for name in SCORES})
    assert numbers[0] == numbers[1]


def test_the_workflow_is_one_that_github_reads():
    """Its needs, outputs and variables are there, its actions have versions."""
    text = RECIPE.read_text()
    workflow = YAML(typ="safe").load(text)
    jobs = workflow["jobs"]
    for job in jobs.values():
        assert job["runs-on"]
        assert job["timeout-minutes"] <= 360
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= jobs.keys()
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/checkout@v4"))
            # A name in a script is a variable of the shell: nothing is pasted into commands.
            assert "${{" not in step.get("run", "")
    identifiers = {step.get("id") for job in jobs.values() for step in job["steps"]}
    for job, output in re.findall(r"needs\.(\w+)\.outputs\.(\w+)", text):
        assert output in jobs[job]["outputs"]
    for step in re.findall(r"steps\.(\w+)\.outputs", text):
        assert step in identifiers
    if shutil.which("actionlint"):
        subprocess.run(["actionlint", RECIPE], check=True)
