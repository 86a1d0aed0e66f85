"""What the page over campaigns that are held against one another is made from."""

from __future__ import annotations

from dataclasses import dataclass

from harness.analysis import CampaignComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """The material of the page.

    Attributes:
        comparison: The campaigns, which mean the same.
        updated: When the latest of their results was recorded.
    """

    comparison: CampaignComparison
    updated: str

    @property
    def title(self) -> str:
        first, *others = self.comparison.campaigns
        return f"{', '.join(others)} against {first}"

    @property
    def headline(self) -> str:
        """What was found, in a sentence."""
        worse = self.comparison.worse
        better = {each.cell for each in self.comparison.cells if each.word == "improved"}
        cells = {each.cell for each in self.comparison.cells}
        slower = self.comparison.slower
        return (
            f"Cells: {len(cells)}. Improved: {len(better)}. Worse: {len(worse)}. "
            f"Slower in training: {len(slower)}."
        )
