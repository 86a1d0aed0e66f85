"""The shape of a matrix document: what may be written, and in which short forms."""

from harness.config.schema.algorithms import (
    AlgorithmEntry,
    Range,
    VariantEntry,
)
from harness.config.schema.cells import (
    Match,
    Override,
    ResourcesEntry,
    Settings,
)
from harness.config.schema.document import (
    Document,
    json_schema,
)
from harness.config.schema.rungs import (
    ALTERNATIVES,
    AdaptiveEntry,
    ComponentEntry,
    ConfirmEntry,
    SearchEntry,
    TestEntry,
    TransferEntry,
)
from harness.config.schema.scenarios import (
    CurriculumEntry,
    LevelEntry,
    Normalization,
    ScenarioEntry,
    ScoreEntry,
    WrapperEntry,
)

__all__ = [
    "ALTERNATIVES",
    "AdaptiveEntry",
    "AlgorithmEntry",
    "ComponentEntry",
    "ConfirmEntry",
    "CurriculumEntry",
    "Document",
    "LevelEntry",
    "Match",
    "Normalization",
    "Override",
    "Range",
    "ResourcesEntry",
    "ScenarioEntry",
    "ScoreEntry",
    "SearchEntry",
    "Settings",
    "TestEntry",
    "TransferEntry",
    "VariantEntry",
    "WrapperEntry",
    "json_schema",
]
