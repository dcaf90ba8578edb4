r"""How long a request takes before its prompt is computed, as measured first tokens tell it.

The coefficients know one time for an engine (``request_overhead_ms``). Measured times to first
token tell more of it: what is the same for every request, what every token of its prompt adds
(tokenising, copying), what every accelerator that shares a layer adds (handing it out), and
what of it nobody else can have at once, a turn. With a prompt of n tokens on a replica of
tensor parallelism TP

.. math::

    t = f\,(a_{engine} + b_{engine}\,n + c_{engine}\,TP), \qquad
    f = f_{llm}\, f_{llm, precision}\, f_{accelerator}\, f_{version}

Names of which the table says nothing have a factor of one; so has a plan, which knows no
version of its engine. Turns matter where many requests come together, as at the beginning of a
benchmark; replays of plans know none. ``overhead_fit`` makes the table.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from carbonplan.catalogue.records import Evidence, Positive, Record
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_table
from carbonplan.units import MS_PER_S

TABLE = "prompt_overheads.csv"
Level = Literal[
    "request-ms",
    "token-ms",
    "rank-ms",
    "turn-ms",
    "llm",
    "llm-precision",
    "accelerator",
    "version",
]
PARTS = ("request-ms", "token-ms", "rank-ms", "turn-ms")


class OverheadRow(Record):
    """A time or a factor of an engine; a row of ``data/calibration/prompt_overheads.csv``.

    Attributes
    ----------
    level
        Of times of the engine those in ``PARTS``: of a request, of a token of its prompt, of
        an accelerator that shares layers, and of a turn, in ms; of factors whose they are.
    rows
        Measurements that it was fitted on.
    """

    engine: str
    level: Level
    name: str
    value: Positive
    rows: int
    evidence: Evidence
    source: str
    date: str


@dataclass(frozen=True)
class Served:
    """What serves: names, and over how many accelerators a layer is spread."""

    engine: str
    llm: str
    precision: str
    accelerator: str
    tensor_parallel: float
    version: str = ""  # none: that of a plan


@dataclass(frozen=True)
class Overhead:
    """Time before a prompt: of a request, of a token of its prompt, and of its turn."""

    request_s: float
    token_s: float = 0.0
    turn_s: float = 0.0


def names_of(served: Served) -> tuple[tuple, ...]:
    """Keys of the factors, by level."""
    engine, llm = served.engine, served.llm
    return (
        (engine, "llm", llm),
        (engine, "llm-precision", f"{llm}|{served.precision}"),
        (engine, "accelerator", served.accelerator),
        (engine, "version", served.version),
    )


def overhead_of(served: Served, unknown_s: float) -> Overhead:
    """Time before prompts.

    Parameters
    ----------
    unknown_s
        Of a request, of an engine of which the table says nothing.
    """
    return overhead_from(_values(), served, unknown_s)


def overhead_from(values: Mapping[tuple, float], served: Served, unknown_s: float) -> Overhead:
    """Time before prompts from times and factors."""
    engine = served.engine
    if (engine, PARTS[0], engine) not in values:
        return Overhead(unknown_s)
    factor = math.prod(values.get(name, 1.0) for name in names_of(served))
    request_s, token_s, rank_s, turn_s = (
        values[engine, part, engine] / MS_PER_S for part in PARTS
    )
    shared_s = rank_s * served.tensor_parallel
    return Overhead(factor * (request_s + shared_s), factor * token_s, turn_s)


@functools.cache
def _values() -> Mapping[tuple, float]:
    path = data_root() / "calibration" / TABLE
    rows = read_table(path, OverheadRow) if path.is_file() else ()
    return {(row.engine, row.level, row.name): row.value for row in rows}
