"""Inputs that nobody should write: seeded mutations of matrices, settings, files and databases."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.config.documents.nodes import plain
from harness.config.documents.yaml_text import parse

ROOT: Final = Path(__file__).parents[1]

DEEP: Final = 3000


def _items(text: str) -> tuple[str, ...]:
    """Items of a text, two blanks or a line apart."""
    return tuple(re.split(r"  +|\n", text.strip()))


EXTREMES: Final = (
    *("", '"\\0"', "9" * 5000, "-" + "9" * 5000, "0x" + "f" * 5000, "9" * 400 + "GiB", "a" * 300),
    *("é" * 200, "- " * DEEP, "[" * DEEP, "{a: " * DEEP, "[" * DEEP + "]" * DEEP),
    "[" + "1, " * 5000 + "1]",
    *_items(r"""
1e6  3.0  0.5  -0  -1  0  1  2  1e400  -1e400  1e300  1e-320  .nan  .inf  -.inf  NaN  1e11
100000000000  9223372036854775808  18446744073709551616  -9223372036854775809  0o7  0o8  0b1
1_000  1__0  1:30  2026-11-29  2026-11-29T12:00:00Z  true  no  ~  ''  " "  "\ud800"  "\U0010ffff"
"\u202e"  "\x1b[31m"  "\n\n"  ../..  /dev/zero  /  .  ..  CON  nul.yaml  ~root  file:///etc/passwd
[]  {}  [[[[1]]]]  [~]  {a: {b: {c: 1}}}  {1: 2}  {~: 2}  {[a]: 2}  &a [*a]  *a  - a  ? a
!!python/object:os.system x  !!binary aGk=  !!binary ä  !!set {a}  !!omap [a: 1]  !!float 1
!!int '3'  !!int abc  !!bool x  !!null x  !!timestamp x  !x y  {<<: {a: 1}}  {<<: 3}
*  @  ppo@*  *@*  @CartPole-v1  ppo@  %  %s%n  {0}  {value}  `  |  >  '  "
{low: 1, high: 0}  {low: 0, high: 1, log: true}  {low: -1e308, high: 1e308}  {low: .inf}
{low: 1, high: 1e300}  {choices: []}  {choices: [1, 1.0, true]}  {choices: [[], {}]}
{powers_of_two: [0, 3]}  {powers_of_two: [1, 1e300]}  {powers_of_two: [-2, 4]}  {value: {}}
{saved_model: /dev/zero}  {saved_model: model.zip}  {saved_model: 3}  {saved_model: [a]}
{schedule: linear}  {start: 1e9, step: 1, max: 1e9}  {start: 5, step: 5, max: 3}
{from_file: best.json}  {from_file: /dev/zero}  {from_file: .}  [{from_file: best.json}]
[0, 1, 2147483647]  [-1]  [1e6]  [3.0, 3]  [9999999999]  default  tuned  tpe  grid
{name: grid}  {name: tpe, n_startup_trials: x}  {name: grid, points: 1e9}  {name: ''}
2GiB  0GiB  1e9GiB  1.GiB  os:system  a.b.C  gymnasium.wrappers.X
"""),
)
"""Values as YAML writes them."""

TEXTS: Final = (
    *("", " ", "a" * 300, "é" * 200, "\ud800", "\0", "a\0b", "\udcff", "\u202e", "\n", "9" * 5000),
    *("1h" * 1000, "[" * 3000, "x" * 5000),
    *_items(r"""
.  CON  -1  0  1e6  3.0  nan  inf  99999999999999h  1e400s  24:61  06:30  0001-01-01
9999-12-31T23:59  9999-12-31T23:59-23:59  2026-11-29  --help  --  -  *  {  '  "  %s  $(id)  `id`
~  missing/x.yaml  matrix.yaml  matrix.yaml/x  toy_text
CartPole-v1  ppo  ppo@CartPole-v1  camp  quick  builtin:quick  builtin:
"""),
)
"""Words of a command line."""

SERVER: Final = "127.0.0.1:1/x"
URLS: Final = (
    *("sqlite:///\0", "sqlite:///" + "a" * 300, "sqlite:///" + "é" * 200, "x" * 3000 + "://a/b"),
    *("postgresql://" + "a" * 300 + "/x", f"postgresql://{SERVER}" + "a" * 300),
    *("postgresql://\ud800/x", "mysql://a\0b/x"),
    *_items("""
sqlite://  sqlite:///  sqlite:///:memory:  sqlite:///a?b=c  ://  a://  sqlite:////  sqlite://host/x
sqlite:///file:x?mode=ro&uri=true  sqlite:////dev/zero  sqlite:///missing/x.db
sqlite:///matrix.yaml
sqlite+aiosqlite:///x.db  sqlite+nothing:///x.db  postgresql://  postgresql://host
postgresql:///name
postgresql://127.0.0.1:99999/x  postgresql://127.0.0.1:port/x  postgresql://[::1/x
postgres://127.0.0.1:-1/x  mariadb://127.0.0.1:1/  mysql:///x?read_timeout=-1
mysql://%ff@127.0.0.1:1/x
oracle://a/b  mongodb://a/b  http://a  file:///etc/passwd  duckdb:///x  postgresql+psycopg2:///x
"""),
    *(
        f"postgresql://{SERVER}{rest}"
        for rest in _items("""
?connect_timeout=abc  ?host=a&host=b  ?sslmode=nonsense  ?nonsense=1  ?port=x  ?options=-c
?service=x
""")
    ),
    *(
        f"mysql://{SERVER}{rest}"
        for rest in _items("""
?nonsense=1  ?charset=none  ?connect_timeout=abc  ?ssl_ca=/none  ?init_command=x  ?unix_socket=/x
""")
    ),
    *(
        f"{scheme}://{SERVER}"
        for scheme in _items("""
postgresql  postgresql+nothing  postgresql+asyncpg  mysql+pymysql  mysql+mysqldb
mariadb+mariadbconnector
""")
    ),
)

CELL: Final = '{"ppo@CartPole-v1": {"values": %s, "arguments": %s}}'
JSONS: Final = (
    *("[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900, "\ufeff{}", "\0", "{} {}", ""),
    *(CELL % (value, value) for value in ("{}", "[]", "3", '{"gamma": 1e400}', '{"gamma": NaN}')),
    *(CELL % (value, value) for value in ('{"gamma": "\\ud800"}', '{"n_steps": 1e300}')),
    *(CELL % (value, value) for value in ('{"gamma": "\\u0000"}', '{"gamma": %s}' % ("9" * 5000))),
    '{"schema": 3, "parts": {"summary": %s}}' % ("[" * 5000 + "]" * 5000),
    *_items(r"""
null  []  {}  3  "x"  {  NaN  {"a": "\ud800"}  {"\u0000": 1}  {"storage": 3}  {"schema": 3}
{"storage": "postgresql://127.0.0.1:1/x"}  {"storage": "\u0000://"}  {"pid": 1e400, "host": []}
{"film": "../../x", "strip": "/dev/zero"}  {"strip": 3}  {"run_id": [], "strip": "/dev/zero"}
"""),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A command and the files it meets; `damage` is done to the campaign's database before."""

    words: tuple[str, ...]
    files: dict[str, bytes] = field(default_factory=dict)
    damage: tuple[str, ...] = ()


def draw(number: int, seed: int) -> Case:
    """Case `number` of the fuzz test with that seed."""
    dice = random.Random(f"{seed}/{number}")
    return KINDS[number % len(KINDS)](dice)


def matrices() -> list[str]:
    """Texts of matrices: the built-in ones and those of the documentation."""
    texts = [path.read_text() for path in sorted((ROOT / "benchmarks").glob("*.yaml"))]
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
        texts += [block for block in blocks if "scenarios:" in block]
    return [text for text in texts if "pettingzoo:" not in text] + [SMALL] * len(texts)


SMALL: Final = """\
name: camp
seed: 7
scenarios:
  - CartPole-v1
  - {name: Pendulum-v1, n_envs: 2, arguments: {g: 9.81}, max_episode_steps: 200}
algorithms: [ppo, {name: a2c, arguments: {gamma: 0.9}, space: {n_steps: {low: 1, high: 64}}}]
space: {learning_rate: {low: 1e-5, high: 1e-2, log: true}, gamma: {choices: [0.9, 0.99]}}
search: {trials: 4, steps: 256, evals: 4, episodes: 2, sampler: tpe, first: [{gae_lambda: 0.9}]}
confirm: {top: 1, seeds: [1, 2]}
test:
  {seeds: {start: 2, step: 2, max: 6}, steps: 256, evals: 2, episodes: 2,
   variants: [default, tuned, own]}
transfer: {seeds: 2}
threads: 1
timeout: 60
memory: 2GiB
variants: {own: {arguments: {"ppo@*": {n_epochs: 3}}}}
overrides:
  - match: "ppo@*"
    arguments:
      {n_steps: 64, batch_size: 64, n_epochs: 2, policy_kwargs: {net_arch: [64, 64]}}
exclude: ["a2c@Pendulum-v1"]
profiles: {short: {search: {steps: 128}}}
"""


def _tree(text: str) -> Any:
    root, _ = parse(text, "matrix.yaml")
    return plain(root) if root is not None else {}


class _Raw(str):
    """Text that is written as it is."""


def _render(value: Any) -> str:
    if isinstance(value, _Raw):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_render(k)}: {_render(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_render, value)) + "]"
    return json.dumps(value)


def _paths(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = enumerate(tree) if isinstance(tree, list) else ()
    for key, child in tree.items() if isinstance(tree, dict) else children:
        yield (*path, key)
        yield from _paths(child, (*path, key))


def _mutated_tree(dice: random.Random, text: str) -> bytes:
    tree = _tree(text)
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        paths = list(_paths(tree))
        if not paths:
            break
        *above, last = dice.choice(paths)
        owner = tree
        for key in above:
            owner = owner[key]
        extreme = _Raw(dice.choice(EXTREMES))
        other = dice.choice(paths)
        change = dice.randrange(6)
        if change == 0:
            del owner[last]
        elif change == 1 and isinstance(owner, dict):
            owner[extreme] = owner.pop(last)
        elif change == 2 and isinstance(owner, list):
            owner.extend([owner[last]] * dice.choice((1, 2, 30)))
        elif change == 3:
            moved: Any = tree
            for key in other:
                moved = moved[key]
            owner[last] = json.loads(json.dumps(moved))
        else:
            owner[last] = extreme
    rendered = "\n".join(f"{_render(key)}: {_render(value)}" for key, value in tree.items())
    return rendered.encode("utf-8", "surrogatepass")


def _mutated_text(dice: random.Random, text: str) -> bytes:
    lines = text.splitlines()
    for _ in range(dice.choice((1, 2, 5))):
        at = dice.randrange(len(lines))
        line, extreme = lines[at], dice.choice(EXTREMES)
        column = dice.randrange(len(line) + 1)
        start = dice.choice(("  ", "\t", " ", "- ", "? ", "# ", "--- ", "%"))
        changed: Sequence[str] = dice.choice(
            (
                [],
                [dice.choice(lines), line],
                [start + line],
                [line[:column]],
                [line[:column] + extreme + line[column:]],
                [re.sub(r"[\w.]+$", lambda _: extreme, line)],  # noqa: B023
                [re.sub(r":.*", lambda _: f": {extreme}", line)],  # noqa: B023
            )
        )
        lines[at : at + 1] = changed
        lines = lines or [""]
    data = bytearray("\n".join(lines).encode("utf-8", "surrogatepass"))
    for _ in range(dice.choice((0, 0, 1, 5))):
        at = dice.randrange(len(data) + 1)
        data[at : at + dice.randrange(3)] = bytes(dice.choices(range(256), k=dice.randrange(4)))
    wrapped = dice.randrange(12)
    if wrapped == 0:
        return b"\xef\xbb\xbf" + data
    if wrapped == 1:
        return data.decode("utf-8", "replace").encode("utf-16")
    return bytes(data[: dice.randrange(len(data) + 1)] if wrapped == 2 else data)


def _matrix_case(dice: random.Random) -> Case:
    text = dice.choice(matrices())
    mutate = dice.choice((_mutated_tree, _mutated_tree, _mutated_text))
    words = dice.choice(("check", "check", "plan")), "matrix.yaml"
    return Case(words, {"matrix.yaml": mutate(dice, text)} | _companions(dice))


def _companions(dice: random.Random) -> dict[str, bytes]:
    return {"best.json": _json(dice), "model.zip": _json(dice)}


def _json(dice: random.Random) -> bytes:
    return dice.choice(JSONS).encode("utf-8", "surrogatepass")


def _settings_case(dice: random.Random) -> Case:
    words: list[str] = []
    paths = list(_paths(_tree(SMALL)))
    for _ in range(dice.choice((1, 1, 3))):
        path = ".".join(map(str, dice.choice(paths)))
        path = dice.choice(
            (path, path, path, path + ".x", path + "." * 3, dice.choice(TEXTS), "a." * DEEP + "a")
        )
        words += [
            "--set",
            path + dice.choice(("=", "=", "=", "", "==")) + dice.choice(EXTREMES + TEXTS),
        ]
    if dice.random() < 0.2:
        words += ["--profile", dice.choice(TEXTS)]
    return Case(
        ("check", "matrix.yaml", *words), {"matrix.yaml": SMALL.encode()} | _companions(dice)
    )


def _words_case(dice: random.Random) -> Case:
    """A command with a word that is none of its."""
    command, options = dice.choice(
        (
            ("check", ("--profile",)),
            ("plan", ("--profile", "--runs")),
            ("status", ("--runs", "--storage")),
            ("report", ("--runs", "--reports", "--out", "--fail-on")),
            ("export", ("--runs", "--out", "--format", "--cell")),
            ("doctor", ("--runs", "--workers", "--threads", "--storage")),
            ("show algorithm", ()),
            ("list campaigns", ("--runs", "--storage")),
            ("list scenarios", ("--family",)),
            (
                "run --matrix missing.yaml",
                ("--budget", "--deadline", "--workers", "--executor-option"),
            ),
            ("run --matrix missing.yaml", ("--budget", "--deadline", "--address", "--executor")),
            ("init", ("--template",)),
        )
    )
    words = command.split()
    for option in options:
        if dice.random() < 0.5:
            words += [option, dice.choice(TEXTS)]
    if command.split()[0] in {"check", "plan"} and dice.random() < 0.3:
        words.append(
            dice.choice(("/dev/null", "/dev/zero", "/dev/full", "/proc/self/mem", "/", ".."))
        )
    if dice.random() < 0.7 and command.split()[0] not in {"list", "run", "init"}:
        words.append(dice.choice(TEXTS))
    if dice.random() < 0.3:
        words.append("--json")
    return Case(tuple(words), {"matrix.yaml": SMALL.encode()})


def _url_case(dice: random.Random) -> Case:
    url = dice.choice(URLS)
    if dice.random() < 0.3:
        at = dice.randrange(len(url) + 1)
        url = url[:at] + dice.choice(":/@%?[]#\\ é") + url[at:]
    command = dice.choice(("status", "status camp", "doctor camp", "list campaigns")).split()
    return Case((*command, "--storage", url), {"matrix.yaml": SMALL.encode()})


def _file_case(dice: random.Random) -> Case:
    """Files beside a campaign and under `reports` that are not what was written."""
    name = dice.choice(
        _items("""
runs/camp/storage.json  runs/camp/matrix.json  runs/other/storage.json  runs/other/campaign.db
runs/camp/lock  runs/camp/recordings/ppo@CartPole-v1/default/recording.json
reports/other/results.json  reports/camp/results.json  reports/camp/index.html
""")
    )
    files = {name: _json(dice)}
    if "reports" in name:
        files.setdefault(str(Path(name).with_name("index.html")), b"")
    command = dice.choice(
        _items("""
status  status camp  list campaigns  report camp  doctor camp  report other  export camp --out csv
plan runs/camp/matrix.json
""")
    )
    return Case(tuple(command.split()), files)


COMMANDS: Final = _items("""
status camp  status camp --json  status camp  list campaigns  export camp --out csv  doctor camp
export camp --format json  export camp --format yaml  doctor camp --repair  report camp
report camp --json  plan matrix.yaml  run --matrix matrix.yaml  status
""")

UNSEALED: Final = """substr(COLUMN, 1, instr(COLUMN, ',"sha256"') - 1) || '}'"""
FIELDS: Final = (
    *("x'00ff'", "'[' || hex(zeroblob(50000))", "'\ud800'"),
    *_items(r"""
NULL  ''  0  -1  9223372036854775807  1e400  'x'  'null'  '[]'  '{}'  '{'  '{"a": 1e400}'  char(0)
zeroblob(1000)  COLUMN || COLUMN  upper(COLUMN)  'tuned'  'trial 1e9'  substr(COLUMN, 1, 9)
substr(COLUMN, 1, length(COLUMN) / 2)  replace(COLUMN, ':', ',')  replace(COLUMN, '1', '9')
replace(COLUMN, '0', 'null')  replace(COLUMN, '"', '')  replace(COLUMN, '[', '{')
replace(COLUMN, 'complete', 'failed')  replace(COLUMN, 'ppo', 'nothing')
UNSEALED  replace(UNSEALED, '1', '"x"')  replace(UNSEALED, '":', 'x":')
"""),
)
"""What a field becomes, as SQL over its column."""

COLUMNS: Final = {
    "harness_schema": "version",
    "harness_campaigns": "name created updated environment document origins",
    "harness_provenances": "campaign environment body",
    "harness_cells": "campaign name position study spec identity",
    "harness_results": "environment run_id status recorded body",
    "harness_trials": "study environment number run_id campaign cell body",
    "harness_plan": "campaign environment cell rung variant number position trial seed run_id "
    "arguments",
    "harness_outcomes": "campaign environment cell winner importances closed",
    "trials": "number state study_id datetime_start",
    "trial_values": "value value_type",
    "trial_params": "param_name param_value distribution_json",
    "trial_intermediate_values": "step intermediate_value",
    "studies": "study_name",
    "study_directions": "direction",
    "study_user_attributes": "key value_json",
    "trial_user_attributes": "key value_json",
    "version_info": "schema_version library_version",
}


def _database_case(dice: random.Random) -> Case:
    damage = []
    for _ in range(dice.choice((1, 1, 2))):
        table = dice.choice(list(COLUMNS))
        column = dice.choice(COLUMNS[table].split())
        become = dice.choice(FIELDS).replace("UNSEALED", UNSEALED).replace("COLUMN", column)
        some = dice.choice(("", "", " WHERE rowid % 2 = 0", " WHERE rowid = 1"))
        damage.append(f"UPDATE {table} SET {column} = {become}{some}")
    return Case(
        tuple(dice.choice(COMMANDS).split()), {"matrix.yaml": SMALL.encode()}, tuple(damage)
    )


KINDS: Final[Sequence[Callable[[random.Random], Case]]] = (
    *(_matrix_case, _settings_case, _words_case, _matrix_case, _url_case, _settings_case),
    *(_matrix_case, _file_case, _database_case),
)
"""What draws a case; they take turns."""
