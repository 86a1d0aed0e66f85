"""Tables of what `splits.py` wrote, with standard errors within and between cells.

    python tests/benchmarks/search/tables.py FILE.csv [FILE.csv ...] [--by COLUMN ...]
        [--against SEARCH]

The mean over cells of the mean over repetitions. Of the two standard errors, *within* is that of
other repetitions on the same cells, *between* that of other cells. With `--against` quality is the
change against another search, named by sampler, pruner, parameters and limit of cost with spaces
between them, of the same repetitions.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from landscapes import CHOSEN_ON

SEARCH: Final = ["sampler", "pruner", "parameters", "cost_aware"]
SPLIT: Final = ["budget", "top", "seeds"]


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--by", nargs="*", default=["mode", "half"])
    parser.add_argument("--against", default=None, help='"tpe median 0 0.0"')
    words = parser.parse_args()
    rows = pd.concat([pd.read_csv(file) for file in words.files], ignore_index=True)
    rows = whole(rows)
    if words.against is not None:
        rows = changes(rows, words.against)
    print(markdown(summary(rows, words.by)))


def whole(rows: pd.DataFrame) -> pd.DataFrame:
    """The repetitions that every cell of both modes has, for each search."""
    cells = rows.groupby([*SEARCH, "seed"])[["mode", "cell"]].transform(
        lambda column: column.nunique()
    )
    complete = (cells["cell"] == rows["cell"].nunique()) & (cells["mode"] == rows["mode"].nunique())
    halves = np.where(rows["cell"].isin(CHOSEN_ON), "choose", "report")
    return rows.assign(
        half=halves,
        optimism=rows["estimate"] - rows["quality"],
        shrunk_optimism=rows["shrunk"] - rows["quality"],
        pooled_optimism=rows["pooled_estimate"] - rows["pooled"],
    )[complete]


def changes(rows: pd.DataFrame, against: str) -> pd.DataFrame:
    """The rows with what each quality is above that of another search, where both are there."""
    same = ["mode", "cell", "seed", *SPLIT]
    names = rows[SEARCH].astype(str).agg(" ".join, axis=1)
    other = rows.loc[names == against, [*same, "quality"]]
    both = rows.merge(other.rename(columns={"quality": "other"}), on=same)
    return both.assign(quality=both["quality"] - both["other"])


def summary(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """A row per search and split, best first within a budget."""
    keys = [*by, *SPLIT, *SEARCH]
    numbers = ["quality", "optimism", "shrunk_optimism", "pooled", "pooled_optimism", "trials"]
    numbers += ["spent", "cpu"]
    cells = rows.groupby(list(dict.fromkeys([*keys, "mode", "cell"])))
    count = cells["quality"].count()
    means = cells[numbers].mean().assign(noise=cells["quality"].var(ddof=1) / count)
    by_search = means.reset_index().groupby(keys)
    table = by_search[numbers].mean()
    table["within"] = by_search["noise"].sum() ** 0.5 / by_search["noise"].count()
    table["between"] = by_search["quality"].std(ddof=1) / by_search["quality"].count() ** 0.5
    table["repetitions"] = rows.groupby(keys)["seed"].nunique()
    order = [*by, "budget", "quality"]
    return table.reset_index().sort_values(order, ascending=[each != "quality" for each in order])


def markdown(table: pd.DataFrame) -> str:
    """The table with three decimals."""
    lines = [list(table.columns), ["---"] * len(table.columns)]
    for _, row in table.iterrows():
        lines.append([f"{v:.3f}" if isinstance(v, float) else str(v) for v in row])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
