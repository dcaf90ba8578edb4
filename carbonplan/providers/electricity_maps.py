"""Electricity Maps: average carbon intensity of a zone, consumption-based, by the hour.

``/v3/carbon-intensity/past-range`` holds years, ``history`` the last day, ``forecast`` the next
days; with a token in the header ``auth-token``. Downloads are the same JSON, or CSV by year.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from carbonplan.catalogue.series import utc_text
from carbonplan.providers.answers import (
    flag,
    instant,
    number,
    parsed,
    rows,
    said_at,
    same,
    within,
    word,
)
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
    key="electricity-maps",
    label="Electricity Maps",
    base_url="https://api.electricitymaps.com",
    variable="CARBONPLAN_ELECTRICITY_MAPS",
    licence="by the terms of your plan; yearly downloads: ODbL 1.0, naming Electricity Maps",
    secrets=("TOKEN",),
)
PATH = "/v3/carbon-intensity"
MOST_HOURS = 240  # that one answer of past-range holds
HIGHEST_G_PER_KWH = 5000.0
LISTS = {"past": "data", "recent": "history", "forecast": "forecast"}
ENDPOINTS = {"past": "past-range", "recent": "history", "forecast": "forecast"}
UNITS = ("gCO2eq/kWh", "gCO₂eq/kWh", "gCO2e/kWh")

CSV_TIME, CSV_ZONE, CSV_ESTIMATED = "datetime (utc)", "zone id", "data estimated"
CSV_VALUE = "carbon intensity gco₂eq/kwh ({})"
CSV_BASES = {"direct": ("direct",), "lifecycle": ("life cycle", "lca")}


def source(basis: str, window: Window) -> Source:
    """Intensity on a basis, of the past, the last day or the next days."""

    def questions(zone: str, span: Span | None) -> list[Question]:
        return _questions(zone, span, basis, window)

    def read(content: bytes, zone: str | None) -> Points:
        if content[:64].lower().lstrip(b'\xef\xbb\xbf"').startswith(CSV_TIME.encode()):
            return read_csv(content, zone, basis)
        return read_json(content, zone, basis)

    meaning = Meaning(
        series="intensity_g_per_kwh",
        unit="gCO2e/kWh",
        kind="average",
        scope="location",
        basis="direct" if basis == "direct" else "lifecycle",
        note="of the power consumed in the zone, imports included",
    )
    return Source(PROVIDER, meaning, questions, read)


def _questions(zone: str, span: Span | None, basis: str, window: Window) -> list[Question]:
    path = f"{PATH}/{ENDPOINTS[window]}"
    common = (("zone", zone), ("emissionFactorType", basis))
    if window != "past" or span is None:
        return [Question(path, common, span)]
    return [
        Question(
            path,
            (
                *common,
                ("start", utc_text(part.first)),
                ("end", utc_text(part.last)),
                ("temporalGranularity", "hourly"),
            ),
            part,
        )
        for part in span.parts(MOST_HOURS)
    ]


def read_json(content: bytes, zone: str | None, basis: str) -> Points:
    """Values of an answer, by the hour [gCO2e/kWh]."""
    document = parsed(content)
    found = same(document.get("zone"), zone, "zone")
    named = [name for name in LISTS.values() if name in document]
    if len(named) != 1:
        raise UnusableAnswer('expected one of the lists "data", "history" and "forecast"')
    entries = rows(document, named[0])
    granularity = document.get("temporalGranularity", "hourly")
    if granularity not in ("hourly", "1_hour"):
        raise UnusableAnswer("is not by the hour")
    for row in (document, *entries):
        _refuse_other(row, found, basis)
    revised = [time for row in (document, *entries) for time in said_at(row.get("updatedAt"))]
    return points(
        found,
        [instant(word(row, "datetime")) for row in entries],
        60,
        [number(row, "carbonIntensity", 0, HIGHEST_G_PER_KWH) for row in entries],
        [flag(row, "isEstimated") for row in entries],
        revised,
    )


def _refuse_other(row: Mapping[str, object], zone: str, basis: str) -> None:
    """A row may repeat what it is of; then it must be what was asked for."""
    if "zone" in row:
        same(row["zone"], zone, "zone")
    if row.get("emissionFactorType") is not None:
        same(row["emissionFactorType"], basis, "emission factors")
    if row.get("unit") is not None and row["unit"] not in UNITS:
        raise UnusableAnswer("is not in gCO2eq/kWh")


def read_csv(content: bytes, zone: str | None, basis: str) -> Points:
    """Values of a yearly download [gCO2e/kWh]; an empty cell is a missing hour."""
    try:
        lines = csv.reader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        header = [name.strip().lower() for name in next(lines)]
        table = [row for row in lines if row]
    except (UnicodeDecodeError, csv.Error, StopIteration):
        raise UnusableAnswer("expected CSV in UTF-8") from None
    at = _columns(header, basis)
    if not table:
        raise UnusableAnswer("no rows below the header")
    if any(len(row) != len(header) for row in table):
        raise UnusableAnswer("a row with more or fewer cells than the header")
    zones = {row[at["zone"]].strip() for row in table}
    if len(zones) != 1:
        raise UnusableAnswer("expected the rows of one zone")
    return points(
        same(zones.pop(), zone, "zone"),
        [instant(_with_zone(row[at["time"]].strip())) for row in table],
        60,
        [_cell(row[at["value"]].strip()) for row in table],
        ["estimated" in at and _is_true(row[at["estimated"]]) for row in table],
    )


def _columns(header: list[str], basis: str) -> dict[str, int]:
    """Where time, zone, value and flag stand; downloads of several years name them apart."""
    values = [
        name for word_ in CSV_BASES[basis] for name in header if name == CSV_VALUE.format(word_)
    ]
    if CSV_TIME not in header or CSV_ZONE not in header or len(values) != 1:
        wanted = CSV_VALUE.format(CSV_BASES[basis][0])
        raise UnusableAnswer(f'expected the columns "{CSV_TIME}", "{CSV_ZONE}" and "{wanted}"')
    found = {"time": CSV_TIME, "zone": CSV_ZONE, "value": values[0]}
    if CSV_ESTIMATED in header:
        found["estimated"] = CSV_ESTIMATED
    return {key: header.index(name) for key, name in found.items()}


def _with_zone(text: str) -> str:
    """Times of the downloads are in UTC and do not say so."""
    text = text.replace(" ", "T", 1)
    return text if text.endswith("Z") or "+" in text else f"{text}Z"


def _cell(text: str) -> float:
    if not text:
        return float("nan")
    try:
        value = float(text) if "_" not in text else float("inf")
    except ValueError:
        value = float("inf")
    return within("carbon intensity", value, 0, HIGHEST_G_PER_KWH)


def _is_true(text: str) -> bool:
    return text.strip().lower() in ("true", "1", "yes")
