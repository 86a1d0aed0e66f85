"""Trust: numbered checks of everything that could make a verdict wrong.

Each check states its value and its threshold whether it passes or not. A rule is one function with
its description in one of the modules of this package; an id is never given to another rule.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from harness.errors import UsageError, did_you_mean
from harness.report.trust.rule import Check, Evidence, Rule, Status, TrustFinding, worst


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the modules of this package, in the order of their ids."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    values = (value for module in modules for value in vars(module).values())
    rules = [value for value in values if isinstance(value, Rule)]
    return tuple(sorted(rules, key=lambda rule: rule.id))


def trust_checks(evidence: Evidence) -> tuple[Check, ...]:
    """Every rule applied to a campaign, in the order of their ids."""
    return tuple(_check(rule, evidence) for rule in all_rules())


def _check(rule: Rule, evidence: Evidence) -> Check:
    measurement = rule.measure(evidence)
    status: Status = worst(finding.status for finding in measurement.findings)
    return Check(
        id=rule.id,
        title=rule.title,
        status=status if measurement.applies else "not applicable",
        value=measurement.value,
        threshold=rule.threshold,
        why=rule.why,
        findings=measurement.findings,
    )


def known_gates(words: tuple[str, ...]) -> tuple[str, ...]:
    """What a gate can be made of: ids, ``warn``, ``fail``; in upper case where they are ids.

    Raises:
        UsageError: A word is neither.
    """
    ids = [rule.id for rule in all_rules()]
    gates = []
    for word in words:
        name = word if word in {"warn", "fail"} else word.upper()
        if name not in {"warn", "fail", *ids}:
            hint = did_you_mean(word, ("fail", "warn")) or f"known: fail, warn, {', '.join(ids)}"
            raise UsageError(f"unknown check `{word}`", help=hint)
        gates.append(name)
    return tuple(gates)


def gate(checks: tuple[Check, ...], gates: tuple[str, ...]) -> tuple[Check, ...]:
    """Checks that do not get through.

    ``fail`` holds back every check that fails, ``warn`` every one that fails or warns, and an id
    that check unless it passes. What is not applicable gets through.
    """

    def is_held_back(check: Check) -> bool:
        if check.id in gates or "warn" in gates:
            return check.status in {"fail", "warn"}
        return check.status == "fail" and "fail" in gates

    return tuple(check for check in checks if is_held_back(check))
