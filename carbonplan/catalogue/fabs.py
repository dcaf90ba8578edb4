"""Where dies are made: what a wafer takes at each node, and the grids of fabs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from carbonplan.catalogue.records import Evidence, NonNegative, Positive, Record
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_keyed
from carbonplan.errors import InvalidInput, nearest

PROCESS_NODES = "embodied/process_nodes.csv"
FAB_GRIDS = "embodied/fab_grids.csv"


class ProcessNode(Record):
    """What a processed wafer takes for each area; ``data/embodied/process_nodes.csv``."""

    node: str
    energy_kwh_per_cm2: Positive
    gases_95_g_per_cm2: NonNegative  # emitted where 95 % of the gases are abated
    gases_99_g_per_cm2: NonNegative
    materials_g_per_cm2: NonNegative
    evidence: Evidence
    source: str


class FabGrid(Record):
    """Carbon intensity of the grid of a fab; ``data/embodied/fab_grids.csv``."""

    location: str
    intensity_g_per_kwh: Positive
    low_intensity_g_per_kwh: Positive
    high_intensity_g_per_kwh: Positive
    evidence: Evidence
    source: str


@cache
def process_nodes() -> Mapping[str, ProcessNode]:
    """Process nodes by name."""
    return read_keyed(data_root() / PROCESS_NODES, ProcessNode)


@cache
def fab_grids() -> Mapping[str, FabGrid]:
    """Grids of fabs by location."""
    return read_keyed(data_root() / FAB_GRIDS, FabGrid)


def fab_grid(location: str) -> FabGrid:
    """The grid of one location.

    Raises
    ------
    InvalidInput
        With the known location that is most like the unknown one.
    """
    known = fab_grids()
    if location not in known:
        near = nearest(location, known) or "; known: " + ", ".join(known)
        raise InvalidInput("embodied catalogue", [f'no fab location "{location}"{near}'])
    return known[location]
