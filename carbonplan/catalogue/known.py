"""How surely every series of a plan is known: evidence and source, by figure and region.

What the scenario itself gives, in a series file or for a site, is known as its
``uncertainty.given`` says. What the catalogue gives is known as its rows say: a region's yearly
figure by the row of its table, spread over the hours of a zone by the row of those hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from carbonplan.catalogue.inputs import Known
from carbonplan.catalogue.library import Library
from carbonplan.catalogue.provenance import GIVEN
from carbonplan.catalogue.records import Record, Region, RoundTrip
from carbonplan.catalogue.region_series import FACTORS, INTENSITY, RESIDUAL
from carbonplan.catalogue.sites import (
    EnergyPrice,
    Facility,
    GridWater,
    GridZone,
    SiteWater,
    joined_sources,
    least_certain,
)
from carbonplan.catalogue.typical_hours import HoursOfZone
from carbonplan.scenario.schema import Scenario, Site

Figure = tuple[str, str]  # a series of the inputs, or their round trips, and a region
YEARLY: Mapping[str, tuple[str, type[Record], str]] = {  # table, its rows, what they belong to
    "pue": ("sites/facilities.csv", Facility, "region"),
    "wue_l_per_kwh": ("sites/water.csv", SiteWater, "region"),
    "price_usd_per_kwh": ("sites/prices.csv", EnergyPrice, "region"),
    "ewif_l_per_kwh": ("grid/water.csv", GridWater, "zone"),
}


def known_series(
    scenario: Scenario,
    regions: Sequence[Region],
    zones: Sequence[GridZone],
    hours: Sequence[HoursOfZone],
    round_trips: Iterable[RoundTrip],
    library: Library,
) -> dict[Figure, Known]:
    """How each series and the round trips are known, by name and region.

    Parameters
    ----------
    zones
        Rows of the grid zones whose typical year is in use; none where the intensity is given.
    hours
        Rows of the hours over which yearly figures are spread.
    """
    given = Known(scenario.uncertainty.given, GIVEN)
    by_zone = {(row.quantity, row.zone): row for row in hours}
    return {
        **_intensity(scenario, regions, {zone.zone: zone for zone in zones}, given),
        **_factors(scenario, regions, by_zone, given, library),
        **_round_trips(round_trips),
        **_supply(scenario, given),
    }


def _intensity(
    scenario: Scenario,
    regions: Sequence[Region],
    zones: Mapping[str, GridZone],
    given: Known,
) -> dict[Figure, Known]:
    from_file = getattr(scenario.series, INTENSITY) is not None
    return {
        ("intensity_kgco2e_per_kwh", region.region): given
        if from_file or region.zone not in zones
        else _by_rows([zones[region.zone]])
        for region in regions
    }


def _factors(
    scenario: Scenario,
    regions: Sequence[Region],
    hours: Mapping[tuple[str, str], HoursOfZone],
    given: Known,
    library: Library,
) -> dict[Figure, Known]:
    found = {}
    for name in (factor.name for factor in FACTORS):
        table, record, key = YEARLY[name]
        rows = library.keyed(table, record)
        for site, region in zip(scenario.regions, regions, strict=True):
            if _is_given(scenario, site, name):
                found[name, region.region] = given
            else:
                spread = hours.get((name, region.zone))
                parts = [rows[getattr(region, key)], *([spread] if spread else [])]
                found[name, region.region] = _by_rows(parts)
    return found


def _supply(scenario: Scenario, given: Known) -> dict[Figure, Known]:
    """Contracts by the region that they serve, and the residual mix: the scenario's own."""
    found = {
        ("contract_profile", contract.region): given for contract in scenario.supply.contracts
    }
    if getattr(scenario.series, RESIDUAL) is not None:
        residual = "residual_intensity_kgco2e_per_kwh"
        found |= {(residual, site.region): given for site in scenario.regions}
    return found


def _is_given(scenario: Scenario, site: Site, name: str) -> bool:
    """Whether the scenario has a figure or a file of its own."""
    return getattr(site, name) is not None or getattr(scenario.series, name) is not None


def _round_trips(rows: Iterable[RoundTrip]) -> dict[Figure, Known]:
    by_region: dict[str, list[RoundTrip]] = {}
    for row in rows:
        by_region.setdefault(row.region, []).append(row)
    return {("rtt_s", region): _by_rows(to_it) for region, to_it in by_region.items()}


def _by_rows(rows: Sequence[Record]) -> Known:
    """A figure that rests on several rows is known as the least certain of them."""
    return Known(
        least_certain([row.evidence for row in rows]),
        joined_sources([row.source for row in rows]),
    )
