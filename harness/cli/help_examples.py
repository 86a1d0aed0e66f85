"""The examples under each command's help, kept apart from the code they show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _examples(*lines: str) -> str:
    # A leading \b keeps the line breaks; a bracket would be taken for markup.
    text = "\n".join(f"  {line}" for line in lines).replace("[", r"\[")
    return f"\b\nExamples:\n{text}"


EXAMPLES: Final[Mapping[str, str]] = {
    "harness": _examples(
        "harness init study.yaml          a commented matrix to start from",
        "harness plan study.yaml          what it would train; runs nothing",
        "harness run --matrix study.yaml  tune, confirm, test; again to resume",
    ),
    "init": _examples(
        "harness init study.yaml",
        "harness init --template locomotion hopper.yaml",
        "harness init --recipe systemd ~/night",
    ),
    "check": _examples(
        "harness check benchmarks/*.yaml",
        "harness check study.yaml --profile smoke --set search.trials=5",
    ),
    "plan": _examples(
        "harness plan study.yaml",
        "harness plan study.yaml --set search.trials=100 --json",
    ),
    "list scenarios": _examples("harness list scenarios --family mujoco --json"),
    "show scenario": _examples("harness show scenario CartPole-v1"),
    "show algorithm": _examples("harness show algorithm ppo"),
    "schema": _examples(
        "harness schema > matrix.schema.json",
        "# yaml-language-server: $schema=matrix.schema.json    to begin a matrix",
    ),
    "run": _examples(
        "harness run --matrix study.yaml",
        "harness run study.yaml --workers 4 --set test.seeds=20",
        "harness run study.yaml --cells 'ppo@*' --name part1  to be merged",
        "harness run study.yaml --deadline 06:30 2> night.log  lines to grep",
    ),
    "status": _examples(
        "harness status",
        "harness status quick --json",
        "harness status night --watch     redrawn until it ends",
    ),
    "stop": _examples(
        "harness stop night               finish the runs in progress, then end",
        "harness stop night --now --wait  end them too, and wait until that is done",
    ),
    "clean": _examples(
        "harness clean                    what is older than 30 days; deletes nothing",
        "harness clean --older-than 14d --models --yes",
    ),
    "logs": _examples(
        "harness logs ppo@CartPole-v1#3                   trial 3",
        "harness logs ppo@CartPole-v1#0 --variant tuned   its run on the first seed",
    ),
    "doctor": _examples(
        "harness doctor --workers 8       the machine alone",
        "harness doctor quick             the machine and a campaign",
        "harness doctor quick --repair    drop what is broken; run again to redo it",
    ),
    "report": _examples(
        "harness report",
        "harness report quick --out /tmp/quick",
        "harness report quick --single-file --out quick.html",
        "harness report quick --fail-on fail,T01",
        "harness report quick --for paper --out ~/thesis/quick",
    ),
    "publish": _examples(
        "harness publish site                                every campaign",
        "harness publish site cartpole 'night-*' --url https://me.github.io/results",
    ),
    "compare": _examples(
        "harness compare monday tuesday",
        "harness compare monday tuesday --fail-on worse",
        "harness compare monday tuesday --fail-on worse,slower,T07 --out compared",
        "harness compare night@2026-11-20 night         one campaign, then and now",
    ),
    "history": _examples(
        "harness history 'night-*'        page, Atom feed and badge of all nights",
        "harness history monday tuesday wednesday --fail-on worse",
    ),
    "merge": _examples(
        "harness merge monday tuesday --into both",
        "harness merge parts/*/night --into night  from several machines",
    ),
    "import": _examples(
        "harness import scores.csv --campaign night --variant published",
        "harness import theirs.csv --source 'Table 2 of arXiv 2006.05990'",
    ),
    "robustness": _examples(
        "harness robustness ppo@CartPole-v1",
        "harness robustness ppo@CartPole-v1 --seeds 20  trains missing seeds",
    ),
    "export": _examples(
        "harness export quick --format csv --out results",
        "harness export quick --format json --trials --out results",
        "harness export quick --format zoo > quick.yml",
    ),
    "dashboard": _examples("harness dashboard quick --port 8081"),
    "plot": _examples(
        "harness plot ppo@CartPole-v1                        every kind, as pages",
        "harness plot ppo@CartPole-v1 --as png --kind summary",
        "harness plot ppo@CartPole-v1 --kind impact --parameter learning_rate",
    ),
    "train": _examples(
        "harness train ppo@CartPole-v1 --campaign cartpole --out model",
        "harness train ppo@CartPole-v1 --variant default --seed 7 --out plain",
    ),
    "play": _examples(
        "harness play ppo@CartPole-v1         scores of the tuned agent",
        "harness play ppo@CartPole-v1 --variant default --render text --episodes 1",
        "harness play ppo@CartPole-v1 --run best --render human",
    ),
    "record": _examples(
        "harness record ppo@CartPole-v1       default and tuned, GIF and MP4",
        "harness record ppo@CartPole-v1 --variant tuned --format gif --train",
    ),
}
