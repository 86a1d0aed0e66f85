"""What the shell offers at the tab key; whatever fails offers nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from harness.input_limits import read_file

if TYPE_CHECKING:
    from harness.core.space import Space

Offer = Callable[[typer.Context, str], list[str]]


def _offer(names: Callable[[typer.Context, str], Iterable[str]]) -> Offer:
    """Names that begin with what is written already; nobody completes with a traceback."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            return sorted(name for name in names(ctx, incomplete) if name.startswith(incomplete))
        except Exception:  # noqa: BLE001 - a half-written command line may be anything
            return []

    return complete


def _runs(ctx: typer.Context) -> Path:
    return Path(ctx.params.get("runs") or "runs")


@_offer
def campaigns(ctx: typer.Context, _: str) -> Iterable[str]:
    from harness.campaign.campaign_records import campaign_names

    return campaign_names(_runs(ctx))


def _spaces(ctx: typer.Context) -> dict[str, Space]:
    """Cell -> what it searches, of the campaign that is named."""
    from harness.campaign import latest, record

    runs = _runs(ctx)
    name = ctx.params.get("campaign") or latest(runs)
    return {cell.name: cell.cell.space for cell in record(name, runs, brief=True).cells}


@_offer
def cells(ctx: typer.Context, _: str) -> Iterable[str]:
    return _spaces(ctx)


@_offer
def parameters(ctx: typer.Context, _: str) -> Iterable[str]:
    """What the cell that is named searches."""
    # An argument is no parameter yet while an option waits for its value.
    return _spaces(ctx)[ctx.params.get("cell") or ctx.args[0]].names


@_offer
def matrices(_: typer.Context, incomplete: str) -> Iterable[str]:
    """Built-in matrices, and files and folders that may hold others."""
    from harness.config import builtin_matrices

    folder = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
    files = [path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"}]
    folders = [f"{path}/" for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
    return [*builtin_matrices(), *map(str, files), *folders]


@_offer
def profiles(ctx: typer.Context, _: str) -> Iterable[str]:
    from harness.config import builtin_matrices
    from harness.config.documents.yaml_text import parse

    # Of several matrices none is a parameter yet while an option waits for its value.
    source = ctx.params.get("matrix") or ctx.params.get("matrix_option") or ctx.args[0]
    file: Any = builtin_matrices().get(source)
    text = read_file(Path(source)).decode() if file is None else file.read_text(encoding="utf-8")
    root = parse(text, source)[0]
    node = None if root is None else root.get("profiles")
    return [] if node is None else map(str, node.children)


@_offer
def scenarios(_: typer.Context, __: str) -> Iterable[str]:
    from harness.campaign import registry

    return registry().scenarios


@_offer
def algorithms(_: typer.Context, __: str) -> Iterable[str]:
    from harness.campaign import registry

    return registry().algorithms


@_offer
def executors(_: typer.Context, __: str) -> Iterable[str]:
    from harness.registry import component_paths

    return component_paths("executor")


_NAMED: Final = {"search.sampler": "sampler", "search.pruner": "pruner"}
"""Settings with names for values, and the kind of these."""


@_offer
def changes(_: typer.Context, __: str) -> Iterable[str]:
    """Settings whose values are names of components, each with every name: ``key=name``."""
    from harness.registry import component_paths

    return [f"{key}={name}" for key, kind in _NAMED.items() for name in component_paths(kind)]


_BREAKS: Final = "=@:"
"""Where bash breaks words that are being completed, beside spaces and quotes."""


@contextmanager
def whole_words() -> Iterator[None]:
    """Put the words together that bash has broken, where it completes: ``ppo @ Cart``.

    It keeps what is written up to the last break, so that what is offered is printed without that.
    """
    prefix = _join_words() if os.environ.get("_HARNESS_COMPLETE") == "complete_bash" else ""
    if not prefix:
        yield
        return
    try:
        with redirect_stdout(StringIO()) as offer:
            yield
    finally:
        for name in offer.getvalue().splitlines():
            print(name.removeprefix(prefix))  # noqa: T201 - for the shell


def _join_words() -> str:
    """Join the words in the environment; returns what bash keeps of the last one."""
    words = os.environ.get("COMP_WORDS", "").split("\n")
    current = int(os.environ.get("COMP_CWORD") or 0)
    whole: list[str] = []
    is_joint = False
    for word in words[: current + 1]:
        is_break = bool(word) and not word.strip(_BREAKS)
        if whole and (is_break or is_joint):
            whole[-1] += word
        else:
            whole.append(word)
        is_joint = is_break
    if len(whole) > current:
        return ""
    os.environ["COMP_WORDS"] = "\n".join(whole)
    os.environ["COMP_CWORD"] = str(len(whole) - 1)
    end = max(whole[-1].rfind(each) for each in _BREAKS) + 1
    return whole[-1][:end]


def _checks(incomplete: str, *more: str) -> Iterable[str]:
    from harness.report.trust import all_rules

    done, comma, _ = incomplete.rpartition(",")
    names = (*more, "fail", "warn", *(rule.id for rule in all_rules()))
    return [f"{done}{comma}{name}" for name in names]


checks = _offer(lambda _, incomplete: _checks(incomplete))
comparison_gates = _offer(lambda _, incomplete: _checks(incomplete, "worse", "slower"))
