"""Matrices that come with the package hold as they are, under every profile, without a warning."""

from pathlib import Path

import pytest

from harness import campaign
from harness.config import template, template_names
from harness.config.documents.layers import read_layers
from harness.config.documents.nodes import plain

FOLDER = Path(__file__).parents[2] / "benchmarks"
FILES = sorted(FOLDER.glob("*.yaml"))


def profiles(path: Path) -> list[str]:
    root = read_layers(path, [], profile=None, sets=[])
    return list(plain(root).get("profiles", {}))


CASES = [(path, profile) for path in FILES for profile in [None, *profiles(path)]]


@pytest.mark.parametrize(
    ("path", "profile"), CASES, ids=[f"{path.stem}-{profile}" for path, profile in CASES]
)
def test_a_benchmark_holds(path: Path, profile: str | None) -> None:
    matrix = campaign.load(str(path), profile=profile)
    assert matrix.cells
    # A profile is another campaign: it must not touch the real one's results.
    assert matrix.name == (path.stem if profile is None else f"{path.stem}-{profile}")
    assert all(plan.runs for plan in campaign.summarize(matrix))


@pytest.mark.parametrize("profile", [None, "smoke"])
@pytest.mark.parametrize("name", template_names())
def test_a_starter_matrix_holds(name: str, profile: str | None, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.yaml"
    path.write_text(template(name), encoding="utf-8")
    matrix = campaign.load(str(path), profile=profile)
    assert matrix.cells
    assert matrix.name == (name if profile is None else f"{name}-{profile}")


def test_there_are_benchmarks() -> None:
    assert {path.stem for path in FILES} >= {
        "cartpole",
        "classic",
        "locomotion",
        "pendulum",
        "quick",
    }
