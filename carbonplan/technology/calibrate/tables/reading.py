"""One table of measurements: its file, the columns that it has, and how it becomes rows."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.catalogue.tables import refuse, shortened
from carbonplan.catalogue.text import read_text
from carbonplan.errors import InvalidInput, nearest

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".csv", ".csv.gz")
LIMIT_BYTES = 200_000_000
HEADER_LINES = 1
PER_COLUMN_TOLD = 3


@dataclass(frozen=True)
class Table:
    """How a table of measurements is called, what it holds, and what its rows mean.

    Attributes
    ----------
    stem
        Name of its file without the ending.
    text, numbers
        Columns that must be there, as words and as numbers.
    rows
        From the table as it lies in the file to rows of ``measurements.COLUMNS``, accelerator
        and LLM still under the table's own names ``gpu`` and ``model_id``. A row that says
        nothing of a model has its reason in ``left_out``.
    optional
        Columns that may be there too.
    """

    stem: str
    text: Sequence[str]
    numbers: Sequence[str]
    rows: Callable[[pd.DataFrame], pd.DataFrame]
    optional: Sequence[str] = ()

    def path(self, folder: Path) -> Path | None:
        """Where it lies in a folder, plain or compressed; ``None`` where it does not."""
        places = (folder / f"{self.stem}{ending}" for ending in ENDINGS)
        return next((place for place in places if place.is_file()), None)

    def read(self, path: Path) -> pd.DataFrame:
        """The table as it lies in the file, its numbers as numbers.

        Raises
        ------
        InvalidInput
            With every column that is missing or misspelt and every cell that is no number.
        """
        import pandas as pd

        text = read_text(path, LIMIT_BYTES)
        try:
            table = pd.read_csv(
                io.StringIO(text), dtype=str, keep_default_na=False, na_values=[""]
            )
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise InvalidInput(str(path), [f"is not a CSV table: {error}"]) from None
        refuse(path, self._header_problems(list(table.columns)))
        numbers = table[list(self.numbers)].apply(pd.to_numeric, errors="coerce")
        refuse(path, _cell_problems(table, numbers))
        return table.assign(**{name: numbers[name].astype(float) for name in self.numbers})

    def _header_problems(self, found: Sequence[str]) -> list[str]:
        """A further column is no fault as long as none is missing."""
        needed = [*self.text, *self.numbers]
        missing = [name for name in needed if name not in found]
        if not missing:
            return []
        known = {*needed, *self.optional}
        unknown = [name for name in found if name not in known]
        return [
            *(f'line 1: column "{name}" is missing' for name in missing),
            *(
                f'line 1: unknown column "{shortened(name)}"{nearest(name, missing)}'
                for name in unknown
            ),
        ]


def _cell_problems(table: pd.DataFrame, numbers: pd.DataFrame) -> list[str]:
    """Cells that hold something and no number, the first few of each column."""
    wrong = numbers.isna() & table[list(numbers)].notna()
    return [
        f'line {at + 1 + HEADER_LINES}, {name}: found "{shortened(table[name].iloc[at])}"; '
        "expected a number with a decimal point"
        for name in numbers
        for at in wrong[name].to_numpy().nonzero()[0][:PER_COLUMN_TOLD]
    ]


def each(table: pd.DataFrame, **values: pd.Series) -> pd.DataFrame:
    """The table once for each quantity; rows without a value are dropped."""
    import pandas as pd

    parts = [table.assign(quantity=name, value=value) for name, value in values.items()]
    return pd.concat(parts, ignore_index=True).dropna(subset=["value"])


def leave_out(table: pd.DataFrame, where: pd.Series, reason: str) -> pd.DataFrame:
    """The table with a reason against some rows; the first reason of a row stands."""
    so_far = table.assign(left_out=table.get("left_out", ""))
    fresh = where.fillna(False).astype(bool) & (so_far["left_out"] == "")
    return so_far.assign(left_out=so_far["left_out"].mask(fresh, reason))


def relative(
    table: pd.DataFrame, load: Sequence[str], full: pd.Series, **columns: str
) -> pd.DataFrame:
    """Columns over their values in the row of the same load at full clock or limit.

    Parameters
    ----------
    load
        Columns that two rows of the same load share.
    full
        Where the clock or limit is the highest.
    columns
        Quantity by name, and the column that it is the ratio of.
    """
    reference = table[full].groupby(list(load), dropna=False)[list(columns.values())].mean()
    below = table[~full]
    at_full = below[list(load)].merge(
        reference.reset_index(), on=list(load), how="left", suffixes=("", "_full")
    )
    ratios = {
        name: below[column] / at_full[column].set_axis(below.index)
        for name, column in columns.items()
    }
    return each(below, **ratios)
