"""``harness import`` from the command line."""

import json

from small import execute, matrix


def test_scores_of_a_file_become_a_variant(command, tmp_path):
    execute(matrix(), tmp_path)
    (tmp_path / "scores.csv").write_text("cell,score\ntoy@Toy0-v0,5\n")
    ended = command("import", "scores.csv", "--variant", "published", "--json")
    assert json.loads(ended.out) == {"campaign": "camp", "scores": {"toy@Toy0-v0": 1}}
    wrong = command("import", "scores.csv")
    assert wrong.code == 2
    assert "scores.csv:1: no column variant" in wrong.err
