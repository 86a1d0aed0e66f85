"""A published report names files, and never says where on a disk they lie."""

from __future__ import annotations

import lzma
from dataclasses import replace
from pathlib import Path

import pytest
from sample_records import TRUTHS, synthetic_campaign

from harness.core.identity import canonical, decode
from harness.core.matrix import Cell
from harness.core.opponents import SavedModel
from harness.core.record import CampaignRecord, CellRecord, RunRecord
from harness.report import campaign_view, write_publication, write_single_file, write_site
from harness.report.redaction import redact, shorten

HOME = "/home/somebody/xyzzy work"
SHA = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("/srv/data/best.zip", "best.zip"),
        ("/srv/data/matrix.yaml:12", "matrix.yaml:12"),
        ("~/data/best.zip is missing.", "best.zip is missing."),
        (r"cannot open C:\Users\somebody\best.zip.", "cannot open best.zip."),
        (f"No such file or directory: '{HOME}/best.zip'", "No such file or directory: 'best.zip'"),
        ("harness run --runs=/b/runs/ /a/m.yaml", "harness run --runs=runs/ m.yaml"),
        ("sqlite:////srv/data/x.db", "sqlite:///x.db"),
        ("sqlite:///C:/data/x.db", "sqlite:///x.db"),
        ("postgresql+psycopg://me:***@inside:5432/lab?sslkey=/a/k", "postgresql+psycopg://…/lab"),
        ("/w/runs/x/models/ppo@easy/best.zip", "models/ppo@easy/best.zip"),
        ('File "/v/lib/site-packages/torch/nn.py", line 3', 'File "torch/nn.py", line 3'),
        ('File "/usr/lib/python3.11/json/decoder.py"', 'File "json/decoder.py"'),
        ('File "/w/src/harness/training/run.py", line 9', 'File "harness/training/run.py", line 9'),
    ],
)  # fmt: skip
def test_a_path_becomes_its_name(given: str, left: str) -> None:
    assert shorten(given) == left
    assert shorten(left) == left


@pytest.mark.parametrize(
    "text",
    [
        "matrix.yaml:2",
        "runs/nightly/campaign.db",
        "sqlite:///runs/x.db",
        "bucket_brigade/hard",
        "https://example.org/a/b.md",
        "1/2/3, a / b, and/or",
        "/dev/shm/x is full",
        "<b>x</b>",
        "ray://head:10001",
    ],
)
def test_what_tells_nothing_of_a_disk_stays(text: str) -> None:
    assert shorten(text) == text


def _failing(run: RunRecord) -> RunRecord:
    if run.result is None or run.result.failure is None:
        return run
    said = f"FileNotFoundError: '{HOME}/maze.xml'"
    failure = replace(run.result.failure, message=said, traceback=f'File "{HOME}/maze.py"\n{said}')
    return replace(run, result=replace(run.result, failure=failure))


def _told(cell: CellRecord) -> CellRecord:
    scenario = {
        **cell.spec["scenario"],
        "arguments": {
            "panel": ["random", SavedModel(path=f"{HOME}/rival.zip", sha256=SHA)],
            "xml_file": f"{HOME}/maze.xml",
        },
    }
    variants = [{**each, "source": f"{HOME}/found.yaml"} for each in cell.spec["variants"]]
    spec = canonical({**cell.spec, "scenario": scenario, "variants": variants}, everything=True)
    return replace(cell, cell=decode(Cell, spec), runs=tuple(_failing(run) for run in cell.runs))


def campaign() -> CampaignRecord:
    """A record that tells in every place where its files lie."""
    record = synthetic_campaign("told", (replace(TRUTHS[2], published=100),))
    model = {"saved_model": f"{HOME}/rival.zip", "sha256": SHA}
    document = {
        **record.document,
        "scenarios": [{"name": "maze", "env_arguments": {"panel": [model]}}],
        "search": {"opponent": model},
    }
    run = {
        "command": f"harness run --matrix '{HOME}/m.yaml'",
        "storage": "postgresql://somebody:***@xyzzy.host/lab",
    }
    return replace(
        record,
        cells=tuple(_told(cell) for cell in record.cells),
        document=document,
        origins={"seed": f"{HOME}/m.yaml:2", "search": f"{HOME}/m.yaml:4"},
        provenance={**record.provenance, "run": run},
    )


def _text(path: Path) -> str:
    data = path.read_bytes()
    return (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8")


def test_nothing_that_is_published_says_where_a_file_lies(tmp_path: Path) -> None:
    view = campaign_view(campaign())
    write_site(view, tmp_path / "site")
    write_single_file(view, tmp_path / "single.html")
    write_publication([view], tmp_path / "publication", title="Told")
    written = [p for p in tmp_path.rglob("*") if p.suffix not in {".js", ".css", ".png", ""}]
    kinds = {".html", ".json", ".csv", ".tex", ".md", ".xml", ".xz"}
    assert {path.suffix for path in written} == kinds
    telling = {
        path.name: word for path in written for word in ("somebody", "xyzzy") if word in _text(path)
    }
    assert telling == {}


def test_machines_are_named_only_where_that_is_asked_for(tmp_path: Path) -> None:
    told = campaign()
    message = "gpu-node7.cluster.lab and gpu-node7 at 10.20.30.40:5432 are lost; 127.0.0.1 is not"

    def on_a_node(run: RunRecord) -> RunRecord:
        if run.result is None:
            return run
        result = replace(run.result, cost=replace(run.result.cost, host="gpu-node7.cluster.lab"))
        if result.failure is not None:
            result = replace(result, failure=replace(result.failure, message=message))
        return replace(run, result=result)

    told = replace(
        told,
        cells=tuple(
            replace(cell, runs=tuple(on_a_node(run) for run in cell.runs)) for cell in told.cells
        ),
        provenance={
            "machine": {"host": "head-node", "cores": "2"},
            "run": {
                "command": "harness run m.yaml --address ray-head:6379 on head-node",
                "storage": "x.db",
            },
        },
    )
    words = ("gpu-node7", "head-node", "ray-head", "10.20.30.40")
    site = write_site(campaign_view(told), tmp_path / "site").parent
    write_publication([campaign_view(told)], tmp_path / "site" / "publication", title="Told")
    for path in site.rglob("*.*"):
        if path.suffix in {".html", ".json", ".csv", ".tex", ".md", ".xml"}:
            text = path.read_text(encoding="utf-8")
            assert [word for word in words if word in text] == []
    assert "127.0.0.1 is not" in (site / "results.json").read_text(encoding="utf-8")
    site = write_site(campaign_view(told, hosts=True), tmp_path / "with hosts").parent
    text = (site / "results.json").read_text(encoding="utf-8")
    assert [word for word in words if word not in text] == []


def test_no_password_is_published(tmp_path: Path) -> None:
    told = campaign()
    secrets = {"api_token": "XYZZY", "note": "DB_PASSWORD=XYZZY", "url": "mysql://u:XYZZY@h/d"}
    told = replace(
        told,
        document={**told.document, "scenarios": [{"name": "maze", "arguments": secrets}]},
        provenance={"run": {"command": "harness run --set a.token=XYZZY", "storage": "x.db"}},
    )
    site = write_site(campaign_view(told), tmp_path / "site").parent
    for path in site.rglob("*.*"):
        if path.suffix in {".html", ".json", ".csv", ".tex", ".md"}:
            assert "XYZZY" not in path.read_text(encoding="utf-8")


def test_files_keep_their_names_and_models_their_checksums(tmp_path: Path) -> None:
    site = write_site(campaign_view(campaign()), tmp_path / "site").parent
    provenance = (site / "provenance.html").read_text(encoding="utf-8")
    for shown in ("rival.zip", SHA, "m.yaml:2", "postgresql://…/lab"):
        assert shown in provenance
    cell = (site / "cells" / "dqn-CartPole-v1.html").read_text(encoding="utf-8")
    assert f"rival ({SHA[:8]})" in cell
    assert "FileNotFoundError: &#39;maze.xml&#39;" in cell


def test_a_scenario_may_be_called_like_a_path() -> None:
    record = synthetic_campaign("odd", (replace(TRUTHS[0], scenario="/a/b/c"),))
    assert redact(record).cells[0].cell.scenario.name == "/a/b/c"
    assert [row.scenario for row in campaign_view(record).rows] == ["/a/b/c"]
