import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.errors import InvalidInput
from carbonplan.scenario import load

SCENARIO = """\
carbonplan: 1
name: two-regions
horizon: {start: 2022-02-21T00:00:00Z, hours: 4}
signal: {kind: average, scope: location, basis: lifecycle}
regions:
  - region: aws-us-west-2
  - {region: aws-us-east-1, pue: 1.3}
series:
  intensity_g_per_kwh: intensity.csv
fleet:
  skus: [h100-sxm-8]
workloads:
  - name: chat
    kind: online
    llm: llama-3.1-8b
    classes: azure-conversation
    arrivals: {mean_rps: 20, shape: servegen-m-large}
    origins: [{origin: new-york, share: 0.6}, {origin: tokyo, share: 0.4}]
    ttft_s: 2.0
    tpot_s: 0.1
  - name: summaries
    kind: batch
    llm: llama-3.1-8b
    classes: [{name: long, input_tokens: 1000, output_tokens: 100, share: 1.0}]
    arrivals: {mean_rps: 5}
    deadline_hours: 2
objective: {minimise: carbon}
"""
INTENSITY = """\
time_utc,aws-us-east-1,aws-us-west-2
2022-02-21T00:00Z,300,-10
2022-02-21T01:00Z,310,20
2022-02-21T02:00Z,320,30
2022-02-21T03:00Z,330,40
"""


@pytest.fixture
def scenario(tmp_path):
    """Writes the scenario, with changes, beside its series; returns its path."""

    def write(*changes: tuple[str, str], **files: str) -> Path:
        text = SCENARIO
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "two-regions.yaml"
        path.write_text(text)
        for name, content in {"intensity": INTENSITY, **files}.items():
            (tmp_path / f"{name}.csv").write_text(content)
        return path

    return write


def problems(path, *overrides):
    with pytest.raises(InvalidInput) as caught:
        gather(load(path, overrides))
    return caught.value.problems


def test_series_meet_their_regions_by_name(scenario):
    series = gather(load(scenario())).series
    assert series["region"].values.tolist() == ["aws-us-west-2", "aws-us-east-1"]
    intensity = series["intensity_kgco2e_per_kwh"]
    assert intensity.sel(region="aws-us-east-1").values == pytest.approx(
        [0.3, 0.31, 0.32, 0.33]
    )
    assert intensity.attrs["units"] == "kg/kWh"


def test_negative_intensity_counts_as_zero_unless_it_is_allowed(scenario):
    west = {"region": "aws-us-west-2", "slot": 0}
    floored = gather(load(scenario())).series["intensity_kgco2e_per_kwh"].sel(west)
    path = scenario()
    allowed = gather(load(path, ["signal.negative=allow"])).series
    assert float(floored) == 0
    assert float(allowed["intensity_kgco2e_per_kwh"].sel(west)) == pytest.approx(-0.01)


def test_a_site_overrides_its_row_and_the_rest_is_the_catalogues(scenario):
    inputs = gather(load(scenario()))
    pue = inputs.series["pue"]
    assert pue.sel(region="aws-us-east-1").values.tolist() == [1.3] * 4
    assert pue.sel(region="aws-us-west-2").values.tolist() == [inputs.regions[0].pue] * 4


def test_a_file_varies_what_no_site_gives(scenario):
    hours = [line.split(",")[0] for line in INTENSITY.splitlines()[1:]]
    pue = "time_utc,aws-us-west-2\n" + "".join(f"{t},1.{i}\n" for i, t in enumerate(hours))
    path = scenario(("series:\n", "series:\n  pue: pue.csv\n"), pue=pue)
    series = gather(load(path)).series["pue"]
    assert series.sel(region="aws-us-west-2").values == pytest.approx([1.0, 1.1, 1.2, 1.3])
    assert series.sel(region="aws-us-east-1").values.tolist() == [1.3] * 4


def test_a_file_keeps_to_the_bounds_of_its_quantity(scenario):
    path = scenario(("series:\n", "series:\n  pue: intensity.csv\n"))
    (problem,) = problems(path)
    assert "2022-02-21T00:00Z, aws-us-west-2: found -10; expected 1 to 3" in problem


def test_arrivals_have_the_mean_asked_for_and_follow_local_time(scenario):
    arrivals = gather(load(scenario())).series["arrivals_rps"]
    chat = arrivals.sel(workload="chat")
    assert float(chat.sum("origin").mean()) == pytest.approx(20, rel=1e-12)
    assert not chat.sel(origin="anywhere").any()
    assert arrivals.sel(workload="summaries", origin="anywhere").values.tolist() == [5] * 4
    shape = gather_shape()
    east = shape[[(hour - 5) % 168 for hour in range(4)]]
    tokyo = shape[[hour + 9 for hour in range(4)]]
    ratio = chat.sel(origin="tokyo").values / chat.sel(origin="new-york").values
    assert ratio == pytest.approx(0.4 * tokyo / (0.6 * east))


def gather_shape():
    from carbonplan.catalogue.requests import arrival_shapes, relative_rates

    return relative_rates(arrival_shapes()["servegen-m-large"])


def test_an_offset_that_is_given_beats_the_origins_own(scenario):
    path = scenario(("share: 0.4}", "share: 0.4, utc_offset_hours: -5}"))
    chat = gather(load(path)).series["arrivals_rps"].sel(workload="chat")
    ratio = chat.sel(origin="tokyo").values / chat.sel(origin="new-york").values
    assert ratio == pytest.approx([0.4 / 0.6] * 4)


def test_arrivals_of_a_file_are_divided_by_shares_or_columns(scenario):
    hours = [line.split(",")[0] for line in INTENSITY.splitlines()[1:]]
    change = ("{mean_rps: 20, shape: servegen-m-large}", "{file: load.csv}")
    total = "time_utc,rps\n" + "".join(f"{t},{10 * i}\n" for i, t in enumerate(hours))
    chat = (
        gather(load(scenario(change, load=total))).series["arrivals_rps"].sel(workload="chat")
    )
    assert chat.sel(origin="new-york").values == pytest.approx([0, 6, 12, 18])
    each = "time_utc,tokyo,new-york\n" + "".join(f"{t},1,{i}\n" for i, t in enumerate(hours))
    chat = gather(load(scenario(change, load=each))).series["arrivals_rps"].sel(workload="chat")
    assert chat.sel(origin="new-york").values.tolist() == [0, 1, 2, 3]


def test_no_negative_arrivals(scenario):
    hours = [line.split(",")[0] for line in INTENSITY.splitlines()[1:]]
    load_csv = "time_utc,rps\n" + "".join(f"{t},-1\n" for t in hours)
    change = ("{mean_rps: 20, shape: servegen-m-large}", "{file: load.csv}")
    assert "expected 0 or more" in problems(scenario(change, load=load_csv))[0]


def test_a_typical_year_has_8760_hours_and_the_zones_own_mean(scenario):
    change = (
        "{start: 2022-02-21T00:00:00Z, hours: 4}",
        "{typical_days: typical-days-2022}",
    )
    no_file = ("series:\n  intensity_g_per_kwh: intensity.csv\n", "")
    inputs = gather(load(scenario(change, no_file)))
    series = inputs.series
    assert float((series["weight"] * series["slot_hours"]).sum()) == 8760
    mean = series["intensity_kgco2e_per_kwh"].weighted(series["weight"]).mean("slot")
    assert mean.values == pytest.approx([0.0547, 0.3626], abs=1e-4)
    weighted = series["arrivals_rps"].sum("origin").weighted(series["weight"]).mean("slot")
    assert float(weighted.sel(workload="chat")) == pytest.approx(20, rel=1e-12)
    assert "eia-930-2022" in {source.key for source in inputs.sources}


def test_consecutive_hours_need_a_series(scenario):
    path = scenario(("series:\n  intensity_g_per_kwh: intensity.csv\n", ""))
    assert "the catalogue holds typical days only" in problems(path)[0]


def test_hours_beyond_the_file_are_counted(scenario):
    (problem,) = problems(scenario(("hours: 4", "hours: 5")))
    assert "no value for 2022-02-21T04:00Z; the horizon needs 5 hours, 4 found" in problem


def test_every_unknown_name_is_told_at_once_with_its_line_and_the_nearest(scenario):
    path = scenario(
        ("region: aws-us-west-2", "region: aws-us-west2"),
        ("[h100-sxm-8]", "[h100-sxm8]"),
        ("llm: llama-3.1-8b\n    classes: azure", "llm: llama-3.1-8B\n    classes: azur"),
        ("shape: servegen-m-large", "shape: servegen-large"),
        ("origin: tokyo", "origin: tokio"),
        ("objective:", "embodied: {coefficient_set: act}\nobjective:"),
        ("intensity.csv", "intensities.csv"),
    )
    told = problems(path)
    assert [re.match(r"line (\d+), ", problem)[1] for problem in told] == [
        *("6", "11", "15", "16", "17", "18", "27", "9"),
    ]
    nearest = [re.search(r'nearest: "(.*)"', problem)[1] for problem in told]
    assert nearest == [
        "aws-us-west-2",
        "h100-sxm-8",
        "llama-3.1-8b",
        "azure-conversation",
        "servegen-m-large",
        "tokyo",
        "act-2022",
        "intensity.csv",
    ]


@pytest.mark.parametrize("reference", ["../outside.csv", "/etc/passwd", "~/x.csv", "link.csv"])
def test_files_outside_of_the_scenarios_folder_are_not_read(scenario, reference, tmp_path):
    path = scenario()
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "outside.csv").write_text(INTENSITY)
    (inner / "link.csv").symlink_to(tmp_path / "outside.csv")
    moved = inner / path.name
    moved.write_text(path.read_text().replace("intensity.csv", reference))
    (problem,) = problems(moved)
    assert problem.startswith("line 9, series.intensity_g_per_kwh: ")


def test_records_come_in_the_order_of_the_scenario(scenario):
    inputs = gather(load(scenario()))
    assert [server.name for server in inputs.servers] == ["h100-sxm-8"]
    assert [card.llm for card in inputs.llms] == ["llama-3.1-8b"]
    assert [item.name for item in inputs.classes][-1] == "summaries/long"
    assert {row.coefficient_set for row in inputs.embodied_coefficients} == {"vendor-pcf"}
    assert inputs.rtt_s.sel(origin="anywhere").values.tolist() == [0, 0]
    assert np.array_equal(inputs.rtt_s["region"], inputs.series["region"])


def test_every_file_that_was_read_is_hashed(scenario):
    path = scenario()
    files = {file.path.name: file.sha256 for file in gather(load(path)).files}
    assert files[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {"intensity.csv", "regions.csv", "llama-3.1-8b.yaml", "skus.csv"} <= files.keys()


def test_measured_profiles_are_read(scenario):
    profiles = (
        "llm,sku,tensor_parallel,pipeline_parallel,precision,clock_fraction,request_class,"
        "max_rate_rps,energy_j_per_request,ttft_s,source\n"
        "llama-3.1-8b,h100-sxm-8,1,1,bf16,1.0,chat/x,12.5,300,0.2,own-measurement\n"
    )
    path = scenario(
        ("skus: [h100-sxm-8]", "skus: [h100-sxm-8]\n  profiles: profiles.csv"),
        profiles=profiles,
    )
    (profile,) = gather(load(path)).profiles
    assert (profile.max_rate_rps, profile.tensor_parallel) == (12.5, 1)
