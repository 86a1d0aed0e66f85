"""Contract suites that third-party plug-ins run in their own tests.

=======================  =====================================================================
`scenario_contract`      of a scenario's environment, which it makes and steps
`scenario_facts`         of a scenario's data; needs no simulator
`algorithm_contract`     of an algorithm's capabilities, search space and defaults
`component_contracts`       of samplers, pruners, objectives and listeners
`executor_contract`      of whatever runs runs; `executor_orders` has what it is given
`ledger_contract`        of whatever keeps results; `ledger_contents` has what it is given
=======================  =====================================================================

A suite is a class: subclass it in a test file and override the fixture that its docstring names.
"""

from __future__ import annotations

__all__ = ["expect", "expect_equal"]


def expect(condition: bool, message: str) -> None:
    """Fail with a message.

    Not `assert`: it says nothing outside of test files, and `python -O` drops it.
    """
    if not condition:
        raise AssertionError(message)


def expect_equal(value: object, target: object) -> None:
    """Fail unless the two are equal."""
    expect(value == target, f"it gives {value!r}, not {target!r}")
