"""Round trips between origins and regions, from those measured between the sites of a cloud.

A pair is *measured* where both ends lie at measured sites of the cloud that was measured,
*derived* from the same figure where another provider's region lies in the same metropolis, and
else derived from the great-circle distance by the line of ``network.round_trip_ms``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from carbonplan.catalogue.network import Origin, derived_round_trip, distance_km
from carbonplan.catalogue.records import Evidence, NonNegative, Record, RoundTrip
from carbonplan.catalogue.sites import Latitude, Longitude, Place
from carbonplan.catalogue.tables import read_table
from carbonplan.errors import InvalidInput, nearest

SAME_PLACE_KM = 50.0


class MeasuredPair(Record):
    """Round trip between two sites in one direction, as it was measured."""

    from_region: str
    to_region: str
    rtt_ms: NonNegative
    from_zone_id: str
    to_zone_id: str


class MeasuredSite(Record):
    """Where a measured site lies; a row of ``data/sites/measured_sites.csv``."""

    site: str
    latitude_deg: Latitude
    longitude_deg: Longitude
    evidence: Evidence
    source: str


class Line(NamedTuple):
    """Round trip over distance: offset + slope x distance, and how far off it commonly is."""

    offset_ms: float
    slope_ms_per_km: float
    median_relative_error: float


def read_pairs(path: Path, sites: Iterable[MeasuredSite]) -> dict[frozenset[str], float]:
    """Mean round trip of both directions by the two sites [ms].

    Raises
    ------
    InvalidInput
        A site whose place is not known, or no pair at all.
    """
    directions: dict[frozenset[str], list[float]] = {}
    for pair in read_table(path, MeasuredPair):
        ends = frozenset((pair.from_region, pair.to_region))
        directions.setdefault(ends, []).append(pair.rtt_ms)
    known = {site.site for site in sites}
    strangers = sorted(frozenset().union(*directions) - known)
    problems = [f'no place is known of site "{one}"{nearest(one, known)}' for one in strangers]
    if problems or not directions:
        raise InvalidInput(str(path), problems or ["no pair of sites"])
    return {ends: float(np.mean(values)) for ends, values in directions.items()}


def fitted_line(
    pairs_ms: Mapping[frozenset[str], float], sites: Iterable[MeasuredSite]
) -> Line:
    """Least squares of the relative error over the measured pairs.

    Absolute errors would let the detours of the longest routes set the shortest round trips.
    """
    by_name = {site.site: site for site in sites}
    distances = [_apart_km(*(by_name[name] for name in sorted(ends))) for ends in pairs_ms]
    rtt_ms = np.array(list(pairs_ms.values()))
    slope, offset = np.polyfit(distances, rtt_ms, 1, w=1 / rtt_ms)
    relative_error = (offset + slope * np.array(distances)) / rtt_ms - 1
    return Line(float(offset), float(slope), float(np.median(np.abs(relative_error))))


def round_trip_table(
    origins: Sequence[Origin],
    places: Sequence[Place],
    pairs_ms: Mapping[frozenset[str], float],
    sites: Sequence[MeasuredSite],
    cloud: str,
    source: str,
) -> list[RoundTrip]:
    """One row for every origin and region.

    Parameters
    ----------
    cloud, source
        Provider whose sites were measured, and the key of where it was published.
    """
    origin_site = {origin.origin: _site_of(origin, sites) for origin in origins}
    place_site = {place.region: _site_of(place, sites) for place in places}
    found = []
    for origin in origins:
        for place in places:
            ends = frozenset({origin_site[origin.origin], place_site[place.region]} - {None})
            if ends not in pairs_ms:
                found.append(derived_round_trip(origin, place))
                continue
            row = RoundTrip(
                origin=origin.origin,
                region=place.region,
                rtt_ms=pairs_ms[ends],
                evidence="measured" if place.provider == cloud else "derived",
                source=source,
            )
            found.append(row)
    return found


def _site_of(end: Origin | Place, sites: Sequence[MeasuredSite]) -> str | None:
    """The measured site in the same place, if there is one."""
    nearest_site = min(sites, key=lambda site: _apart_km(end, site))
    return nearest_site.site if _apart_km(end, nearest_site) <= SAME_PLACE_KM else None


def _apart_km(end: Origin | Place | MeasuredSite, other: Place | MeasuredSite) -> float:
    return float(
        distance_km(
            end.latitude_deg, end.longitude_deg, other.latitude_deg, other.longitude_deg
        )
    )


def write_round_trips(rows: Sequence[RoundTrip], path: Path) -> None:
    """Table of round trips as ``data/sites`` holds it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(RoundTrip.model_fields)
        for row in rows:
            rtt_ms = f"{row.rtt_ms:.1f}"
            writer.writerow([row.origin, row.region, rtt_ms, row.evidence, row.source])
