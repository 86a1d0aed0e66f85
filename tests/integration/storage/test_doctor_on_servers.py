"""The doctor and the brief look at a campaign that a database server keeps."""

import pytest
from test_doctor import MATRIX

from harness.campaign import load
from harness.cli.commands.status_command import cell_status, failures
from harness.doctor import Severity, examine_campaign, repair_campaign
from harness.store import lock_campaign
from harness.testing import ledger_contents as contents

pytestmark = pytest.mark.slow

OF_TRIAL_1 = "(select run_id from harness_trials where number = 1)"
BROKEN = {
    "results": "update harness_results set body = replace(body, '\"steps\":', '\"steps\":1')"
    f" where run_id = {OF_TRIAL_1}",
    "trials": "update harness_trials set body = '[]' where number = 2",
    "winners": "update harness_outcomes set winner = 'trial-99'",
    "studies": "update trial_values set value = 1000000",
}


@pytest.fixture
def url(server):
    return server.url(server.database())


def unwell(name, runs, url):
    return [f for f in examine_campaign(name, runs, url) if f.state is not Severity.OK]


def test_what_is_broken_is_found_repaired_and_done_again(faked, url, tmp_path):
    path = tmp_path / "matrix.yaml"
    path.write_text(MATRIX)
    asked = load(str(path))
    name, runs = asked.name, tmp_path / "here" / "runs"
    wanted = faked(asked, "here", url).exported
    assert unwell(name, runs, url) == []
    for check, sql in BROKEN.items():
        with lock_campaign(url, name) as ledger, ledger.write() as connection:
            changed = connection.exec_driver_sql(sql)
            assert changed.rowcount
        assert check in {f.check for f in unwell(name, runs, url)}
        assert repair_campaign(name, runs, url)
        assert unwell(name, runs, url) == []
        assert faked(asked, "here", url, seed=5).exported == wanted


def test_a_brief_look_says_the_same(url):
    with lock_campaign(url, contents.CAMPAIGN) as ledger:
        contents.fill(ledger)
        whole, brief = (ledger.record(contents.CAMPAIGN, brief=short) for short in (False, True))
    assert [*map(cell_status, brief.cells)] == [*map(cell_status, whole.cells)]
    assert failures(brief) == failures(whole)
