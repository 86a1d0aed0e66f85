"""Real campaigns on a real PostgreSQL server: found from everywhere, secret nowhere."""

import json
from urllib.parse import quote

import pytest
from driven import MATRIX, PATIENCE, Campaign
from servers import SECRET

pytestmark = [pytest.mark.training, pytest.mark.slow]

TINY = """
name: small
seed: 7
scenarios: [CartPole-v1]
algorithms: [{name: a2c, arguments: {n_steps: 32}}]
search: {trials: 2, steps: 128, evals: 1, episodes: 1}
confirm: {top: 1, seeds: 1}
test: {seeds: 1, steps: 128, evals: 1, episodes: 1}
"""


def outputs(folder):
    """Every byte under the folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def two(postgres, tmp_path_factory):
    """Two campaigns begun at once in an empty database, the first through the password's URL."""
    database = postgres.database()
    made = []
    for name, word in (("small", SECRET), ("other", None)):
        folder = tmp_path_factory.mktemp(name)
        campaign = Campaign(folder, TINY.replace("small", name), PGPASSWORD=SECRET)
        process = campaign.start("--workers", "7", "--storage", postgres.url(database, word))
        made.append((campaign, process))
    said = []
    for _, process in made:
        said += process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
    said.append(postgres.dump(database))
    return database, made[0][0], made[1][0], said


def test_the_numbers_are_those_of_a_file(two, tmp_path):
    _, small, _, _ = two
    alone = Campaign(tmp_path, TINY)
    alone.run("--workers", "1")
    assert small.scores() == alone.scores()


def test_the_folder_remembers_the_server_without_the_password(two):
    _, small, _, _ = two
    note = json.loads((small.folder / "runs/small/storage.json").read_text())
    assert note["storage"].startswith("postgresql+psycopg://harness@127.0.0.1:")
    assert not (small.folder / "runs/small/campaign.db").exists()
    assert json.loads(small.command("status", "small", "--json")[0])["cells"]
    assert json.loads(small.command("status", "--json")[0])["campaign"] == "small"
    assert "small" in small.command("list", "campaigns")[0]
    _, err = small.run("--workers", "1")
    assert "rung=" not in err


def test_another_machine_needs_nothing_but_the_url(two, postgres, tmp_path):
    database, *_ = two
    there = Campaign(tmp_path, TINY, HARNESS_STORAGE=postgres.url(database))
    out, _ = there.command("report", "small")
    assert "a2c@CartPole-v1" in (tmp_path / out.strip()).read_text()
    listed = json.loads(there.command("list", "campaigns", "--json")[0])["campaigns"]
    assert {row["name"] for row in listed} == {"small", "other"}
    out, _ = there.command("train", "a2c@CartPole-v1", "--campaign", "small", "--out", "model")
    assert (tmp_path / out.strip()).exists()
    there.command("export", "other", "--out", "csv")
    for path, content in outputs(tmp_path).items():
        assert SECRET.encode() not in content, path
    _, err = there.command("report", "nobody", code=2)
    assert "small" in err


def test_the_password_is_nowhere(two, postgres):
    database, small, other, said = two
    assert "harness_results" in said[-1]
    assert "://harness:***@" in said[-1]  # the command, as the provenance has it
    texts = [*said, postgres.dump(database), *small.command("list", "campaigns")]
    assert not [text for text in texts if SECRET in text]
    for campaign in (small, other):
        for path, content in outputs(campaign.folder).items():
            assert SECRET.encode() not in content, path


def test_the_password_is_in_no_error_either(two, postgres):
    database, small, _, _ = two
    hostile = quote(f"{SECRET} x@y", safe="")
    for url in (
        postgres.url(database, hostile),
        postgres.url(database, f"{SECRET}@y"),
        postgres.url("nowhere"),
        f"postgresql://harness@127.0.0.1:{postgres.port}/nowhere?password={SECRET}",
        f"oracle://u:{SECRET}@h/d",
        f"postgresql://u:{SECRET}@h:port/d",
    ):
        out, err = small.command("--debug", "status", "small", "--storage", url, code=...)
        assert "error" in err
        assert SECRET not in out + err


def test_a_campaign_is_not_split_between_two_databases(two, postgres, tmp_path):
    _, small, _, _ = two
    _, err = small.run("--storage", postgres.url("postgres"), code=2)
    assert "campaign `small`" in err
    assert "is kept in" in err
    assert SECRET not in err


def test_a_second_coordinator_is_refused(postgres, tmp_path):
    long = MATRIX.replace("test: {seeds: 2, steps: 256", "test: {seeds: 2, steps: 5_000_000")
    url = postgres.url(postgres.database())
    first = Campaign(tmp_path, long, HARNESS_STORAGE=url)
    process = first.start("--workers", "1")
    first.wait_for_results(1, process)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    _, err = Campaign(elsewhere, long, HARNESS_STORAGE=url).run(code=75)
    process.kill()
    process.communicate()
    assert f"process {process.pid} on " in err
    assert "campaign `small`" in err
