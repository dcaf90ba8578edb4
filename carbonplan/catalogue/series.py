"""Series by the hour or by the slot, in CSV or Parquet: strict in, labelled out.

The first column is ``time_utc``, ISO 8601 in UTC; every other column is a region, a zone or an
origin. Rows follow each other without a gap: nothing is filled, sorted, shifted or averaged
here, because each of these would change a plan without a word. Where slots are shorter than an
hour, a file has a row for every slot, or one for every hour that holds in each slot of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cells import (
    PROBLEMS_OF_A_KIND,
    parsed_numbers,
    parsed_times,
    read_fields,
)
from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import refuse, shortened
from carbonplan.errors import InvalidInput, nearest

if TYPE_CHECKING:
    import xarray as xr

TIME = "time_utc"
STEP = "step"  # attribute of a series: how far apart its rows are
HOUR = np.timedelta64(60, "m")
LIMIT_BYTES = 200_000_000
LIMIT_CELLS = 20_000_000


@dataclass(frozen=True)
class Table:
    """Cells of a series file as text or numbers, with the place of each for messages."""

    path: Path
    columns: tuple[str, ...]
    places: Sequence[str]  # "line 2", one per row
    times: NDArray[np.datetime64]  # (row,), minutes in UTC
    values: NDArray[np.float64]  # (row, column)


def read_series(path: Path, per_hour: int = 1) -> xr.DataArray:
    """Values (time_utc, column) of a CSV (plain or gzip) or Parquet file.

    Parameters
    ----------
    per_hour
        How many slots an hour is made of: rows are hours, or such slots.

    Raises
    ------
    InvalidInput
        With a line for each problem: where, what was found, what was expected.
    """
    import xarray as xr

    table = read_times(path)
    step = _step(table.times, per_hour)
    refuse(path, list(step_problems(table.times, table.places, step, per_hour)))
    return xr.DataArray(
        table.values,
        dims=(TIME, "column"),
        coords={TIME: table.times.astype("datetime64[ns]"), "column": list(table.columns)},
        name=path.name,
        attrs={STEP: step},
    )


def _step(times: NDArray[np.datetime64], per_hour: int) -> np.timedelta64:
    """An hour, or the length of a slot where the first rows are not an hour apart."""
    on_the_hour = times[0].astype("datetime64[h]") == times[0]
    apart = np.diff(times[:2])
    by_hour = apart[0] == HOUR if apart.size else on_the_hour
    return HOUR if by_hour else HOUR // per_hour


def read_times(path: Path) -> Table:
    """Times and numbers of a file whose rows need not be consecutive hours."""
    if path.name.endswith(".parquet"):
        from carbonplan.catalogue.parquet import read_parquet

        return read_parquet(path)
    if path.name.endswith((".csv", ".csv.gz")):
        return _read_csv(path)
    raise InvalidInput(
        shown(path), ["is no series file; expected a name in .csv, .csv.gz or .parquet"]
    )


def columns_of(
    series: xr.DataArray, wanted: Sequence[str], known: Iterable[str], path: Path
) -> xr.DataArray:
    """The wanted columns in their order; a column that names nothing known is a mistake."""
    found = [str(name) for name in series["column"].values]
    known = [*wanted, *known]
    unknown = [name for name in found if name not in known]
    missing = [name for name in wanted if name not in found]
    refuse(
        path,
        [
            *(f'column "{name}" is missing{nearest(name, unknown)}' for name in missing),
            *(
                f'line 1: unknown column "{shortened(name)}"{nearest(name, known)}'
                for name in unknown
            ),
        ],
    )
    return series.sel(column=list(wanted))


def values_at(series: xr.DataArray, times: NDArray[np.datetime64], path: Path) -> xr.DataArray:
    """Rows that hold at these times; a time that the file does not cover is named."""
    step = series.attrs[STEP]
    rows = times - (times - times.astype("datetime64[h]")) % step
    held = np.isin(rows, series[TIME].values)
    if not held.all():
        first = utc_text(times[~held][0])
        kind = "hours" if step == HOUR and np.array_equal(rows, times) else "slots"
        raise InvalidInput(
            shown(path),
            [
                f"no value for {first}; the horizon needs {len(times)} {kind}, "
                f"{int(held.sum())} found"
            ],
        )
    return series.sel({TIME: rows})


def utc_text(time: np.datetime64) -> str:
    """Time as it is written in files: ``2022-01-01T00:00Z``."""
    return f"{np.datetime_as_string(time, unit='m')}Z"


def step_problems(
    times: NDArray[np.datetime64], places: Sequence[str], step: np.timedelta64, per_hour: int
) -> Iterator[str]:
    """Rows that are not one step apart: other resolutions, gaps, repeats, out of order."""
    steps = np.diff(times)
    odd = np.flatnonzero(steps != step)
    if odd.size == 0:
        return
    expected = "expected one row for every hour"
    if per_hour > 1:
        expected += f" or every {_minutes(HOUR // per_hour)} minutes"
    if odd.size == steps.size and odd.size > 1 and steps[0] > 0 and np.all(steps == steps[0]):
        yield f"rows are {_minutes(steps[0])} minutes apart; {expected}"
        return
    for row in odd[:PROBLEMS_OF_A_KIND]:
        yield f"{places[row + 1]}: {_step_problem(times[row], times[row + 1], step)}"
    if odd.size > PROBLEMS_OF_A_KIND:
        yield f"{odd.size} such steps in all; {expected}, in order"


def _minutes(step: np.timedelta64) -> int:
    return int(step / np.timedelta64(1, "m"))


def _step_problem(before: np.datetime64, after: np.datetime64, step: np.timedelta64) -> str:
    apart = after - before
    if apart == np.timedelta64(0, "m"):
        return f"{utc_text(after)} stands twice"
    if apart < np.timedelta64(0, "m"):
        return f"{utc_text(after)} comes after {utc_text(before)}; expected rows in order"
    row = "hour" if step == HOUR else "slot"
    if apart % step == np.timedelta64(0, "m"):
        missing = int(apart / step) - 1
        rows = f"1 {row} is" if missing == 1 else f"{missing} {row}s are"
        return (
            f"no value for {utc_text(before + step)}; {rows} missing before {utc_text(after)}"
        )
    return f"{utc_text(after)} is no whole {row} after {utc_text(before)}"


def _read_csv(path: Path) -> Table:
    fields = read_fields(path, LIMIT_BYTES)
    refuse(path, list(header_problems(fields.header)))
    columns = tuple(name for name in fields.header if name != TIME)
    times, time_problems = parsed_times(fields.places, fields.column(TIME))
    numbers = fields.columns(columns)
    values, value_problems = parsed_numbers(fields.places, columns, numbers)
    refuse(path, [*time_problems, *value_problems])
    return Table(path, columns, fields.places, times, values)


def header_problems(header: Sequence[str]) -> Iterator[str]:
    """What is wrong with the column names of a series."""
    if len(header) == 1 and ";" in header[0]:
        yield "line 1: columns are separated by semicolons; expected commas"
    elif TIME not in header:
        yield f'line 1: column "{TIME}" is missing{nearest(TIME, header)}'
    elif len(header) == 1:
        yield f'line 1: no column beside "{TIME}"; expected one per series'
    if "" in header:
        yield "line 1: a column without a name"
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        yield f'line 1: column "{shortened(name)}" stands twice'
