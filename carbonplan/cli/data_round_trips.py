"""``data round-trips``: network round trips from what was measured between sites of a cloud."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, refuse_existing
from carbonplan.cli.output import show, show_json

CLOUD, SOURCE = "Google Cloud", "umassos-gcp-latency-2024"


def round_trips(
    pairs: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS",
            help="CSV with from_region, to_region, rtt_ms, from_zone_id, to_zone_id.",
        ),
    ],
    sites: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where the sites of PAIRS lie: site, latitude_deg, longitude_deg, evidence, "
            "source. Without: those of Google Cloud.",
        ),
    ] = None,
    cloud: Annotated[
        str, typer.Option(metavar="NAME", help="Provider whose sites were measured.")
    ] = CLOUD,
    source: Annotated[
        str, typer.Option(metavar="KEY", help="Where PAIRS is from, as in sources.csv.")
    ] = SOURCE,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Table to write.")] = Path(
        "round_trips.csv"
    ),
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Make the table of round trips between origins and regions.

    An origin or region within 50 km of a site has that site's; all others have what follows
    from the distance. The line over the distance through PAIRS is told for comparison.
    """
    refuse_existing(out, overwrite)
    from carbonplan.catalogue.network import origins
    from carbonplan.catalogue.shipped import data_root
    from carbonplan.catalogue.sites import Place
    from carbonplan.catalogue.tables import read_table
    from carbonplan.prepare.round_trips import (
        MeasuredSite,
        fitted_line,
        read_pairs,
        round_trip_table,
        write_round_trips,
    )

    folder = data_root() / "sites"
    measured_at = read_table(sites or folder / "measured_sites.csv", MeasuredSite)
    pairs_ms = read_pairs(pairs, measured_at)
    places = read_table(folder / "regions.csv", Place)
    rows = round_trip_table(
        tuple(origins().values()), places, pairs_ms, measured_at, cloud, source
    )
    write_round_trips(rows, out)
    line = fitted_line(pairs_ms, measured_at)
    known = sum(row.source == source for row in rows)
    if as_json:
        show_json({"file": str(out), "rows": len(rows), "of_pairs": known, **line._asdict()})
        return
    show(
        f"wrote {out}: {len(rows)} pairs of origin and region, {known} of them as measured; "
        f"over distance {line.offset_ms:.3g} ms + {1000 * line.slope_ms_per_km:.3g} ms per "
        f"1000 km, {100 * line.median_relative_error:.0f} % off on median"
    )
