"""All benchmarks of speed, one after another; JSON in a folder and tables in Markdown.

    python tests/benchmarks/everything.py [--quick] [--into FOLDER] [NAME ...]

Takes about half an hour on a quiet machine; --quick takes a few cases of each, once, which shows
that all of them run and little else. One that fails is said and the others go on; then the exit
code is 1. The zoo and SBX are installed in environments of their own on the first call.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
MATRICES = HERE.parents[1] / "benchmarks"
BENCHMARKS = {
    "learning": ["learning.py"],
    "evaluation": ["evaluation.py"],
    "zoo-ppo": ["zoo.py", "--job", "ppo", "--rounds", "2"],
    "zoo-sac": ["zoo.py", "--job", "sac", "--seeds", "3"],
    "sbx": ["sbx.py"],
    "overhead": ["overhead.py", str(MATRICES / "cartpole.yaml")],
    "start": ["start.py"],
    "scaling": ["scaling.py"],
    "roofline": ["roofline.py"],
    "stacked": ["stacked.py"],
    "cost-model": ["cost_model.py", "--check", "--seed", "1"],
    "plans": ["plan_reality.py"],
}
SHORT = [
    ("search", "trials=3"),
    ("search", "steps=4000"),
    ("confirm", "top=1"),
    ("confirm", "seeds=1"),
    ("test", "seeds=2"),
    ("test", "steps=4000"),
]
QUICK = {
    "learning": ["--rounds", "1", "ppo CartPole-v1", "sac Pendulum-v1, networks of 64"],
    "evaluation": ["--rounds", "1", "CartPole-v1"],
    "zoo-ppo": ["--trials", "2", "--rounds", "1", "--seeds", "2"],
    "zoo-sac": ["--trials", "2", "--steps", "500", "--seeds", "0"],
    "sbx": ["--rounds", "1", "ppo CartPole-v1"],
    "overhead": [f"--set={rung}.{each}" for rung, each in SHORT],
    "start": ["--runs", "3"],
    "scaling": ["--quick"],
    "roofline": ["--rounds", "1"],
    "stacked": ["CartPole-v1", "--rounds", "1", "--agents", "5"],
    "cost-model": ["--configurations", "4", "ppo", "dqn"],
    "plans": ["--quick", "cartpole"],
}
"""Words to be added."""


def main() -> int:
    """Run them; the number of those that failed, at most 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--into", type=Path, default=Path("bench"))
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    given.into.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in given.names or BENCHMARKS:
        begun = time.perf_counter()
        words = [sys.executable, str(HERE / BENCHMARKS[name][0]), *BENCHMARKS[name][1:]]
        words += QUICK[name] if given.quick else []
        done = subprocess.run(words, check=False, stdout=subprocess.PIPE, text=True)
        seconds = round(time.perf_counter() - begun)
        print(f"{name}: {'failed' if done.returncode else 'done'} after {seconds} s", flush=True)
        if done.returncode:
            failed.append(name)
            continue
        (given.into / f"{name}.json").write_text(done.stdout)
        (given.into / f"{name}.md").write_text(table(json.loads(done.stdout)))
    return 1 if failed else 0


def table(found) -> str:
    """Results as a Markdown table: a row per case, a column per number; of one case a list."""
    several = all(isinstance(each, dict) for each in found.values())
    cases = found if several else {name: {"": value} for name, value in flat(found)}
    rows = {case: dict(flat(values)) for case, values in cases.items()}
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = [["", *columns], ["---", *["---:"] * len(columns)]]
    lines += [
        [case, *(str(row.get(column, "")) for column in columns)] for case, row in rows.items()
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def flat(values, path=""):
    """Dotted names and plain numbers."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


if __name__ == "__main__":
    sys.exit(main())
