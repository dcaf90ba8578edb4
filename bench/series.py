"""The week of carbon intensity behind ``scenarios/eight-regions-week.yaml``.

    python -m bench.series

rewrites it from the catalogue's typical days: day n of the week is typical day n of the year
(the table holds them in the order of the calendar), so that what happens at the same hour in
two grids stays together. A made-up week of real days: enough for measuring speed, no forecast.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.places import EIGHT_REGIONS_SERIES

START = datetime(2022, 2, 21, tzinfo=UTC)
HOURS = 168
TYPICAL_DAYS = Path("grid") / "typical-days-2022.csv"


def week(zone_of_region: Mapping[str, str], typical_days: str) -> str:
    """CSV of the week: ``time_utc`` and the intensity of each region [gCO2e/kWh]."""
    rows = list(csv.DictReader(io.StringIO(typical_days)))[:HOURS]
    lines = [",".join(("time_utc", *zone_of_region))]
    for hour, row in enumerate(rows):
        time_utc = START + timedelta(hours=hour)
        cells = (row[zone] for zone in zone_of_region.values())
        lines.append(",".join((f"{time_utc:%Y-%m-%dT%H:%MZ}", *cells)))
    return "\n".join(lines) + "\n"


def eight_regions_week() -> str:
    """The series as the catalogue gives it now."""
    from bench.cases import loaded
    from bench.places import EIGHT_REGIONS
    from carbonplan.catalogue.shipped import data_root
    from carbonplan.catalogue.sites import regions

    zones = regions()
    names = [site.region for site in loaded(EIGHT_REGIONS).scenario.regions]
    text = (data_root() / TYPICAL_DAYS).read_text(encoding="utf-8")
    return week({name: zones[name].zone for name in names}, text)


if __name__ == "__main__":
    EIGHT_REGIONS_SERIES.write_text(eight_regions_week(), encoding="utf-8")
