"""Regions, from ``data/sites`` and ``data/grid``.

One table for each kind of source: where a region lies, how its buildings run, what its power
costs, and how much water its grid evaporates. A ``Region`` joins the four; its ``evidence`` is
that of the least certain of them and its ``source`` names them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from carbonplan.catalogue.library import Library, shipped_library
from carbonplan.catalogue.records import Evidence, NonNegative, Record, Region
from carbonplan.catalogue.shipped import data_root, shown
from carbonplan.errors import InvalidInput, nearest

SOURCE_SEPARATOR = "; "
LEAST_CERTAIN_FIRST: tuple[Evidence, ...] = ("assumed", "derived", "published", "measured")

Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class Place(Record):
    """Where a region lies; a row of ``data/sites/regions.csv``."""

    region: str
    name: str
    provider: str
    zone: str
    latitude_deg: Latitude
    longitude_deg: Longitude
    evidence: Evidence
    source: str


class Facility(Record):
    """How the buildings of a region run; a row of ``data/sites/facilities.csv``."""

    region: str
    pue: Annotated[float, Field(ge=1, le=3)]
    evidence: Evidence
    source: str


class SiteWater(Record):
    """Water evaporated for cooling; a row of ``data/sites/water.csv``."""

    region: str
    wue_l_per_kwh: NonNegative  # per kWh of IT energy
    evidence: Evidence
    source: str


class EnergyPrice(Record):
    """What a large customer pays; a row of ``data/sites/prices.csv``."""

    region: str
    price_usd_per_kwh: float
    evidence: Evidence
    source: str


class GridWater(Record):
    """Water evaporated where power is made; a row of ``data/grid/water.csv``.

    Sets of factors differ most over hydropower: whether what evaporates from reservoirs counts.
    """

    zone: str
    factor_set: str  # of the central figure: of data/grid/water_factors.csv, or a country's
    ewif_l_per_kwh: NonNegative  # per kWh taken from the grid
    low_ewif_l_per_kwh: NonNegative | None = None  # None: no second set is known of the zone
    high_ewif_l_per_kwh: NonNegative | None = None
    evidence: Evidence
    source: str


class GridZone(Record):
    """A grid zone of the typical year; a row of ``data/grid/zones.csv``."""

    zone: str
    name: str
    evidence: Evidence
    source: str


REGIONS = "sites/regions.csv"
ZONES = "grid/zones.csv"
KEYED: Mapping[str, type[Record]] = {
    REGIONS: Place,
    "sites/facilities.csv": Facility,
    "sites/water.csv": SiteWater,
    "sites/prices.csv": EnergyPrice,
    "grid/water.csv": GridWater,
}


def site_tables() -> tuple[Path, ...]:
    """The files that regions are read from."""
    names = (*KEYED, ZONES, "grid/hours.csv")
    return tuple(data_root() / name for name in names)


def regions(library: Library | None = None) -> dict[str, Region]:
    """Every region of the catalogue by name; of the shipped one unless told otherwise."""
    library = library or shipped_library()
    tables = {name: library.keyed(name, record_type) for name, record_type in KEYED.items()}
    places, facilities, water, prices, grids = tables.values()
    _refuse_unjoined(library.path(REGIONS), places, facilities, water, prices, grids)
    return {
        name: _joined(place, facilities[name], water[name], prices[name], grids[place.zone])
        for name, place in places.items()
    }


def grid_zones() -> dict[str, GridZone]:
    """Every zone of the typical year by name."""
    return shipped_library().keyed(ZONES, GridZone)


def least_certain(evidence: Sequence[Evidence]) -> Evidence:
    """How a value is known that rests on several figures."""
    return min(evidence, key=LEAST_CERTAIN_FIRST.index)


def joined_sources(sources: Sequence[str]) -> str:
    """Keys of several sources as one text, each once, in their order."""
    return SOURCE_SEPARATOR.join(dict.fromkeys(sources))


def _joined(
    place: Place, facility: Facility, water: SiteWater, price: EnergyPrice, grid: GridWater
) -> Region:
    parts = (place, facility, water, price, grid)
    return Region(
        region=place.region,
        name=place.name,
        provider=place.provider,
        zone=place.zone,
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        pue=facility.pue,
        wue_l_per_kwh=water.wue_l_per_kwh,
        ewif_l_per_kwh=grid.ewif_l_per_kwh,
        price_usd_per_kwh=price.price_usd_per_kwh,
        evidence=least_certain([part.evidence for part in parts]),
        source=joined_sources([part.source for part in parts]),
    )


def _refuse_unjoined(
    path: Path,
    places: Mapping[str, Place],
    facilities: Mapping[str, Facility],
    water: Mapping[str, SiteWater],
    prices: Mapping[str, EnergyPrice],
    grids: Mapping[str, GridWater],
) -> None:
    """Every region needs its row in every table, and no table may name another region."""
    problems = [
        f'region "{place.region}": zone "{place.zone}" has no row in data/grid/water.csv'
        f"{nearest(place.zone, grids)}"
        for place in places.values()
        if place.zone not in grids
    ]
    for file, table in (("facilities", facilities), ("water", water), ("prices", prices)):
        for name in places.keys() - table.keys():
            problems.append(f'region "{name}" has no row in {file}.csv{nearest(name, table)}')
        for name in table.keys() - places.keys():
            problems.append(f'{file}.csv names region "{name}"{nearest(name, places)}')
    if problems:
        raise InvalidInput(shown(path), sorted(problems))
