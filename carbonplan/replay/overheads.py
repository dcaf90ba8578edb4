r"""How much longer or shorter than the coefficients say a request takes before its prompt.

The coefficients know one time for an engine (``request_overhead_ms``). Tokenising, launching
and talking to the client differ by LLM, precision and accelerator; what measured times to first
token say of that stands in a table of factors, which multiply:

.. math:: f = f_{engine}\, f_{llm}\, f_{llm, precision}\, f_{accelerator}

Names of which the table says nothing have a factor of one. ``overhead_fit`` makes the table.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Literal

from carbonplan.catalogue.records import Evidence, Positive, Record
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_table

TABLE = "prompt_overheads.csv"
Level = Literal["engine", "llm", "llm-precision", "accelerator"]


class OverheadRow(Record):
    """A factor of an engine; a row of ``data/calibration/prompt_overheads.csv``."""

    engine: str
    level: Level
    name: str
    value: Positive
    rows: int  # measurements that it was fitted on
    evidence: Evidence
    source: str
    date: str


def names_of(engine: str, llm: str, precision: str, accelerator: str) -> tuple[tuple, ...]:
    """Keys of the factors of a replica, by level."""
    return (
        (engine, "engine", engine),
        (engine, "llm", llm),
        (engine, "llm-precision", f"{llm}|{precision}"),
        (engine, "accelerator", accelerator),
    )


def overhead_factor(engine: str, llm: str, precision: str, accelerator: str) -> float:
    """Time before a prompt over that of the coefficients [1]."""
    known = _factors()
    names = names_of(engine, llm, precision, accelerator)
    return math.prod(known.get(name, 1.0) for name in names)


@functools.cache
def _factors() -> Mapping[tuple, float]:
    path = data_root() / "calibration" / TABLE
    rows = read_table(path, OverheadRow) if path.is_file() else ()
    return {(row.engine, row.level, row.name): row.value for row in rows}
