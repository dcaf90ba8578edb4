"""What a user measured in place of the technology model: operating points, or times."""

from __future__ import annotations

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
from carbonplan.catalogue.records import NonNegative, Positive, Record
from carbonplan.catalogue.tables import read_table
from carbonplan.scenario.fields import Precision


class ProfileRow(Record):
    """A measured operating point; a row of the file that ``fleet.profiles`` names."""

    llm: str
    sku: str
    tensor_parallel: Annotated[int, Field(ge=1)]
    pipeline_parallel: Annotated[int, Field(ge=1)]
    precision: Precision
    clock_fraction: Annotated[float, Field(gt=0, le=1)]
    request_class: str
    max_rate_rps: Positive
    energy_j_per_request: NonNegative
    ttft_s: Positive
    source: str


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
    """Measured operating points of a CSV file."""
    names = [field.name for field in fields(MeasuredProfile)]
    return tuple(
        MeasuredProfile(**{name: getattr(row, name) for name in names})
        for row in read_table(path, ProfileRow)
    )
