import csv
import json
from pathlib import Path

import numpy as np
import pytest

from carbonplan import pipeline
from carbonplan.cli.main import run
from carbonplan.scenario import load

SCENARIO = """carbonplan: 1
name: own-requests
horizon: {{start: 2024-05-06T00:00Z, hours: 6}}
signal: {{kind: average, scope: location, basis: lifecycle}}
regions: [gcp-europe-west4]
series: {{intensity_g_per_kwh: grid.csv}}
fleet:
  skus: [h100-sxm-8]
  precisions: [fp8]
  tensor_parallel: [1]
  clock_fractions: [1.0]
objective: {{minimise: carbon}}
solver: {{gap: 0.01, time_limit_s: 30}}
{lines}"""


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Nine days of a service that is asked twice as much by day; two lengths."""
    monkeypatch.chdir(tmp_path)
    rows = []
    for hour in range(9 * 24):
        each = 20 if 8 <= hour % 24 < 20 else 10
        for i in range(each):
            rows.append((hour * 3_600_000 + i * 180_000, *((100, 50), (3000, 400))[i % 2]))
    rows.append((9 * 24 * 3_600_000 - 1, 100, 50))
    with Path("log.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("time_ms", "input_tokens", "output_tokens"))
        writer.writerows(rows)
    return Path("log.csv")


COMMAND = ("data", "requests", "log.csv", "--service", "chat", "--start", "2024-05-06T00:00Z")


@pytest.mark.usefixtures("log")
def test_lines_that_are_written_make_a_scenario_that_solves(capsys):
    assert run([*COMMAND, "--classes", "2", "--out", "mine", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    (service,) = made["services"]
    assert made["formats"] == {"log.csv": "csv"}
    assert [one["share"] for one in service["classes"]] == pytest.approx([0.5, 0.5], abs=1e-3)
    assert service["class_errors"]["input_squared"] == pytest.approx(0, abs=1e-6)
    assert (service["hours"], service["shape_hours"]) == (216, 168)
    assert service["mean_rps"] == pytest.approx(15 / 3600, rel=1e-2)
    Path("grid.csv").write_text(
        "time_utc,gcp-europe-west4\n"
        + "".join(f"2024-05-06T{hour:02d}:00Z,100\n" for hour in range(24))
    )
    text = SCENARIO.format(lines=Path("mine/workloads.yaml").read_text())
    Path("shape.yaml").write_text(text)
    by_shape = pipeline.run(load(Path("shape.yaml")), pipeline.Options())
    assert by_shape.verification.ok
    by_hour = text.replace(
        f"arrivals: {{mean_rps: {service['mean_rps']:.6g}, shape: chat}}",
        "arrivals: {file: mine/arrivals-chat.csv}",
    )
    assert by_hour != text
    Path("hours.yaml").write_text(by_hour)
    assert pipeline.run(load(Path("hours.yaml")), pipeline.Options()).verification.ok
    assert run(["validate", "hours.yaml"]) == 0


@pytest.mark.usefixtures("log")
def test_what_is_printed_names_errors_and_notes(capsys):
    assert run([*COMMAND[:-2]]) == 0
    printed = capsys.readouterr().out
    assert "errors of means with these classes: input tokens 0.00%" in printed
    assert "note: times since the log began: give --start" in printed
    assert "workloads:\n  - name: chat" in printed
    assert not Path("requests/arrivals-chat.csv").exists()
    assert run([*COMMAND[:-2]]) == 2  # the folder exists


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--start", "yesterday"], 2),
        (["--start", "2024-05-06T00:30Z"], 2),
        (["--column", "input_tokens"], 2),
        (["--column", "input_token=x"], 3),
        (["--format", "azur"], 3),
        (["--workload", "code"], 3),
    ],
)
def test_options_without_a_meaning(options, code, capsys):
    assert run([*COMMAND[:5], *options]) == code
    assert "Traceback" not in capsys.readouterr().err
    assert not Path("requests").exists()


def test_names_of_workloads_are_made_harmless(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text(
        "workload,input_tokens,output_tokens\n=1+1|x,10,20\n../../etc,10,30\n"
    )
    assert run(["data", "requests", "log.csv", "--json"]) == 0
    names = [one["service"] for one in json.loads(capsys.readouterr().out)["services"]]
    assert names == ["requests-..-..-etc", "requests-1-1-x"]
    assert {path.name for path in Path("requests").iterdir()} == {
        "catalogue",
        "requests.json",
        "workloads.yaml",
    }


@pytest.mark.parametrize(
    ("name", "squares"),
    [("azure_llm_2023_conv", 0.06), ("azure_llm_2023_code", 0.25), ("mooncake_synthetic", 0.3)],
)
def test_public_traces(shared_data, tmp_path, monkeypatch, capsys, name, squares):
    monkeypatch.chdir(tmp_path)
    trace = str(shared_data / "traces" / f"{name}.csv.gz")
    assert run(["data", "requests", trace, "--json"]) == 0
    (service,) = json.loads(capsys.readouterr().out)["services"]
    errors = service["class_errors"]
    assert abs(errors["input_tokens"]) < 1e-6
    assert abs(errors["input_squared"]) < squares
    assert np.isfinite(service["mean_rps"])
