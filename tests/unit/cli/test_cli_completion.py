"""What the shell offers at the tab key, asked as the shell asks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import small

from harness.store import open_ledger

MATRIX = """
scenarios: [CartPole-v1]
algorithms: [ppo]
profiles:
  smoke: {search: {trials: 2}}
  night: {search: {trials: 200}}
"""
COMMAND = "from harness.cli import main; main()"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completion")
    (folder / "study.yaml").write_text(MATRIX)
    (folder / "notes.txt").touch()
    for name in ("night-1", "night-2"):
        (folder / "runs" / name).mkdir(parents=True)
        with open_ledger(folder / "runs" / name / "campaign.db", create=True):
            pass
    return folder


def offered(folder, line):
    """What bash offers for a line that is being written."""
    # Bash breaks words at these too, and hands on the breaks as words.
    words = [
        word for part in line.split(" ") for word in re.split("([=@:]+)", part) if word or not part
    ]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND],
        cwd=folder,
        env=os.environ
        | {
            "_HARNESS_COMPLETE": "complete_bash",
            "COMP_WORDS": "\n".join(words),
            "COMP_CWORD": str(len(words) - 1),
            "PYTHONPATH": str(Path(__file__).parents[3]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("harness status ni", ["night-1", "night-2"]),
        ("harness run --matrix st", ["study.yaml"]),
        ("harness plan cartp", ["cartpole"]),
        ("harness run study.yaml --profile ", ["night", "smoke"]),
        ("harness show algorithm ppo_", ["ppo_mask", "ppo_recurrent"]),
        ("harness show scenario CartP", ["CartPole-v1"]),
        ("harness run --executor lo", ["local"]),
        ("harness report --fail-on fail,T0", [f"fail,T0{number}" for number in range(1, 10)]),
        ("harness run study.yaml --set search.pruner", ["search.pruner=hyperband"]),
        ("harness run study.yaml --set search.sampler=", ["auto", "cmaes"]),
        ("harness run study.yaml --set search.pruner=med", ["median"]),
        ("harness run study.yaml --set name=", []),
        ("harness run study.yaml --set search.sampler=tpe --profile ", ["night", "smoke"]),
        ("harness train ppo@ --campaign nothing", []),
        ("harness run nowhere.yaml --profile ", []),
    ],
)
def test_names_are_offered(folder, line, expected):
    names = offered(folder, line)
    assert names[: len(expected)] == expected
    assert bool(names) == bool(expected)


@pytest.mark.parametrize(
    ("shell", "begin"),
    [
        ("bash", "_harness_completion() {"),
        ("zsh", "#compdef harness"),
        ("fish", "complete --command harness"),
    ],
)
def test_each_shell_has_its_script_by_name(shell, begin):
    done = subprocess.run(
        [sys.executable, "-c", COMMAND],
        env=os.environ | {"_HARNESS_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.lstrip().startswith(begin)


@pytest.mark.parametrize(
    ("shell", "expected"),
    [("zsh", "_arguments '*: :((\"study.yaml\"))'"), ("fish", "study.yaml")],
)
def test_the_other_shells_are_offered_the_same(folder, shell, expected):
    done = subprocess.run(
        [sys.executable, "-c", COMMAND],
        cwd=folder,
        env=os.environ
        | {
            "_HARNESS_COMPLETE": f"complete_{shell}",
            "_TYPER_COMPLETE_ARGS": "harness run --matrix st",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
            "PYTHONPATH": str(Path(__file__).parents[3]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == expected


def test_plot_offers_cells_and_what_they_search(tmp_path):
    small.execute(small.matrix(), tmp_path)
    assert offered(tmp_path, "harness plot toy@") == ["Toy0-v0"]
    assert offered(tmp_path, "harness plot to") == ["toy@Toy0-v0"]
    assert offered(tmp_path, "harness plot toy@Toy0") == ["Toy0-v0"]
    assert offered(tmp_path, "harness plot toy@Toy0-v0 --parameter l") == ["lr"]
