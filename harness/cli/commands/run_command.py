"""``harness run``: tune, confirm, test and report; or go on where the last run stopped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from harness.cli import completion
from harness.cli.command_options import (
    DryRuns,
    MatrixOption,
    Profile,
    Reports,
    Runs,
    Sets,
    Storage,
    Workers,
    flag,
    matrix_source,
)
from harness.cli.run_queue import Queue, run_queue
from harness.cli.text_format import budget as time_length
from harness.cli.text_format import ending, utc_now
from harness.errors import UsageError
from harness.input_limits import parse_json


def run(
    matrices: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MATRIX",
            help="YAML files, or built-in matrices by their names; one after the other.",
            autocompletion=completion.matrices,
        ),
    ] = None,
    matrix_option: MatrixOption = None,
    workers: Workers = None,
    profile: Profile = None,
    sets: Sets = None,
    cells: Annotated[
        list[str] | None,
        typer.Option(
            "--cells",
            metavar="PATTERN",
            help="Only these cells, as in 'ppo@*', ppo or CartPole-v1; repeat it for more.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Of the campaign, instead of the matrix' own; {date} stands for today's, "
            "{matrix} for that of the file.",
        ),
    ] = None,
    reuse: Annotated[
        str | None,
        typer.Option(
            "--reuse",
            metavar="CAMPAIGN",
            help="Take over the results of equal runs of this earlier campaign.",
            autocompletion=completion.campaigns,
        ),
    ] = None,
    accept_changes: Annotated[
        bool,
        flag(
            "--accept-changes",
            help="Go on although the matrix changed; results that no longer fit are redone.",
        ),
    ] = False,
    retry_failed: Annotated[bool, flag("--retry-failed", help="Redo the failed runs.")] = False,
    save_models: Annotated[
        bool, flag("--save-models", help="Keep the test rung's models.")
    ] = False,
    executor: Annotated[
        str,
        typer.Option(
            "--executor",
            metavar="NAME",
            help="What executes the runs.",
            autocompletion=completion.executors,
        ),
    ] = "local",
    deadline: Annotated[
        str | None,
        typer.Option(
            "--deadline",
            metavar="TIME",
            help="End by 06:30, or by a date-time, with what then is tested.",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="TIME", help="End after 8h, 90m, 1h30m, likewise."),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            "--address",
            metavar="WHERE",
            help="Of the executor's cluster: auto, HOST:PORT, ray://HOST:PORT.",
        ),
    ] = None,
    executor_options: Annotated[
        list[str] | None,
        typer.Option(
            "--executor-option",
            metavar="KEY=VALUE",
            help="Another option of the executor; repeat it for more.",
        ),
    ] = None,
    report_every: Annotated[
        str | None,
        typer.Option(
            "--report-every",
            metavar="TIME",
            help="Write the report every 15m, 1h, ... while the campaign runs, too.",
        ),
    ] = None,
    on_end: Annotated[
        str,
        typer.Option(
            "--on-end",
            metavar="COMMAND",
            help="Run this when a campaign ends; what came of it is in JSON on its stdin.",
            show_default=False,
        ),
    ] = "",
    on_failure: Annotated[
        str,
        typer.Option(
            "--on-failure",
            metavar="COMMAND",
            help="Run this when a run or a sampler has failed: once per cell and kind.",
            show_default=False,
        ),
    ] = "",
    on_regression: Annotated[
        str,
        typer.Option(
            "--on-regression",
            metavar="COMMAND",
            help="Run this when a cell is worse than in the campaign of the --name before.",
            show_default=False,
        ),
    ] = "",
    dry_runs: DryRuns = True,
    runs: Runs = Path("runs"),
    storage: Storage = None,
    reports: Reports = Path("reports"),
    quiet: Annotated[bool, flag("--quiet", "-q", help="On stderr only failures.")] = False,
    log_format: Annotated[
        Literal["text", "json"],
        typer.Option("--log-format", help="Of what is said on stderr: lines, or JSON Lines."),
    ] = "text",
    as_json: Annotated[
        bool, flag("--json", help="Print events as JSON Lines, the outcome last.")
    ] = False,
) -> None:
    """Tune, confirm, test and report every cell of a matrix, or of several.

    The same command again resumes a campaign and repeats nothing.
    Ctrl-C once finishes the runs in progress and stops; twice stops them at once.
    """
    from harness import campaign

    options = campaign.RunOptions(
        workers=workers,
        runs=runs,
        storage=storage,
        reports=reports,
        accept_changes=accept_changes,
        retry_failed=retry_failed,
        save_models=save_models,
        executor=executor,
        executor_options=_executor_options(executor_options or [], address),
        reuse=reuse,
        report_every=_seconds(report_every),
    )
    queue = Queue(
        sources=_sources(matrices or [], matrix_option, name),
        profile=profile,
        sets=sets or [],
        cells=tuple(cells or ()),
        options=options,
        commands=campaign.MessageCommands(
            on_end=on_end, on_failure=on_failure, on_regression=on_regression
        ),
        pattern=_pattern(name, on_regression),
        end=ending(deadline, budget, utc_now()),
        dry_runs=dry_runs,
        quiet=quiet,
        as_json=as_json,
        log_json=log_format == "json",
    )
    raise typer.Exit(run_queue(queue))


def _sources(matrices: Sequence[str], option: str | None, name: str | None) -> Sequence[str]:
    """The matrices, of which there must be one at least.

    Raises:
        UsageError: There is none; or several, which cannot share a name.
    """
    if len(matrices) < 2:
        return [matrix_source("run", next(iter(matrices), None), option)]
    if option is not None:
        matrix_source("run", matrices[0], option)
    if name is not None and "{matrix}" not in name and len(set(matrices)) > 1:
        raise UsageError(
            f"`--name {name}` for {len(matrices)} matrices",
            help="campaigns need names of their own: put {matrix} into it, which stands for each "
            "file's, or write `name:` into each matrix",
        )
    return matrices


def _pattern(name: str | None, on_regression: str) -> str:
    """The name with its date left open.

    Raises:
        UsageError: A campaign is to be held against an earlier one, and has no dated name.
    """
    if on_regression and "{date}" not in (name or ""):
        raise UsageError(
            "--on-regression needs campaigns with dated names",
            help='add --name "night-{date}"',
        )
    return name or ""


def _seconds(text: str | None) -> float | None:
    return None if text is None else time_length(text, "--report-every").total_seconds()


def _executor_options(texts: Sequence[str], address: str | None) -> dict[str, object]:
    """Options by name; numbers and true/false as such, everything else as text.

    Raises:
        UsageError: One is not written KEY=VALUE.
    """
    options: dict[str, Any] = {} if address is None else {"address": address}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise UsageError(
                f"`--executor-option {text}` has no value", help="write --executor-option KEY=VALUE"
            )
        try:
            options[name] = parse_json(value)
        except ValueError:
            options[name] = value
    return options
