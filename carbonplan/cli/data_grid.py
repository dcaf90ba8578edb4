"""``data grid``: hourly carbon intensity and prices from providers, or from their files."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, refuse_existing
from carbonplan.cli.output import say, show, show_json
from carbonplan.errors import UsageError
from carbonplan.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from carbonplan.providers.grid import Wish
    from carbonplan.providers.records import Source, Window

app = typer.Typer(
    help="Fetch hourly grid data from a provider, or read what was downloaded.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Basis(StrEnum):
    """Which emissions count."""

    LIFECYCLE = "lifecycle"
    DIRECT = "direct"


class FillRule(StrEnum):
    """What is done about hours without a value."""

    LINEAR = "linear"  # between the neighbours
    PREVIOUS = "previous"
    NONE = "none"  # they stay empty


class OfEntsoe(StrEnum):
    """What may be made of ENTSO-E's data."""

    INTENSITY = "intensity"
    PRICE = "price"


Zones = Annotated[
    list[str] | None,
    typer.Option("--zone", metavar="ZONE", help="Zone in the provider's words; repeatable."),
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--region", metavar="NAME", help="Column of the zone at the same place; repeatable."
    ),
]
First = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="First hour: 2025-01-01, in UTC.")
]
Last = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="End, itself not included.")
]
Files = Annotated[
    list[Path] | None,
    typer.Option(
        "--file", metavar="FILE", help="Read this download and ask nobody; repeatable."
    ),
]
Fill = Annotated[
    FillRule | None,
    typer.Option("--fill", help="What is done about missing hours; without: nothing is made."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Use kept answers only.")]
MaxAge = Annotated[
    float | None,
    typer.Option(
        "--max-age-hours",
        min=0.0,
        help="How old a kept answer may be.",
        show_default="1, offline any",
    ),
]
Out = Annotated[Path, typer.Option(metavar="FILE", help="Series to write.")]
Forecast = Annotated[bool, typer.Option("--forecast", help="Of the next days.")]
OUT = Path("series.csv")


@app.command("electricity-maps")
def electricity_maps(
    zone: Zones = None,
    region: Names = None,
    first: First = None,
    last: Last = None,
    file: Files = None,
    basis: Annotated[
        Basis, typer.Option("--basis", help="Emission factors.")
    ] = Basis.LIFECYCLE,
    forecast: Forecast = False,
    recent: Annotated[bool, typer.Option("--recent", help="Of the last day.")] = False,
    fill: Fill = None,
    offline: Offline = False,
    max_age_hours: MaxAge = None,
    out: Out = OUT,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Average intensity of the power used in a zone.

    The token is read from CARBONPLAN_ELECTRICITY_MAPS_TOKEN, or from the file that
    CARBONPLAN_ELECTRICITY_MAPS_TOKEN_FILE names.
    """
    if forecast and recent:
        raise UsageError("--forecast and --recent exclude each other")
    from carbonplan.providers.electricity_maps import source

    window: Window = "forecast" if forecast else "recent" if recent else "past"
    _require_span(window == "past", first, last, file)
    made = source(str(basis), window)
    asked = _wish(zone, region, first, last, file, fill, offline, max_age_hours, out)
    _make(made, asked, overwrite, as_json)


@app.command()
def watttime(
    zone: Zones = None,
    region: Names = None,
    first: First = None,
    last: Last = None,
    file: Files = None,
    forecast: Forecast = False,
    fill: Fill = None,
    offline: Offline = False,
    max_age_hours: MaxAge = None,
    out: Out = OUT,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Marginal intensity (MOER) of a region, in g instead of pounds.

    Name and password are read from CARBONPLAN_WATTTIME_USER and CARBONPLAN_WATTTIME_PASSWORD,
    or from the files that the same names with _FILE name.
    """
    from carbonplan.providers.watttime import source

    _require_span(not forecast, first, last, file)
    asked = _wish(zone, region, first, last, file, fill, offline, max_age_hours, out)
    _make(source("forecast" if forecast else "past"), asked, overwrite, as_json)


@app.command()
def uk(
    zone: Zones = None,
    region: Names = None,
    first: First = None,
    last: Last = None,
    file: Files = None,
    forecast: Forecast = False,
    fill: Fill = None,
    offline: Offline = False,
    max_age_hours: MaxAge = None,
    out: Out = OUT,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Average intensity of Great Britain (zone GB), or of a region from 1 to 17.

    The API is open. Half hours become hours; an hour needs both of its halves.
    """
    from carbonplan.providers.uk import COUNTRY, source

    _require_span(not forecast, first, last, file)
    zone = zone or ([] if file else [COUNTRY])
    asked = _wish(zone, region, first, last, file, fill, offline, max_age_hours, out)
    _make(source("forecast" if forecast else "past"), asked, overwrite, as_json)


@app.command()
def entsoe(
    zone: Zones = None,
    region: Names = None,
    first: First = None,
    last: Last = None,
    file: Files = None,
    of: Annotated[OfEntsoe, typer.Option("--of", help="What to make.")] = OfEntsoe.INTENSITY,
    usd_per_eur: Annotated[
        float | None,
        typer.Option(min=0.01, max=100.0, help="With --of price: what a euro is worth."),
    ] = None,
    fill: Fill = None,
    offline: Offline = False,
    max_age_hours: MaxAge = None,
    out: Out = OUT,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Average intensity of generation in a bidding zone, or its day-ahead price.

    Intensity is generation by type (A75) by the factors of data/grid/factors.csv; prices (A44)
    reach as far as the auction has been held. The token is read from CARBONPLAN_ENTSOE_TOKEN,
    or from the file that CARBONPLAN_ENTSOE_TOKEN_FILE names.
    """
    from carbonplan.providers.entsoe import day_ahead, generation

    if of is OfEntsoe.PRICE and usd_per_eur is None:
        raise UsageError("--of price needs --usd-per-eur: scenarios count in USD")
    if of is OfEntsoe.INTENSITY and usd_per_eur is not None:
        raise UsageError("--usd-per-eur is for --of price")
    _require_span(True, first, last, file)
    made = generation() if usd_per_eur is None else day_ahead(usd_per_eur)
    asked = _wish(zone, region, first, last, file, fill, offline, max_age_hours, out)
    _make(made, asked, overwrite, as_json)


def _require_span(
    needed: bool, first: str | None, last: str | None, files: list[Path] | None
) -> None:
    if needed and not files and (first is None or last is None):
        raise UsageError("--from and --to are missing: which hours are to be asked for?")


def _wish(
    zones: list[str] | None,
    names: list[str] | None,
    first: str | None,
    last: str | None,
    files: list[Path] | None,
    fill: FillRule | None,
    offline: bool,
    max_age_hours: float | None,
    out: Path,
) -> Wish:
    """Options that all providers share, as one wish."""
    from carbonplan.providers.fetching import KeptRule
    from carbonplan.providers.grid import Wish, span_of

    return Wish(
        zones=tuple(zones or ()),
        names=tuple(names or ()),
        span=span_of(first, last),
        files=tuple(files or ()),
        fill=None if fill is None else fill.value,
        rule=KeptRule(
            offline, None if max_age_hours is None else max_age_hours * SECONDS_PER_HOUR
        ),
        out=out,
    )


def _make(source: Source, wish: Wish, overwrite: bool, as_json: bool) -> None:
    """Make the series, and say what it is."""
    from carbonplan.providers.grid import make
    from carbonplan.providers.writing import metadata_path

    beside = metadata_path(wish.out)
    refuse_existing(wish.out, overwrite)
    refuse_existing(beside, overwrite)
    made = make(source, wish, os.environ, say)
    for word in made.words:
        say(word)
    if as_json:
        files = {"file": str(wish.out), "metadata_file": str(beside)}
        show_json({**files, **made.metadata, "scenario": made.lines})
        return
    show(f"wrote {wish.out}: {made.metadata['hours']} hours, {made.metadata['unit']}")
    show(f"wrote {beside}: where they come from\n\n{made.lines}")
