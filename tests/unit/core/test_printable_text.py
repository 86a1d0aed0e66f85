"""No password, token or key is shown, however it is written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.printable_text import (
    MASK,
    mask_argument,
    mask_passwords,
    mask_values,
    names_secret,
    quantity,
    slug,
    slugs,
    visible,
)
from harness.core.run_result import Failure


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:SECRET@host/db",
        "postgresql+psycopg://me:SECRET@host:5432/db?sslmode=require",
        "mysql+pymysql://:SECRET@host/db",
        "postgresql://me:SEC@RET:SECRET/SECRET@host/db",
        "postgresql://me@host/db?password=SECRET",
        "postgresql://me@host/db?x=1&PASSWORD=SECRET&y=2",
    ],
)
def test_a_password_is_masked(url: str) -> None:
    for text in (url, f"cannot reach {url}: refused", f"--storage={url}"):
        assert "SEC" not in mask_passwords(text)
        assert "***" in mask_passwords(text)
        assert "SEC" not in mask_argument(text)
    assert "host" in mask_passwords(url)
    assert mask_passwords(mask_passwords(url)) == mask_passwords(url)


def test_a_word_may_hold_spaces() -> None:
    assert mask_argument("postgresql://me:SEC RET@host/db") == "postgresql://me:***@host/db"


@pytest.mark.parametrize(
    "text", ["ppo@CartPole-v1", "sqlite:////data/x.db", "postgresql://me@host:5432/db", "a: b@c"]
)
def test_the_rest_is_left_alone(text: str) -> None:
    assert mask_passwords(text) == mask_argument(text) == text


SPELLINGS = r"""
mysql://root:XYZZY XYZZY@host/db
redis://:XYZZY@h
bolt://u:12XYZZY@h
https://XYZZY@github.com/a/b
jdbc:mysql://h/x?user=a&password=XYZZY
mysql://h/d?ssl_key_password=XYZZY
root:XYZZY@tcp(127.0.0.1:3306)/db
DB_PASSWORD=XYZZY
export DB_PASSWORD=XYZZY
DB_PASSWORD='XYZZY XYZZY'
MYSQL_PWD=XYZZY
PGPASSWORD=XYZZY\ XYZZY psql
password = XYZZY XYZZY
password: XYZZY
[client] user = root password = XYZZY XYZZY host = x
parsing errors: 'my.cnf' [line 2]: 'password = XYZZY\n'
{'password': 'XYZZY'}
{"password": "XY\"XYZZY"}
{\"password\": \"XYZZY\"}
environ({'HOME': '/root', 'WANDB_API_KEY': 'XYZZY'})
[('HOME', '/root'), ('DB_PASSWORD', 'XYZZY')]
connect(host='x', password='XYZZY', port=3)
host=h password=XYZZY dbname=d
Server=x;Uid=y;Pwd=XYZZY;Port=3
--password XYZZY
--api-token XYZZY
--set env.arguments.password=XYZZY
--set 'env={password: XYZZY, x: 1}'
Authorization: Bearer XYZZYXYZZY
{'Authorization': 'Basic XYZZYXYZZY'}
curl -u me:XYZZY https://x
mysql -u root -pXYZZY db
machine h login me password XYZZY
localhost:5432:db:me:XYZZY
CREATE USER x IDENTIFIED BY 'XYZZY'
AWS_SECRET_ACCESS_KEY=XYZZY
accessToken=XYZZY
"clientSecret":"XYZZY"
x-api-key: XYZZY
db_pass=XYZZY
passphrase: "XYZZY XYZZY"
password => "XYZZY"
<password>XYZZY</password>
user=x&password=XYZZY&y=1
b'password=XYZZY'
OPENAI_API_KEY=sk-XYZZYabcdefghijklmnopq
the key ghp_XYZZYabcdefghijklmn is refused
""".strip().splitlines()


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_is_masked(text: str) -> None:
    for mask in (mask_passwords, mask_argument):
        masked = mask(text)
        assert "XYZZY" not in masked
        assert MASK in masked
        assert mask(masked) == masked
    failure = Failure(kind="exception", message=text, traceback=f"Traceback\n{text}\n")
    assert "XYZZY" not in failure.message + failure.traceback


def test_a_file_with_options_and_a_key() -> None:
    file = "[client]\nuser = me\npassword = XYZZY with blanks\nhost=x\n"
    assert mask_passwords(file) == f"[client]\nuser = me\npassword = {MASK}\nhost=x\n"
    key = "-----BEGIN RSA PRIVATE KEY-----\nXYZZY\nXYZZY\n-----END RSA PRIVATE KEY-----"
    assert "XYZZY" not in mask_passwords(key)


@pytest.mark.parametrize(
    "text",
    [
        "check user and password; a password comes from PGPASSWORD or from the URL",
        "Access denied for user 'u'@'host' (using password: YES)",
        "PWD=/home/x OLDPWD=/home/y",
        "max_tokens=5 sort_key=3 tokenizer: bert turkey=4 monkey: x passed=3 compass: 4",
        "KeyError: 'observation'",
        "http://localhost:8265/x and mail bob@example.org",
        "ppo@my_env:X-v0, dqn@my_env:X-v0",
        "git@github.com:a/b ssh://git@host/x ray://head:10001",
        "policy_kwargs={'net_arch': [64, 64]}",
    ],
)
def test_what_is_no_password_stays(text: str) -> None:
    assert mask_passwords(text) == text


def test_plain_data_is_masked_by_its_names() -> None:
    data = {"token": "XYZZY", "n": [1, {"apiKey": "XYZZY", "url": "a://b:XYZZY@c"}], "token2": 3}
    masked = mask_values(data)
    assert "XYZZY" not in str(masked)
    assert masked == {
        "token": MASK,
        "n": [1, {"apiKey": MASK, "url": f"a://b:{MASK}@c"}],
        "token2": 3,
    }
    assert mask_values("a://b:XYZZY@c") == f"a://b:{MASK}@c"
    assert mask_values({"token": "", 3: "x"}) == {"token": "", 3: "x"}
    assert names_secret("DB_PASS")
    assert not names_secret("bypass")


@pytest.mark.parametrize(
    "text",
    ["a" * 30_000, "://" * 9_000, "password='" * 3_000, "\npassword = " * 3_000, "mysql " * 5_000],
)
def test_long_texts_end(text: str) -> None:
    """With a pattern that goes back over everything these would take minutes."""
    assert len(mask_passwords(text)) <= 2 * len(text)


def test_a_failure_keeps_beginning_and_end_of_megabytes_and_no_password() -> None:
    url = "postgresql://me:s3cret@host/x"
    long = f"begin {url} {'x' * 5_000_000} {url} end"
    failure = Failure(kind="environment", message=long, traceback=long)
    for text, limit in ((failure.message, 2_000), (failure.traceback, 20_000)):
        assert len(text) == limit
        assert text.startswith("begin postgresql://me:***@host/x x")
        assert text.endswith("x postgresql://me:***@host/x end")
    assert Failure(kind="environment", message=failure.message).message == failure.message
    key = f"-----BEGIN PRIVATE KEY-----\n{'c2VjcmV0' * 400}\n-----END PRIVATE KEY-----"
    message = Failure(kind="environment", message=f"{'x' * 990} {key} {'y' * 90_000}").message
    assert "c2Vjc" not in message


def test_a_failure_moves_nothing_on_a_terminal() -> None:
    failure = Failure(kind="exception", message="a\x1b]0;b\u202ec\ud800", traceback="x\n\ty\x07")
    assert failure.message == "a\ufffd]0;b\ufffdc\ufffd"
    assert failure.traceback == "x\n\ty\ufffd"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("größer, 大きい, 🎲", "größer, 大きい, 🎲"),
        ("a\x1b[2Jb", "a�[2Jb"),
        ("a\u202eb\u200bc\ufeff", "a�b�c�"),
        ("half \ud800", "half �"),
        ("\x7f\r", "��"),
    ],
)
def test_no_sign_moves_or_hides_what_stands_beside_it(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1000, "1,000 runs")]
)
def test_numbers_have_their_nouns(number, words):
    assert quantity(number, "run") == words


@given(st.lists(st.text(max_size=12), unique=True, max_size=12))
def test_slugs_are_safe_and_distinct(names: list[str]) -> None:
    found = slugs(names)
    assert len({slug.casefold() for slug in found.values()}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", slug) for slug in found.values())
    assert all(".." not in slug.split("/") for slug in found.values())


def test_a_slug_alone_is_another_one_for_names_that_lose_characters() -> None:
    assert slug("ppo@bucket_brigade/hard-v0") == "ppo-bucket_brigade-hard-v0"
    names = ["ppo@A b", "ppo@A-b", "ppo@A  b", "ppo@日本", "ppo@中国", "ppo", "x" * 90, "x" * 91]
    assert len({slug(name) for name in names}) == len(names)
    assert all(re.fullmatch(r"[\w.-]+", slug(name), re.ASCII) for name in names)


def test_slugs_keep_case_collisions_apart() -> None:
    assert slugs(["ppo@A", "ppo@a", "ppo/a"]) == {
        "ppo@A": "ppo-A",
        "ppo@a": "ppo-a-2",
        "ppo/a": "ppo-a-3",
    }


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("ALE/Pong-v5", "ALE-Pong-v5"),
        ("-.x-.", "x"),
        ("ü", "cell"),
        ("", "cell"),
        ("a" * 99, "a" * 80),
    ],
)
def test_a_slug_is_the_name_without_what_files_do_not_have(name: str, slug: str) -> None:
    assert slugs([name]) == {name: slug}
