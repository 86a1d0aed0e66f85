"""What a time makes of a matrix that says nothing of its sizes."""

import json

import pytest

from harness import campaign
from harness.campaign.plans.budget_fit import fit_budget, fit_to_time, idle_note
from harness.campaign.plans.plan_schedule import ending
from harness.campaign.plans.plan_summary import no_foresight, summarize
from harness.campaign.plans.speed_calibration import MachineSpeed
from harness.core.settings import CellSettings
from harness.errors import UsageError

MATRIX = "name: m\nscenarios: [LunarLander-v3]\nalgorithms: [ppo]\n"
USUAL = CellSettings().test.seeds
HOUR = 3600.0


@pytest.fixture
def cells_of(tmp_path):
    """The cells that a matrix has in a time."""
    file, names = tmp_path / "m.yaml", campaign.registry(runs=tmp_path)

    def fit(text, seconds, workers=1):
        file.write_text(text)

        def load(settings):
            return campaign.load(str(file), names, sizes=settings)

        return fit_to_time(load, runs=tmp_path, seconds=seconds, workers=workers).cells

    return fit


@pytest.fixture
def sizes(cells_of):
    """Budget and number of held-out seeds that a matrix gets."""

    def measure(text, seconds, workers=1):
        (cell,) = cells_of(text, seconds, workers)
        return cell.search.budget, cell.test.seeds

    return measure


@pytest.fixture
def limits(cells_of):
    """What a trial may cost, in runs of the default, in each cell."""

    def measure(text, minutes):
        return [cell.search.cost_aware for cell in cells_of(text, 60.0 * minutes)]

    return measure


def test_a_long_time_buys_a_larger_search_and_the_whole_test(sizes):
    (short, _), (long, seeds) = sizes(MATRIX, 4 * HOUR), sizes(MATRIX, 8 * HOUR)
    assert 1.8 < long / short < 2.3
    assert seeds == USUAL


def test_a_short_time_is_not_all_test(sizes):
    counts = [sizes(MATRIX, minutes * 60)[1] for minutes in (1, 9, 10, 12, 60)]
    assert counts == sorted(counts)
    assert counts[0] == 5
    assert counts[-1] == USUAL
    assert len(set(counts)) > 2


def test_no_trial_of_a_short_search_costs_much_more_than_the_default(limits):
    assert limits(MATRIX, 10) == [2]
    assert limits(MATRIX, 8 * 60) == [4]
    assert limits(MATRIX + "search: {cost_aware: 3}\n", 10) == [3]
    own = 'overrides: [{match: "*", search: {cost_aware: 5}}]\n'
    assert limits(MATRIX + own, 10) == [5]


def test_a_sampler_that_follows_a_sequence_has_no_such_limit(limits):
    assert limits(MATRIX + "search: {sampler: qmc}\n", 10) == [None]
    own = 'overrides: [{match: "*", search: {sampler: qmc}}]\n'
    assert limits(MATRIX + own, 10) == [None]


def test_two_workers_have_twice_the_time(sizes):
    assert sizes(MATRIX, 600, workers=2) == sizes(MATRIX, 1200)


def test_a_search_keeps_as_many_trials_open_as_its_workers_can_run(cells_of):
    def open_trials(text, workers):
        return [cell.search.in_flight for cell in cells_of(text, HOUR, workers)]

    assert open_trials(MATRIX, 2) == [2]
    assert open_trials(MATRIX, 9) == [9]
    three = MATRIX.replace("[ppo]", "[ppo, a2c, dqn]")
    assert open_trials(three, 8) == [3, 3, 3]
    assert open_trials(MATRIX + "search: {in_flight: 4}\n", 9) == [4]
    assert [cell.search.in_flight for cell in cells_of(MATRIX, None, 9)] == [2]


def test_idle_workers_are_named(load_budget):
    matrix = load_budget()(20, {})
    assert idle_note(matrix, 2) == ""
    note = idle_note(matrix, 16)
    assert "keep 2 trials open, of 16 workers the others idle" in note
    assert "`search: {in_flight: 16}`" in note


def test_what_the_matrix_names_stays(sizes):
    assert sizes(MATRIX + "test: {seeds: 9}\n", 60)[1] == 9
    assert sizes(MATRIX + "search: {budget: 25}\n", 60) == (25, USUAL)
    assert sizes(MATRIX + "search: {trials: 6}\n", 60) == (None, USUAL)


def test_no_time_changes_nothing(sizes):
    assert sizes(MATRIX, None) == (None, USUAL)


def test_a_campaign_keeps_the_sizes_that_it_was_begun_with(sizes, limits, tmp_path):
    given = "from `--budget` or `--deadline`"
    origins = {"search.budget": given, "test.seeds": given}
    document = {"search": {"budget": 33.0}, "test": {"seeds": 6}}
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "matrix.json").write_text(json.dumps(document))
    (folder / "origins.json").write_text(json.dumps(origins))
    assert sizes(MATRIX, 8 * HOUR) == sizes(MATRIX, None) == (33, 6)
    (folder / "origins.json").write_text(json.dumps({"search.budget": given}))
    assert sizes(MATRIX, 8 * HOUR) == (33, USUAL)
    document["search"]["cost_aware"] = 2.0
    (folder / "matrix.json").write_text(json.dumps(document))
    (folder / "origins.json").write_text(json.dumps(origins | {"search.cost_aware": given}))
    assert limits(MATRIX, 8 * 60) == [2]


def test_a_file_of_sizes_that_cannot_be_read_gives_none(sizes, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "origins.json").write_text("[]")
    (tmp_path / "m" / "matrix.json").write_text("{}")
    assert sizes(MATRIX, 8 * HOUR) == (None, USUAL)


def test_where_overrides_give_every_search_a_size_a_time_gives_none(sizes):
    own = 'overrides: [{match: "*", search: {trials: 7}}]\n'
    assert sizes(MATRIX + own, 60) == sizes(MATRIX + own, None) == (None, USUAL)


@pytest.fixture
def load_budget(tmp_path):
    """Gives the matrix with a budget."""
    file, names = tmp_path / "m.yaml", campaign.registry(runs=tmp_path)

    def of(more=""):
        file.write_text(MATRIX + "test: {seeds: 4}\n" + more)
        return lambda budget, sizes: campaign.load(
            str(file), names, sets=[f"search.budget={budget}"], sizes=sizes
        )

    return of


def fit_in(load, seconds, workers=2, speed=1.0):
    return fit_budget(
        load, speed_of(speed), foresight_of=lambda _: no_foresight, seconds=seconds, workers=workers
    )


def seconds_of(plans, workers=2):
    return ending(plans, speed_of(1.0)(None), workers)["middle"]


def speed_of(middle):
    return lambda matrix: MachineSpeed(low=middle / 2, middle=middle, high=2 * middle)


def test_the_largest_budget_that_fits_is_within_a_run_of_the_time(load_budget):
    load = load_budget()
    fit = fit_in(load, 8 * HOUR)
    assert (fit.workers, fit.matrix.cells[0].search.budget) == (2, fit.budget)
    assert fit.seconds == seconds_of(fit.plans) <= 8 * HOUR
    assert seconds_of(summarize(load(fit.budget + 1, {}))) > 8 * HOUR
    slow = fit_in(load, 16 * HOUR, speed=2.0)
    assert abs(slow.budget - fit.budget) <= 1


def test_as_many_trials_are_open_as_workers_can_run(load_budget):
    assert fit_in(load_budget(), HOUR).in_flight is None  # the default suffices
    fit = fit_in(load_budget(), HOUR, workers=12)
    assert fit.in_flight == fit.matrix.cells[0].search.in_flight == 12
    (search,) = (fit.plans[0].rungs["search"],)
    work = speed_of(1.0)(None).seconds(fit.plans)["middle"]
    assert search.usual_runs > 100
    assert work / 12 < fit.seconds < 1.1 * work / 12
    written = fit_in(load_budget("search: {in_flight: 3}\n"), HOUR, workers=12)
    assert (written.in_flight, written.matrix.cells[0].search.in_flight) == (None, 3)
    assert written.budget < fit.budget / 2
    two = fit_in(load_budget("resources: {cpus: 4}\n"), HOUR, workers=12)
    assert two.in_flight == 3


def test_a_time_in_which_nothing_fits_is_refused(load_budget):
    with pytest.raises(UsageError, match=r"and its test take about [1-9]\d* minutes here, 3 at"):
        fit_in(load_budget(), 1.0, workers=3)
    confirm = "confirm: {top: 5, seeds: 5}\n"
    with pytest.raises(UsageError, match=r"a budget of 32 runs and its test take about"):
        fit_in(load_budget(confirm), 60.0)
    assert fit_in(load_budget(confirm), 2 * HOUR).budget > 32
    own = 'overrides: [{match: "*", search: {trials: 7}}]\n'
    with pytest.raises(UsageError, match="no cell has a budget"):
        fit_in(load_budget(own), HOUR)
