"""``harness schema``: the matrix' JSON Schema."""

from __future__ import annotations

from harness.cli import console

__all__ = ["schema"]


def schema() -> None:
    """Print the JSON Schema of a matrix, for editors."""
    from harness import config

    console.emit(config.json_schema())
