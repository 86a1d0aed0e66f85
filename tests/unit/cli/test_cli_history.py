"""``harness history`` from the command line."""

import json

from small import execute, matrix


def test_a_pattern_stands_for_the_campaigns_that_match(command, tmp_path):
    execute(matrix(), tmp_path)
    ended = command("history", "c*", "--json", "--fail-on", "worse")
    answer = json.loads(ended.out)
    assert ended.code == 0
    assert [night["campaign"] for night in answer["nights"]] == ["camp"]
    assert (tmp_path / "reports" / "history-c" / "feed.xml").is_file()
    assert command("history", "camp", "--out", "page").out == "page/index.html\n"
    unknown = command("history", "night-*")
    assert unknown.code == 2
    assert "unknown campaign `night-*`" in unknown.err
