import csv

import pytest

from carbonplan.catalogue.grids import TYPICAL_DAYS, Grid, grids
from carbonplan.catalogue.shipped import data_root
from carbonplan.errors import InvalidInput


def test_a_number_is_itself_and_named_once():
    assert grids(["17", "261.5", "17"]) == (Grid("17", 17.0), Grid("261.5", 261.5))


def test_a_zone_is_the_mean_of_its_weighted_days():
    with (data_root() / TYPICAL_DAYS).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    weights = [float(row["weight"]) for row in rows]
    weighted = sum(float(row["CA-QC"]) * w for row, w in zip(rows, weights, strict=True))
    (zone,) = grids(["CA-QC"])
    assert zone.intensity_g_per_kwh == pytest.approx(weighted / sum(weights))


def test_everything_that_is_neither_is_told_at_once():
    with pytest.raises(InvalidInput) as caught:
        grids(["CA-QX", "-3", "nan", "inf", "17"])
    zone, *numbers = caught.value.problems
    assert zone.endswith('nearest: "CA-QC"')
    assert all("expected 0 g/kWh or more" in problem for problem in numbers)
    assert len(numbers) == 3
