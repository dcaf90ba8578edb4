"""Near-optimal plans in words and as a figure."""

import json
import math
from types import SimpleNamespace

import pytest

from carbonplan.alternatives.ranges import Range
from carbonplan.alternatives.records import Alternatives, Extreme
from carbonplan.report.alternatives import (
    document,
    extreme_rows,
    headline,
    range_rows,
    ranges_csv,
)
from carbonplan.report.figures import png, svg
from carbonplan.report.figures.alternatives import alternatives_figure

NAME = "</text><script>$\\frac{"


def known(*ranges, extremes=()):
    return Alternatives(
        10.0, 9.9, 0.02, 10.2, (), ranges, tuple(extremes), (), 3, 5, 4, 1, None
    )


FOUND = known(
    Range("a", None, "a", 3, 2, 2, 4, 4, price=0.11),
    Range(NAME, None, NAME, 0, 0, 0, 0, 0, price=math.inf),
    Range("b", None, "b", 2, 0, 1, 2, 9),
    Range("c", None, "c", 5, 5, 5, 5, 5, held=5),
    extremes=[Extreme("cost", 20.0, 15.0, 14.0), Extreme("water", 0.0, 0.0, None)],
)


def test_marks_say_why():
    rows = {row["servers"]: row for row in range_rows(FOUND)}
    assert rows["a"]["because"] == "without any the objective is at least +11.0%"
    assert rows[NAME]["because"] == "with one there is no plan"
    assert (rows["b"]["fewest"], rows["b"]["most"]) == ("0 to 1", "2 to 9")
    assert "no plan without any was found" in rows["b"]["because"]
    assert rows["c"]["because"] == "5 stand and stay"


def test_changes_of_impacts():
    cost, water = extreme_rows(FOUND)
    assert (cost["change"], cost["none below"]) == ("-25.00%", 14.0)
    assert (water["change"], water["none below"]) == ("+0", None)


def test_what_is_infinite_is_null_in_json_and_empty_in_csv():
    text = json.dumps(document(FOUND, "s", ()), allow_nan=False)
    assert json.loads(text)["ranges"][1]["price"] is None
    assert len(ranges_csv(FOUND).splitlines()) == 5


def test_the_headline_names_impact_unit_and_what_is_open():
    objective = {"impact": "carbon", "unit": "kgCO2e", "value": 10.0}
    plan = SimpleNamespace(scenario_name="week", summary={"objective": objective})
    words = headline(FOUND, plan)
    assert "10 kgCO2e (carbon)" in words
    assert "1 of 8 numbers are not exact" in words


@pytest.mark.parametrize("render", [svg, png])
def test_a_figure_of_any_names(render):
    drawn = render(alternatives_figure(FOUND, NAME))
    if isinstance(drawn, str):
        assert "<script" not in drawn
        assert "must-have" in drawn
        assert "neither found nor excluded" in drawn
    else:
        assert drawn.startswith(b"\x89PNG")
