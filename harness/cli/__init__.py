"""The command line: one file per command.

stdout carries the product (tables, JSON, the report's path), stderr the progress and the notes.
Nothing heavy is imported before a command needs it, so that ``harness --help`` is immediate.
"""

from harness.cli.app import main

__all__ = ["main"]
