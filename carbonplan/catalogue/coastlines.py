"""Outlines of land, from ``data/sites/coastlines.csv``: what a map is drawn on."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from carbonplan.catalogue.records import Evidence, Record
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_keyed

COASTLINES = "sites/coastlines.csv"
POINT = r"-?\d+(\.\d+)? -?\d+(\.\d+)?"


class Coastline(Record):
    """One piece of land, or a sea within one; a row of ``data/sites/coastlines.csv``."""

    ring: str
    outline: Annotated[str, Field(pattern=rf"^{POINT}(;{POINT})+$")]  # latitude longitude; ...
    evidence: Evidence
    source: str


@cache
def coastlines() -> tuple[NDArray[np.float64], ...]:
    """Corners of each outline as latitude and longitude, (point, 2) [degrees]."""
    records = read_keyed(data_root() / COASTLINES, Coastline)
    return tuple(
        np.array([point.split(" ") for point in one.outline.split(";")], dtype=np.float64)
        for one in records.values()
    )
