"""The shipped tables are what their documented recipes make of the public data, to the byte."""

import gzip

import numpy as np
import pytest

from carbonplan.catalogue import network
from carbonplan.catalogue.horizon import read_typical_days
from carbonplan.catalogue.shipped import data_root, scenarios_root
from carbonplan.catalogue.sites import GridWater, Place
from carbonplan.catalogue.tables import read_keyed, read_table
from carbonplan.prepare import arrivals, classes, generation_mix, round_trips, typical_days
from carbonplan.prepare.fidelity import write_errors
from carbonplan.prepare.hourly import renamed, write_series
from carbonplan.prepare.same_days import same_days
from carbonplan.prepare.tower_water import read_wet_bulb_c, tower_wue_l_per_kwh
from carbonplan.prepare.zones import ZoneHours
from carbonplan.technology.water import CYCLES_OF_CONCENTRATION
from carbonplan.units import HOURS_PER_WEEK

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
MEAN_MIXES = {  # electricity-maps-mix-2022
    "SG": {"gas": 0.959, "other": 0.026, "coal": 0.002, "solar": 0.012},
    "ZA": {
        "coal": 0.820,
        "nuclear": 0.047,
        "wind": 0.045,
        "solar": 0.029,
        "oil": 0.017,
        "hydro": 0.015,
    },
}
COUNTRY_L_PER_KWH = {"US": 3.132}  # wri-grid-water-2020
DEMO_START = np.datetime64("2022-02-21T00:00", "m")


@pytest.fixture(scope="module")
def mix_file(shared_data):
    return shared_data / "grid" / "eia_generation_mix_hourly_2022.csv.gz"


@pytest.fixture(scope="module")
def intensity(mix_file):
    return generation_mix.of_mix(mix_file, generation_mix.fuel_gco2e_per_kwh())


@pytest.fixture(scope="module")
def ewif(mix_file):
    return generation_mix.of_mix(mix_file, generation_mix.fuel_water_l_per_kwh("macknick-2012"))


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


@pytest.mark.parametrize(("name", "digits"), [("intensity", 2), ("ewif", 4)])
def test_demo_week(request, tmp_path, name, digits):
    year = renamed(request.getfixturevalue(name), DEMO_REGIONS)
    first = int(np.searchsorted(year.times, DEMO_START))
    week = slice(first, first + HOURS_PER_WEEK)
    columns = {region: column[week] for region, column in year.values.items()}
    write_series(ZoneHours(year.times[week], columns), tmp_path / "week.csv", digits)
    shipped = scenarios_root() / "series" / f"demo-week-{name}.csv"
    assert (tmp_path / "week.csv").read_bytes() == shipped.read_bytes()


def test_typical_days(shared_data, intensity, tmp_path):
    maps, eia = tmp_path / "maps.csv", tmp_path / "eia.csv"
    path = shared_data / "grid" / "carbon_intensity_hourly_2022.csv.gz"
    with gzip.open(path, "rt") as whole, maps.open("w") as part:
        part.writelines(line for line in whole if line.split(",")[0] not in IN_BOTH)
    write_series(intensity, eia, 3)
    days = typical_days.read_days([maps, eia], fill_gap_hours=24)
    assert days.filled_hours == {"US-CAL-CISO": 3, "US-MIDW-MISO": 3, "US-MIDA-PJM": 23}
    typical = typical_days.typical_days(days)
    typical_days.write_days(typical, tmp_path / "typical-days-2022.csv")
    write_errors(
        typical_days.errors_of(typical, days), tmp_path / "typical-days-2022-errors.csv"
    )
    for name in ("typical-days-2022.csv", "typical-days-2022-errors.csv"):
        assert (tmp_path / name).read_bytes() == (data_root() / "grid" / name).read_bytes()


@pytest.fixture(scope="module")
def chosen():
    return read_typical_days(data_root() / "grid" / "typical-days-2022.csv")


def assert_shipped(made, tmp_path, name):
    typical_days.write_days(made, tmp_path / name)
    assert (tmp_path / name).read_bytes() == (data_root() / "grid" / name).read_bytes()


def test_wue_of_the_typical_days(shared_data, chosen, tmp_path):
    weather = shared_data / "siting" / "weather_wet_bulb_wue_hourly_2022_2023.csv.gz"
    towers = tower_wue_l_per_kwh(read_wet_bulb_c(weather), CYCLES_OF_CONCENTRATION, None)
    write_series(towers, tmp_path / "wue.csv")
    days = typical_days.read_days([tmp_path / "wue.csv"], trim=True)
    assert_shipped(same_days(days, chosen), tmp_path, "typical-days-2022-wue.csv")


def test_ewif_of_the_typical_days(ewif, chosen, tmp_path):
    write_series(ewif, tmp_path / "ewif.csv")
    days = typical_days.read_days([tmp_path / "ewif.csv"], fill_gap_hours=24)
    assert_shipped(same_days(days, chosen), tmp_path, "typical-days-2022-ewif.csv")


def test_prices_of_the_typical_days(shared_data, chosen, tmp_path):
    path = shared_data / "siting" / "electricity_price_hourly_2022_2024.csv.gz"
    days = typical_days.read_days([path])
    assert_shipped(same_days(days, chosen, 2023), tmp_path, "typical-days-2022-price.csv")


def test_yearly_water_of_zones_whose_mix_is_known(mix_file):
    """Water of the year over generation of the year, under both sets of factors."""
    water = read_keyed(data_root() / "grid" / "water.csv", GridWater)
    sets = [generation_mix.fuel_water_l_per_kwh(name) for name in ("macknick-2012", "ren-2023")]
    mix = generation_mix.read_mix(mix_file, tuple(sets[0]))
    generation = {
        zone: np.nansum(np.where(np.isnan(mw).any(axis=1, keepdims=True), 0, mw), axis=0)
        for zone, mw in mix.values.items()
    }
    for zone, mix_of_zone in MEAN_MIXES.items():
        generation[zone] = np.array([mix_of_zone.get(fuel, 0.0) for fuel in sets[0]])
    for zone, mw in generation.items():
        central, low = (
            generation_mix.weighted_by_generation(mw[None], np.array(list(factors.values())))
            for factors in sets
        )
        country = [COUNTRY_L_PER_KWH[zone[:2]]] if zone[:2] in COUNTRY_L_PER_KWH else []
        assert water[zone].ewif_l_per_kwh == pytest.approx(central[0], abs=6e-4), zone
        assert water[zone].low_ewif_l_per_kwh == pytest.approx(low[0], abs=6e-4), zone
        high = max(central[0], *country, low[0])
        assert water[zone].high_ewif_l_per_kwh == pytest.approx(high, abs=6e-4), zone


def test_round_trips(shared_data, tmp_path):
    folder = data_root() / "sites"
    measured_sites = read_table(folder / "measured_sites.csv", round_trips.MeasuredSite)
    measured = shared_data / "siting" / "gcp_inter_region_rtt_ms.csv"
    pairs = round_trips.read_pairs(measured, measured_sites)
    line = round_trips.fitted_line(pairs, measured_sites)
    assert line.offset_ms == pytest.approx(network.ROUND_TRIP_OFFSET_MS, abs=0.05)
    assert line.slope_ms_per_km == pytest.approx(network.ROUND_TRIP_MS_PER_KM, abs=5e-5)
    assert line.median_relative_error == pytest.approx(0.14, abs=0.005)
    places = read_table(folder / "regions.csv", Place)
    origins = tuple(network.origins().values())
    rows = round_trips.round_trip_table(
        origins, places, pairs, measured_sites, "Google Cloud", "umassos-gcp-latency-2024"
    )
    round_trips.write_round_trips(rows, tmp_path / "round_trips.csv")
    shipped = folder / "round_trips.csv"
    assert (tmp_path / "round_trips.csv").read_bytes() == shipped.read_bytes()
