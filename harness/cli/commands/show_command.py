"""``harness show``: one scenario or algorithm in full."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import completion, console
from harness.cli.command_options import AsJson
from harness.cli.console import Column, Table, columns
from harness.cli.help_examples import EXAMPLES
from harness.cli.text_format import count, number
from harness.constructors import Constructor
from harness.core.algorithm import Algorithm
from harness.core.identity import canonical
from harness.core.scenario import Normalize, Scenario, Score, Wrapper
from harness.core.space import Space
from harness.core.spaces.parameter import Parameter
from harness.core.spaces.search_words import Vocabulary
from harness.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from harness.registry import Registry

show_app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")

ScenarioName = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="As `harness list` names it.", autocompletion=completion.scenarios
    ),
]
AlgorithmName = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="As `harness list` names it.", autocompletion=completion.algorithms
    ),
]

Picture = Annotated[
    Path | None,
    typer.Option("--picture", metavar="FILE", help="Draw one frame of it as a PNG."),
]


@show_app.callback()
def _group() -> None:
    """Show one scenario or one algorithm in full."""


@show_app.command("scenario", epilog=EXAMPLES["show scenario"])
def show_scenario(name: ScenarioName, picture: Picture = None, as_json: AsJson = False) -> None:
    """A scenario's spaces, settings, scores with their sources, and the algorithms that fit."""
    from harness import campaign, config

    registry = campaign.registry()
    scenario = config.look_up_scenario(name, registry)
    spaces = _spaces(scenario, registry)
    if picture is not None:
        _draw(scenario, picture)
    able = sorted(
        item.name
        for item in registry.algorithms.values()
        if scenario.with_action_kind(item.actions).action in item.actions
        and scenario.observation in item.policies
    )
    if as_json:
        facts = canonical(scenario, everything=True)
        console.emit({**facts, "spaces": spaces, "algorithms": able})
    else:
        facts = [*scenario_facts(scenario), *spaces.items(), ("algorithms", ", ".join(able))]
        console.show(_facts(facts))
    if picture is not None:
        console.note(f"picture: {picture}")


def _spaces(scenario: Scenario, registry: Registry) -> dict[str, str]:
    """The spaces in full, or why they are not known."""
    try:
        description = registry.describe(scenario)
    except MissingExtraError as error:
        return {"spaces": f"not known before `{error.help}`"}
    if description is None:
        return {}
    return {"actions": description.action_space, "observations": description.observation_space}


def _draw(scenario: Scenario, path: Path) -> None:
    from harness.execution import UserCode

    if path.suffix.lower() != ".png":
        raise UsageError(f"`{path}` is no PNG", help="let the name end in .png")
    question = f"{__name__}:{write_picture.__name__}"
    UserCode().ask(question, scenario, path.absolute(), about=f"scenario `{scenario.name}`")


def write_picture(scenario: Scenario, path: Path) -> None:
    """Draw one frame of a scenario; called in a child process, as all code of users is.

    Raises:
        UsageError: The file cannot be written, or the scenario does not render to an image.
        HarnessError: The environment cannot be made or drawn.
    """
    import imageio.v3 as imageio

    from harness import envs

    frame = envs.render_picture(scenario)
    try:
        imageio.imwrite(path, frame)
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror}") from error


@show_app.command("algorithm", epilog=EXAMPLES["show algorithm"])
def show_algorithm(name: AlgorithmName, as_json: AsJson = False) -> None:
    """An algorithm's capabilities and its search space with sources."""
    from harness import campaign

    registry = campaign.registry()
    algorithm = registry.algorithm(name)
    learner = registry.learner(algorithm)
    space = algorithm.space.with_defaults(learner.parameters)
    words = Vocabulary(space=space, parameters=learner.parameters).words
    on_request = Space(parameters=tuple(word.parameter for word in words))
    if as_json:
        data: dict[str, Any] = canonical(algorithm, everything=True)
        parameters_json, by_name = (
            [_parameter_json(parameter) for parameter in each.parameters]
            for each in (space, on_request)
        )
        constructor = canonical(learner.parameters)
        more = {"space": parameters_json, "by_name": by_name, "constructor": constructor}
        console.emit({**data, **more})
        return
    console.show(_facts(algorithm_facts(algorithm, space, on_request, learner)))
    console.out("")
    console.show(space_table(space, algorithm.priors))
    console.out("\nsearched where `search.parameters` or `space` names them:\n")
    console.show(space_table(on_request, {}))


def scenario_facts(scenario: Scenario) -> list[tuple[str, str]]:
    """A scenario's settings as (word, text), those that say nothing left out."""
    facts = [
        ("name", scenario.name),
        ("description", scenario.description),
        ("environment", scenario.env),
        ("family", scenario.family),
        ("action", scenario.action),
        ("observation", scenario.observation),
        ("arguments", json.dumps(dict(scenario.arguments)) if scenario.arguments else ""),
        ("imports", ", ".join(scenario.imports)),
        ("sources", ", ".join(f"{each.name} {each.version}" for each in scenario.sources)),
        ("n_envs", str(scenario.n_envs)),
        ("normalize", ", ".join(_on(scenario.normalize))),
        ("normalize on-policy", ", ".join(_on(scenario.normalize_on_policy))),
        ("wrappers", _wrappers(scenario.wrappers)),
        ("in training", _wrappers(scenario.training_wrappers)),
        ("time limit", _some(scenario.max_episode_steps)),
        ("steps", _some(scenario.steps)),
        ("solved at", number(scenario.threshold) if scenario.threshold is not None else ""),
        ("random", _score(scenario.random)),
        ("reference", _score(scenario.reference)),
        *((name, _score(score)) for name, score in scenario.baselines.items()),
        ("levels", _levels(scenario)),
        ("searched", "; ".join(f"{name} {_range(r)}" for name, r in scenario.ranges.items())),
        *(
            (f"or {kind}", f"with {json.dumps(dict(a))}")
            for kind, a in scenario.alternatives.items()
        ),
        *((f"{name} may be", ", ".join(words)) for name, words in scenario.choices.items()),
        ("requires", scenario.requires),
        ("licence", scenario.licence),
    ]
    return [(word, text) for word, text in facts if text]


def _range(entry: Mapping[str, object]) -> str:
    if entry.keys() <= {"low", "high"}:
        return " ".join(
            f"{word} {entry[key]:g}"
            for key, word in (("low", "from"), ("high", "to"))
            if key in entry
        )
    return json.dumps(dict(entry))


def _levels(scenario: Scenario) -> str:
    names = [level.name for level in scenario.levels]
    return " -> ".join([*names, scenario.name]) if names else ""


def _on(normalize: Normalize) -> list[str]:
    switches = {"observation": normalize.observation, "reward": normalize.reward}
    return [word for word, is_on in switches.items() if is_on]


def _wrappers(wrappers: Sequence[Wrapper]) -> str:
    arguments = (json.dumps(dict(item.arguments)) if item.arguments else "" for item in wrappers)
    return ", ".join(
        f"{item.path} {text}".strip() for item, text in zip(wrappers, arguments, strict=True)
    )


def _some(value: int | None) -> str:
    return "" if value is None else count(value)


def _score(score: Score | None) -> str:
    return "" if score is None else f"{number(float(score.value))}  ({score.source})"


def algorithm_facts(
    algorithm: Algorithm, space: Space, on_request: Space, learner: Constructor
) -> list[tuple[str, str]]:
    """An algorithm's capabilities as (word, text).

    Args:
        space: What it searches.
        on_request: What it searches where a matrix names it.
        learner: Its constructor.
    """
    parameters = (*space.parameters, *on_request.parameters)
    argument_names = {(p.target or p.name).partition(".")[0] for p in parameters}
    others = [name for name in learner.parameters if name not in argument_names and name[0] != "_"]
    policies = (f"{policy} ({kind})" for kind, policy in algorithm.policies.items())
    return [
        ("name", algorithm.name),
        ("title", algorithm.title),
        ("learner", algorithm.learner),
        ("learns", "on policy" if algorithm.on_policy else "off policy"),
        ("actions", ", ".join(sorted(algorithm.actions))),
        ("policies", ", ".join(policies)),
        ("source", algorithm.source),
        ("not searched", ", ".join(others)),
        ("matter most", ", ".join(algorithm.importance)),
    ]


def space_table(space: Space, priors: Mapping[str, Sequence[object]]) -> Table:
    """The searched hyperparameters: range, default, where `auto` begins, condition, source."""
    wrapped = {"range", "good elsewhere", "only if", "source"}
    titles = ("parameter", "range", "default", "good elsewhere", "only if", "source")
    return Table(
        columns=columns(*titles, wrapped=wrapped),
        rows=tuple(
            (
                parameter.name,
                parameter.domain.describe(),
                json.dumps(parameter.default),
                _middle(priors.get(parameter.name, ())),
                _condition(parameter),
                parameter.source,
            )
            for parameter in space.parameters
        ),
    )


def _middle(values: Sequence[Any]) -> str:
    """The middle half of numbers, the most frequent of other values."""
    if not values:
        return ""
    if any(isinstance(value, bool | str) for value in values):
        return json.dumps(max(values, key=values.count))
    in_order = sorted(values)
    low, high = (f"{in_order[part * len(in_order) // 4]:g}" for part in (1, 3))
    return low if low == high else f"{low} .. {high}"


def _condition(parameter: Parameter) -> str:
    parts = []
    if parameter.when is not None:
        parts.append(parameter.when.describe())
    if parameter.actions:
        parts.append(f"actions are {' or '.join(sorted(parameter.actions))}")
    return "; ".join(parts)


def _parameter_json(parameter: Parameter) -> dict[str, object]:
    actions = sorted(parameter.actions)
    return {**parameter.to_json(), "actions": actions, "source": parameter.source}


def _facts(facts: list[tuple[str, str]]) -> Table:
    columns = (Column(title=""), Column(title="", whole=False))
    return Table(columns=columns, rows=tuple(facts))
