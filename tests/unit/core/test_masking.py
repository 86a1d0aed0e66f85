"""No password of a URL is shown, however it is written."""

import pytest

from harness.core.masking import masked, masked_word


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
        assert "SEC" not in masked(text)
        assert "***" in masked(text)
        assert "SEC" not in masked_word(text)
    assert "host" in masked(url)
    assert masked(masked(url)) == masked(url)


def test_a_word_may_hold_spaces() -> None:
    assert masked_word("postgresql://me:SEC RET@host/db") == "postgresql://me:***@host/db"


@pytest.mark.parametrize(
    "text", ["ppo@CartPole-v1", "sqlite:////data/x.db", "postgresql://me@host:5432/db", "a: b@c"]
)
def test_the_rest_is_left_alone(text: str) -> None:
    assert masked(text) == masked_word(text) == text
