"""``harness merge`` from the command line, and the parts of a matrix that it puts together."""

import dataclasses
import json

import pytest
from small import execute, matrix

from harness.config import keep_cells
from harness.errors import UsageError


def test_campaigns_are_merged_by_name_and_by_path(command, tmp_path):
    asked = matrix(cells=2)
    for number, folder in enumerate((tmp_path, tmp_path / "parts" / "a")):
        execute(dataclasses.replace(asked, cells=asked.cells[number : number + 1]), folder)
    ended = command("merge", "camp", "parts/a/runs/camp", "--into", "both", "--json")
    answer = json.loads(ended.out)
    assert (ended.code, answer["cells"]) == (0, ["toy@Toy0-v0", "toy@Toy1-v0"])
    again = command("merge", "camp", "parts/a/runs/camp", "--into", "both")
    assert again.code == 2
    assert "there is a campaign `both` already" in again.err
    assert command("merge", "camp", "nobody", "--into", "c").code == 2


def test_a_part_of_a_matrix_has_the_cells_that_match():
    asked = matrix(cells=3)
    names = [cell.name for cell in keep_cells(asked, ["*Toy2*", "toy@Toy0-v0"]).cells]
    assert names == ["toy@Toy0-v0", "toy@Toy2-v0"]
    assert keep_cells(asked, []) == asked
    with pytest.raises(UsageError, match="matches no cell of the matrix"):
        keep_cells(asked, ["ppo@*"])
