"""ENTSO-E Transparency Platform: generation by type (A75) and day-ahead prices (A44).

From generation, the average intensity by the published factors of ``data/grid/factors.csv``.
The token stands in the query (``securityToken``); it is added last and shown nowhere.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from carbonplan.errors import InvalidInput, nearest
from carbonplan.prepare.generation_mix import fuel_gco2e_per_kwh, weighted_by_generation
from carbonplan.providers.answers import said_at, same
from carbonplan.providers.entsoe_xml import Element, Stretch, Value, parsed, stretches
from carbonplan.providers.failures import UnusableAnswer, excerpt
from carbonplan.providers.hours import hourly, whole_span
from carbonplan.providers.records import (
    Meaning,
    Points,
    Provider,
    Question,
    Rate,
    Source,
    Span,
    points,
)
from carbonplan.units import KW_PER_MW

PROVIDER = Provider(
    key="entsoe",
    label="ENTSO-E",
    base_url="https://web-api.tp.entsoe.eu",
    variable="CARBONPLAN_ENTSOE",
    licence="by the terms of the Transparency Platform; much of it free of re-use",
    secrets=("TOKEN",),
    rate=Rate(390, 60.0),  # 400 are allowed; one more, and the door is shut for ten minutes
)
PATH = "/api"
TOKEN = "securityToken"
MOST_HOURS = 31 * 24  # a year is allowed; a month keeps answers small
QUANTITY = Value("quantity", -1e6, 1e6)  # MW
PRICE = Value("price.amount", -1e5, 1e5)  # EUR/MWh

EIC = re.compile(r"[0-9A-Z-]{16}")
ZONES: Mapping[str, str] = {
    "AT": "10YAT-APG------L",
    "BE": "10YBE----------2",
    "BG": "10YCA-BULGARIA-R",
    "CH": "10YCH-SWISSGRIDZ",
    "CZ": "10YCZ-CEPS-----N",
    "DE-LU": "10Y1001A1001A82H",
    "DK1": "10YDK-1--------W",
    "DK2": "10YDK-2--------M",
    "EE": "10Y1001A1001A39I",
    "ES": "10YES-REE------0",
    "FI": "10YFI-1--------U",
    "FR": "10YFR-RTE------C",
    "GR": "10YGR-HTSO-----Y",
    "HR": "10YHR-HEP------M",
    "HU": "10YHU-MAVIR----U",
    "IE-SEM": "10Y1001A1001A59C",
    "IT-NORTH": "10Y1001A1001A73I",
    "LT": "10YLT-1001A0008Q",
    "LV": "10YLV-1001A00074",
    "NL": "10YNL----------L",
    "NO1": "10YNO-1--------2",
    "NO2": "10YNO-2--------T",
    "NO3": "10YNO-3--------J",
    "NO4": "10YNO-4--------9",
    "NO5": "10Y1001A1001A48H",
    "PL": "10YPL-AREA-----S",
    "PT": "10YPT-REN------W",
    "RO": "10YRO-TEL------P",
    "SE1": "10Y1001A1001A44P",
    "SE2": "10Y1001A1001A45N",
    "SE3": "10Y1001A1001A46L",
    "SE4": "10Y1001A1001A47J",
    "SI": "10YSI-ELES-----O",
    "SK": "10YSK-SEPS-----K",
}
FUELS: Mapping[str, str | None] = {
    "B01": "other",  # biomass
    "B02": "coal",  # lignite
    "B03": "coal",  # gas made of coal
    "B04": "gas",
    "B05": "coal",
    "B06": "oil",
    "B07": "coal",  # oil shale
    "B08": "coal",  # peat
    "B09": "other",  # geothermal
    "B10": None,  # pumped storage: made elsewhere, at another hour
    "B11": "hydro",
    "B12": "hydro",
    "B13": "other",  # of the sea
    "B14": "nuclear",
    "B15": "other",
    "B16": "solar",
    "B17": "other",  # waste
    "B18": "wind",
    "B19": "wind",
    "B20": "other",
    "B25": None,  # storage
}


def generation() -> Source:
    """Average intensity of what is generated in a zone, from A75."""
    meaning = Meaning(
        series="intensity_g_per_kwh",
        unit="gCO2e/kWh",
        kind="average",
        scope="location",
        basis="lifecycle",
        note="of generation in the zone, by data/grid/factors.csv; without imports and storage",
    )
    query = (("documentType", "A75"), ("processType", "A16"))

    def questions(zone: str, span: Span | None) -> list[Question]:
        eic = eic_of(zone)
        return _questions((*query, ("in_Domain", eic)), span)

    return Source(PROVIDER, meaning, questions, read_generation)


def day_ahead(usd_per_eur: float) -> Source:
    """Day-ahead price of a zone, from A44.

    Parameters
    ----------
    usd_per_eur
        What a euro is worth; the provider does not say.
    """
    meaning = Meaning(
        series="price_usd_per_kwh",
        unit="USD/kWh",
        note=f"day-ahead, in euro, at {usd_per_eur:g} USD each",
    )
    query = (("documentType", "A44"), ("contract_MarketAgreement.type", "A01"))

    def questions(zone: str, span: Span | None) -> list[Question]:
        eic = eic_of(zone)
        return _questions((*query, ("in_Domain", eic), ("out_Domain", eic)), span)

    def read(content: bytes, zone: str | None) -> Points:
        return read_prices(content, zone, usd_per_eur)

    return Source(PROVIDER, meaning, questions, read)


def eic_of(zone: str) -> str:
    """Code of a bidding zone, by its usual name or as the code itself."""
    code = ZONES.get(zone, zone)
    if not EIC.fullmatch(code):
        raise InvalidInput(
            "--zone",
            [
                f'found "{excerpt(zone)}"; expected a bidding zone or its EIC code of 16 '
                f"characters{nearest(zone, ZONES)}"
            ],
        )
    return code


def _questions(query: tuple[tuple[str, str], ...], span: Span | None) -> list[Question]:
    if span is None:
        raise InvalidInput("--from, --to", ["ENTSO-E is asked for a span; give both"])
    return [
        Question(
            PATH,
            (*query, ("periodStart", _compact(part.first)), ("periodEnd", _compact(part.last))),
            part,
        )
        for part in span.parts(MOST_HOURS)
    ]


def _compact(time: np.datetime64) -> str:
    return "".join(sign for sign in np.datetime_as_string(time, unit="m") if sign.isdigit())


def read_generation(content: bytes, zone: str | None) -> Points:
    """Average intensity of the generation in a document, by the hour [gCO2e/kWh].

    An hour stands if every type of generation of the document covers it.
    """
    root = _document(content, "GL_MarketDocument", "A75")
    found: set[str] = set()
    by_type: dict[str, list[Stretch]] = defaultdict(list)
    for series, stretch in stretches(root, QUANTITY):
        if series.all("outBiddingZone_Domain.mRID"):
            continue  # what storage and stations take
        found.add(series.said("inBiddingZone_Domain.mRID"))
        same(series.said("quantity_Measure_Unit.name"), "MAW", "unit")
        by_type[_type(series)].append(stretch)
    name = _one_zone(found, zone)
    generated = {kind: _points(name, parts) for kind, parts in by_type.items() if FUELS[kind]}
    if not generated:
        raise UnusableAnswer("no generation in the document")
    return _intensity(name, generated, said_at(root.maybe("createdDateTime")))


def _intensity(zone: str, generated: Mapping[str, Points], revised: tuple[str, ...]) -> Points:
    spans = [whole_span(kind) for kind in generated.values()]
    span = Span(min(s.first for s in spans), max(s.last for s in spans))
    factors = fuel_gco2e_per_kwh()
    hours = {kind: hourly(told, span, "none") for kind, told in generated.items()}
    mw = np.stack([series.values for series in hours.values()], axis=1)
    per_kwh = np.array([factors[FUELS[kind] or ""] for kind in generated])
    notes = [f"{kind}: {note}" for kind, series in hours.items() for note in series.notes]
    if (mw < 0).any():
        notes.append(
            f"{int((mw < 0).any(axis=1).sum())} hours with negative generation: as none"
        )
    values = weighted_by_generation(np.maximum(mw, 0), per_kwh)
    kinds = [FUELS[kind] == "other" for kind in generated]
    known = ~np.isnan(mw).any(axis=1)
    if any(kinds) and known.any() and mw[known].sum() > 0:
        share = np.maximum(mw, 0)[known][:, kinds].sum() / np.maximum(mw, 0)[known].sum()
        notes.append(f"{share:.1%} of generation has the factor of other fuels")
    return points(zone, list(span.hours), 60, values.tolist(), False, revised, notes)


def read_prices(content: bytes, zone: str | None, usd_per_eur: float) -> Points:
    """Day-ahead prices of a document [USD/kWh].

    Of several auctions, that of the lowest place in the sequence counts: the common one.
    """
    root = _document(content, "Publication_MarketDocument", "A44")
    found: set[str] = set()
    by_auction: dict[int, list[Stretch]] = defaultdict(list)
    for series, stretch in stretches(root, PRICE):
        found |= {series.said("in_Domain.mRID"), series.said("out_Domain.mRID")}
        same(series.said("currency_Unit.name"), "EUR", "currency")
        same(series.said("price_Measure_Unit.name"), "MWH", "unit")
        by_auction[_auction(series)].append(stretch)
    name = _one_zone(found, zone)
    told = _points(name, by_auction[min(by_auction)])
    values = told.values * usd_per_eur / KW_PER_MW
    revised = said_at(root.maybe("createdDateTime"))
    return points(
        name, list(told.starts), told.minutes.tolist(), values.tolist(), False, revised
    )


def _document(content: bytes, name: str, kind: str) -> Element:
    root = parsed(content)
    if root.name != name or root.maybe("type") != kind:
        raise UnusableAnswer(f"<{excerpt(root.name)}> is no {name} of type {kind}")
    if not root.all("TimeSeries"):
        raise UnusableAnswer("a document without a TimeSeries")
    return root


def _type(series: Element) -> str:
    kind = series.said("MktPSRType", "psrType")
    if kind not in FUELS:
        raise UnusableAnswer(f'type of generation "{excerpt(kind)}" is not known')
    return kind


def _auction(series: Element) -> int:
    place = series.maybe("classificationSequence_AttributeInstanceComponent.position") or "0"
    if not (place.isascii() and place.isdigit()) or len(place) > 3:
        raise UnusableAnswer(f'place "{excerpt(place)}" in the sequence of auctions')
    return int(place)


def _one_zone(found: set[str], zone: str | None) -> str:
    """The zone by the name that was asked for; by its usual name, where a file is read."""
    if len(found) != 1:
        raise UnusableAnswer("expected series of one zone")
    code = same(found.pop(), eic_of(zone) if zone else None, "zone")
    names = {eic: name for name, eic in ZONES.items()}
    return zone or names.get(code, code)


def _points(zone: str, parts: list[Stretch]) -> Points:
    return points(
        zone,
        [start for part in parts for start in part.starts],
        [part.minutes for part in parts for _ in part.starts],
        [value for part in parts for value in part.values],
    )
