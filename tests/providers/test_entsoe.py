"""Market documents of ENTSO-E: curves, resolutions, days of 23 and 25 hours, auctions."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.errors import InvalidInput
from carbonplan.providers import entsoe, entsoe_xml
from carbonplan.providers.failures import UnusableAnswer
from carbonplan.providers.hours import hourly, whole_span
from carbonplan.providers.records import Span
from tests.providers.servers import (
    SE3,
    acknowledgement,
    generation_document,
    generation_series,
    period,
    price_document,
    price_series,
)

GAS, WIND, OTHER = 490, 11, 230  # data/grid/factors.csv [gCO2e/kWh]
ONE, TWO = "2025-01-01T00:00Z", "2025-01-01T01:00Z"
END = "2025-01-01T02:00Z"


def intensity(*series: str) -> list[float]:
    """By the hour, over what the document covers."""
    points = entsoe.read_generation(generation_document(*series), "SE3")
    return hourly(points, whole_span(points), "none").values.tolist()


def prices(*series: str, usd_per_eur: float = 1.0) -> list[float]:
    points = entsoe.read_prices(price_document(*series), "SE3", usd_per_eur)
    return hourly(points, whole_span(points), "none").values.round(9).tolist()


def quarter(points: dict[int, object], value: str = "quantity", end: str = END) -> str:
    return period(ONE, end, "PT15M", points, value)


def price_period(start: str, end: str, resolution: str, points: dict[int, object]) -> str:
    return period(start, end, resolution, points, "price.amount")


class TestGeneration:
    def test_the_mean_of_the_factors_weighted_by_generation(self):
        made = intensity(
            generation_series("B04", period(ONE, END, "PT60M", {1: 100, 2: 0})),
            generation_series("B19", period(ONE, END, "PT60M", {1: 300, 2: 50})),
        )
        assert made == [(100 * GAS + 300 * WIND) / 400, WIND]

    def test_quarters_half_hours_and_hours_together(self):
        made = intensity(
            generation_series("B04", quarter({i: 10 * i for i in range(1, 5)}, end=TWO)),
            generation_series("B18", period(ONE, TWO, "PT30M", {1: 20, 2: 30})),
            generation_series("B19", period(ONE, TWO, "PT60M", {1: 25})),
        )
        assert made == [pytest.approx((25 * GAS + 50 * WIND) / 75)]

    def test_series_of_one_type_in_several_parts(self):
        made = intensity(
            generation_series("B04", period(ONE, TWO, "PT60M", {1: 1})),
            generation_series("B04", period(TWO, END, "PT60M", {1: 1})),
            generation_series(
                "B19", period(ONE, TWO, "PT60M", {1: 1}), period(TWO, END, "PT60M", {1: 3})
            ),
        )
        assert made == [(GAS + WIND) / 2, (GAS + 3 * WIND) / 4]

    def test_a03_repeats_and_a01_has_gaps(self):
        gas = generation_series("B04", quarter({1: 4, 5: 8}), curve="A03")
        wind = generation_series("B19", quarter(dict.fromkeys(range(1, 9), 4)))
        assert intensity(gas, wind) == [
            (GAS + WIND) / 2,
            pytest.approx((8 * GAS + 4 * WIND) / 12),
        ]
        gaps = generation_series("B04", quarter({1: 4, 5: 8}))
        assert np.isnan(intensity(gaps, wind)).all()

    def test_a03_repeats_nothing_before_its_first(self):
        late = generation_series("B04", quarter({2: 4}), curve="A03")
        made = intensity(late)
        assert np.isnan(made[0])
        assert made[1] == GAS

    def test_an_hour_needs_every_type(self):
        gas = generation_series("B04", period(ONE, END, "PT60M", {1: 1, 2: 1}))
        wind = generation_series("B19", period(ONE, TWO, "PT60M", {1: 1}))
        made = intensity(gas, wind)
        assert made[0] == (GAS + WIND) / 2
        assert np.isnan(made[1])

    def test_storage_and_what_is_taken_are_left_aside(self):
        hour = period(ONE, TWO, "PT60M", {1: 100})
        made = intensity(
            generation_series("B04", hour),
            generation_series("B10", hour),
            generation_series("B10", hour, taken=True),
            generation_series("B25", hour),
        )
        assert made == [GAS]

    def test_what_is_odd_is_noted(self):
        hour = period(ONE, TWO, "PT60M", {1: 30})
        taken = period(ONE, TWO, "PT60M", {1: -5})
        document = generation_document(
            generation_series("B04", hour),
            generation_series("B17", period(ONE, TWO, "PT60M", {1: 10})),
            generation_series("B16", taken),
        )
        points = entsoe.read_generation(document, None)
        assert points.values[0] == (30 * GAS + 10 * OTHER) / 40
        assert points.notes == (
            "1 hours with negative generation: as none",
            "25.0% of generation has the factor of other fuels",
        )
        assert points.revised == ("2025-01-09T10:11:12Z",)
        assert points.zone == "SE3"

    def test_a_type_told_twice_and_differently(self):
        hour = generation_series("B04", period(ONE, TWO, "PT60M", {1: 100}))
        other = generation_series("B04", period(ONE, TWO, "PT60M", {1: 101}))
        assert intensity(hour, hour) == [GAS]
        document = generation_document(hour, other)
        points = entsoe.read_generation(document, None)
        assert np.isnan(points.values).all()
        assert points.notes == ("B04: 2025-01-01T00:00Z has two values",)


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2025-03-29T23:00Z", "2025-03-30T22:00Z", 23),
        ("2025-10-25T22:00Z", "2025-10-26T23:00Z", 25),
    ],
)
def test_days_of_23_and_25_hours(start, end, count):
    """A local day is a number of hours in UTC; positions count them."""
    day = price_series(price_period(start, end, "PT60M", {i: i for i in range(1, count + 1)}))
    assert prices(day) == [i / 1000 for i in range(1, count + 1)]
    with pytest.raises(UnusableAnswer, match="expected 1 to"):
        prices(price_series(price_period(start, end, "PT60M", {count + 1: 1})))


class TestPrices:
    def test_euro_per_mwh_become_dollars_per_kwh(self):
        hour = price_series(price_period(ONE, END, "PT60M", {1: 50, 2: -10}))
        assert prices(hour, usd_per_eur=1.1) == pytest.approx([0.055, -0.011])

    def test_quarters_after_hours(self):
        made = prices(
            price_series(price_period(ONE, TWO, "PT60M", {1: 10})),
            price_series(price_period(TWO, END, "PT15M", {1: 10, 3: 30})),
        )
        assert made == [0.01, 0.02]

    def test_of_several_auctions_the_first_counts(self):
        made = prices(
            price_series(price_period(ONE, TWO, "PT15M", {1: 99}), auction=2),
            price_series(price_period(ONE, TWO, "PT60M", {1: 10}), auction=1),
        )
        assert made == [0.01]

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("EUR", "GBP", 'is of currency "GBP"'),
            ("MWH", "KWH", 'is of unit "KWH"'),
            ("10Y1001A1001A46L</in_", "10Y1001A1001A47J</in_", "series of one zone"),
            ("<type>A44", "<type>A75", "is no Publication_MarketDocument of type A44"),
            ("A03", "A05", 'curve type "A05"'),
            ("PT60M", "P1D", 'resolution "P1D"'),
            ("<position>1<", "<position>0<", "expected 1 to 1"),
            ("<position>1<", "<position>x<", "expected 1 to 1"),
            ("<position>1<", "<position>²<", "expected 1 to 1"),
            ("<position>1</position>", "", "expected 1 to 1"),
            (">10<", ">1e9<", "expected -100000 to 100000"),
            (">10<", ">NaN<", "expected -100000 to 100000"),
            (">10<", "><", "expected -100000 to 100000"),
            (">10<", ">1_0<", "expected -100000 to 100000"),
            ("T01:00Z</end>", "T00:00Z</end>", "no whole number of PT60M"),
            ("T01:00Z</end>", "T00:30Z</end>", "no whole number of PT60M"),
            ("T01:00Z</end>", "T01:00+02:00</end>", "whole minute in UTC"),
            ("<start>2025-01-01T00:00Z</start>", "", "0 of start, expected one"),
            ("<Period>", "<Other>", "expected XML"),
            ("urn:iec62325.351", "urn:other", "is no market document"),
        ],
    )
    def test_other_documents(self, old, new, words):
        document = price_document(price_series(price_period(ONE, TWO, "PT60M", {1: 10})))
        changed = document.replace(old.encode(), new.encode(), 1)
        assert changed != document
        with pytest.raises(UnusableAnswer, match=words):
            entsoe.read_prices(changed, "SE3", 1.0)

    def test_a_point_or_a_position_that_stands_twice(self):
        twice = price_period(ONE, END, "PT60M", {1: 1, 2: 2}).replace(
            "position>2", "position>1"
        )
        with pytest.raises(UnusableAnswer, match="position 1 stands twice"):
            prices(price_series(twice.replace("position>2", "position>1")))
        both = price_period(ONE, TWO, "PT60M", {1: 1}).replace(
            "<position>1</position>", "<position>1</position><position>1</position>"
        )
        with pytest.raises(UnusableAnswer, match="says one thing twice"):
            prices(price_series(both))

    def test_nothing_in_it(self):
        with pytest.raises(UnusableAnswer, match="without a TimeSeries"):
            prices()
        with pytest.raises(UnusableAnswer, match="without a Period"):
            prices(price_series())


def test_an_acknowledgement_says_why_there_is_no_data():
    with pytest.raises(UnusableAnswer, match=r"no data: No matching data found \(A75\)"):
        entsoe.read_generation(acknowledgement("No matching data found (A75)"), "SE3")
    with pytest.raises(UnusableAnswer, match="no reason given"):
        entsoe.read_generation(acknowledgement(""), "SE3")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("MAW", "KWH", 'is of unit "KWH"'),
        ("B04", "B99", 'type of generation "B99" is not known'),
        (SE3, "10Y1001A1001A47J", "not of 10Y1001A1001A46L"),
        ("inBiddingZone_Domain", "outBiddingZone_Domain", "series of one zone"),
        ("GL_MarketDocument", "XL_MarketDocument", "is no GL_MarketDocument of type A75"),
    ],
)
def test_other_generation(old, new, words):
    document = generation_document(
        generation_series("B04", period(ONE, TWO, "PT60M", {1: 1}))
    ).replace(old.encode(), new.encode())
    with pytest.raises(UnusableAnswer, match=words):
        entsoe.read_generation(document, "SE3")


def test_few_points_do_not_become_many(monkeypatch):
    """A03 makes a year out of one point; a document of such years is no document."""
    monkeypatch.setattr(entsoe_xml, "MOST_POSITIONS", 100)
    year = price_period("2025-01-01T00:00Z", "2025-01-04T00:00Z", "PT60M", {1: 1})
    with pytest.raises(UnusableAnswer, match="more positions than any document has"):
        prices(price_series(year, year))


def test_many_points_are_read_and_many_other_elements_are_not(monkeypatch):
    monkeypatch.setattr(entsoe_xml, "MOST_KEPT", 60)
    end = "2025-01-03T00:00Z"
    many = price_period(ONE, end, "PT60M", dict.fromkeys(range(1, 49), 1000))
    assert prices(price_series(many)) == [1.0] * 48
    document = price_document(price_series(many)).replace(b"<Point>", b"<a/><a/><Point>")
    with pytest.raises(UnusableAnswer, match="nested too deeply, or too long"):
        entsoe.read_prices(document, "SE3", 1.0)


def test_every_cut_and_every_flipped_byte_is_read_or_refused():
    document = price_document(price_series(price_period(ONE, TWO, "PT60M", {1: 10})))
    for at in range(0, len(document), 3):
        with pytest.raises(UnusableAnswer):
            entsoe.read_prices(document[:at], "SE3", 1.0)
        flipped = document[:at] + bytes([document[at] ^ 4]) + document[at + 1 :]
        assert _told(flipped).isprintable()


def _told(document: bytes) -> str:
    try:
        entsoe.read_prices(document, "SE3", 1.0)
    except UnusableAnswer as unusable:
        return unusable.reason
    return ""


def test_questions():
    start = np.datetime64("2025-01-01T00:00")
    span = Span(start, start + np.timedelta64(32 * 24, "h"))
    first, second = entsoe.generation().questions("SE3", span)
    assert first.path == "/api"
    assert dict(first.query) == {
        "documentType": "A75",
        "processType": "A16",
        "in_Domain": SE3,
        "periodStart": "202501010000",
        "periodEnd": "202502010000",
    }
    assert dict(second.query)["periodStart"] == "202502010000"
    (asked, _) = entsoe.day_ahead(1.0).questions(SE3, span)
    assert dict(asked.query)["out_Domain"] == SE3
    with pytest.raises(InvalidInput, match="give both"):
        entsoe.generation().questions("SE3", None)


def test_zones_by_name_or_code():
    assert entsoe.eic_of("SE3") == entsoe.eic_of(SE3) == SE3
    assert all(entsoe.EIC.fullmatch(code) for code in entsoe.ZONES.values())
    with pytest.raises(InvalidInput, match='nearest: "DE-LU"'):
        entsoe.eic_of("DE-LUX")


def test_codes_of_zones_have_their_check_character():
    """The last character of an EIC code follows from the fifteen before it."""
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
    for name, code in entsoe.ZONES.items():
        total = sum(signs.index(sign) * (16 - at) for at, sign in enumerate(code[:15]))
        assert code[15] == signs[36 - (total - 1) % 37], name
