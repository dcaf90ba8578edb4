import csv
import json

import pytest

from carbonplan.cli.main import run


@pytest.fixture
def weather(tmp_path, monkeypatch):
    """Two days of one place, warmer by day."""
    monkeypatch.chdir(tmp_path)
    lines = ["time_utc,zone_id,wet_bulb_c"]
    for day in (1, 2):
        for hour in range(24):
            lines.append(f"2022-07-{day:02d}T{hour:02d}:00Z,US-MIDA-PJM,{10 + hour / 2}")
    (tmp_path / "weather.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def written(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_wue_at_the_mean_that_is_reported(weather, capsys):
    command = ["data", "wue", "weather.csv", "--reported-mean", "0.12"]
    assert run([*command, "--region", "aws-us-east-1=US-MIDA-PJM", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["hours"], made["means"]) == (48, {"aws-us-east-1": pytest.approx(0.12)})
    values = [float(row["aws-us-east-1"]) for row in written(weather / "wue.csv")]
    assert values[23] > values[0]
    assert run(command) == 2  # the file exists


def test_wue_of_an_unknown_zone_or_without_columns_is_3(weather, capsys):
    assert run(["data", "wue", "weather.csv", "--region", "x=US-MIDA-PJN"]) == 3
    assert 'nearest: "US-MIDA-PJM"' in capsys.readouterr().err
    (weather / "other.csv").write_text("time_utc,zone_id,rain\n2022-07-01T00:00Z,A,1\n")
    assert run(["data", "wue", "other.csv"]) == 3
    assert not (weather / "wue.csv").exists()


def test_ewif_and_intensity_of_a_mix(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    fuels = ("wind", "solar", "hydro", "oil", "gas", "coal", "nuclear", "other")
    header = ",".join(("zone_id", "time_utc", *(f"{fuel}_mw" for fuel in fuels)))
    (tmp_path / "mix.csv").write_text(f"{header}\nA,2022-01-01T00:00Z,1,0,1,0,0,0,0,0\n")
    assert run(["data", "mix", "mix.csv", "--of", "ewif"]) == 0
    assert "means in L/kWh:\n  A 8.5" in capsys.readouterr().out
    without = ["--factor-set", "ren-2023", "--out", "without.csv", "--json"]
    assert run(["data", "mix", "mix.csv", "--of", "ewif", *without]) == 0
    assert json.loads(capsys.readouterr().out)["means"] == {"A": 0}
    assert run(["data", "mix", "mix.csv", "--of", "intensity", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["means"] == {"A": (11 + 24) / 2}
    assert float(written(tmp_path / "ewif.csv")[0]["A"]) == 8.5


def test_an_unknown_set_of_water_factors_is_3(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["data", "mix", "none.csv", "--of", "ewif", "--factor-set", "ren-2032"]) == 3
    assert 'nearest: "ren-2023"' in capsys.readouterr().err


def test_the_hours_of_days_already_chosen(weather, capsys):
    rows = [f"2022-07-02T{hour:02d}:00Z,365,100" for hour in range(24)]
    (weather / "days.csv").write_text("\n".join(["time_utc,weight,US-MIDA-PJM", *rows]) + "\n")
    assert run(["data", "wue", "weather.csv"]) == 0
    command = ["data", "same-days", "wue.csv", "--days", "days.csv", "--out", "days-wue.csv"]
    assert run([*command, "--json"]) == 0
    made = json.loads(capsys.readouterr().out.split("\n", 2)[2])
    assert made == {"file": "days-wue.csv", "days": 1, "zones": ["US-MIDA-PJM"]}
    table = written(weather / "days-wue.csv")
    assert {row["weight"] for row in table} == {"365"}
    assert float(table[23]["US-MIDA-PJM"]) > float(table[0]["US-MIDA-PJM"])


def test_a_year_that_the_series_lacks_is_3(weather, capsys):
    rows = [f"2022-07-02T{hour:02d}:00Z,365,100" for hour in range(24)]
    (weather / "days.csv").write_text("\n".join(["time_utc,weight,US-MIDA-PJM", *rows]) + "\n")
    assert run(["data", "wue", "weather.csv"]) == 0
    command = ["data", "same-days", "wue.csv", "--days", "days.csv", "--level-of-year", "2023"]
    assert run(command) == 3
    assert "no day of 2023" in capsys.readouterr().err
