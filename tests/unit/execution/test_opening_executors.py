"""Executors by name: their options, their size, and what they refuse before anything begins."""

from concurrent.futures import Executor, ThreadPoolExecutor

import pytest

from harness.core.search_settings import Component
from harness.core.settings import Resources
from harness.errors import UsageError
from harness.execution import admit, capacity, cores, open_executor
from harness.execution.local import Gpus, LocalExecutor
from harness.registry import Registry

MODULE = "sample_executors"


@pytest.fixture
def registry(tmp_path, monkeypatch):
    (tmp_path / f"{MODULE}.py").write_text(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def threads(*, workers, threads, address='here'):\n"
        "    made = ThreadPoolExecutor(workers)\n"
        "    made.address = address\n"
        "    return made\n"
        "def needy(*, workers, threads, queue): return ThreadPoolExecutor(workers)\n"
        "def no_executor(*, workers, threads): return 7\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    names = ("threads", "needy", "no_executor")
    return Registry(executors={name: f"{MODULE}:{name}" for name in names})


def opened(registry, name, **options):
    return open_executor(registry, Component(name=name, options=options), workers=1, threads=1)


def test_options_reach_the_executor(registry):
    with opened(registry, "threads", address="there:1") as executor:
        assert executor.address == "there:1"


@pytest.mark.parametrize(
    ("name", "options", "message", "advice"),
    [
        ("threads", {"adress": "x"}, "has no option `adress`", "did you mean `address`"),
        ("no_executor", {"address": "x"}, "has no option `address`", "it has none"),
        ("threads", {"workers": 2}, "has no option `workers`", "it has: address"),
        ("needy", {}, "needs the option `queue`", "--executor-option queue="),
        ("no_executor", {}, "made a int", "concurrent.futures.Executor"),
    ],
)
def test_what_does_not_fit_is_refused(registry, name, options, message, advice):
    with pytest.raises(UsageError, match=message) as refused:
        opened(registry, name, **options)
    assert advice in refused.value.help


def test_an_executor_that_does_not_know_its_size_has_as_many_slots_as_workers():
    with ThreadPoolExecutor(1) as executor:
        assert isinstance(executor, Executor)
        assert capacity(executor, 3) == Resources(cpus=3)
        assert capacity(executor, None).cpus == cores()
        admit(executor, Resources(cpus=99, gpus=1))


def test_this_machine_runs_any_width_but_no_gpu_run_without_a_gpu(monkeypatch):
    executor = LocalExecutor(workers=2, threads=1)
    assert capacity(executor, 2) == Resources(cpus=2, gpus=0)
    admit(executor, Resources(cpus=8))
    monkeypatch.setattr("harness.training.gpus", lambda: 0)
    with pytest.raises(UsageError, match=r"`gpus: 0\.25`, but torch sees no GPU here") as refused:
        admit(executor, Resources(gpus=0.25))
    assert "--set resources.gpus=0" in refused.value.help
    monkeypatch.setattr("harness.training.gpus", lambda: 2)
    admit(executor, Resources(gpus=0.25))
    assert capacity(executor, 2) == Resources(cpus=2, gpus=2)


def test_runs_spread_over_the_gpus_that_are_visible(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    gpus = Gpus.visible(2)
    assert [gpus.take(0.5) for _ in range(3)] == ["3", "5", "3"]
    gpus.release("3", 0.5)
    gpus.release("3", 0.5)
    assert gpus.take(0.25) == "3"


def test_without_ray_the_executor_says_what_to_install(monkeypatch):
    import importlib
    import sys

    from harness.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "harness.execution.ray_cluster", raising=False)
    with pytest.raises(MissingExtraError) as missing:
        importlib.import_module("harness.execution.ray_cluster")
    assert missing.value.help == "pip install 'rl-harness[ray]'"
