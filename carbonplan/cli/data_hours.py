"""``data``: hourly series of water, carbon and prices, by the hour and by typical days."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, refuse_existing
from carbonplan.cli.output import show, show_json

if TYPE_CHECKING:
    from carbonplan.prepare.zones import ZoneHours

WUE_UNIT = "L/kWh of IT energy"

Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="REGION=ZONE",
        help="A column for this region, as in its zone; repeatable. Without: one per zone.",
    ),
]
FillGapHours = Annotated[
    int, typer.Option(min=0, max=24, help="The longest gap that may be filled.")
]


class OfMix(StrEnum):
    """What may be made of a generation mix."""

    INTENSITY = "intensity"  # life-cycle emissions
    EWIF = "ewif"  # water


def wue(
    weather: Annotated[
        Path, typer.Argument(metavar="WEATHER", help="Hourly weather of one or more places.")
    ],
    reported_mean: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            help="Mean that the provider reports [L/kWh]; without it, that of the formula.",
        ),
    ] = None,
    cycles: Annotated[float, typer.Option(help="Cycles of concentration of the towers.")] = 6.0,
    regions: Regions = None,
    fill_gap_hours: FillGapHours = 0,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Series to write.")] = Path(
        "wue.csv"
    ),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make hourly WUE of cooling towers from weather.

    The table has time_utc, a place (zone_id, zone or region), and wet_bulb_c, or temperature_c
    and relative_humidity_pct. The formula is several times what providers report: give their
    mean. What is written serves as series.wue_l_per_kwh of a scenario.
    """
    refuse_existing(out, overwrite)
    from carbonplan.prepare.hourly import renamed, write_series, zone_of_region
    from carbonplan.prepare.tower_water import read_wet_bulb_c, tower_wue_l_per_kwh

    names = zone_of_region(regions or ())
    wet_bulb = renamed(read_wet_bulb_c(weather, fill_gap_hours), names)
    hours = tower_wue_l_per_kwh(wet_bulb, cycles, reported_mean)
    write_series(hours, out)
    _show_hours(hours, out, WUE_UNIT, as_json)


def mix(
    generation: Annotated[
        Path,
        typer.Argument(metavar="MIX", help="Hourly generation by fuel of one or more zones."),
    ],
    of: Annotated[OfMix, typer.Option("--of", help="What to make of it.")],
    factor_set: Annotated[
        str, typer.Option(metavar="NAME", help="With --of ewif: the set of water factors.")
    ] = "macknick-2012",
    regions: Regions = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Series to write.", show_default="<OF>.csv"),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make hourly carbon intensity or water of a grid from its generation mix.

    The table has time_utc, zone_id and wind_mw, solar_mw, hydro_mw, oil_mw, gas_mw, coal_mw,
    nuclear_mw and other_mw. Hours that it does not report stay empty. What is written serves as
    series.intensity_g_per_kwh or series.ewif_l_per_kwh of a scenario.
    """
    out = out or Path(f"{of}.csv")
    refuse_existing(out, overwrite)
    from carbonplan.prepare import generation_mix
    from carbonplan.prepare.hourly import renamed, write_series, zone_of_region

    names = zone_of_region(regions or ())
    if of is OfMix.INTENSITY:
        per_kwh, unit = generation_mix.fuel_gco2e_per_kwh(), "gCO2e/kWh"
    else:
        per_kwh, unit = generation_mix.fuel_water_l_per_kwh(factor_set), "L/kWh"
    hours = renamed(generation_mix.of_mix(generation, per_kwh), names)
    write_series(hours, out)
    _show_hours(hours, out, unit, as_json)


def same_days(
    series: Annotated[
        list[Path],
        typer.Argument(metavar="SERIES...", help="Hourly series over the years of the days."),
    ],
    days: Annotated[
        Path, typer.Option("--days", metavar="TABLE", help="Typical days, already chosen.")
    ],
    level_of_year: Annotated[
        int | None,
        typer.Option(metavar="YEAR", help="Keep the mean of this year, not the days' own."),
    ] = None,
    fill_gap_hours: FillGapHours = 0,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Table to write.")] = Path(
        "same_days.csv"
    ),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Take the hours of chosen typical days out of other series.

    Named <TABLE>-wue.csv [L/kWh], <TABLE>-ewif.csv [L/kWh] or <TABLE>-price.csv [USD/MWh] and
    laid beside TABLE, the result says how water or prices differ by the hour of these days.
    """
    refuse_existing(out, overwrite)
    from carbonplan.catalogue.horizon import read_typical_days
    from carbonplan.prepare import same_days as prepared
    from carbonplan.prepare.typical_days import read_days, write_days

    chosen = read_typical_days(days)
    whole = read_days(series, fill_gap_hours=fill_gap_hours, trim=True)
    made = prepared.same_days(whole, chosen, level_of_year)
    write_days(made, out)
    if as_json:
        show_json({"file": str(out), "days": len(made.dates), "zones": list(made.zones)})
        return
    show(f"wrote {out}: {len(made.dates)} days of {len(made.zones)} zones")


def _show_hours(hours: ZoneHours, out: Path, unit: str, as_json: bool) -> None:
    """What was written: span and means."""
    import numpy as np

    from carbonplan.catalogue.series import utc_text

    means = {name: float(np.nanmean(column)) for name, column in hours.values.items()}
    if as_json:
        show_json({"file": str(out), "hours": len(hours.times), "unit": unit, "means": means})
        return
    first, last = utc_text(hours.times[0]), utc_text(hours.times[-1])
    show(f"wrote {out}: {len(hours.times)} hours from {first} to {last}; means in {unit}:")
    show("\n".join(f"  {name} {mean:.4g}" for name, mean in means.items()))
