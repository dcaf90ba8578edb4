"""What a user measured in place of the technology model: operating points, or times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated

from pydantic import Field

from carbonplan.catalogue.inputs import MeasuredProfile
from carbonplan.catalogue.library import Library
from carbonplan.catalogue.measurements import (
    Measurement,
    holds_measurements,
    read_measurements,
)
from carbonplan.catalogue.records import Count, NonNegative, Positive, Record
from carbonplan.catalogue.tables import read_rows, read_table, refuse
from carbonplan.scenario.fields import Precision

POINT = (
    *("llm", "sku", "tensor_parallel", "pipeline_parallel", "precision"),
    *("clock_fraction", "request_class"),
)
OF_MODES = (
    *("accelerators", "tpot_s", "latency_s"),
    *("ttft_limit_s", "tpot_limit_s", "latency_limit_s"),
)


class ProfileRow(Record):
    """A measured operating point; a row of the file that ``fleet.profiles`` names."""

    llm: str
    sku: str
    tensor_parallel: Annotated[int, Field(ge=1)]
    pipeline_parallel: Annotated[int, Field(ge=1)]
    precision: Precision
    clock_fraction: Annotated[float, Field(gt=0, le=1)]
    request_class: str
    max_rate_rps: NonNegative
    energy_j_per_request: NonNegative
    ttft_s: Positive
    source: str
    replica_power_w: NonNegative | None = None
    accelerators: Count | None = None
    tpot_s: Positive | None = None
    latency_s: Positive | None = None
    ttft_limit_s: Positive | None = None
    tpot_limit_s: Positive | None = None
    latency_limit_s: Positive | None = None


def profiles_or_measurements(
    path: Path | None, library: Library | None = None
) -> tuple[tuple[MeasuredProfile, ...], tuple[Measurement, ...]]:
    """Operating points of a file, or the measured times that they are to be derived from."""
    if path is None:
        return (), ()
    if holds_measurements(path):
        return (), read_measurements(path, library)
    return read_profiles(path), ()


def read_profiles(path: Path) -> tuple[MeasuredProfile, ...]:
    """Measured operating points of a CSV file; a rate of 0 is a class that is not served.

    Raises
    ------
    InvalidInput
        With a line for each cell that is wrong, for what only modes have, and for modes that
        stand twice or beside points of the same LLM that are no modes.
    """
    rows = read_table(path, ProfileRow)
    lines = [row.line for row in read_rows(path, (), tuple(ProfileRow.model_fields))]
    refuse(path, list(_problems(dict(zip(lines, rows, strict=True)))))
    names = [field.name for field in fields(MeasuredProfile)]
    return tuple(
        MeasuredProfile(**{name: getattr(row, name) for name in names}) for row in rows
    )


def _problems(rows: Mapping[int, ProfileRow]) -> Iterator[str]:
    modes = {row.llm for row in rows.values() if row.replica_power_w is not None}
    first: dict[tuple, int] = {}
    for line, row in rows.items():
        if row.replica_power_w is None:
            given = [name for name in OF_MODES if getattr(row, name) is not None]
            if given:
                yield f"line {line}, {given[0]}: found without replica_power_w"
            elif row.llm in modes:
                yield (
                    f"line {line}: no replica_power_w, which other rows of {row.llm} have; "
                    "expected it in all of them or in none"
                )
        elif row.energy_j_per_request:
            yield (
                f"line {line}, energy_j_per_request: found {row.energy_j_per_request:g} with "
                "replica_power_w, which holds whatever is served; expected 0"
            )
        point = tuple(getattr(row, name) for name in POINT)
        if row.replica_power_w is not None and point in first:
            yield f"line {line}: the same as line {first[point]} in {', '.join(POINT)}"
        first.setdefault(point, line)
