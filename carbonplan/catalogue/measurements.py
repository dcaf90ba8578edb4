"""Measurements of a user's own: what ran where, and what was measured of it.

A row is one quantity of one run. A file of such rows serves twice: ``carbonplan calibrate``
fits coefficients to it, and ``fleet.profiles`` takes times from it directly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field

from carbonplan.catalogue.library import Library, shipped_library
from carbonplan.catalogue.records import Accelerator, Count, NonNegative, Positive, Record
from carbonplan.catalogue.tables import LIMIT_BYTES, read_rows, read_table, refuse
from carbonplan.catalogue.text import read_text
from carbonplan.errors import nearest
from carbonplan.scenario.fields import Precision

Quantity = Literal[
    "prefill_s",  # one prompt alone, from its admission to the first token
    "ttft_s",  # the same while few others run: the step in progress comes first
    "step_s",  # one decode step of a batch
    "tpot_s",  # mean time per output token, prompts in between
    "batch_s",  # a batch from its prompts to its last token
    "output_tokens_per_s",  # output tokens of the replica
    "power_w",  # mean of one accelerator while it serves
    "prefill_power_w",  # of one accelerator during prompts alone
    "step_power_w",  # of one accelerator during decode steps alone
]
QUANTITIES: tuple[str, ...] = get_args(Quantity)
NEEDS_OUTPUT = ("tpot_s", "batch_s", "output_tokens_per_s", "power_w")
NEEDS_INPUT = ("prefill_s", "ttft_s", "prefill_power_w")
MARK = "quantity"  # the column by which a table of measurements is known


class Measurement(Record):
    """One measured quantity; a row of a table of one's own measurements."""

    accelerator: str
    llm: str
    precision: Precision
    tensor_parallel: Count
    pipeline_parallel: Count = 1
    clock_fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    batch: Annotated[float, Field(ge=1, allow_inf_nan=False)]  # sequences decoded together
    input_tokens: NonNegative
    output_tokens: NonNegative  # mean context of a step: input_tokens + output_tokens / 2
    quantity: Quantity
    value: Positive
    source: str = ""

    @property
    def context_tokens(self) -> float:
        """Mean context of a sequence while it is decoded."""
        return self.input_tokens + self.output_tokens / 2.0


def read_measurements(path: Path, library: Library | None = None) -> tuple[Measurement, ...]:
    """Rows of a table of measurements; the name of the file where a row names no source.

    Raises
    ------
    InvalidInput
        With a line for each cell that is wrong, unknown name and missing length.
    """
    rows = read_table(path, Measurement)
    library = library or shipped_library()
    accelerators, llms = accelerator_records(library), library.card_paths()
    fields = Measurement.model_fields
    lines = [row.line for row in read_rows(path, (), tuple(fields))]
    refuse(
        path,
        [
            f"line {line}, {problem}"
            for line, row in zip(lines, rows, strict=True)
            for problem in _problems(row, accelerators, llms)
        ],
    )
    return tuple(row if row.source else _from(row, path) for row in rows)


def accelerator_records(library: Library | None = None) -> dict[str, Accelerator]:
    """Accelerators of the catalogue by name; of the shipped one unless told otherwise."""
    return (library or shipped_library()).keyed("hardware/accelerators.csv", Accelerator)


def holds_measurements(path: Path) -> bool:
    """Whether the header of a CSV file is that of a table of measurements."""
    header = read_text(path, LIMIT_BYTES).partition("\n")[0]
    return MARK in [name.strip() for name in header.split(",")]


def _from(row: Measurement, path: Path) -> Measurement:
    return row.model_copy(update={"source": path.name})


def _problems(
    row: Measurement, accelerators: Iterable[str], llms: Iterable[str]
) -> Iterator[str]:
    for column, name, known in (
        ("accelerator", row.accelerator, accelerators),
        ("llm", row.llm, llms),
    ):
        if name not in known:
            yield f'{column}: "{name}" is not in the catalogue{nearest(name, known)}'
    if row.quantity in NEEDS_OUTPUT and row.output_tokens == 0:
        yield f"output_tokens: found 0; {row.quantity} needs a number above 0"
    if row.input_tokens == 0 and (row.quantity in NEEDS_INPUT or row.output_tokens == 0):
        yield f"input_tokens: found 0; {row.quantity} needs a number above 0"
