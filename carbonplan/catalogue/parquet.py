"""Series in Parquet: the footer is weighed before anything is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from carbonplan.catalogue.cells import PROBLEMS_OF_A_KIND
from carbonplan.catalogue.series import LIMIT_CELLS, TIME, Table, header_problems
from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import refuse
from carbonplan.errors import InvalidInput, MissingDependency


def read_parquet(path: Path) -> Table:
    """Times and numbers of a Parquet file.

    A small file can unfold to any size, so rows × columns of its footer are held against
    ``LIMIT_CELLS`` first.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingDependency(
            f"{shown(path)}: reading Parquet needs pyarrow; pip install 'carbonplan[parquet]'"
        ) from None
    if not path.is_file():
        raise InvalidInput(shown(path), ["does not exist, or is not a regular file"])
    try:
        footer = pq.read_metadata(path)
        if footer.num_rows * footer.num_columns > LIMIT_CELLS:
            raise InvalidInput(
                shown(path),
                [
                    f"holds {footer.num_rows} rows x {footer.num_columns} columns; "
                    f"at most {LIMIT_CELLS} cells are read"
                ],
            )
        table = pq.read_table(path)
    except pa.ArrowException as error:
        raise InvalidInput(shown(path), [f"is not a whole Parquet file: {error}"]) from None
    return _checked(path, table)


def _checked(path: Path, table) -> Table:
    import pyarrow as pa

    refuse(path, list(header_problems(table.column_names)))
    clock = table.schema.field(TIME).type
    columns = tuple(name for name in table.column_names if name != TIME)
    problems = []
    if not (pa.types.is_timestamp(clock) and clock.tz in ("UTC", "+00:00", "Etc/UTC")):
        problems.append(f"{TIME}: found {clock}; expected a timestamp with time zone UTC")
    for name in columns:
        kind = table.schema.field(name).type
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
            problems.append(f"{name}: found {kind}; expected numbers")
    refuse(path, problems or ([] if table.num_rows else ["no rows"]))
    values = np.column_stack(
        [table[name].to_numpy().astype(np.float64) for name in columns]
    )  # a null becomes NaN
    wrong = np.argwhere(~np.isfinite(values))
    refuse(
        path,
        [
            f"row {row + 1}, {columns[column]}: no finite number"
            for row, column in wrong[:PROBLEMS_OF_A_KIND]
        ]
        + ([f"row {i + 1}: no time" for i in np.flatnonzero(table[TIME].is_null())[:1]]),
    )
    times = table[TIME].to_numpy().astype("datetime64[m]")
    places = [f"row {row + 1}" for row in range(table.num_rows)]
    return Table(path, columns, places, times, values)
