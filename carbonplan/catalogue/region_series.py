"""What changes by the hour in each region: carbon intensity, price, PUE and water.

A figure comes from the site in the scenario, else from the series file that the scenario names,
else from the region's row in the catalogue. On typical days price and water follow the hours
that the catalogue knows of the region's zone: see ``typical_hours``. Elsewhere a figure that no
file gives is the same in every hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.horizon import Slots, TypicalDays
from carbonplan.catalogue.records import Region
from carbonplan.catalogue.series import columns_of, read_series, utc_text, values_at
from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.typical_hours import HOURLY_RULES, over_hours, read_hours_of
from carbonplan.errors import InvalidInput, nearest
from carbonplan.scenario.schema import Signal, Site
from carbonplan.units import G_PER_KG

if TYPE_CHECKING:
    import xarray as xr

INTENSITY = "intensity_g_per_kwh"
RESIDUAL = "residual_intensity_g_per_kwh"


@dataclass(frozen=True)
class Factor:
    """A quantity of ``Series``, ``Site`` and ``Region`` under one name, and its bounds."""

    name: str
    units: str
    least: float = -np.inf
    most: float = np.inf


FACTORS = (
    Factor("price_usd_per_kwh", "USD/kWh"),
    Factor("pue", "1", least=1.0, most=3.0),
    Factor("wue_l_per_kwh", "L/kWh of IT energy", least=0.0),
    Factor("ewif_l_per_kwh", "L/kWh of site energy", least=0.0),
)


def factor_series(
    factor: Factor,
    sites: Sequence[Site],
    regions: Sequence[Region],
    slots: Slots,
    file: Path | None,
    days: TypicalDays | None,
    known: Sequence[str],
) -> xr.DataArray:
    """One factor (region, slot): the site's figure, else the file's, else the catalogue's.

    Parameters
    ----------
    known
        Regions that the file may hold besides those of the scenario.
    """
    import xarray as xr

    names = [site.region for site in sites]
    if file is None:
        hours = read_hours_of(factor.name, days)
        rows = [
            _of_catalogue(factor, site, region, slots, hours)
            for site, region in zip(sites, regions, strict=True)
        ]
    else:
        rows = _of_sites_or_file(factor, sites, slots, file, known)
        _refuse_outside(np.array(rows), factor, names, slots, file)
    return xr.DataArray(np.array(rows), dims=("region", "slot"), attrs={"units": factor.units})


def intensity_series(
    signal: Signal,
    regions: Sequence[Region],
    slots: Slots,
    file: Path | None,
    days: TypicalDays | None,
    known: Sequence[str],
) -> xr.DataArray:
    """Carbon intensity of the grid (region, slot) [kgCO2e/kWh].

    Negative values, which marginal signals may have, count as zero unless the scenario allows
    them.
    """
    import xarray as xr

    names = [region.region for region in regions]
    if file is not None:
        columns = _of_file(file, names, slots, known)
        values = np.array([columns[name] for name in names])
    elif days is not None:
        values = slots.held(_of_days(days, regions))
    else:
        raise InvalidInput(
            f"series.{INTENSITY}",
            [
                "consecutive hours need a file with time_utc and a column for each region; "
                "the catalogue holds typical days only (horizon.typical_days)"
            ],
        )
    floor = 0.0 if signal.negative == "floor" else -np.inf
    return xr.DataArray(
        np.maximum(values, floor) / G_PER_KG,
        dims=("region", "slot"),
        attrs={
            "units": "kg/kWh",
            "long_name": f"{signal.kind} {signal.basis} carbon intensity, {signal.scope}-based",
        },
    )


def _of_catalogue(
    factor: Factor, site: Site, region: Region, slots: Slots, hours: TypicalDays | None
) -> np.ndarray:
    """The yearly figure over the hours of the region's zone, or flat, (slot,).

    A site's own WUE or EWIF is a yearly mean too; its own price or PUE holds in every hour.
    """
    own = getattr(site, factor.name)
    yearly = getattr(region, factor.name) if own is None else own
    over_year = None
    if hours is not None and (own is None or HOURLY_RULES[factor.name].own_figure_is_a_mean):
        over_year = over_hours(factor.name, yearly, region.zone, hours)
    if over_year is None:
        return np.full(len(slots.time_utc), float(yearly))
    return slots.held(over_year)


def _of_sites_or_file(
    factor: Factor, sites: Sequence[Site], slots: Slots, file: Path, known: Sequence[str]
) -> list[np.ndarray]:
    """The site's own figure in every hour, or the file's hours, (slot,) for each site."""
    given = {site.region: getattr(site, factor.name) for site in sites}
    varying = [name for name, value in given.items() if value is None]
    columns = _of_file(file, varying, slots, [*given, *known]) if varying else {}
    return [
        columns[name] if value is None else np.full(len(slots.time_utc), float(value))
        for name, value in given.items()
    ]


def _of_file(
    file: Path, names: Sequence[str], slots: Slots, known: Sequence[str]
) -> dict[str, np.ndarray]:
    columns = columns_of(read_series(file, slots.per_hour), names, known, file)
    hours = values_at(columns, slots.time_utc, file)
    return {name: hours.sel(column=name).values for name in names}


def _of_days(days: TypicalDays, regions: Sequence[Region]) -> np.ndarray:
    """Intensity (region, hour) of each region's grid zone."""
    missing = {region.zone for region in regions} - set(days.zones)
    if missing:
        raise InvalidInput(
            shown(days.path),
            [
                f'column "{zone}" is missing{nearest(zone, days.zones)}'
                for zone in sorted(missing)
            ],
        )
    at = [days.zones.index(region.zone) for region in regions]
    return days.values[:, :, at].reshape(-1, len(at)).T


def _refuse_outside(
    values: np.ndarray, factor: Factor, names: Sequence[str], slots: Slots, file: Path
) -> None:
    outside = np.argwhere((values < factor.least) | (values > factor.most))
    if not outside.size:
        return
    region, slot = outside[0]
    bounds = f"{factor.least:g} or more"
    if np.isfinite(factor.most):
        bounds = f"{factor.least:g} to {factor.most:g}"
    more = f", as in {len(outside) - 1} more cells" if len(outside) > 1 else ""
    raise InvalidInput(
        shown(file),
        [
            f"{utc_text(slots.time_utc[slot])}, {names[region]}: found "
            f"{values[region, slot]:g}; expected {bounds}{more}"
        ],
    )
