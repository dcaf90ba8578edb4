"""The shipped tables are what their documented recipes make of the public data, to the byte."""

import gzip

import numpy as np
import pytest

from carbonplan.catalogue import network
from carbonplan.catalogue.shipped import data_root, scenarios_root
from carbonplan.catalogue.sites import Place
from carbonplan.catalogue.tables import read_table
from carbonplan.prepare import arrivals, classes, generation_mix, round_trips, typical_days
from carbonplan.prepare.fidelity import write_errors

IN_BOTH = ("US-CAL-CISO", "US-MIDA-PJM", "US-MIDW-MISO", "US-NW-BPAT", "US-NY-NYIS")
LOGS = (
    ("azure_llm_2023_conv", "azure-conversation", "measured", "azure-llm-traces-2023"),
    ("azure_llm_2023_code", "azure-code", "measured", "azure-llm-traces-2023"),
    (
        "arxiv_summarisation_lengths_offline",
        "arxiv-summarisation",
        "measured",
        "vidur-arxiv-trace-2024",
    ),
    ("mooncake_synthetic", "mooncake-synthetic", "derived", "mooncake-traces-2025"),
)
SERVEGEN = (
    ("language/m-large", "servegen-m-large"),
    ("language/m-small", "servegen-m-small"),
    ("reason/deepseek-r1", "servegen-deepseek-r1"),
    ("multimodal/mm-image", "servegen-mm-image"),
)
DEMO_REGIONS = {
    "aws-us-west-2": "US-NW-BPAT",
    "aws-us-west-1": "US-CAL-CISO",
    "colo-new-york": "US-NY-NYIS",
    "aws-us-east-1": "US-MIDA-PJM",
    "gcp-us-central1": "US-MIDW-MISO",
    "azure-westus3": "US-SW-AZPS",
}
DEMO_START = np.datetime64("2022-02-21T00:00", "m")


@pytest.fixture(scope="module")
def mix(shared_data):
    path = shared_data / "grid" / "eia_generation_mix_hourly_2022.csv.gz"
    return generation_mix.read_mix(path, tuple(generation_mix.fuel_factors()))


def factor(name):
    return np.array([getattr(row, name) for row in generation_mix.fuel_factors().values()])


def test_classes(shared_data, tmp_path):
    traces = shared_data / "traces"
    rows = []
    for file, service, evidence, source in LOGS:
        lengths = classes.read_lengths(traces / f"{file}.csv.gz")
        rows += classes.request_classes(lengths, service, 4, evidence=evidence, source=source)
    for workload, service in SERVEGEN[:3]:
        path = traces / "servegen_length_histogram.csv.gz"
        lengths = classes.read_histograms(path, workload)
        rows += classes.request_classes(
            lengths, service, 4, evidence="derived", source="servegen-2025"
        )
    classes.write_classes(rows, tmp_path / "classes.csv")
    shipped = data_root() / "requests" / "classes.csv"
    assert (tmp_path / "classes.csv").read_bytes() == shipped.read_bytes()


def test_arrivals(shared_data, tmp_path):
    path = shared_data / "traces" / "servegen_request_rate_10min.csv.gz"
    rows = []
    for workload, service in SERVEGEN:
        load = arrivals.read_rates(path, workload)
        rows += arrivals.arrival_shape(
            load, service, start_hour_of_week=0, source="servegen-2025"
        )
    arrivals.write_arrivals(rows, tmp_path / "arrivals.csv")
    shipped = data_root() / "requests" / "arrivals.csv"
    assert (tmp_path / "arrivals.csv").read_bytes() == shipped.read_bytes()


@pytest.mark.parametrize(
    ("name", "column", "digits"),
    [("intensity", "lifecycle_gco2e_per_kwh", 2), ("ewif", "water_l_per_kwh", 4)],
)
def test_demo_week(mix, tmp_path, name, column, digits):
    hours, columns = generation_mix.week_of(mix, DEMO_REGIONS, factor(column), DEMO_START)
    generation_mix.write_series(hours, columns, tmp_path / "week.csv", digits)
    shipped = scenarios_root() / "series" / f"demo-week-{name}.csv"
    assert (tmp_path / "week.csv").read_bytes() == shipped.read_bytes()


def test_typical_days(shared_data, mix, tmp_path):
    maps, eia = tmp_path / "maps.csv", tmp_path / "eia.csv"
    path = shared_data / "grid" / "carbon_intensity_hourly_2022.csv.gz"
    with gzip.open(path, "rt") as whole, maps.open("w") as part:
        part.writelines(line for line in whole if line.split(",")[0] not in IN_BOTH)
    intensity = {
        zone: generation_mix.weighted_by_generation(mw, factor("lifecycle_gco2e_per_kwh"))
        for zone, mw in mix.generation_mw.items()
    }
    generation_mix.write_series(mix.times, intensity, eia, 3)
    days = typical_days.read_days([maps, eia], fill_gap_hours=24)
    assert days.filled_hours == {"US-CAL-CISO": 3, "US-MIDW-MISO": 3, "US-MIDA-PJM": 23}
    typical = typical_days.typical_days(days)
    typical_days.write_days(typical, tmp_path / "typical-days-2022.csv")
    write_errors(
        typical_days.errors_of(typical, days), tmp_path / "typical-days-2022-errors.csv"
    )
    for name in ("typical-days-2022.csv", "typical-days-2022-errors.csv"):
        assert (tmp_path / name).read_bytes() == (data_root() / "grid" / name).read_bytes()


def test_round_trips(shared_data, tmp_path):
    pairs = round_trips.read_pairs(shared_data / "siting" / "gcp_inter_region_rtt_ms.csv")
    folder = data_root() / "sites"
    measured_sites = read_table(folder / "measured_sites.csv", round_trips.MeasuredSite)
    line = round_trips.fitted_line(pairs, measured_sites)
    assert line.offset_ms == pytest.approx(network.ROUND_TRIP_OFFSET_MS, abs=0.05)
    assert line.slope_ms_per_km == pytest.approx(network.ROUND_TRIP_MS_PER_KM, abs=5e-5)
    assert line.median_relative_error == pytest.approx(0.14, abs=0.005)
    places = read_table(folder / "regions.csv", Place)
    origins = tuple(network.origins().values())
    rows = round_trips.round_trip_table(origins, places, pairs, measured_sites)
    round_trips.write_round_trips(rows, tmp_path / "round_trips.csv")
    shipped = folder / "round_trips.csv"
    assert (tmp_path / "round_trips.csv").read_bytes() == shipped.read_bytes()
