"""Text that may be printed and recorded: no secret is in it, and it shows what it holds.

Passwords, tokens and keys are masked, or what looks like one: in a URL, in a line of an option
file, in ``NAME_PASSWORD=...`` or any other spelling of a name and its value, in a header, in the
arguments of a command, and by itself where a service gives its tokens a shape of their own. Signs
that move, hide or turn what stands beside them are replaced.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

MASK: Final = "***"
"""Stands in the place of a password."""

# Greedy up to the last @: a password that should have been quoted may hold one.
_IN_TEXT: Final = re.compile(
    r"(\w[\w+.-]{0,40}://[^\s:/@'\"]*):(?!\d{1,5}(?:[/\s'\",;)\]}>]|$))"
    r"(?:\S{0,500}@|[^\n'\"<>]{0,200}?@(?=[\w\[]))"
)
_IN_ARGUMENT: Final = re.compile(r"(\w[\w+.-]*://[^:/@]*):.*@", re.DOTALL)
_WITHOUT_USER: Final = re.compile(r"\b((?:git\+)?(?:https?|ftps?)://)[^\s/:@'\"]+@")
_DRIVER: Final = re.compile(r"(?<![\w/])([\w.-]{1,64}):[^\s@/]{1,200}@(?=(?:tcp|unix)\()")

_NAME: Final = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|kennwort|passwort|secret|token|credentials?|cookie"
    r"|(?:api|access|secret|private|auth|account|signing|encryption|shared)[_. -]?key"
    r"|(?<=[_.-])pass|(?<![a-z])pass(?=\s*=))"
)
_SECRET_NAME: Final = re.compile(
    rf"(?!(?:OLD)?PWD$)(?:.*[^a-z]|.*[a-z](?=[A-Z])|)(?i:{_NAME})(?:[_.-]?(?:id|\d+))?", re.DOTALL
)
_MARK: Final = r"\\?[\"'`]"
_KEY: Final = (
    rf"(?<![\w.-])(?P<key>(?:{_MARK})?(?!(?:OLD)?PWD=[/~])[\w.-]{{0,80}}?(?i:{_NAME})"
    rf"(?:[_.-]?id|\d{{1,3}})?(?:{_MARK})?)"
)
_ASSIGNED: Final = re.compile(rf"{_KEY}(?P<sign>=|:[ ])(?![\"'])(?P<value>[^&,}}\]]+)", re.DOTALL)
_QUOTED: Final = (
    r"[rbuf]{0,2}(?:(?P<escaped>\\[\"'])(?:(?!(?P=escaped)).){0,2000}?(?P=escaped)"
    r"|(?P<quote>[\"'`])(?:\\.|(?!(?P=quote))[^\\]){0,2000}?(?P=quote))"
)
_WORD: Final = r"(?:\\.|[^\s\"'`,;&)\]}<>\\]){1,2000}"
_PAIR: Final = re.compile(
    rf"{_KEY}(?P<sign>\s{{0,9}}(?:=>|:=|=|:|\s(?=[\"'])|,\s{{0,9}}(?=[\"']))\s{{0,9}})"
    rf"(?:{_QUOTED}|{_WORD})"
)
_LINE: Final = re.compile(
    rf"^(?P<key>[ \t]{{0,80}}[\"']?(?:export[ \t]+|set[ \t]+)?[\w.-]{{0,80}}?(?i:{_NAME}))"
    r"(?P<sign>[ \t]{1,9}=[ \t]{0,9}|=[ \t]{1,9}|=(?=[^\s\"'&]*$))(?![\"'])(?P<value>\S[^\n]*)$",
    re.MULTILINE,
)
_SPACED: Final = re.compile(
    rf"{_KEY}(?P<sign>\s{{1,9}}=\s{{1,9}})(?![\"'])(?P<value>\S.{{0,200}}?)"
    r"(?=\s+[\w.-]+\s*=|\s+\[\w|\\n|[\"'`)\]}\n]|$)"
)
_OPTION: Final = re.compile(
    rf"(?P<key>(?<![\w-])--?[\w-]{{0,40}}?(?i:{_NAME}))(?P<sign>\s{{1,9}})(?!-)"
    rf"(?:{_QUOTED}|{_WORD})"
)
_ELEMENT: Final = re.compile(
    rf"(?P<key><[\w:.-]{{0,80}}?(?i:{_NAME}))(?P<sign>[^<>]{{0,200}}>)[^<>]+(?=</)"
)
_SHAPE: Final = (
    r"()(?<![\w-])(?:gh[oprsu]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|sk-[\w-]{16,}"
    r"|hf_[A-Za-z0-9]{16,}|xox[a-z]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[\w-]{30,}"
    r"|npm_\w{30,}|pypi-[\w-]{30,}|SG\.[\w.-]{30,}|eyJ[\w-]{8,}\.eyJ[\w-]+(?:\.[\w-]*)?)"
)
_SHAPES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?i)(\b(?:proxy-)?authorization[\"']?\s*[:=,]\s*[\"']?(?:\w+\s+)?)[^\s\"',;)}]+",
        r"(?i)(\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}",
        r"(?i)(\bidentified\s+by\s+)(?:'[^']*'|\"[^\"]*\")",
        r"(\bmysql\w*\b[^\n]{0,200}?\s-p)(?=\S)[^\s'\"]+",
        r"(\b(?:curl|wget|http)\b[^\n]{0,200}?\s(?:-u|--user)[ =]+[^\s:]+:)[^\s'\"]+",
        r"(\blogin\s+\S+\s+password\s+)\S+",
        r"(?m)(^[^\s:]+:(?:\d{1,5}|\*):[^\s:]+:[^\s:]+:)[^\s:]+$",
        r"(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        _SHAPE,
    )
)
_SUSPECT: Final = re.compile(
    r"(?i)://|pass|pwd|kennwort|secret|token|credential|cookie|key|authorization|bearer|basic"
    r"|identified|mysql|curl|wget|http|login|gh[oprsu]_|github_pat|glpat-|sk-|hf_|xox|AKIA|ASIA"
    r"|AIza|npm_|pypi-|SG\.|eyJ|:\S+:\S+:|@(?:tcp|unix)\("
)
_HARMLESS: Final = frozenset({"YES", "NO", "None", "null", "True", "False", "true", "false", MASK})
"""What stands after such a name and is no secret: ``(using password: YES)``."""


def mask_passwords(text: str) -> str:
    """The text with every password in it replaced by ``***``.

    A URL in running text ends at the next space, so that a password with a space in it may be
    masked only up to there; see `mask_argument`.
    """
    if not _SUSPECT.search(text):
        return text
    text = _DRIVER.sub(rf"\1:{MASK}@", _IN_TEXT.sub(rf"\1:{MASK}@", text))
    text = _WITHOUT_USER.sub(rf"\1{MASK}@", text)
    for pattern in _SHAPES:
        text = pattern.sub(rf"\1{MASK}", text)
    for pattern in (_LINE, _SPACED, _PAIR, _OPTION, _ELEMENT):
        text = pattern.sub(_mask_pair, text)
    return text


def mask_argument(word: str) -> str:
    """Like `mask_passwords`, for one argument of a command: a password in it may hold spaces."""
    word = _IN_ARGUMENT.sub(rf"\1:{MASK}@", word)
    return mask_passwords(_ASSIGNED.sub(_mask_pair, word))


def names_secret(name: str) -> bool:
    """Whether the value of that name is a password: ``DB_PASSWORD``, ``apiKey``, ``api-token``."""
    return _SECRET_NAME.fullmatch(name.strip()) is not None


def mask_values(node: object, mask: Callable[[str], str] = mask_passwords) -> Any:
    """Plain data with every text in it masked, and every text whose name is that of a secret.

    Args:
        node: Mappings, lists and scalars; numbers stay numbers.
        mask: What becomes of another text.
    """
    if isinstance(node, str):
        return mask(node)
    if isinstance(node, Mapping):
        return {key: _masked_value(key, value, mask) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [mask_values(item, mask) for item in node]
    return node


def _masked_value(key: object, value: object, mask: Callable[[str], str]) -> object:
    if isinstance(value, str) and value and isinstance(key, str) and names_secret(key):
        return MASK
    return mask_values(value, mask)


def _mask_pair(match: re.Match[str]) -> str:
    groups = match.groupdict()
    start = match.end("sign")
    value = match.string[start : match.end()]
    if value.strip("\"'`.,;)") in _HARMLESS:
        return match[0]
    quote = groups.get("quote") or groups.get("escaped") or ""
    return f"{match['key']}{match['sign']}{quote}{MASK}{quote}"


REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff"
    "\U000110bd\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
"""Controls but tab and newline, signs of direction, of no width or of private use, half pairs."""


def quantity(number: int, noun: str) -> str:
    """``1 run``, ``2,000 runs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listing(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def visible(text: str) -> str:
    """The text with U+FFFD for every sign that controls a terminal, or how text is laid out."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(REPLACEMENT, text)


def truncate_middle(text: str, limit: int) -> str:
    """The text in that many characters at most: where it has more, its beginning and its end."""
    if len(text) <= limit:
        return text
    gap = " [...] "
    end = (limit - len(gap)) // 2
    return f"{text[: limit - len(gap) - end]}{gap}{text[-end:]}"


def slugs(names: Iterable[str]) -> dict[str, str]:
    """File names for cells: letters, digits, dots and dashes, distinct even without case."""
    slugs: dict[str, str] = {}
    lower: set[str] = set()
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "cell"
        slug, number = stem, 1
        while slug.casefold() in lower:
            number += 1
            slug = f"{stem}-{number}"
        lower.add(slug.casefold())
        slugs[name] = slug
    return slugs


def slug(name: str) -> str:
    """File name for one name alone, with a checksum where characters are lost.

    Those between the parts of a name (``@``, ``/``, ``#``, ``:``) aside.
    """
    text = slugs([name])[name]
    if text == re.sub("[/@#:]", "-", name):
        return text
    return f"{text}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
