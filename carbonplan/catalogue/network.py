"""Origins and the network between them and the regions, from ``data/sites``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from carbonplan.catalogue.library import Library, shipped_library
from carbonplan.catalogue.records import Evidence, Record, Region, RoundTrip
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.sites import Latitude, Longitude, Place
from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    import xarray as xr

ORIGINS = "sites/origins.csv"
ROUND_TRIPS = "sites/round_trips.csv"
ANYWHERE = "anywhere"
EARTH_RADIUS_KM = 6371.0
ROUND_TRIP_MS_PER_KM = 0.0155
ROUND_TRIP_OFFSET_MS = 2.3


class Origin(Record):
    """Where users are; a row of ``data/sites/origins.csv``."""

    origin: str
    name: str
    latitude_deg: Latitude
    longitude_deg: Longitude
    utc_offset_hours: Annotated[float, Field(ge=-12, le=14)]  # standard time
    evidence: Evidence
    source: str


def network_tables() -> tuple[Path, ...]:
    """The files that origins and round trips are read from."""
    return (data_root() / ORIGINS, data_root() / ROUND_TRIPS)


def origins(library: Library | None = None) -> dict[str, Origin]:
    """Every origin of the catalogue by name; of the shipped one unless told otherwise."""
    return (library or shipped_library()).keyed(ORIGINS, Origin)


def round_trips(library: Library | None = None) -> dict[tuple[str, str], RoundTrip]:
    """Round trips of the catalogue by (origin, region)."""
    pairs = (library or shipped_library()).grouped(ROUND_TRIPS, RoundTrip, "pair")
    return {pair: rows[0] for pair, rows in pairs.items()}


def round_trip_s(
    from_origins: Sequence[str],
    to_regions: Sequence[Region],
    library: Library | None = None,
) -> tuple[xr.DataArray, tuple[RoundTrip, ...]]:
    """Round trips (origin, region) [s], and the rows that they come from.

    A pair without a row in the table is derived from the distance; ``anywhere`` is next door
    to every region.
    """
    import xarray as xr

    known, table = origins(library), round_trips(library)
    rows = {
        (origin, region.region): table.get((origin, region.region))
        or derived_round_trip(known[origin], region)
        for origin in from_origins
        if origin != ANYWHERE
        for region in to_regions
    }
    milliseconds = [
        [
            0.0 if origin == ANYWHERE else rows[origin, region.region].rtt_ms
            for region in to_regions
        ]
        for origin in from_origins
    ]
    rtt_s = xr.DataArray(
        np.array(milliseconds, dtype=np.float64) / MS_PER_S,
        dims=("origin", "region"),
        coords={
            "origin": list(from_origins),
            "region": [region.region for region in to_regions],
        },
        name="rtt_s",
        attrs={"units": "s", "long_name": "network round trip"},
    )
    return rtt_s, tuple(rows.values())


def derived_round_trip(origin: Origin, region: Region | Place) -> RoundTrip:
    """Round trip of a pair that nobody measured, from the distance between the two."""
    distance = distance_km(
        origin.latitude_deg, origin.longitude_deg, region.latitude_deg, region.longitude_deg
    )
    return RoundTrip(
        origin=origin.origin,
        region=region.region,
        rtt_ms=round(float(round_trip_ms(distance)), 1),
        evidence="derived",
        source="gcp-round-trips-by-distance",
    )


def round_trip_ms(distance_km: ArrayLike) -> NDArray[np.float64]:
    r"""Network round trip over a great-circle distance [ms].

    .. math:: RTT(d) = a + b d

    Parameters
    ----------
    distance_km
        Great-circle distance :math:`d` [km].

    Source
    ------
    ``gcp-round-trips-by-distance``: least squares of the relative error over 561 pairs of
    Google Cloud regions that ``umassos-gcp-latency-2024`` measured; the median error is 14 %.
    Light in glass alone needs 0.0098 ms per km.
    """
    return ROUND_TRIP_OFFSET_MS + ROUND_TRIP_MS_PER_KM * np.asarray(distance_km, np.float64)


def distance_km(
    latitude_deg: ArrayLike,
    longitude_deg: ArrayLike,
    other_latitude_deg: ArrayLike,
    other_longitude_deg: ArrayLike,
) -> NDArray[np.float64]:
    r"""Great-circle distance on a sphere of the Earth's mean radius R [km].

    .. math:: d = 2R \arcsin \sqrt{\sin^2 \tfrac{\Delta\phi}{2}
              + \cos\phi_1 \cos\phi_2 \sin^2 \tfrac{\Delta\lambda}{2}}

    Parameters
    ----------
    latitude_deg, longitude_deg, other_latitude_deg, other_longitude_deg
        The two places, broadcast [degrees].
    """
    phi, other_phi = np.radians(latitude_deg), np.radians(other_latitude_deg)
    half_width = np.radians(np.subtract(other_longitude_deg, longitude_deg)) / 2
    chord = (
        np.sin((other_phi - phi) / 2) ** 2
        + np.cos(phi) * np.cos(other_phi) * np.sin(half_width) ** 2
    )
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord))
