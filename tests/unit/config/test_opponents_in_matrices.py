"""Saved models in a matrix: known by their content, refused with a place."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.config import load_matrix
from harness.core.identity import canonical, digest
from harness.core.matrix import Matrix
from harness.core.opponents import SavedModel
from harness.core.scenario import Description
from harness.errors import MatrixError, UsageError

MATRIX = """\
scenarios:
  - name: Pendulum-v1
    arguments:
      rivals: [easy, {saved_model: FILE}]
algorithms: [ppo]
"""


def model(name: str, *, kind: str = "stable_baselines3.common.policies", weights: str = "w") -> str:
    """A file as stable-baselines3 writes it, as far as a matrix looks into it."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(name, "w") as archive:
        for member, text in (
            ("data", json.dumps({"policy_class": {"__module__": kind}})),
            ("policy.pth", weights),
        ):
            archive.writestr(zipfile.ZipInfo(member), text)
    return name


@pytest.fixture
def against(load) -> Callable[..., Matrix]:
    return lambda file: load(MATRIX.replace("FILE", file))


def rival(matrix: Matrix) -> Any:
    return matrix.cells[0].scenario.arguments["rivals"][1]


def test_a_model_is_known_by_its_content_wherever_it_lies(against, write) -> None:
    write("")
    first = against(model("here.zip"))
    moved = against(model("there/other.zip"))
    changed = against(model("here.zip", weights="others"))
    assert Path(rival(first).path).is_absolute()
    assert rival(first).path != rival(moved).path
    assert digest(first.cells[0]) == digest(moved.cells[0])
    assert digest(first.cells[0]) != digest(changed.cells[0])


def test_running_statistics_belong_to_the_content(against, write) -> None:
    write("")
    alone = rival(against(model("a.zip"))).sha256
    Path("a.vecnormalize.npz").write_bytes(b"statistics")
    beside = rival(against("a.zip")).sha256
    Path("a.vecnormalize.npz").write_bytes(b"others")
    assert len({alone, beside, rival(against("a.zip")).sha256}) == 3


def test_whether_it_samples_is_part_of_the_cell(against, write) -> None:
    write("")
    model("a.zip")
    drawn = against("a.zip, sampled: true")
    assert rival(drawn).sampled
    assert digest(drawn.cells[0]) != digest(against("a.zip").cells[0])


def test_a_path_begins_at_the_file_that_says_it(load, write) -> None:
    write(MATRIX.replace("FILE", "a.zip"), "below/base.yaml")
    model("below/a.zip")
    assert rival(load("extends: below/base.yaml\n")).path == str(Path("below/a.zip").absolute())


def test_what_a_campaign_keeps_of_its_matrix_gives_the_same_cells(
    against, write, registry, tmp_path
) -> None:
    write("")
    matrix = against(model("a.zip"))
    elsewhere = tmp_path / "kept" / "again.json"
    elsewhere.parent.mkdir()
    elsewhere.write_text(json.dumps({**matrix.document, "name": "m"}), encoding="utf-8")
    assert load_matrix(elsewhere, registry).cells == matrix.cells
    model("a.zip", weights="others")
    with pytest.raises(MatrixError) as caught:
        load_matrix(elsewhere, registry)
    assert "is another model than the one with this checksum" in caught.value.problems[0].message


def test_levels_of_a_curriculum_may_have_them(load, write) -> None:
    write("")
    model("a.zip")
    text = MATRIX.replace("{saved_model: FILE}", "hard")
    level = "{arguments: {rivals: [{saved_model: a.zip}]}}"
    found = load(text.replace("algorithms", f"    curriculum: {{levels: [{level}]}}\nalgorithms"))
    curriculum = found.cells[0].scenario.curriculum
    assert isinstance(curriculum.levels[0].arguments["rivals"][0], SavedModel)
    assert str(Path.cwd()) not in json.dumps(canonical(found.cells[0]))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("nothing.zip", "cannot be read: No such file"),
        ("m.yaml", "no zip archive"),
        ("pictures.zip", "an archive of something else"),
        ("memory.zip", "keeps a memory"),
        ("dqn.zip, sampled: true", "nothing to sample from"),
        ("dqn.zip, sampled: 3", "`sampled` must be true or false"),
        ("3", "`saved_model` must be a file"),
        ("dqn.zip, smapled: true", "unknown key `smapled`"),
        ("dqn.zip, sha256: 0123", "is another model than the one with this checksum"),
    ],
)
def test_what_is_no_opponent_is_refused_with_its_place(problems, write, written, message) -> None:
    write("")
    with zipfile.ZipFile("pictures.zip", "w") as archive:
        archive.writestr("cat.txt", "")
    model("memory.zip", kind="sb3_contrib.common.recurrent.policies")
    model("dqn.zip", kind="stable_baselines3.dqn.policies")
    (found,) = problems(MATRIX.replace("FILE", written))
    assert message in found.message
    assert (found.source, found.line) == ("m.yaml", 4)


def test_one_of_another_game_is_refused_with_its_place(write, registry) -> None:
    def describe(_scenario: Any) -> Description:
        raise UsageError("sees (3,), an agent of this game (4,)", help="take another")

    write("")
    path = write(MATRIX.replace("FILE", model("a.zip")))
    with pytest.raises(MatrixError) as caught:
        load_matrix(path, replace(registry, describe=describe))
    (found,) = caught.value.problems
    assert found.line == 4
    assert "an agent of this game" in found.message


def test_a_misspelt_one_is_found_where_a_scenario_knows_its_words(write, registry) -> None:
    pendulum = replace(registry.scenarios["Pendulum-v1"], choices={"rivals": ("easy",)})
    registry = replace(registry, scenarios={"Pendulum-v1": pendulum})
    write("")
    model("a.zip")
    load_matrix(write(MATRIX.replace("FILE", "a.zip")), registry)
    with pytest.raises(MatrixError) as caught:
        load_matrix(write(MATRIX.replace("saved_model: FILE", "savedmodel: a.zip")), registry)
    (found,) = caught.value.problems
    assert (found.line, "{saved_model: FILE}" in found.help) == (4, True)


def test_a_title_names_the_cell_of_a_campaigns_model() -> None:
    saved = SavedModel(path="/w/runs/x/models/ppo@a/easy-v0/best.zip", sha256="0123456789")
    assert saved.title == "ppo@a/easy-v0/best (01234567)"
    assert replace(saved, path="/w/veteran.zip").title == "veteran (01234567)"
