"""Every kind of broken matrix: the message, and the line and column it points at."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.errors import MatrixError

HEAD = "scenarios: [CartPole-v1, Pendulum-v1]\nalgorithms: [ppo]\n"
CART = "scenarios: [CartPole-v1]\nalgorithms: [ppo]\n"


@dataclass(frozen=True)
class Broken:
    id: str
    text: str
    message: str
    line: int
    column: int
    help: str = ""


CASES = [
    # --- syntax
    Broken(
        "tab",
        "scenarios:\n\t- CartPole-v1\n",
        "a tab cannot stand here",
        2,
        1,
        "write spaces instead of tabs",
    ),
    Broken(
        "open-list",
        "scenarios: [CartPole-v1\nalgorithms: [ppo]\n",
        "a list is not closed",
        1,
        12,
        "add the missing `,` or `]`",
    ),
    Broken(
        "open-mapping",
        CART + "search: {trials: 5\n",
        "a mapping is not closed",
        3,
        9,
        "add the missing `,` or `}`",
    ),
    Broken(
        "open-quote",
        'name: "x\n' + CART,
        "a quotation is not closed",
        1,
        7,
        "add the missing quote",
    ),
    Broken(
        "colon",
        CART + "seed: 3\n  threads: 1\n",
        "a `:` is not allowed here",
        4,
        10,
        "check the indentation above, or quote the text",
    ),
    Broken(
        "two-documents",
        CART + "---\nseed: 3\n",
        "a second document begins here",
        3,
        1,
        "keep one document in a file",
    ),
    Broken(
        "alias",
        CART + "seed: *nothing\n",
        "this alias has no anchor",
        3,
        7,
        "write `&name` at a value first",
    ),
    Broken(
        "control-character",
        CART + "name: a\x07b\n",
        "a control character",
        3,
        8,
        "remove it; the file must be plain text",
    ),
    Broken(
        "duplicate-key",
        "seed: 1\n" + CART + "seed: 2\n",
        "`seed` is given twice",
        4,
        1,
        "first on line 1; keep one of them",
    ),
    Broken("key", CART + "1: 2\n", "a key must be text", 3, 1, "quote it"),
    Broken("tag", CART + "seed: !seed 3\n", "tag `!seed` means nothing here", 3, 7),
    Broken(
        "infinite",
        CART + "space: {gamma: {low: .9, high: .inf}}\n",
        "`.inf` is not a finite number",
        3,
        32,
    ),
    Broken(
        "recursive",
        CART + "variants: &v {mine: *v}\n",
        "an alias that contains itself",
        3,
        11,
        "write the value out",
    ),
    Broken("list", "- ppo\n- a2c\n", "a matrix is a mapping of keys such as `scenarios:`", 1, 1),
    # --- schema
    Broken(
        "unknown-key",
        CART + "search:\n  n_trails: 100\n",
        "unknown key `n_trails`",
        4,
        3,
        "did you mean `trials`?",
    ),
    Broken(
        "misplaced-key",
        CART + "trials: 100\n",
        "unknown key `trials`",
        3,
        1,
        "did you mean `search.trials`?",
    ),
    Broken(
        "unknown-key-in-list",
        "scenarios:\n  - name: CartPole-v1\n    num_envs: 4\nalgorithms: [ppo]\n",
        "unknown key `num_envs`",
        3,
        5,
        "did you mean `n_envs`?",
    ),
    Broken(
        "text-for-a-number",
        CART + 'search: {trials: "5"}\n',
        '`trials` must be a whole number, not the text "5"',
        3,
        18,
        "remove the quotes",
    ),
    Broken(
        "fraction",
        CART + "threads: 1.5\n",
        "`threads` must be a whole number, not 1.5",
        3,
        10,
    ),
    Broken(
        "no-such-backend",
        CART + "backend: quick\n",
        "`backend` must be 'auto', 'sb3' or 'fast', not `quick`",
        3,
        10,
    ),
    Broken(
        "backend-that-lacks-the-observations",
        "scenarios: [{name: Pendulum-v1, observation: dict}]\n"
        "algorithms: [sac]\nbackend: fast\n",
        "`backend: fast` cannot train `sac@Pendulum-v1`: "
        "observations of kind dict are not accelerated",
        3,
        10,
        "`auto` takes it for whatever it can train",
    ),
    Broken(
        "backend-that-lacks-an-argument",
        "scenarios: [CartPole-v1]\nalgorithms:\n"
        "  - name: ppo\n    arguments: {policy_kwargs: {activation_fn: gelu}}\n"
        "overrides:\n  - match: ppo@*\n    backend: fast\n",
        "`backend: fast` cannot train `ppo@CartPole-v1`: activation `gelu` is not accelerated",
        7,
        14,
        "`auto` takes it for whatever it can train",
    ),
    Broken("bool", CART + "seed: true\n", "`seed` must be a whole number, not true", 3, 7),
    Broken("no", CART + "search: {trials: no}\n",
           '`trials` must be a whole number, not the text "no"', 3, 18),
    Broken(
        "empty-section",
        CART + "search:\n",
        "`search` must be a mapping; it is empty",
        3,
        1,
        "give a value or remove the key",
    ),
    Broken("scalar-for-list", "scenarios: CartPole-v1\nalgorithms: [ppo]\n",
           '`scenarios` must be a list, not the text "CartPole-v1"', 1, 12),
    Broken("too-few", CART + "confirm: {top: 0}\n", "`top` must be at least 1, not 0", 3, 16),
    Broken("negative", CART + "timeout: -5\n", "`timeout` must be above 0, not -5", 3, 10),
    Broken("memory-without-run", CART + "memory: 2000000000\n",
           "`memory` must be a size with its unit, e.g. `2GiB` or `500MB`", 3, 9),
    Broken("no-memory", CART + "overrides: [{match: '*@*', memory: 0GB}]\n",
           "`memory` must be a size with its unit, e.g. `2GiB` or `500MB`", 3, 36),
    Broken("no cpu", CART + "resources: {cpus: 0}\n", "`cpus` must be above 0, not 0", 3, 19),
    Broken("owed", CART + "resources: {gpus: -1}\n", "`gpus` must be at least 0, not -1", 3, 19),
    Broken("two gpus", CART + "resources: {gpus: 2}\n", "`gpus` must be at most 1, not 2", 3, 19),
    Broken("one gpu", CART + "resources: {gpu: 1}\n", "unknown key `gpu`", 3, 13, "did you mean"),
    Broken("many-envs", CART + "overrides: [{match: '*@*', n_envs: 4096}]\n",
           "`n_envs` must be at most 1024, not 4096", 3, 36),
    Broken("missing-name", "scenarios:\n  - n_envs: 4\nalgorithms: [ppo]\n",
           "`name` is missing", 2, 5, "add `name:`"),
    Broken("no-match", CART + "overrides:\n  - n_envs: 4\n", "`match` is missing", 4, 5),
    Broken("bad-match", CART + "overrides:\n  - match: ppo@\n",
           "`match` must be written as in `ppo@CartPole-v1`, `ppo@*`, `ppo` or `*`", 4, 12),
    Broken("slash", "name: a/b\n" + CART,
           "`name` must be made of letters, digits, `.`, `_` and `-`, not `a/b`: it names folders",
           1, 7),
    Broken("device", "name: con\n" + CART,
           "`name` must not be `con`: it names folders, and some systems have a device of that "
           "name", 1, 7),
    Broken("leads elsewhere", "scenarios: [{name: ../x, env: CartPole-v1}]\nalgorithms: [ppo]\n",
           "folders cannot be named after the scenario `../x`", 1, 20, "`name:` without"),
    Broken("leads up", "scenarios: [{name: a/../../x, env: CartPole-v1}]\nalgorithms: [ppo]\n",
           "folders cannot be named after the scenario `a/../../x`", 1, 20, "`name:` without"),
    Broken("device of windows", "scenarios: [{name: a/Nul.x, env: CartPole-v1}]\n"
           "algorithms: [ppo]\n",
           "folders cannot be named after the scenario `a/Nul.x`", 1, 20, "`name:` without"),
    Broken("case alone", "scenarios: [CartPole-v1, {name: cartpole-V1, env: CartPole-v1}]\n"
           "algorithms: [ppo]\n",
           "scenario `cartpole-V1` differs from `CartPole-v1` by the case of its letters alone",
           1, 33, "rename one"),
    Broken("case of variants",
           CART + "variants:\n  Mine: {arguments: {ppo: {}}}\n  mine: {arguments: {ppo: {}}}\n",
           "variant `mine` cannot name a folder", 5, 3, "`Mine` differs from it"),
    Broken("wrapper", "scenarios: [{name: CartPole-v1, wrappers: [Flatten]}]\nalgorithms: [ppo]\n",
           "`path` must be a dotted path such as `package.Class`, not `Flatten`", 1, 44),
    Broken("two-kinds-of-range", CART + "space: {gamma: {low: 0.9, choices: [0.9]}}\n",
           "`gamma` must be one of: a value, low/high/log/step, choices, powers_of_two, "
           "layers/widths; not choices and low/high/log/step", 3, 16),
    Broken("powers", CART + "space: {batch_size: {powers_of_two: [32, 64, 128]}}\n",
           "`powers_of_two` must have 2 values, not 3", 3, 37),
    Broken("seeds", CART + "test: {seeds: many}\n",
           "`seeds` must be a number of seeds or a list of seeds", 3, 15),
    Broken("negative-seed", CART + "test: {seeds: [1, -1]}\n",
           "`seeds` must hold seeds from 0 to 2147483647", 3, 15),
    Broken("kind", "scenarios: [{name: CartPole-v1, action: box}]\nalgorithms: [ppo]\n",
           "`action` must be 'Discrete', 'Box', 'MultiDiscrete' or 'MultiBinary', not `box`",
           1, 41),
    Broken("unused-profile", CART + "profiles:\n  smoke:\n    search: {trails: 2}\n",
           "unknown key `trails`", 5, 14, "did you mean `trials`?"),
    Broken("variant-from-nowhere", CART + "variants: {mine: {source: a book}}\n",
           "`mine` needs one of `arguments`, `from_file`, `from_zoo` and `of`", 3, 18),
    # --- names
    Broken("scenario", "scenarios: [CartPol-v1]\nalgorithms: [ppo]\n",
           "unknown scenario `CartPol-v1`", 1, 13, "did you mean `CartPole-v1`?"),
    Broken("suggested-scenario", "scenarios: [LunarLander-v2]\nalgorithms: [ppo]\n",
           "unknown scenario `LunarLander-v2`", 1, 13, "did you mean `LunarLander-v3`?"),
    Broken("env", "scenarios: [{name: mine, env: CartPol-v1}]\nalgorithms: [ppo]\n",
           "unknown scenario `CartPol-v1`", 1, 31, "did you mean `CartPole-v1`?"),
    Broken("algorithm", "scenarios: [CartPole-v1]\nalgorithms:\n  - ppo\n  - dqm\n",
           "unknown algorithm `dqm`", 4, 5, "did you mean `dqn`?"),
    Broken("actions", "scenarios: [CartPole-v1]\nalgorithms: [ppo, sac]\n",
           "`sac` cannot act in `CartPole-v1`: its actions are Discrete", 2, 19,
           "these can: ppo, a2c, dqn; or exclude `sac@CartPole-v1`"),
    Broken("observations", "scenarios: [Pixels-v0]\nalgorithms: [ppo]\n",
           "`ppo` has no policy for `Pixels-v0`: it observes image", 2, 14,
           "exclude `ppo@Pixels-v0`"),
    Broken("scenario-twice", "scenarios: [CartPole-v1, CartPole-v1]\nalgorithms: [ppo]\n",
           "scenario `CartPole-v1` is listed twice", 1, 26),
    Broken("algorithm-twice", "scenarios: [CartPole-v1]\nalgorithms: [ppo, {name: ppo}]\n",
           "algorithm `ppo` is listed twice", 2, 26, "list it once"),
    Broken("no-scenarios", "algorithms: [ppo]\n", "the matrix names no scenarios", 1, 1,
           "add `scenarios: [CartPole-v1]`"),
    Broken("no-algorithms", "scenarios: [CartPole-v1]\nalgorithms: []\n",
           "the matrix names no algorithms", 2, 13, "add `algorithms: [ppo]`"),
    Broken("all-excluded", CART + "exclude: ['*@*']\n",
           "the matrix is empty: every cell is excluded", 3, 10, "exclude less"),
    # --- patterns
    Broken("exclude", CART + "exclude: [sac@*]\n", "`sac@*` in `exclude` matches no cell", 3, 11),
    Broken("override", CART + "overrides:\n  - match: {scenario: Pong*}\n    n_envs: 2\n",
           "`*@Pong*` in `overrides` matches no cell", 4, 12),
    Broken("included-twice", CART + "include: [ppo@CartPole-v1]\n",
           "`ppo@CartPole-v1` is in the matrix already", 3, 11, "remove it from `include`"),
    Broken("include-pattern", CART + "include: ['dqn@*']\n",
           "`include` takes cells, not `dqn@*`", 3, 11, "name one algorithm and one scenario"),
    Broken("include-unknown", CART + "include: [{algorithm: dqm, scenario: CartPole-v1}]\n",
           "unknown algorithm `dqm`", 3, 23, "did you mean `dqn`?"),
    # --- hyperparameters
    Broken("argument", "scenarios: [CartPole-v1]\nalgorithms:\n  - name: ppo\n"
           "    arguments: {learning_rte: 1e-3}\n",
           "`ppo` has no hyperparameter `learning_rte`", 4, 17, "did you mean `learning_rate`?"),
    Broken("reserved", CART + "overrides:\n  - match: '*@*'\n    arguments: {seed: 3}\n",
           "`seed` is given by the harness itself", 5, 17),
    Broken("text-argument", CART + "overrides: [{match: '*@*', arguments: {gamma: '0.9'}}]\n",
           '`gamma` must be a number, not the text "0.9"', 3, 47, "remove the quotes"),
    Broken("schedule", CART + "overrides:\n  - match: '*@*'\n    arguments:\n"
           "      learning_rate: {schedule: liner, initial: 1e-3}\n",
           "unknown schedule `liner`", 6, 33, "did you mean `linear`?"),
    Broken("schedule-start", CART + "overrides:\n  - match: '*@*'\n    arguments:\n"
           "      learning_rate: {schedule: linear}\n",
           "the schedule of `learning_rate` needs a number `initial`", 6, 22),
    Broken("schedule-key", CART + "overrides:\n  - match: '*@*'\n    arguments:\n"
           "      learning_rate: {schedule: linear, initial: 1, end: 0}\n",
           "unknown key `end` in a schedule", 6, 53, "known: schedule, initial, final"),
    Broken("tensorboard", CART + "overrides:\n  - match: '*@*'\n    arguments:\n"
           "      tensorboard_log: logs\n",
           "`tensorboard_log` is given by the harness itself", 6, 7,
           "it is a setting of the campaign"),
    Broken("activation", CART + "overrides:\n  - match: '*@*'\n    arguments:\n"
           "      policy_kwargs: {activation_fn: tahn}\n",
           "unknown activation `tahn`", 6, 38, "did you mean `tanh`?"),
    Broken("space-of-all", CART + "space: {gama: {low: 0.9}}\n",
           "no algorithm here has a hyperparameter `gama`", 3, 9, "did you mean `gamma`?"),
    Broken("space-of-one", "scenarios: [CartPole-v1]\nalgorithms:\n  - name: ppo\n"
           "    space: {tau: 0.1}\n", "`ppo` has no hyperparameter `tau`", 4, 13),
    Broken("low-high", CART + "space:\n  learning_rate: {low: 1e-2, high: 1e-3}\n",
           "`learning_rate`: low 0.01 is above high 0.001", 4, 24),
    Broken("log-0", CART + "space:\n  learning_rate: {low: 0}\n",
           "`learning_rate`: a logarithmic range cannot start at 0; it must be above 0", 4, 24),
    Broken("gamma-1", CART + "space:\n  gamma: {high: 1}\n",
           "`gamma`: high 1 must be below 1: 1 - value is searched by ratios", 4, 17),
    Broken("no-power", CART + "space: {n_steps: {low: 100}}\n",
           "`n_steps`: 100 is not a power of two", 3, 24),
    Broken("half-range", CART + "space: {vf_coef: {low: 0.1}}\n",
           "`vf_coef` needs `high`: it has no range so far", 3, 9),
    Broken("half-epoch", CART + "space: {n_epochs: {low: 3.5}}\n",
           "`n_epochs` takes whole numbers, not 3.5", 3, 9),
    Broken("fixed-and-searched", "scenarios: [CartPole-v1]\nalgorithms:\n  - name: ppo\n"
           "    arguments: {gamma: 0.9}\n    space: {gamma: {low: 0.8}}\n",
           "`gamma` is fixed by `arguments` and has a range", 5, 13),
    Broken("same-choice", CART + "space: {n_epochs: {choices: [10, 10]}}\n",
           "`n_epochs`: choice 10 appears twice", 3, 19),
    Broken("batch", "scenarios: [{name: CartPole-v1, n_envs: 3}]\nalgorithms:\n  - name: ppo\n"
           "    arguments: {n_steps: 100, batch_size: 64}\n",
           "`batch_size` 64 does not divide the rollout of 300 (`n_steps` 100 x `n_envs` 3)",
           4, 43, "take 60 or 75"),
    # --- budgets and components
    Broken("evals", CART + "search: {steps: 10, evals: 11}\n",
           "`search.evals` is 11, but a run has 10 steps", 3, 28),
    Broken("test-evals", CART + "test: {steps: 5}\n",
           "`test.evals` is 10, but a run has 5 steps", 3, 15),
    Broken("sampler", CART + "search: {sampler: tpr}\n", "unknown sampler `tpr`", 3, 19,
           "did you mean `tpe`?"),
    Broken("pruner", CART + "search:\n  pruner: {name: medain}\n", "unknown pruner `medain`", 4, 18,
           "did you mean `median`?"),
    Broken("option", CART + "search: {sampler: {name: tpe, n_startup: 5}}\n",
           "sampler `tpe` has no option `n_startup`", 3, 31, "did you mean `n_startup_trials`?"),
    Broken("name-as-key", CART + "search: {sampler: {random: {x: 1}}}\n",
           "sampler `tpe` has no option `random`", 3, 20, "write `sampler: {name: random, ...}`"),
    Broken("own-option", CART + "search: {sampler: {name: random, seed: 5}}\n",
           "sampler `random` has no option `seed`", 3, 34, "it has none"),
    Broken("needed-option", CART + "search: {pruner: threshold}\n",
           "pruner `threshold` needs the option `lower`", 3, 18),
    Broken("text-option", CART + "search: {sampler: {name: tpe, n_startup_trials: few}}\n",
           '`n_startup_trials` must be a number, not the text "few"', 3, 49),
    Broken("switch-option", CART + "search: {sampler: {name: tpe, multivariate: perhaps}}\n",
           '`multivariate` must be true or false, not "perhaps"', 3, 45),
    # --- seeds and variants
    Broken("seed-twice", CART + "test: {seeds: [7, 8, 7]}\n",
           "seed 7 stands twice in `test.seeds`", 3, 22),
    Broken("shared-seed", CART + "confirm: {seeds: [1, 2]}\ntest: {seeds: [2, 3]}\n",
           "confirm and test share the seed 2", 4, 15, "the rungs must not share seeds"),
    Broken("shared-by-environments", "scenarios: [{name: CartPole-v1, n_envs: 4}]\n"
           "algorithms: [ppo]\nconfirm: {seeds: [1]}\ntest: {seeds: [4]}\n",
           "confirm and test share the seed 4", 4, 15,
           "the rungs must not share seeds; with `n_envs` 4 a run uses that many seeds in a row"),
    Broken("variant", CART + "test: {variants: [default, tuned, publishd]}\n"
           "variants: {published: {arguments: {ppo: {gamma: 0.9}}}}\n",
           "unknown variant `publishd`", 3, 35, "did you mean `published`?"),
    Broken("without-default", CART + "test: {variants: [tuned]}\n",
           "`test.variants` lacks `default`", 3, 18, "the verdict compares `tuned` with `default`"),
    Broken("variant-without-algorithm", CART + "variants: {mine: {arguments: {gamma: 0.9}}}\n",
           "`gamma` must be a mapping, not 0.9", 3, 38,
           "name the algorithm first: `arguments: {ppo: {gamma: ...}}`"),
    Broken("variant-name", CART + "variants: {tuned: {arguments: {ppo: {gamma: 0.9}}}}\n",
           "variant `tuned` is built in", 3, 12),
    Broken("variant-argument", CART + "variants: {mine: {arguments: {ppo: {gama: 0.9}}}}\n",
           "`ppo` has no hyperparameter `gama`", 3, 37, "did you mean `gamma`?"),
    Broken("variant-batch", CART + "variants: {mine: {arguments: {ppo: {batch_size: 100}}}}\n",
           "`batch_size` 100 does not divide the rollout of 2048 (`n_steps` 2048 x `n_envs` 1)",
           3, 49, "take 64 or 128"),
    Broken("variant-pattern", CART + "variants: {mine: {arguments: {sac: {gamma: 0.9}}}}\n",
           "`sac` in `variants.mine` matches no cell", 3, 31),
    Broken("variant-file", CART + "variants: {mine: {from_file: none.json}}\n",
           "`none.json` cannot be read: No such file or directory", 3, 30),
    # --- layers
    Broken("extends", "extends: bse.yaml\n" + CART, "there is no matrix `bse.yaml`", 1, 10),
    Broken("round", "extends: m.yaml\n" + CART, "`extends` goes round: m.yaml -> m.yaml", 1, 10,
           "a matrix cannot lie below itself; remove one `extends`"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_says_what_is_wrong_and_where(case, problems):
    found = problems(case.text)

    assert [p.message for p in found] == [case.message]
    (problem,) = found
    assert (problem.line, problem.column) == (case.line, case.column)
    assert problem.help.startswith(case.help)
    if case.line:
        assert problem.source == "m.yaml"
        assert problem.text == case.text.split("\n")[case.line - 1]
        assert problem.column + problem.width - 1 <= len(problem.text)


def test_all_problems_come_at_once_in_the_order_of_the_file(problems):
    found = problems(
        "scenarios: [CartPol-v1]\nalgorithms: [pppo]\nserch: {}\ntest: {seeds: [1, 1]}\n"
        "search: {evals: 9, steps: 3}\n"
    )

    assert [(p.line, p.message) for p in found] == [
        (1, "unknown scenario `CartPol-v1`"),
        (2, "unknown algorithm `pppo`"),
        (3, "unknown key `serch`"),
    ]


def test_budgets_are_checked_beside_broken_names(problems):
    found = problems(CART + "serch: {}\nsearch: {evals: 9, steps: 3}\ninclude: [dqm@CartPole-v1]\n")

    assert [p.line for p in found] == [3, 4, 5]


def test_a_fault_that_spoils_many_cells_is_told_once(problems):
    found = problems(HEAD + "overrides: [{match: '*@*', arguments: {gama: 1}}]\n")

    assert [p.message for p in found] == ["`ppo` has no hyperparameter `gama`"]


@pytest.mark.parametrize(
    ("setting", "message", "column", "width", "hint"),
    [
        ("search.trails=5", "unknown key `trails`", 8, 6, "did you mean `trials`?"),
        ("serch.trials=5", "unknown key `serch`", 1, 5, "did you mean `search`?"),
        ("search.trials=five", '`trials` must be a whole number, not the text "five"', 15, 4, ""),
        ("scenarios=[CartPole-v1", "a list is not closed", 11, 1, "add the missing"),
        ("scenarios=[CartPol-v1]", "unknown scenario `CartPol-v1`", 12, 10, "did you mean"),
        ("search.trials", "no setting", 1, 13, "write `path=value`"),
        ("search.trials=", "`trials` must be a whole number; it is empty", 1, 14, "give a value"),
    ],
)
def test_settings_by_hand_are_pointed_at_by_number(problems, setting, message, column, width, hint):
    (found,) = problems(CART, sets=["seed=3", setting])

    assert found.message == message
    assert (found.source, found.line, found.column, found.width) == ("--set #2", 1, column, width)
    assert found.text == setting
    assert found.help.startswith(hint)


def test_unknown_profile(problems):
    (found,) = problems(CART + "profiles: {smoke: {seed: 3}}\n", profile="smok")

    assert (found.message, found.source) == ("unknown profile `smok`", "--profile smok")
    assert found.help == "did you mean `smoke`?"


def test_the_file_s_own_name_may_not_serve(write, registry):
    from harness.config import load_matrix

    with pytest.raises(MatrixError) as caught:
        load_matrix(write(CART, "my matrix.yaml"), registry)

    (found,) = caught.value.problems
    assert found.message.startswith("`name` must be made of letters")
