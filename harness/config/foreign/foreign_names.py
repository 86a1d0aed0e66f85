"""Words that people bring from scripts and other tools, and what they are called here."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from typing import Final

from harness.core.arguments import ACTIVATIONS, NOISES, OPTIMIZERS
from harness.core.spaces.training_scenario import SCENARIO_NAMES, STACK
from harness.errors import did_you_mean

_HYPERPARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "activation_fn": ("activation", "activation_function", "nonlinearity"),
    "batch_size": (
        *("minibatch_size", "mini_batch_size", "sgd_minibatch_size"),
        *("n_minibatches", "nminibatches", "num_minibatches"),
    ),
    "buffer_size": ("memory_size", "replay_size", "replay_buffer_size"),
    "clip_range": ("clip_coef", "clip_eps", "clip_epsilon", "clip_param", "eps_clip", "epsilon"),
    "ent_coef": ("entropy", "entropy_coef", "entropy_coeff", "alpha"),
    "exploration_final_eps": ("end_e", "epsilon_end", "eps_end", "final_epsilon"),
    "exploration_fraction": ("epsilon_decay", "eps_decay"),
    "exploration_initial_eps": ("epsilon_start", "eps_start", "start_e"),
    "gae_lambda": ("gae", "lam", "lambda", "lambda_"),
    "gamma": ("discount", "discount_factor"),
    "learning_rate": ("lr", "step_size", "learning_rate_init"),
    "learning_starts": ("learning_start", "random_steps", "start_steps", "warmup_steps"),
    "lr_schedule": ("anneal_lr", "schedule", "learning_rate_schedule", "lr_decay"),
    "max_grad_norm": ("grad_clip", "grad_norm", "gradient_clip"),
    "n_epochs": ("epochs", "num_epochs", "num_sgd_iter", "update_epochs", "k_epochs"),
    "n_steps": ("num_steps", "horizon", "rollout_length", "rollout_steps", "n_steps_pow"),
    "net_arch": ("hidden_size", "hidden_sizes", "hidden_dim", "hidden_layers", "n_layers"),
    "normalize_advantage": ("norm_adv", "normalize_advantages"),
    "replay_ratio": ("gradient_steps", "utd", "updates_per_step"),
    "target_kl": ("kl_target", "max_kl"),
    "target_update_interval": ("target_update", "target_update_freq", "target_network_frequency"),
    "tau": ("polyak", "soft_tau"),
    "train_freq": ("train_frequency", "update_every", "update_freq"),
    "vf_coef": ("value_coef", "vf_loss_coeff", "critic_coef", "value_loss_coef"),
}

_OF_A_COMPONENT: Final = (
    "an option of the sampler or the pruner: `sampler: {name: tpe, n_startup_trials: 5}`"
)
_OF_ALL_CELLS: Final = (
    "what stands at the top holds for every cell (`search`, `test`, `space`, ...); the rest in "
    '`overrides: [{match: "*", ...}]`'
)

_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "`algorithms` is the list of them": (
        *("algo", "algorithm", "algos", "agent", "agents", "learner", "learners"),
        *("model", "models"),
    ),
    "`scenarios` is the list of them": (
        *("env", "env_id", "env_ids", "env_name", "env_names", "environment", "environments"),
        *("envs", "game", "games", "task", "tasks"),
    ),
    _OF_ALL_CELLS: ("common", "default", "defaults", "global", "globals", "settings"),
    "`search.trials` is how many a cell has": ("num_samples", "n_iter"),
    "`test.seeds` is how many runs test a variant, `search.repeats` how many searches a cell has": (
        *("n_repeats", "n_runs", "n_seeds", "num_runs", "num_seeds", "replicates", "runs"),
    ),
    "`seed` is the campaign's; every other seed follows from it": ("random_seed", "random_state"),
    "`timeout` of one run stands at the top; for the whole there is `harness run --budget 8h`": (
        "timeout",
    ),
    "`search.steps` and `test.steps` are lengths of a training": (
        *("n_timesteps", "num_steps", "num_timesteps", "timesteps", "total_timesteps"),
        *("budget_timesteps", "train", "train_steps", "training", "training_steps"),
    ),
    "`evals` is how many evaluations a training has, evenly spaced": (
        *("eval_freq", "eval_interval", "eval_every", "n_evaluations"),
    ),
    "`episodes` is how many an evaluation has": ("n_eval_episodes", "eval_episodes"),
    "`search` and `test` say each how often (`evals`) and how long (`episodes`) they evaluate": (
        *("eval", "evaluate", "evaluation", "evaluations"),
    ),
    "`search.parameters` lists the only hyperparameters that are searched": (
        *("only", "search_only", "tune", "tuned_parameters"),
    ),
    "`search` is the tuning: trials, steps, sampler, pruner": (
        *("hpo", "optimization", "optimize", "optuna", "sweep", "tuner", "tuning"),
    ),
    "`search.sampler` chooses the trials": ("grid", "search_alg", "search_algorithm"),
    "`search.pruner` ends trials early, `search.until` a search": (
        *("early_stop", "early_stopping", "patience", "scheduler", "stop", "stopping"),
    ),
    "`space` holds the ranges": (
        *("config", "hyper_parameters", "hyperparameter", "hyperparameters", "hyperparams"),
        *("param_space", "search_space", "params"),
    ),
    "`search.first` lists configurations to begin with": (
        *("enqueue", "enqueue_trials", "known", "points_to_evaluate", "warm_start"),
    ),
    "`transfer: {seeds: 2, tune_across: mean}` chooses one configuration for all scenarios": (
        *("tune_across", "tune_jointly", "across", "across_scenarios"),
    ),
    "`variants: {ensemble: {of: top 5}}`, and its name in `test.variants`": (
        *("ensemble", "ensembles"),
    ),
    "`exclude` leaves cells out; `harness run --cells 'ppo@*'` runs some of them": (
        *("filter", "ignore", "only_cells", "skip"),
    ),
    "`overrides` lists settings of some cells: `overrides: [{match: ppo, ...}]`": (
        *("cell", "cells", "match", "per_algo", "per_cell", "per_env"),
    ),
    "`confirm` compares the search's best on fresh seeds, `test` the winner on held-out ones": (
        *("confirmation", "final", "final_evaluation", "held_out", "holdout", "testing"),
        *("validate", "validation"),
    ),
    "a learner's arguments: `algorithms: [{name: ..., arguments: {...}}]`": (
        *("agent_kwargs", "algo_kwargs", "kwargs", "model_kwargs", "policy_kwargs"),
    ),
    "`extends` names the matrix below this one": ("base", "inherit", "inherits", "parent"),
    "returns are maximised, always; `search.objectives` names others beside them": (
        *("direction", "directions", "mode", "metric", "objective"),
    ),
    "`name` is the campaign's, its studies are called `<name>/<cell>`": (
        *("exp_name", "experiment", "experiment_name", "id", "project", "project_name"),
        *("run_name", "study", "study_name", "title"),
    ),
    "write it behind a `#`, as a comment": ("comment", "description", "notes", "tags"),
    "the same command resumes a campaign, always": ("load_if_exists", "resume"),
    "`listeners: [tensorboard, mlflow, wandb]` are told of every run": (
        *("callbacks", "logger", "loggers", "mlflow", "tensorboard", "tensorboard_log", "track"),
        *("tracker", "trackers", "tracking", "wandb"),
    ),
    "`resources: {gpus: 1}` trains on a GPU": (
        *("cuda", "device", "gpu", "gpus", "n_gpus", "num_gpus", "use_gpu"),
    ),
    "for one cell `baseline` in an override, for a configuration `variants`": (
        *("baseline", "baselines", "baseline_score"),
    ),
    "`search.budget` is the size of a search; for a length of time `harness run --budget 8h`": (
        "budget",
    ),
    _OF_A_COMPONENT: (
        *("n_startup_trials", "n_warmup_steps", "interval_steps", "multivariate"),
        *("n_ei_candidates", "reduction_factor", "min_resource"),
    ),
}

_RANGE_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "low": ("from", "lower", "lower_bound", "min", "minimum"),
    "high": ("max", "maximum", "to", "upper", "upper_bound"),
    "choices": ("categorical", "grid_search", "options", "values"),
    "log: true": ("distribution", "loguniform", "scale", "type"),
    "step": ("q", "quantile", "quantization"),
}
"""Keys of a range -> what other tools call them."""

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "cmaes": ("cma-es", "cma_es", "cmaessampler"),
    "gp": ("bayes", "bayesian", "bayesopt", "gpsampler"),
    "grid": ("grid_search", "gridsampler"),
    "nsga2": ("nsgaii", "nsgaiisampler"),
    "qmc": ("qmcsampler", "sobol"),
    "random": ("random_search", "randomsampler"),
    "tpe": ("hyperopt", "tpesampler"),
    "hyperband": ("hyperbandpruner", "hyperbandscheduler"),
    "median": ("medianpruner", "medianstoppingrule"),
    "none": ("false", "no", "nop", "noppruner", "null", "off"),
    "patient": ("patientpruner",),
    "percentile": ("percentilepruner",),
    "successive_halving": ("asha", "ashascheduler", "successivehalvingpruner"),
    "threshold": ("thresholdpruner",),
    "wilcoxon": ("wilcoxonpruner",),
    "ppo_mask": ("maskableppo", "maskable_ppo", "ppo_maskable"),
    "ppo_recurrent": ("ppo_lstm", "recurrentppo", "recurrent_ppo"),
}
"""Samplers, pruners and algorithms -> what other libraries and their classes call them."""

_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "workers 4": (
        *("concurrency", "cores", "cpus", "jobs", "n_jobs", "n_workers", "num_cpus"),
        *("num_workers", "parallel", "processes", "workers"),
    ),
    "storage URL": ("database", "db", "storage"),
    "budget 8h": ("max_time", "time_budget", "time_budget_s", "time_limit"),
    "deadline 06:30": ("deadline",),
    "save-models": ("checkpoint", "checkpoints", "save_freq", "save_model", "save_models"),
    "runs DIR --reports DIR": (
        *("folder", "log_dir", "log_folder", "log_path", "logdir", "out", "output"),
        *("output_dir", "report", "reports", "results_dir", "save_dir"),
    ),
    "quiet": ("quiet", "silent", "verbose", "verbosity"),
}
"""Options of `harness run` -> what is taken for a key of a matrix."""

_OF_SCENARIO: Final = {
    "env_kwargs": "arguments",
    "env_wrapper": "wrappers",
    "frame_stack": "wrappers",
    "max_episode_steps": "max_episode_steps",
    "n_envs": "n_envs",
    "normalize": "normalize",
    "num_envs": "n_envs",
    "vec_env": "n_envs",
    "vec_normalize": "normalize",
}
"""Settings of a scenario as rl-baselines3-zoo writes them -> what they are called here."""

_OF_ALGORITHM: Final = {
    "callback": "callbacks are no part of a matrix; `search.pruner` ends trials early",
    "noise_std": "write `action_noise: {noise: normal, sigma: 0.1}`",
    "noise_type": "write `action_noise: {noise: normal, sigma: 0.1}`",
    "vec_env_wrapper": "the wrappers of a scenario wrap single environments: `wrappers`",
}

_WORDS: Final = {entry.name: word for word, entry in {**ACTIVATIONS, **OPTIMIZERS}.items()}
"""Classes of torch -> what they are called here."""


def _own_names(table: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Word of other tools -> what stands for it here."""
    return {word: own for own, words in table.items() for word in words}


_OUR_NAMES: Final = _own_names(_HYPERPARAMETERS)
_HINTS: Final = _own_names(_KEYS)
_OWN_OPTIONS: Final = _own_names(_OPTIONS)
_OWN_RANGE_KEYS: Final = _own_names(_RANGE_KEYS)
_OWN_COMPONENTS: Final = _own_names(_NAMES)


def hyperparameter_hint(name: str, hyperparameters: Collection[str]) -> str:
    """What a hyperparameter of another library is called here, if an algorithm has it."""
    root, _, rest = name.partition(".")
    if root in {"scenario", "env", "env_kwargs", "environment"} and rest:
        own = rest.rpartition(".")[2]
        close = did_you_mean(own, SCENARIO_NAMES)
        return close or f"did you mean `scenario.arguments.{own}`, an argument of the environment?"
    own_name = _OUR_NAMES.get(name.lower().replace("-", "_"))
    return f"did you mean `{own_name}`?" if own_name in hyperparameters else ""


def key_hint(name: str) -> str:
    """Where in a matrix, or on the command line, what another tool calls so is said."""
    option = run_option(name)
    text = f"it is no part of a matrix: `harness run {option}`"
    return text if option else _HINTS.get(name.lower(), "")


def range_key_hint(name: str) -> str:
    """The key of a range that another tool calls so; else empty."""
    own_name = _OWN_RANGE_KEYS.get(name.lower())
    return f"did you mean `{own_name}`?" if own_name else ""


def name_hint(name: object, names: Collection[str]) -> str:
    """What is called so elsewhere, if it is one of the names; else empty."""
    word = str(name).rpartition(".")[2].lower()
    own_name = _OWN_COMPONENTS.get(word)
    return f"did you mean `{own_name}`?" if own_name in names else ""


def run_option(name: str) -> str:
    """The option of `harness run` that another tool calls so, with a value; else empty."""
    option = _OWN_OPTIONS.get(name.lower())
    return f"--{option}" if option else ""


def argument_hint(name: str) -> str:
    """How a matrix writes a hyperparameter; empty for what is none that other tools know."""
    own_name = _OUR_NAMES.get(name.lower(), name)
    if own_name not in _HYPERPARAMETERS:
        return ""
    return (
        f"a hyperparameter: `space: {{{own_name}: ...}}` searches it, "
        f"`algorithms: [{{name: ..., arguments: {{{own_name}: ...}}}}]` fixes it"
    )


def setting_hint(name: str, value: object) -> str:
    """Where in a matrix a setting belongs that other tools write elsewhere."""
    if name in _OF_SCENARIO:
        text = str(value).lower() if isinstance(value, bool | int) else "..."
        if name == "frame_stack":
            text = f"[{{path: {STACK}, arguments: {{count: {text}}}}}]"
        elif name == "env_wrapper":
            text = "[...]"
        entry = f"{{name: ..., {_OF_SCENARIO[name]}: {text}}}"
        return f"`{name}` is a setting of the scenario: `scenarios: [{entry}]`"
    return _OF_ALGORITHM.get(name) or key_hint(name)


def value_hint(name: str, value: object) -> str:
    """How a value is written here that scripts and configuration files write as Python text."""
    if not isinstance(value, str):
        return ""
    schedule = re.fullmatch(r"lin_([0-9.eE+-]+)", value)
    if schedule:
        return f"write `{{schedule: linear, initial: {schedule[1]}}}`"
    if name == "action_noise":
        word = {cls: word for word, cls in NOISES.items()}.get(value.partition("(")[0], "normal")
        return f"write `{{noise: {word}, sigma: 0.1}}`"
    form = _yaml_of(value) if name.endswith("kwargs") else ""
    return f"a matrix holds no Python; write `{form}`" if form.startswith("{") else ""


def _yaml_of(text: str) -> str:
    """Python's ``dict(...)`` or ``{...}`` as YAML; empty for anything else."""
    try:
        return _yaml(python_value(text))
    except ValueError:
        return ""


def python_value(text: str) -> object:
    """The value of Python text as configuration files have it, read and never evaluated.

    Literals, ``dict(...)``, and classes of torch, which become the words for them here.

    Raises:
        ValueError: It is something else.
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise ValueError(f"`{text.strip()[:60]}` is no Python value") from error


def _value(node: ast.expr) -> object:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        if node.args or any(keyword.arg is None for keyword in node.keywords):
            raise ValueError(f"`{ast.unparse(node)[:60]}` is no mapping of names")
        return {str(keyword.arg): _value(keyword.value) for keyword in node.keywords}
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {str(_value(key)): _value(value) for key, value in pairs if key is not None}
    if isinstance(node, ast.List | ast.Tuple):
        return [*map(_value, node.elts)]
    if isinstance(node, ast.Attribute | ast.Name):
        name = node.attr if isinstance(node, ast.Attribute) else node.id
        return _WORDS.get(name, name)
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise ValueError(f"`{ast.unparse(node)[:60]}` is no value but code: none is run") from error


def _yaml(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_yaml(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
