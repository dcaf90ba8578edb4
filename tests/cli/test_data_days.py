"""Days chosen for several series together."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from carbonplan.catalogue.horizon import read_typical_days
from carbonplan.cli.main import run

DAYS = 40


def series_file(name, columns):
    times = np.datetime64("2024-01-01T00:00", "m") + 60 * np.arange(DAYS * 24)
    with Path(name).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time_utc", *columns])
        for time, *row in zip(times, *columns.values(), strict=True):
            writer.writerow([f"{time}Z", *(f"{value:.3f}" for value in row)])


@pytest.fixture
def year(tmp_path, monkeypatch):
    """Load that is high where the grid is dirty, and a price that is high where it is clean."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    dirty = 300 + 150 * np.repeat(random.standard_normal(DAYS), 24).clip(-1.5, 1.5)
    dirty += 40 * np.sin(np.arange(DAYS * 24) * 2 * np.pi / 24)
    series_file("grid.csv", {"north": dirty, "south": 500 - 0.4 * dirty})
    series_file("price.csv", {"north": 120 - 0.1 * dirty, "south": 60 + 0.1 * dirty})
    load = 5 + dirty / 50
    load[20 * 24 + 12] = 90.0
    series_file("load.csv", {"rps": load})


JOINT = ("intensity=grid.csv", "price=price.csv", "demand=load.csv")


@pytest.mark.usefixtures("year")
def test_days_weights_errors_and_correlations_of_several_series(capsys):
    command = ["data", "typical-days", *JOINT, "--days", "6", "--peak-of", "demand:rps"]
    assert run([*command, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["files"] == [
        "typical_days.csv",
        "typical_days-price.csv",
        "typical_days-errors.csv",
    ]
    assert made["weight"] == DAYS
    days = read_typical_days(Path("typical_days.csv"))
    prices = read_typical_days(Path("typical_days-price.csv"))
    assert days.zones == prices.zones == ("north", "south")
    assert days.dates.tolist() == prices.dates.tolist()
    assert "2024-01-21" in [str(date) for date in days.dates]
    errors = {error["zone"]: error for error in made["errors"]}
    assert set(errors) == {
        *("intensity:north", "intensity:south", "price:north", "price:south", "demand:rps")
    }
    for error in errors.values():
        assert error["typical_mean"] == pytest.approx(error["mean"])
    for pair in made["correlations"]:
        assert abs(pair["typical_correlation"] - pair["correlation"]) < 0.2
        assert pair["one"].partition(":")[0] != pair["other"].partition(":")[0]
    with Path("typical_days-errors.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 5


@pytest.mark.usefixtures("year")
def test_what_is_lost_is_printed(capsys):
    assert run(["data", "typical-days", *JOINT, "--days", "5"]) == 0
    printed = capsys.readouterr().out
    assert "weights that sum to 40" in printed
    assert "correlations between series" in printed
    assert "arrivals: {mean_rps: " in printed
    assert run(["data", "typical-days", *JOINT, "--days", "5"]) == 2


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize(
    ("series", "words"),
    [
        (["intensty=grid.csv", "price=price.csv"], 'nearest: "intensity"'),
        (["price=price.csv"], "expected intensity=FILE"),
        (["intensity=grid.csv", "intensity=price.csv"], "given twice"),
        (["intensity=grid.csv", "price.csv"], "expected NAME=FILE"),
    ],
)
def test_series_that_are_not_named_right(series, words, capsys):
    assert run(["data", "typical-days", *series]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.usefixtures("year")
def test_a_series_counts_as_much_as_another_whatever_its_zones():
    """Twenty copies of a zone choose the same days as the zone alone."""
    with Path("grid.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    one = np.array([float(row["north"]) for row in rows])
    series_file("one.csv", {"north": one})
    series_file("many.csv", {f"north{i}": one for i in range(20)})
    dates = []
    for grid in ("one", "many"):
        out = f"days-{grid}.csv"
        named = [f"intensity={grid}.csv", "demand=load.csv"]
        assert run(["data", "typical-days", *named, "--days", "5", "--out", out]) == 0
        dates.append(read_typical_days(Path(out)).dates.tolist())
    assert dates[0] == dates[1]
