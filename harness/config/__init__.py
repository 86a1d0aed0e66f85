"""The YAML door: one file, validated with positions, becomes a Matrix.

`load` is a straight walk. `layers` reads files as text (`yaml_text`) into trees with locations
(`nodes`) and lays them over one another; `validation` holds the document against its `schema`;
`cells` resolves names into cells (`selection`, `scenario_settings`, `module_references`,
`curricula`, `search_spaces`, `known_configurations`) and collects what does not hold (`checks`).

What can be set stands in `harness.core.settings`; `derived_models` makes the validation of it, and
`written_forms` says how values are written.
"""

from harness.config.cell_selection import cell_order, keep_cells
from harness.config.documents.builtin_matrices import builtin_matrices, template, template_names
from harness.config.documents.document_keys import option_answer
from harness.config.documents.matrix_schema import json_schema
from harness.config.documents.problems import render_problems
from harness.config.documents.written_values import check_campaign_name
from harness.config.foreign.foreign_names import run_option
from harness.config.load import ImplicitBudget, implicit_budgets, load_matrix
from harness.config.module_references import look_up_scenario
