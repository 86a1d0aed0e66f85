"""The YAML door: one file, validated with positions, becomes a Matrix.

``layers`` reads and lays over one another (`syntax`, `nodes`), ``validate`` holds the document
against its `schema`, ``cells`` resolves names into cells (`selection`, `scenarios`, `spaces`,
`variants`) and collects what does not hold (`checks`, `arguments`); `load` is all of it in a row.
``unsaid`` tells what a matrix leaves to the default.
"""

from harness.config.builtin import builtin_matrices
from harness.config.load import load_matrix
from harness.config.problems import render_problems
from harness.config.schema import json_schema
from harness.config.templates import template, template_names
from harness.config.unsaid import Unsaid, unsaid

__all__ = [
    "Unsaid",
    "builtin_matrices",
    "json_schema",
    "load_matrix",
    "render_problems",
    "template",
    "template_names",
    "unsaid",
]
