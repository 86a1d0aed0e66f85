"""No password of a URL is shown, however it is written."""

import pytest

from harness.core.password_masking import mask_argument, mask_passwords


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
