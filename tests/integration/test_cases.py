"""Matrices that a user may well write, each with what the harness has to make of it.

Every folder of `tests/cases/` is checked and, where the check cannot say enough, run as a user
would, in a copy of its own.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import driven
import psutil
import pytest

CASES = Path(__file__).parents[1] / "cases"

INVALID = 2
PATIENCE = 1200
"""Seconds for a command that takes a few."""

pytestmark = [pytest.mark.training, pytest.mark.slow]


@dataclass(frozen=True)
class Answer:
    """Exit code, and everything that was printed."""

    code: int
    text: str

    def says(self, *parts):
        """Whether all of the parts are in what was printed."""
        return all(part in self.text for part in parts)


class Case:
    """A copy of a case's folder."""

    def __init__(self, name, folder, *, importable=True):
        self.folder = folder / name
        shutil.copytree(CASES / name, self.folder)
        paths = {"PYTHONPATH": str(self.folder)} if importable else {}
        self.environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | paths
        self.environment |= {"OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        self._checked = False

    def harness(self, *words):
        """Any command."""
        done = driven.harness(self.folder, *words, environment=self.environment)
        return Answer(done.returncode, done.stdout + done.stderr)

    def check(self):
        answer = self.harness("check", "matrix.yaml")
        self._checked = answer.code == 0
        return answer

    def run(self, *words):
        """What `check` has tried is not tried again."""
        more = ["--no-dry-runs"] if self._checked else []
        return self.harness("run", "matrix.yaml", "--workers", "1", *more, *words)

    def page(self):
        """The campaign's page as text."""
        (page,) = (self.folder / "reports").glob("*/index.html")
        return page.read_text()

    def replace(self, old, new):
        """Change the matrix."""
        file = self.folder / "matrix.yaml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        self._checked = False

    def processes(self):
        """What its environment has started and left: everybody in its folder."""
        return [one for one in psutil.process_iter() if self._is_here(one)]

    def _is_here(self, process):
        try:
            return process.cwd() == str(self.folder)
        except psutil.Error:
            return False


@pytest.fixture
def case(request, tmp_path):
    """The case that a test names."""
    cases = []

    def copy(name, **options):
        cases.append(Case(name, tmp_path, **options))
        return cases[-1]

    yield copy
    for one in cases:
        for process in one.processes():
            process.kill()


def test_every_case_has_a_test():
    source = Path(__file__).read_text()
    assert [one.name for one in CASES.iterdir() if f'"{one.name}"' not in source] == []


# Environments that do something else than learners expect.


def test_actions_that_do_not_begin_at_0_are_refused_or_mapped(case):
    one = case("discrete-start")
    checked = one.check()
    if checked.code == INVALID:
        assert checked.says("start")
    else:
        assert one.run().code == 0


def test_a_scalar_observation_is_trained_or_named(case):
    one = case("scalar-observation")
    checked = one.check()
    if checked.code == INVALID:
        assert checked.says("(1,)")
    else:
        assert one.run().code == 0


def test_the_old_interface_of_gym_is_named(case):
    checked = case("old-gym-api").check()
    assert checked.code == INVALID
    assert checked.says("X-v0", "old Gym", "`reset`", "seed", "options", "info")


def test_an_episode_that_nothing_ends_is_named_and_its_run_fails(case):
    one = case("never-ends")
    assert one.check().says("X-v0", "ends", "episode")
    run = one.run()
    assert run.code == 1
    assert run.says("episode")


@pytest.mark.parametrize("name", ["tuple-observation", "multibinary-and-nested-dict"])
def test_observations_that_no_policy_reads_are_refused_with_help(case, name):
    checked = case(name).check()
    assert checked.code == INVALID
    assert checked.says("observation", "gymnasium.wrappers.FlattenObservation")


def test_the_help_of_an_unreadable_observation_works(case):
    one = case("flatten-as-the-help-says")
    assert one.check().code == 0
    assert one.run().code == 0


def test_the_help_for_nested_observations_and_binary_actions_works(case):
    one = case("multibinary-and-nested-dict")
    wrapper = "wrappers: [gymnasium.wrappers.FlattenObservation]"
    one.replace("imports: [env]", f"imports: [env], {wrapper}")
    checked = one.check()
    assert checked.code == INVALID
    assert checked.says("MultiBinary", "= help: ")
    assert not checked.says("FlattenObservation\n")
    one.replace(wrapper, f"{wrapper[:-1]}, harness.envs.FlattenAction]")
    assert one.check().code == 0
    assert one.run().code == 0


def test_infinite_bounds_of_actions_are_refused(case):
    checked = case("infinite-action-bounds").check()
    assert checked.code == INVALID
    assert checked.says("`sac`", "bounds", "X-v0")


def test_discrete_observations_are_not_normalised(case):
    one = case("normalized-discrete-observation")
    checked = one.check()
    if checked.code == INVALID:
        assert checked.says("normali", "Discrete")
    else:
        assert one.run().code == 0


def test_an_environment_that_changes_torch_is_trained_or_named(case):
    one = case("default-float64")
    run = one.run()
    assert run.code == 0 or run.says("float64")


def test_discrete_observations_that_do_not_begin_at_0_are_trained_or_named(case):
    one = case("discrete-observation-start")
    checked = one.check()
    if checked.code == INVALID:
        assert checked.says("D-v0", "start")
    else:
        assert one.run().code == 0


@pytest.mark.parametrize("name", ["S-v0", "U-v0", "N-v0"])
def test_other_observations_and_information_are_trained_or_named(case, name):
    one = case("discrete-observation-start")
    one.replace("D-v0", name)
    checked = one.check()
    if checked.code == INVALID:
        assert checked.says(name)
    else:
        run = one.run()
        assert run.code == 0 or run.says("environment", "X-v0")


# Environments that do something to the process they are made in.


def test_an_environment_that_changes_the_folder_moves_no_results(case):
    one = case("changes-directory")
    run = one.run("--runs", "results", "--save-models")
    assert run.code == 0, run.text
    assert (one.folder / "results" / "c25" / "campaign.db").is_file()
    assert list((one.folder / "results").rglob("*.zip"))
    assert (one.folder / "reports" / "c25" / "index.html").is_file()


def test_no_process_of_an_environment_is_left(case):
    one = case("leaves-processes-and-threads")
    for command in (one.check, one.run):
        answer = command()
        assert answer.code == 0, answer.text
        assert not [each for each in one.processes() if each.name() == "sleep"]
        # The server that starts workers notices that nobody is left, and goes.
        _, alive = psutil.wait_procs(one.processes(), timeout=PATIENCE)
        assert not alive


def test_a_required_argument_counts_where_it_is_given(case):
    one = case("render-mode-required")
    assert one.check().code == 0
    assert one.run().code == 0
    one.replace(", arguments: {render_mode: rgb_array}", "")
    checked = one.check()
    assert checked.code == INVALID
    assert checked.says("X-v0", "render_mode")


def test_a_constructor_that_exits_is_an_error(case):
    one = case("constructor-exits")
    for command in (one.check, one.run):
        answer = command()
        assert answer.code == INVALID
        assert answer.says("X-v0", "SystemExit", "matrix.yaml:2")


def test_a_module_that_exits_is_an_error(case):
    checked = case("import-exits").check()
    assert checked.code == INVALID
    assert checked.says("`env`", "SystemExit", "matrix.yaml:2")


def test_spaces_are_those_of_the_arguments(case):
    one = case("arguments-change-the-actions")
    assert one.check().code == 0
    one.replace("{name: sac, arguments: {learning_starts: 20}}", "dqn")
    checked = one.check()
    assert checked.code == INVALID
    assert checked.says("`dqn`", "LunarLander-v3", "Box")


def test_a_module_beside_the_matrix_is_imported(case):
    checked = case("module-beside-the-matrix", importable=False).check()
    assert not checked.says("pip install env")
    assert checked.code == 0


# Arguments that no learner takes.


def test_the_memory_saving_buffer_trains_without_timeouts_and_says_so(case):
    one = case("memory-saving-replay")
    small = "batch_size: 16, train_freq: 1, gradient_steps: 1, policy_kwargs: {net_arch: [8]}"
    one.replace("learning_starts: 50", f"learning_starts: 50, {small}")
    checked = one.check()
    assert checked.code == 0
    assert checked.says("optimize_memory_usage", "handle_timeout_termination")
    assert one.run().code == 0


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("gsde-on-discrete", ("`use_sde`", "Discrete", "matrix.yaml:3")),
        ("policy-kwargs-as-python-text", ("`policy_kwargs`", "{net_arch: [64, 64]", "relu")),
        ("values-out-of-range", ("`tau`", "`gamma`", "`learning_rate`", "3 problems")),
    ],
)
def test_arguments_that_cannot_be_built_are_refused(case, name, parts):
    checked = case(name).check()
    assert checked.code == INVALID
    assert checked.says(*parts), checked.text


def test_a_wrapper_that_takes_a_function_is_refused(case):
    checked = case("wrapper-that-wants-a-function").check()
    assert checked.code == INVALID
    assert checked.says("TransformReward", "`func`", "function", "matrix.yaml:2")


def test_noise_of_several_environments(case):
    one = case("action-noise-and-many-envs")
    checked = one.check()
    assert checked.code == INVALID
    assert checked.says("`action_noise`", "{noise: normal, sigma: 0.1}")


def test_noise_as_the_help_says_is_vectorised(case):
    one = case("action-noise-and-many-envs")
    one.replace("NormalActionNoise", "{noise: normal, sigma: 0.1}")
    assert one.check().code == 0
    assert one.run().code == 0


def test_a_configuration_of_the_zoo_is_explained(case):
    checked = case("zoo-file-as-variant").check()
    assert checked.code == INVALID
    assert checked.says(
        "`n_envs`", "`normalize`", "the scenario", "`n_timesteps`", "`test.steps`", "`policy`"
    )
    assert checked.says("{schedule: linear, initial: 0.001}", "{schedule: linear, initial: 0.2}")


# Budgets.


def test_a_rollout_beyond_the_budget_is_named(case):
    one = case("rollout-longer-than-budget")
    assert any(
        answer.says("2,048", "300") or answer.says("2048", "300")
        for answer in (one.check(), one.harness("plan", "matrix.yaml"))
    )


@pytest.mark.parametrize("name", ["only-the-default", "all-other-trials-pruned"])
def test_a_default_without_rivals_is_kept_and_has_not_failed(case, name):
    one = case(name)
    run = one.run()
    assert run.code == 0, run.text
    assert "default kept" in one.page()
