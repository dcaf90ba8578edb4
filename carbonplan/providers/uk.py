"""Carbon Intensity API of Great Britain (NESO): half hours, of the country or a region.

Open to all. The country has ``actual`` values, themselves estimates, and forecasts; regions
have forecasts alone, for the past too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from carbonplan.catalogue.series import utc_text
from carbonplan.errors import InvalidInput
from carbonplan.providers.answers import instant, number, parsed, rows, same, section, word
from carbonplan.providers.failures import UnusableAnswer
from carbonplan.providers.records import (
    Meaning,
    Points,
    Provider,
    Question,
    Source,
    Span,
    Window,
    points,
)

PROVIDER = Provider(
    key="uk",
    label="UK Carbon Intensity",
    base_url="https://api.carbonintensity.org.uk",
    variable="CARBONPLAN_UK",
    licence="CC BY 4.0, naming the Carbon Intensity API of NESO",
)
COUNTRY = "GB"
REGIONS = tuple(str(number_) for number_ in range(1, 18))
MOST_HOURS = 13 * 24  # the documentation allows 14 days
HALF_HOUR = np.timedelta64(30, "m")
HIGHEST_G_PER_KWH = 3000.0


def source(window: Window) -> Source:
    """Intensity of the past, or as it is forecast."""

    def questions(zone: str, span: Span | None) -> list[Question]:
        return _questions(zone, span)

    def read(content: bytes, zone: str | None) -> Points:
        return read_json(content, zone, "forecast" if window == "forecast" else "actual")

    meaning = Meaning(
        series="intensity_g_per_kwh",
        unit="gCO2/kWh",
        kind="average",
        scope="location",
        basis="direct",
        note="of generation, with imports and losses; of regions: forecasts, of the past too",
    )
    return Source(PROVIDER, meaning, questions, read)


def _questions(zone: str, span: Span | None) -> list[Question]:
    if zone != COUNTRY and zone not in REGIONS:
        raise InvalidInput(
            "--zone", [f'found "{zone}"; expected {COUNTRY} or a region from 1 to 17']
        )
    region = "" if zone == COUNTRY else f"/regionid/{zone}"
    root = "/intensity" if zone == COUNTRY else "/regional/intensity"
    if span is None:
        now = np.datetime64("now", "h").astype("datetime64[m]")
        return [Question(f"{root}/{utc_text(now)}/fw48h{region}")]
    return [
        Question(f"{root}/{utc_text(part.first)}/{utc_text(part.last)}{region}", (), part)
        for part in span.parts(MOST_HOURS)
    ]


def read_json(content: bytes, zone: str | None, column: str) -> Points:
    """Values of an answer, by the half hour [gCO2/kWh]."""
    document = parsed(content)
    if isinstance(document.get("data"), dict):
        inner = section(document, "data")
        found = same(_region_id(inner), zone, "region")
        entries, column = rows(inner, "data"), "forecast"
    else:
        entries = rows(document, "data")
        found = same(COUNTRY, zone, "zone")
    return points(
        found,
        [_start(row) for row in entries],
        30,
        [_value(section(row, "intensity"), column) for row in entries],
    )


def _region_id(inner: Mapping[str, object]) -> str:
    found = inner.get("regionid")
    if isinstance(found, bool) or not isinstance(found, int) or str(found) not in REGIONS:
        raise UnusableAnswer("does not name its region")
    return str(found)


def _start(row: Mapping[str, object]) -> np.datetime64:
    start, end = instant(word(row, "from")), instant(word(row, "to"))
    if end - start != HALF_HOUR:
        raise UnusableAnswer(f"{utc_text(start)} to {utc_text(end)} is no half hour")
    return start


def _value(intensity: Mapping[str, object], column: str) -> float:
    return number(intensity, column, 0, HIGHEST_G_PER_KWH)
