from __future__ import annotations

import csv

import numpy as np
from matplotlib.path import Path as Outline

from carbonplan.catalogue.coastlines import COASTLINES, coastlines
from carbonplan.catalogue.shipped import data_root

LARGEST_BYTES = 40_000
ON_LAND = {"Kansas": (38.5, -98.0), "Berlin": (52.5, 13.4), "Nagpur": (21.1, 79.1)}
AT_SEA = {"Atlantic": (30.0, -40.0), "Pacific": (0.0, -150.0), "Hudson Bay": (60.0, -86.0)}


def test_outlines_are_on_earth_and_enclose_an_area():
    outlines = coastlines()
    assert len(outlines) > 50
    for outline in outlines:
        assert len(outline) >= 3
        assert np.abs(outline).max(axis=0).tolist() <= [90.0, 180.0]


def test_land_is_where_it_is():
    for places, expected in ((ON_LAND, True), (AT_SEA, False)):
        for name, place in places.items():
            inside = any(Outline(outline).contains_point(place) for outline in coastlines())
            assert inside is expected, name


def test_the_table_is_small_and_its_source_is_named():
    path = data_root() / COASTLINES
    assert path.stat().st_size < LARGEST_BYTES
    with (data_root() / "sources.csv").open(encoding="utf-8") as file:
        licences = {row["key"]: row["licence"] for row in csv.DictReader(file)}
    with path.open(encoding="utf-8") as file:
        assert {licences[row["source"]] for row in csv.DictReader(file)} == {"public domain"}
