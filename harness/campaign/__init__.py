"""The only composition root: matrix -> cells -> runs -> ledger -> report.

Each name is imported when it is first used, so that `check` and `plan` stay quick.
"""

from harness.lazy import lazily

__getattr__, __all__ = lazily(__file__)
