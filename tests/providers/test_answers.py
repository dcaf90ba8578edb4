"""What each provider documents, and what is none of it."""

from __future__ import annotations

import copy
import json
import math

import numpy as np
import pytest

from carbonplan.errors import InvalidInput
from carbonplan.providers import answers, electricity_maps, uk, watttime
from carbonplan.providers.failures import UnusableAnswer
from carbonplan.providers.records import Span
from tests.providers.servers import em_document, uk_document, uk_region, watttime_document

DAY = np.datetime64("2025-01-01T00:00")


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


def span(hours: int) -> Span:
    return Span(DAY, DAY + np.timedelta64(hours, "h"))


class TestElectricityMaps:
    @pytest.mark.parametrize("key", ["data", "history", "forecast"])
    def test_values_flags_and_revisions(self, key):
        read = electricity_maps.source("lifecycle", "past").read
        points = read(encoded(em_document([20, 21.5, None], key)), "SE-SE3")
        assert points.zone == "SE-SE3"
        assert points.starts[2] == DAY + np.timedelta64(2, "h")
        assert points.values[:2].tolist() == [20, 21.5]
        assert math.isnan(points.values[2])
        assert points.estimated.tolist() == [False, True, False]
        assert min(points.revised) == "2025-02-01T06:07:08Z"

    def test_a_forecast_whose_rows_say_little(self):
        rows = [{"carbonIntensity": 9, "datetime": "2025-01-01T00:00:00.000Z"}]
        document = {"zone": "DE", "forecast": rows, "updatedAt": "2025-01-01T00:00:01.5Z"}
        points = electricity_maps.source("direct", "forecast").read(encoded(document), "DE")
        assert (points.values.tolist(), points.revised) == ([9], ("2025-01-01T00:00:01Z",))

    def test_questions(self):
        source = electricity_maps.source("direct", "past")
        asked = source.questions("DE", span(241))
        assert [question.path for question in asked] == ["/v3/carbon-intensity/past-range"] * 2
        assert dict(asked[1].query) == {
            "zone": "DE",
            "emissionFactorType": "direct",
            "start": "2025-01-11T00:00Z",
            "end": "2025-01-11T01:00Z",
            "temporalGranularity": "hourly",
        }
        for window, path in (("recent", "history"), ("forecast", "forecast")):
            (question,) = electricity_maps.source("direct", window).questions("DE", None)
            assert question.target.startswith(f"/v3/carbon-intensity/{path}?zone=DE&")

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"zone": "DE"}, 'is of zone "DE", not of SE-SE3'),
            ({"zone": None}, "does not name its zone"),
            ({"zone": 1}, "does not name its zone"),
            ({"data": {}}, 'no list "data"'),
            ({"data": [1]}, "is no object"),
            ({"history": []}, "expected one of the lists"),
            ({"temporalGranularity": "daily"}, "is not by the hour"),
            ({"temporalGranularity": ["hourly"]}, "is not by the hour"),
            ({"unit": "lbs/MWh"}, "is not in gCO2eq/kWh"),
            ({"unit": ["gCO2eq/kWh"]}, "is not in gCO2eq/kWh"),
        ],
    )
    def test_another_document(self, change, words):
        document = {**em_document([20, 21]), **change}
        with pytest.raises(UnusableAnswer, match=words):
            electricity_maps.read_json(encoded(document), "SE-SE3", "lifecycle")

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"zone": "SE-SE4"}, "not of SE-SE3"),
            ({"emissionFactorType": "direct"}, "not of lifecycle"),
            ({"carbonIntensity": "20"}, 'found "20", expected a number'),
            ({"carbonIntensity": True}, "expected a number"),
            ({"carbonIntensity": -1}, "expected 0 to 5000"),
            ({"carbonIntensity": 10**300}, "expected 0 to 5000"),
            ({"datetime": "2025-01-01"}, "expected a whole minute in UTC"),
            ({"datetime": "2025-01-01T00:00:30Z"}, "expected a whole minute in UTC"),
            ({"datetime": "2025-01-01T00:00:00+01:00"}, "expected a whole minute in UTC"),
            ({"datetime": "2025-13-01T00:00Z"}, "expected a whole minute in UTC"),
            ({"datetime": 1735689600}, "expected a text"),
            ({"isEstimated": "no"}, "expected true or false"),
        ],
    )
    def test_another_row(self, change, words):
        document = em_document([20, 21], **change)
        with pytest.raises(UnusableAnswer, match=words):
            electricity_maps.read_json(encoded(document), "SE-SE3", "lifecycle")

    def test_a_value_that_is_absent(self):
        document = em_document([20])
        del document["data"][0]["carbonIntensity"]
        with pytest.raises(UnusableAnswer, match='no "carbonIntensity"'):
            electricity_maps.read_json(encoded(document), None, "lifecycle")

    NEW = (
        "\ufeffDatetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO₂eq/kWh (direct),"
        "Carbon intensity gCO₂eq/kWh (Life cycle),Carbon-free energy percentage (CFE%),"
        "Renewable energy percentage (RE%),Data source,Data estimated,Data estimation method\n"
    )
    OLD = (
        "Datetime (UTC),Country,Zone Name,Zone Id,Carbon Intensity gCO₂eq/kWh (direct),"
        "Carbon Intensity gCO₂eq/kWh (LCA),Low Carbon Percentage,Renewable Percentage,"
        "Data Source,Data Estimated,Data Estimation Method\n"
    )
    ROWS = (
        "2025-01-01 00:00:00,Sweden,South Central Sweden,SE-SE3,3.5,20.25,99,70,x,false,\n"
        "2025-01-01 01:00:00,Sweden,South Central Sweden,SE-SE3,,,99,70,x,true,MEAN\n"
    )

    @pytest.mark.parametrize("header", [NEW, OLD])
    @pytest.mark.parametrize(("basis", "value"), [("direct", 3.5), ("lifecycle", 20.25)])
    def test_yearly_downloads(self, header, basis, value):
        read = electricity_maps.source(basis, "past").read
        points = read((header + self.ROWS).encode(), None)
        assert (points.zone, points.values[0]) == ("SE-SE3", value)
        assert math.isnan(points.values[1])
        assert points.estimated.tolist() == [False, True]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (NEW, "no rows below the header"),
            (NEW + "2025-01-01 00:00:00,a\n", "more or fewer cells"),
            (NEW + ROWS + ROWS.replace("SE-SE3", "DE"), "rows of one zone"),
            (NEW + ROWS.replace("20.25", "x"), "expected 0 to 5000"),
            (NEW + ROWS.replace("20.25", "1_0"), "expected 0 to 5000"),
            (NEW + ROWS.replace("20.25", "nan"), "expected 0 to 5000"),
            (NEW.replace("Life cycle", "Other") + ROWS, "expected the columns"),
            (NEW + ROWS.replace("2025-01-01 00:00:00", "1 January"), "whole minute in UTC"),
            ("Datetime (UTC)\n\0", "expected"),
            ('Datetime (UTC)"x\n"', "expected"),
        ],
    )
    def test_other_downloads(self, text, words):
        with pytest.raises(UnusableAnswer, match=words):
            electricity_maps.source("lifecycle", "past").read(text.encode(), None)


class TestWattTime:
    def test_pounds_become_grams(self):
        points = watttime.read(encoded(watttime_document(2)), "CAISO_NORTH")
        assert points.values[0] == pytest.approx(453.59237)
        assert points.values[-1] == pytest.approx(1001 * 0.45359237)
        assert set(points.minutes.tolist()) == {5}
        assert points.estimated.sum() == 12
        assert points.revised[0] == "2025-01-09T00:00:00Z"

    def test_warnings_are_counted(self):
        warned = watttime_document(1, warnings=[{"type": "EXAMPLE", "message": "just so"}])
        assert watttime.read(encoded(warned), None).notes == (
            "1 warnings by WattTime in one answer",
        )

    def test_negative_values_stand(self):
        assert watttime.read(encoded(watttime_document(1, -10.0)), None).values[0] < 0

    def test_questions(self):
        first, second = watttime.source("past").questions("PJM_DC", span(721))
        assert first.path == "/v3/historical"
        assert dict(second.query)["start"] == "2025-01-31T00:00Z"
        (question,) = watttime.source("forecast").questions("PJM_DC", span(24))
        assert question.target == "/v3/forecast?region=PJM_DC&signal_type=co2_moer"

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"region": "PJM_DC"}, "not of CAISO_NORTH"),
            ({"signal_type": "health_damage"}, "not of co2_moer"),
            ({"units": "kg_co2_per_mwh"}, "not of lbs_co2_per_mwh"),
            ({"units": None}, "does not name its unit"),
            ({"data_point_period_seconds": 60}, "data_point_period_seconds"),
            ({"data_point_period_seconds": "300"}, "data_point_period_seconds"),
            ({"data_point_period_seconds": [300]}, "data_point_period_seconds"),
        ],
    )
    def test_another_signal(self, change, words):
        with pytest.raises(UnusableAnswer, match=words):
            watttime.read(encoded(watttime_document(1, **change)), "CAISO_NORTH")

    def test_no_meta(self):
        with pytest.raises(UnusableAnswer, match='no object "meta"'):
            watttime.read(encoded({"data": [{}]}), None)


class TestUk:
    def test_the_country(self):
        past = uk.source("past").read(encoded(uk_document(1)), "GB")
        assert past.values.tolist() == [100, 102]
        forecast = uk.source("forecast").read(encoded(uk_document(1)), "GB")
        assert forecast.values.tolist() == [110, 112]
        assert past.minutes.tolist() == [30, 30]

    def test_a_region_has_forecasts_alone(self):
        points = uk.source("past").read(encoded(uk_region(1)), "13")
        assert (points.zone, points.values.tolist()) == ("13", [110, 112])

    def test_questions(self):
        asked = uk.source("past").questions("GB", span(313))
        assert [question.target for question in asked] == [
            "/intensity/2025-01-01T00:00Z/2025-01-14T00:00Z",
            "/intensity/2025-01-14T00:00Z/2025-01-14T01:00Z",
        ]
        (question,) = uk.source("past").questions("7", span(1))
        path = "/regional/intensity/2025-01-01T00:00Z/2025-01-01T01:00Z/regionid/7"
        assert question.target == path
        (question,) = uk.source("forecast").questions("7", None)
        assert question.target.endswith("Z/fw48h/regionid/7")
        with pytest.raises(InvalidInput, match="GB or a region from 1 to 17"):
            uk.source("past").questions("18", span(1))

    @pytest.mark.parametrize(
        ("document", "words"),
        [
            (uk_region(1, 12), 'is of region "12", not of 13'),
            (uk_region(1, 18), "does not name its region"),
            ({"data": {"regionid": True, "data": []}}, "does not name its region"),
            (uk_document(1), 'is of zone "GB", not of 13'),
            ({"error": {"code": "400 Bad Request"}}, 'no list "data"'),
        ],
    )
    def test_other_answers(self, document, words):
        with pytest.raises(UnusableAnswer, match=words):
            uk.source("past").read(encoded(document), "13")

    def test_other_slots(self):
        document = uk_document(1)
        document["data"][0]["to"] = "2025-01-01T01:00Z"
        with pytest.raises(UnusableAnswer, match="is no half hour"):
            uk.source("past").read(encoded(document), "GB")


READERS = (
    (
        lambda content: electricity_maps.read_json(content, None, "lifecycle"),
        em_document([2, 3]),
    ),
    (lambda content: watttime.read(content, None), watttime_document(1)),
    (lambda content: uk.read_json(content, None, "actual"), uk_document(1)),
    (lambda content: uk.read_json(content, None, "actual"), uk_region(1)),
)
STRANGE = (None, True, -1, 1e400, "", "\x1b[0m", [], {}, [[]], {"a": 1}, 10**40, "2025-01-01")


@pytest.mark.parametrize(("read", "document"), READERS)
def test_any_value_in_any_place_is_read_or_refused(read, document):
    """F72: never another exception than the one that is told in words."""
    places = list(_places(document))
    for path in places:
        for strange in STRANGE:
            changed = copy.deepcopy(document)
            inner = changed
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = strange
            assert _told(read, json.dumps(changed).encode()).isprintable()


@pytest.mark.parametrize(("read", "document"), READERS)
def test_any_cut_is_refused(read, document):
    content = encoded(document)
    for end in range(0, len(content), max(1, len(content) // 150)):
        with pytest.raises(UnusableAnswer):
            read(content[:end])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected JSON"),
        (b"[]", "expected a JSON object"),
        (b'"text"', "expected a JSON object"),
        (b'{"a": Infinity}', "JSON with Infinity"),
        (b'{"a": {"b": 1, "b": 2}}', "a key that stands twice"),
        (b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}", "nested too deeply"),
        (b'{"a": ' + b"[" * 200_000, "nested too deeply|expected JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "expected JSON"),
        (b"\xff\xfe{}", "UTF-8"),
    ],
)
def test_json_that_is_not_read(content, words):
    with pytest.raises(UnusableAnswer, match=words):
        uk.read_json(content, None, "actual")


def test_more_values_than_any_answer_has(monkeypatch):
    """Fifty megabytes of empty lists are small as text and large once they are read."""
    monkeypatch.setattr(answers, "MOST_VALUES", 1000)
    assert uk.read_json(encoded(uk_document(3)), None, "actual").values.size == 6
    with pytest.raises(UnusableAnswer, match="more values than any answer has"):
        uk.read_json(b'{"data": [' + b"[]," * 1000 + b"[]]}", None, "actual")


def _told(read, content: bytes) -> str:
    """Why an answer is of no use; nothing where it is of use."""
    try:
        read(content)
    except UnusableAnswer as unusable:
        return unusable.reason
    return ""


def _places(document: object, path: tuple = ()):
    """Paths of all values, of the first entry of each list only."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield (*path, key)
            yield from _places(value, (*path, key))
    elif isinstance(document, list) and document:
        yield (*path, 0)
        yield from _places(document[0], (*path, 0))
