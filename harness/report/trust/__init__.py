"""Trust: numbered checks of everything that could make a verdict wrong.

Each check states its value and its threshold whether it passes or not. A rule is one entry in
one of the modules' `RULES`; ids are never given twice.
"""

from __future__ import annotations

from harness.errors import UsageError, did_you_mean
from harness.report.trust import design_rules, provenance_rules, search_rules, test_rules
from harness.report.trust.rule import Check, Evidence, Finding, Rule, Status, worst

__all__ = [
    "RULES",
    "Check",
    "Evidence",
    "Finding",
    "Rule",
    "Status",
    "gate",
    "known_gates",
    "trust_checks",
]

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (*design_rules.RULES, *search_rules.RULES, *test_rules.RULES, *provenance_rules.RULES),
        key=lambda rule: rule.id,
    )
)


def trust_checks(evidence: Evidence) -> tuple[Check, ...]:
    """Every rule applied to a campaign, in the order of their ids."""
    found = []
    for rule in RULES:
        measured = rule.measure(evidence)
        status: Status = worst(finding.status for finding in measured.findings)
        found.append(
            Check(
                id=rule.id,
                title=rule.title,
                status=status if measured.applies else "not applicable",
                value=measured.value,
                threshold=rule.threshold,
                why=rule.why,
                findings=measured.findings,
            )
        )
    return tuple(found)


def known_gates(words: tuple[str, ...]) -> tuple[str, ...]:
    """What a gate can be made of: ids, ``warn``, ``fail``; in upper case where they are ids.

    Raises:
        UsageError: A word is neither.
    """
    ids = [rule.id for rule in RULES]
    gates = []
    for word in words:
        name = word if word in {"warn", "fail"} else word.upper()
        if name not in {"warn", "fail", *ids}:
            hint = did_you_mean(name, ids) or f"known: fail, warn, {', '.join(ids)}"
            raise UsageError(f"unknown check `{word}`", help=hint)
        gates.append(name)
    return tuple(gates)


def gate(checks: tuple[Check, ...], gates: tuple[str, ...]) -> tuple[Check, ...]:
    """Checks that do not get through.

    ``fail`` holds back every check that fails, ``warn`` every one that fails or warns, and an id
    that check unless it passes. What is not applicable gets through.
    """
    held = []
    for check in checks:
        named = check.id in gates or "warn" in gates
        if (check.status == "fail" and (named or "fail" in gates)) or (
            check.status == "warn" and named
        ):
            held.append(check)
    return tuple(held)
