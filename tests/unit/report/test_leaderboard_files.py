"""The leaderboard as CSV, LaTeX and Markdown."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest
from sample_records import TRUTHS, Truth, synthetic_campaign

from harness.analysis.score_tables import csv_field
from harness.report.campaign_views import CampaignView, campaign_view
from harness.report.leaderboard_files import leaderboard_csv, leaderboard_latex, summary_markdown
from harness.report.outcomes import outcome
from harness.report.text_escapes import latex, markdown

HOSTILE = "a|b*c_d <b>&\\{}$#%~^\n`x`"


@pytest.fixture(scope="module")
def view() -> CampaignView:
    return campaign_view(synthetic_campaign())


@pytest.fixture(scope="module")
def hostile() -> CampaignView:
    truth = Truth(scenario=HOSTILE, algorithm="ppo", title=HOSTILE, default=1, tuned=300)
    return campaign_view(synthetic_campaign(HOSTILE, (truth,)))


def test_csv_has_the_unrounded_numbers(view: CampaignView) -> None:
    lines = list(csv.DictReader(io.StringIO(leaderboard_csv(view))))
    assert len(lines) == len(view.rows)
    for line, row in zip(lines, view.rows, strict=True):
        assert line["cell"] == row.cell
        assert line["outcome"] == outcome(row)
        mean = None if row.tuned is None else row.tuned.mean
        assert line["tuned_mean"] == ("" if mean is None else repr(mean))
        found = row.difference
        assert line["difference"] == ("" if found is None else repr(found.difference))
        assert line["trials_failed"] == str(row.trials.failed)
    assert None not in lines[0]


def test_latex_is_a_table_with_the_better_arm_in_bold(view: CampaignView) -> None:
    text = leaderboard_latex(view)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 1 + len(view.rows) + len(view.analysis.references)
    assert {line.count("&") for line in rows} == {6}
    (improved,) = [line for line in rows if "improved" in line and " against " not in line]
    assert re.search(r"& \\textbf\{454 \{\[\}", improved)
    (worse,) = [line for line in rows if "worse" in line]
    assert r"& \textbf{300" in worse
    assert "$-$161" in text
    assert text.count(r"\midrule") == 2


def test_latex_escapes_names(hostile: CampaignView) -> None:
    (row,) = [line for line in leaderboard_latex(hostile).splitlines() if "textbf" in line]
    assert row.startswith(r"a|b*c\_d \textless{}b\textgreater{}\&\textbackslash{}\{\}\$\#\%")
    assert row.count("&") - row.count(r"\&") == 6


def test_markdown_tells_the_answer_and_what_is_missing(view: CampaignView) -> None:
    text = summary_markdown(view)
    assert f"**{view.headline}**" in text
    assert "Not finished: at least 14 runs still to do." in text
    board, _, others = text.partition("Tuned against named variants")
    references = [line for line in others.splitlines() if line.startswith("| ")]
    assert len(references) == 1 + len(view.analysis.references)
    rows = [line for line in board.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + len(view.rows)
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows}) == 1
    assert "p < 0.001".replace("<", "&lt;") in text


def test_markdown_escapes_names(hostile: CampaignView) -> None:
    (row,) = [line for line in summary_markdown(hostile).splitlines() if "improved" in line][-1:]
    assert r"a\|b\*c\_d &lt;b&gt;&amp;\\{}&#36;#%\~^ \`x\`" in row


def test_a_campaign_without_cells_has_files_too() -> None:
    view = campaign_view(synthetic_campaign("none", TRUTHS[:0]))
    assert leaderboard_csv(view) == ""
    assert r"\end{tabular}" in leaderboard_latex(view)
    assert "The campaign has no cells." in summary_markdown(view)


@pytest.mark.parametrize(
    "text",
    [
        "see https://example.org/x", "www.example.org", "mailto:a@b.org", "a@b.org", "@everyone",
        "#12", "GH-12", ":bomb:", "$x$ and $$y$$", "[a](b)", "![a](b)", "<img src=x>", "&lt;",
        "a|b", "`a`", "**a**", "a\nb", "\u202eabc", "\x1b[31m", "\u200b", "~~a~~", "__a__",
    ],
)  # fmt: skip
def test_markdown_does_nothing_but_show_a_text(text: str) -> None:
    escaped = markdown(text)
    assert not re.search(
        r"://|(?i:www)\.|mailto:|(?<!\w)@\w|@\w+\.|(?<!&)#\d|GH-\d|:\w+:|\$|<(?!!-- -->)"
        r"|[\n\u202e\x1b\u200b]|(?<!\\)[`*_\[\]|~]",
        escaped,
    )
    assert escaped != text
    shown = html.unescape(escaped.replace("<!-- -->", "").replace("\\", ""))
    assert shown == re.sub("[\u202e\x1b\u200b]", "\ufffd", text.replace("\n", " "))


@pytest.mark.parametrize("text", ["ppo@CartPole-v1: 5 of 6 (83 %)", "quick-start, 12:30", "C#"])
def test_markdown_leaves_a_plain_text_alone(text: str) -> None:
    assert markdown(text) == text


@pytest.mark.parametrize(
    "text",
    ["$x$", "a@b", "http://a.org", "\u202eabc", "a--b", r"\input{x}", "^^41", "\x1b", '"a"'],
)
def test_latex_does_nothing_but_show_a_text(text: str) -> None:
    escaped = latex(text)
    assert escaped != text
    assert not re.search(r"(?<!\\)\$|(?<!\{)@|//|--|\u202e|\\input|\^|\x1b|\"", escaped)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r", " =", "\uff1d"])
def test_no_text_of_a_csv_file_is_a_formula(sign: str) -> None:
    name = f"{sign}cmd|'/c calc'!A0"
    truth = Truth(scenario=name, algorithm="ppo", title=name, default=-5, tuned=-3)
    view = campaign_view(synthetic_campaign("csv", (truth,)))
    (line,) = csv.DictReader(io.StringIO(leaderboard_csv(view)))
    assert line["scenario"].startswith("'")
    assert csv_field(name).startswith("'")
    assert csv_field(-1.5) == "-1.5"
    assert csv_field(-3) == "-3"
