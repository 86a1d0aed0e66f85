"""Several campaigns as a site for a static host: whole, linked, shareable, at nobody's cost."""

from __future__ import annotations

import lzma
import re
import struct
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest
from sample_records import TRUTHS, Truth, synthetic_campaign

from harness.errors import StorageError, UsageError
from harness.report import (
    CampaignView,
    Film,
    campaign_view,
    read_publication,
    write_list,
    write_publication,
    write_site,
)

ATOM = "{http://www.w3.org/2005/Atom}"
URL = "https://host.example/project"
LATER = "2026-11-23T01:02:03Z"


@cache
def view(name: str) -> CampaignView:
    odd = Truth(scenario="maze/Größe 1%-v0", algorithm="ppo", default=1, tuned=3, title="PPO & co")
    truths: Sequence[Truth] = (*TRUTHS[:3], odd) if name == "classic" else TRUTHS[:1]
    record = synthetic_campaign(name, truths)
    return campaign_view(record if name == "classic" else replace(record, updated=LATER))


def publish(folder: Path, *names: str, url: str = URL) -> Path:
    views = [view(name) for name in names or ("classic", "small")]
    return write_publication(views, folder, title="Results & more", url=url).parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("published") / "site")


class Page(HTMLParser):
    """What a page refers to, and what can be referred to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.metas: dict[str, str] = {}
        self.canonical = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        self.ids += [facts["id"]] if "id" in facts else []
        if facts.get("rel") == "canonical":
            self.canonical = facts["href"]
        else:
            self.targets += [
                facts[name] for name in ("href", "src", "data-plotly") if name in facts
            ]
        if tag == "meta" and "content" in facts:
            self.metas[facts.get("property") or facts.get("name") or ""] = facts["content"]


def broken_links(site: Path) -> list[str]:
    """Every link that leads nowhere, or out of the site's folder."""
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    broken = [f"{path}: id {name}" for path, page in pages.items() for name in page.ids
              if page.ids.count(name) > 1]  # fmt: skip
    for path, page in pages.items():
        for target in set(page.targets) - {"data:,"}:
            parts = urlsplit(target)
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            is_inside = (
                not parts.scheme and not parts.netloc and file.is_relative_to(site.resolve())
            )
            is_there = is_inside and file.is_file()
            if not is_there or (parts.fragment and parts.fragment not in pages[file].ids):
                broken.append(f"{path}: {target}")
    return broken


def test_every_link_leads_somewhere_inside(site: Path, tmp_path: Path) -> None:
    assert broken_links(site) == []
    copy = tmp_path / "copy.html"
    copy.write_text('<a href="/x.html"><a href="#no"><a href="../../etc">', encoding="utf-8")
    assert len(broken_links(tmp_path)) == 3


def test_what_campaigns_share_stands_once(site: Path) -> None:
    assert [path.parent for path in site.rglob("*.js") if "plotly" in path.name] == [
        site / "assets"
    ]
    assert not list(site.glob("*/assets"))


def test_the_same_campaigns_give_the_same_bytes(site: Path, tmp_path: Path) -> None:
    again = publish(tmp_path / "again")
    files = [path.relative_to(site) for path in site.rglob("*") if path.is_file()]
    assert files
    assert all((site / name).read_bytes() == (again / name).read_bytes() for name in files)
    assert len(files) == sum(path.is_file() for path in again.rglob("*"))


def test_the_first_page_says_what_was_asked_found_and_how_sure(site: Path) -> None:
    text = re.sub(r"\s+", " ", (site / "index.html").read_text(encoding="utf-8"))
    small, classic = text.index(">small<"), text.index(">classic<")
    assert small < classic  # the latest comes first
    answers = re.findall(r"<dt>([^<]*)</dt><dd>([^<]*) <ul", text)
    assert [word for word, _ in answers] == ["Found", "How sure"] * 2
    assert "<dd>Does tuning help PPO on CartPole-v1?</dd>" in text
    assert "Does tuning help PPO, DQN, A2C and PPO &amp; co on CartPole-v1" in text
    assert answers[0][1].startswith(f"{view('small').headline} Clearest gain: PPO on CartPole-v1, ")
    assert answers[1][1].startswith("10 held-out seeds per variant, 24 trials, ")
    assert 'href="classic/trust.html"' in text
    assert "<h1>Results &amp; more</h1>" in text


def test_a_cell_has_an_address_that_other_cells_do_not_move(tmp_path: Path) -> None:
    few = campaign_view(synthetic_campaign("classic", TRUTHS[1:2]))
    alone = write_publication([few], tmp_path / "few", title="x").parent
    many = publish(tmp_path / "many", "classic")
    (page,) = (path.relative_to(alone) for path in alone.glob("*/cells/*.html"))
    assert page == Path("classic/cells/a2c-CartPole-v1.html")
    assert (many / page).is_file()


def test_pictures_have_whole_addresses_where_the_site_has_one(site: Path, tmp_path: Path) -> None:
    for path in site.rglob("*.html"):
        page, relative = Page(path), path.relative_to(site).as_posix()
        assert page.metas["og:image"].startswith(f"{URL}/")
        picture = site / unquote(page.metas["og:image"].removeprefix(f"{URL}/"))
        assert struct.unpack(">II", picture.read_bytes()[16:24]) == (1200, 630)
        assert page.canonical == (f"{URL}/" if relative == "index.html" else f"{URL}/{relative}")
        assert page.metas["og:title"]
    local = publish(tmp_path / "local", "classic", url="")
    for path in local.rglob("*.html"):
        page = Page(path)
        assert (path.parent / page.metas["og:image"]).is_file()
        assert page.canonical == ""


def test_the_feed_has_an_entry_for_each_campaign(site: Path) -> None:
    feed = ET.parse(site / "feed.xml").getroot()
    assert feed.findtext(f"{ATOM}updated") == LATER
    entries = feed.findall(f"{ATOM}entry")
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 2
    links = [entry.find(f"{ATOM}link").attrib["href"] for entry in entries]  # type: ignore[union-attr]
    assert links == [f"{URL}/small/index.html", f"{URL}/classic/index.html"]
    own = {link.attrib["rel"]: link.attrib["href"] for link in feed.findall(f"{ATOM}link")}
    assert own == {"alternate": f"{URL}/index.html", "self": f"{URL}/feed.xml"}


def test_what_was_not_written_here_stays_and_what_was_goes(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/pages")
    (folder / "CNAME").write_text("host.example")
    publish(folder)
    (folder / "classic" / "mine.txt").write_text("mine")
    publish(folder, "small")
    assert (folder / ".git" / "HEAD").is_file()
    assert (folder / "CNAME").read_text() == "host.example"
    assert [path.name for path in (folder / "classic").iterdir()] == ["mine.txt"]
    assert broken_links(folder) == []


@pytest.mark.parametrize("kind", ["report", "list", "foreign", "file", "link"])
def test_another_folder_is_refused_and_stays_as_it_is(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "site"
    if kind in {"report", "list"}:
        write_site(view("small"), folder if kind == "report" else folder / "small")
        write_list(folder) if kind == "list" else None
    elif kind == "foreign":
        folder.mkdir()
        (folder / "index.html").write_text("mine")
    elif kind == "file":
        folder.write_text("mine")
    else:
        folder.symlink_to(tmp_path / "nowhere")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="site"):
        publish(folder, "small")
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_nothing_is_published_of_no_campaign(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no campaign"):
        write_publication([], tmp_path / "site", title="x")
    assert not (tmp_path / "site").exists()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_site_is_made_again_from_what_lies_in_it(tmp_path: Path) -> None:
    film = Film(
        variant="tuned",
        seed=1,
        episode_seed=2,
        score=3.5,
        length=9,
        steps=(1, 5, 9),
        data=b"a picture",
        kind="png",
        width=3,
        height=1,
    )
    classic = view("classic")
    filmed = replace(classic, films={classic.record.cells[0].name: (film,)})
    site = tmp_path / "site"
    write_publication([filmed, view("small")], site, title="Results", url=URL)
    first = contents(site)
    folders = [site / "classic", site / "small"]
    published = [read_publication(each) for each in folders]
    again = (campaign_view(each.record, each.films) for each in published)
    write_publication(again, site, title="Results", url=URL)
    assert contents(site) == first


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "No such file"),
        (b"no archive at all", "format"),
        (lzma.compress(b"{}")[:-4], "ends too early"),
        (lzma.compress(b"[1]"), "list indices"),
        (lzma.compress(b'{"schema": 99}'), "version 99"),
        (lzma.compress(b'{"schema": 1, "record": {"name": "x"}, "films": {}}'), "created"),
    ],
)
def test_what_is_no_published_campaign_is_refused(
    tmp_path: Path, data: bytes | None, message: str
) -> None:
    if data is not None:
        (tmp_path / "record.json.xz").write_bytes(data)
    with pytest.raises(StorageError, match=message):
        read_publication(tmp_path)
