import csv
import json
from pathlib import Path

import pytest

from carbonplan.cli.main import run

HOUR_MS = 3_600_000
LABELS = ("--service", "chat", "--source", "my-trace-2024")


@pytest.fixture
def trace(tmp_path, monkeypatch):
    """A day of requests: one an hour, three in the hour that begins at 12:00; two lengths."""
    monkeypatch.chdir(tmp_path)
    rows = [(hour * HOUR_MS, 100, 50) for hour in range(24)]
    rows += [(12 * HOUR_MS + 1, 3000, 400), (24 * HOUR_MS - 1, 3000, 400)]
    path = tmp_path / "trace.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("t_ms", "input_tokens", "output_tokens"))
        writer.writerows(sorted(rows))
    return path


def test_classes_writes_a_table_whose_shares_sum_to_1(trace, capsys):
    assert run(["data", "classes", str(trace), *LABELS, "--classes", "2"]) == 0
    assert "wrote classes.csv: 2 classes" in capsys.readouterr().out
    with Path("classes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1)
    assert {row["source"] for row in rows} == {"my-trace-2024"}


def test_arrivals_writes_the_hours_of_a_week(trace, capsys):
    command = ["data", "arrivals", str(trace), *LABELS, "--start-hour-of-week", "0", "--json"]
    assert run(command) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert len(rows) == 168
    busiest = max(rows, key=lambda row: row["relative_rate"])
    assert busiest["hour_of_week"] % 24 in (12, 23)


def test_no_table_is_replaced_unasked(trace, capsys):
    command = ["data", "classes", str(trace), *LABELS]
    assert run(command) == 0
    assert run(command) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run([*command, "--overwrite"]) == 0


def test_a_trace_without_the_columns_is_3(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trace.csv").write_text("time,inputtokens\n1,2\n")
    assert run(["data", "classes", "trace.csv", *LABELS]) == 3
    assert 'nearest: "inputtokens"' in capsys.readouterr().err
    assert not (tmp_path / "classes.csv").exists()


def test_a_workload_of_a_request_log_means_nothing(trace):
    command = ["data", "arrivals", str(trace), *LABELS, "--start-hour-of-week", "0"]
    assert run([*command, "--workload", "chat"]) == 2


@pytest.fixture
def series(tmp_path, monkeypatch):
    """Ten days of two zones; the sixth day is the dirtiest in both."""
    monkeypatch.chdir(tmp_path)
    lines = ["time_utc,north,south"]
    for day in range(10):
        for hour in range(24):
            north = 100 + 10 * day + hour + (500 if day == 5 else 0)
            lines.append(f"2024-03-{day + 1:02d}T{hour:02d}:00Z,{north},{2 * north}")
    path = tmp_path / "series.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_typical_days_keep_the_means_and_the_dirtiest_day(series, capsys):
    assert run(["data", "typical-days", str(series), "--days", "4", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["days"] == 4
    for error in made["errors"]:
        assert error["typical_mean"] == pytest.approx(error["mean"])
    with Path(made["file"]).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 24
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(10 * 24)
    assert "2024-03-06T00:00Z" in {row["time_utc"] for row in rows}


def test_typical_days_print_what_they_lose(series, capsys):
    assert run(["data", "typical-days", str(series), "--days", "4"]) == 0
    printed = capsys.readouterr().out
    assert "4 of 10 days" in printed
    assert "duration_curve_error" in printed


def test_a_zone_that_is_not_there_is_3_with_the_nearest(series, capsys):
    assert run(["data", "typical-days", str(series), "--peak-of", "nort"]) == 3
    assert 'nearest: "north"' in capsys.readouterr().err
