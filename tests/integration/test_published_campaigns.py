"""The published campaigns: pages that are made again, scores that are trained again."""

from __future__ import annotations

import lzma
import math
import re
from pathlib import Path

import pytest

from harness.campaign import train
from harness.core.run import DEFAULT
from harness.report import campaign_folders, campaign_view, read_publication, write_publication

PUBLISHED = Path(__file__).parents[2] / "reports" / "published"
TITLE = "Does tuning help?"
FOLDERS = [Path(folder) for folder in campaign_folders(str(PUBLISHED))]
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")


def files(folder: Path) -> dict[str, bytes]:
    """What a site has, without checksums, which follow from it."""
    every = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    every.pop("SHA256SUMS")
    return {
        name: lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
        for name, path in every.items()
    }


def numbers(data: bytes) -> list[float]:
    return [float(number) for number in NUMBER.findall(data.decode())]


def is_alike(old: bytes, new: bytes) -> bool:
    """Whether files differ in the last digits of numbers only, as processors do."""
    if old == new:
        return True
    try:
        texts = [NUMBER.sub("#", data.decode()) for data in (old, new)]
    except UnicodeDecodeError:
        return False
    close = (
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
        for a, b in zip(numbers(old), numbers(new), strict=True)
    )
    return texts[0] == texts[1] and all(close)


def test_every_page_is_made_again_from_what_lies_beside_it(tmp_path: Path) -> None:
    published = map(read_publication, FOLDERS)
    views = (campaign_view(each.record, each.films) for each in published)
    old, new = files(PUBLISHED), files(write_publication(views, tmp_path, title=TITLE).parent)
    assert sorted(old) == sorted(new)
    differing = [name for name in old if not is_alike(old[name], new[name])]
    assert not differing, "`harness publish reports/published reports/published/` makes them new"


@pytest.mark.training
@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("pendulum", "ppo@Pendulum-v1"),
        ("classic", "a2c@Pendulum-v1"),
        ("bucket_brigade", "dqn@bucket_brigade/easy-v0"),
    ],
)
def test_a_published_score_is_trained_again(name: str, cell: str, tmp_path: Path) -> None:
    # Equal on the kind of processor that trained it; on another, a run like its others.
    record = read_publication(PUBLISHED / name).record
    scores = [
        run.result.score
        for run in record.cell(cell).runs
        if run.is_held_out and run.variant == DEFAULT and run.result is not None
    ]
    result = train(
        str(PUBLISHED / name), cell, variant=DEFAULT, runs=tmp_path, out=tmp_path / "model"
    )
    assert not list(PUBLISHED.glob("*.json"))
    width = max(max(scores) - min(scores), 0.1 * abs(scores[0]))
    assert result.score is not None
    assert min(scores) - width <= result.score <= max(scores) + width


def test_the_table_of_findings_says_what_the_campaigns_say() -> None:
    text = (PUBLISHED.parents[1] / "docs" / "findings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[([\w-]+)\]\([^)]*\) \| (.*) \|$", text, re.MULTILINE)
    campaigns = {folder.name for folder in FOLDERS}
    assert [name for name, _ in rows if name in campaigns] == [name for name, _ in rows]
    assert {name for name, _ in rows} == campaigns
    for name, row in rows:
        summary = (PUBLISHED / name / "summary.md").read_text(encoding="utf-8")
        assert f"| {row} | " in summary.replace("\\", ""), (name, row)
