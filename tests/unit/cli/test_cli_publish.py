"""``harness publish`` from the command line, and the workflow that calls it."""

import json
import platform
import re
import shlex
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from small import execute, matrix

from harness.cli import main
from harness.report import record_files


def test_chosen_campaigns_become_a_site_that_tells_nothing_of_the_machine(command, tmp_path):
    execute(matrix(), tmp_path)
    assert command("publish", "site").out == "site/index.html\n"
    answer = json.loads(command("publish", "site", "c*", "--json").out)
    assert answer == {"page": "site/index.html", "campaigns": ["camp"]}
    telling = re.compile(
        "|".join(map(re.escape, (str(tmp_path), platform.node(), str(Path.home()))))
    )
    for path in (tmp_path / "site").rglob("*"):
        if path.suffix in {".html", ".json", ".csv", ".md", ".tex", ".xml"}:
            assert not telling.findall(path.read_text(encoding="utf-8")), path


def test_a_published_campaign_is_read_without_its_ledger(command, tmp_path):
    execute(matrix(), tmp_path)
    scores = command("export", "camp", "--format", "json").out
    command("publish", "site")
    answer = command("compare", "site/camp/", "camp", "--json")
    assert answer.code == 0, answer.err
    compared = json.loads(answer.out)
    assert compared["campaigns"] == ["site/camp", "camp"]
    shutil.rmtree(tmp_path / "runs")
    assert command("export", "site/camp", "--format", "json").out == scores
    assert command("report", "site/camp").out == "reports/camp/index.html\n"
    command("publish", "other", "site/")
    pages = [tmp_path / folder / "camp" / "index.html" for folder in ("site", "other")]
    assert pages[0].read_bytes() == pages[1].read_bytes()
    ended = command("export", "site/nothing")
    assert ended.code == 3
    assert "is no published campaign" in ended.err
    document = json.loads((tmp_path / "site/camp/matrix.json").read_text(encoding="utf-8"))
    assert document == matrix().document


@pytest.mark.parametrize("words", [("report", "site/camp"), ("publish", "other", "site/camp")])
def test_a_published_record_is_read_once(command, tmp_path, monkeypatch, words):
    execute(matrix(), tmp_path)
    command("publish", "site")
    names = []

    def read(path):
        names.append(path.name)
        return path.read_bytes()

    monkeypatch.setattr(record_files, "read_file", read)
    assert command(*words).code == 0
    assert names == [record_files.RECORD_FILE]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere", "night-*"), "unknown campaign `night-*`"),
        (("nowhere", "--url", "me.github.io"), "is no address of a site"),
        (("taken",), "holds something else"),
    ],
)
def test_what_cannot_be_published_is_refused(command, tmp_path, words, message):
    execute(matrix(), tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    ended = command("publish", *words)
    assert ended.code == 2
    assert message in ended.err
    assert not (tmp_path / "nowhere").exists()


def test_the_workflow_publishes_what_the_night_left(command, tmp_path):
    command("init", "--recipe", "pages", str(tmp_path))
    jobs = YAML(typ="safe").load((tmp_path / "pages.yml").read_text())["jobs"]
    steps = jobs["publish"]["steps"]
    (line,) = [each["run"] for each in steps if each.get("run", "").startswith("harness ")]
    execute(matrix(), tmp_path)
    words = shlex.split(line.replace("$URL", "https://me.github.io/results"))
    assert command(*words[1:]).code == 0
    (folder,) = [step["with"]["path"] for step in steps if "upload-pages" in step.get("uses", "")]
    page = (tmp_path / folder / "index.html").read_text(encoding="utf-8")
    assert 'content="https://me.github.io/results/preview.png"' in page
    night = YAML(typ="safe").load(
        (Path(main.__code__.co_filename).parent / "recipes/night.yml").read_text()
    )
    uploads = [step["with"] for step in night["jobs"]["report"]["steps"] if "with" in step]
    (downloads,) = [step["with"] for step in steps if "download" in step.get("uses", "")]
    assert any(each.get("name") == downloads["name"] and "runs" in each["path"] for each in uploads)
