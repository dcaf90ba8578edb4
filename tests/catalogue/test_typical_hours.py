import numpy as np
import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.horizon import COMPANIONS, read_typical_days
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.sites import regions
from carbonplan.catalogue.typical_hours import (
    HOURLY_RULES,
    hours_file,
    read_hours_of,
    scaled_to_mean,
    shifted_to_mean,
)
from carbonplan.errors import InvalidInput
from carbonplan.scenario import load

SCENARIO = """\
carbonplan: 1
name: hours
horizon: {typical_days: DAYS}
signal: {kind: average, scope: location, basis: lifecycle}
regions:
  - region: aws-eu-central-1
  - {region: aws-us-east-1OWN}
  - region: aws-ca-central-1
fleet: {skus: [h100-sxm-8]}
workloads:
  - name: chat
    kind: online
    llm: llama-3.1-8b
    classes: azure-conversation
    arrivals: {mean_rps: 20}
    ttft_s: 2.0
    tpot_s: 0.1
objective: {minimise: carbon}
"""
FRANKFURT, VIRGINIA, MONTREAL = "aws-eu-central-1", "aws-us-east-1", "aws-ca-central-1"


@pytest.fixture
def inputs(tmp_path):
    """Inputs of the scenario, with figures of Virginia's own and other typical days."""

    def made(own="", days="typical-days-2022", series=""):
        path = tmp_path / "hours.yaml"
        text = SCENARIO.replace("OWN", own).replace("DAYS", days)
        path.write_text(text + series)
        return gather(load(path))

    return made


def weighted_mean(series, name):
    return series[name].weighted(series["weight"]).mean("slot")


@pytest.mark.parametrize("rule", [scaled_to_mean, shifted_to_mean])
def test_weighted_mean_is_the_mean_asked_for(rule):
    hours, weight = np.array([1.0, 3.0, -2.0]), np.array([5.0, 1.0, 2.0])
    assert np.average(rule(hours, 0.4, weight), weights=weight) == pytest.approx(0.4, rel=1e-12)


def test_scaled_keeps_proportions_and_shifted_keeps_differences():
    assert scaled_to_mean([1.0, 3.0], 0.2) == pytest.approx([0.1, 0.3])
    assert shifted_to_mean([1.0, 3.0], 0.2) == pytest.approx([-0.8, 1.2])


def test_every_region_keeps_its_yearly_mean(inputs):
    series = inputs().series
    for name in HOURLY_RULES:
        means = weighted_mean(series, name)
        for region in (FRANKFURT, VIRGINIA, MONTREAL):
            yearly = getattr(regions()[region], name)
            assert float(means.sel(region=region)) == pytest.approx(yearly, rel=1e-12), name


def test_hours_differ_where_the_zone_is_known_and_are_flat_elsewhere(inputs):
    series = inputs().series
    varies = {
        name: [
            region for region in series["region"].values if float(hours.sel(region=region)) > 0
        ]
        for name in HOURLY_RULES
        for hours in [series[name].std("slot") > 1e-12]
    }
    assert varies == {
        "wue_l_per_kwh": [FRANKFURT, VIRGINIA],
        "ewif_l_per_kwh": [VIRGINIA],
        "price_usd_per_kwh": [FRANKFURT, VIRGINIA],
    }


def test_water_is_in_the_proportions_of_the_zone(inputs):
    table = read_typical_days(data_root() / "grid" / "typical-days-2022-wue.csv")
    zone = table.values[:, :, table.zones.index("US-MIDA-PJM")].ravel()
    found = inputs().series["wue_l_per_kwh"].sel(region=VIRGINIA).values
    assert found / zone == pytest.approx(np.full(288, found[0] / zone[0]))
    assert found.max() > 1.5 * 0.12 > 0.12 > found.min() > 0  # summer and winter


def test_a_price_differs_by_as_much_as_the_market_and_may_be_negative(inputs):
    table = read_typical_days(data_root() / "grid" / "typical-days-2022-price.csv")
    found = inputs().series["price_usd_per_kwh"]
    for region, zone in ((FRANKFURT, "DE"), (VIRGINIA, "US-MIDA-PJM")):
        market = table.values[:, :, table.zones.index(zone)].ravel() / 1000
        own = found.sel(region=region).values
        assert own - own[0] == pytest.approx(market - market[0], abs=1e-12)
    assert float(found.sel(region=FRANKFURT).min()) < 0


def test_a_sites_own_water_is_a_yearly_mean_and_its_own_price_holds_in_every_hour(inputs):
    own = ", wue_l_per_kwh: 0.5, ewif_l_per_kwh: 3, price_usd_per_kwh: 0.05"
    series = inputs(own).series.sel(region=VIRGINIA)
    catalogues = inputs().series.sel(region=VIRGINIA)
    for name, mean in (("wue_l_per_kwh", 0.5), ("ewif_l_per_kwh", 3.0)):
        assert float(weighted_mean(series, name)) == pytest.approx(mean, rel=1e-12)
        ratio = series[name].values / catalogues[name].values
        assert ratio == pytest.approx(np.full(288, ratio[0]))
    assert series["price_usd_per_kwh"].values.tolist() == [0.05] * 288


def test_the_sources_of_hours_and_the_rule_without_them_are_told(inputs):
    keys = {source.key for source in inputs().sources}
    assert keys >= {"open-meteo-2022", "eia-930-2022", "wholesale-hours-2022"}
    assert "flat-over-the-year" in keys  # Montreal


def test_the_tables_of_hours_are_among_the_files(inputs):
    names = {file.path.name for file in inputs().files}
    assert names >= {f"typical-days-2022-{name}.csv" for name in ("wue", "ewif", "price")}


@pytest.fixture
def own_days(tmp_path):
    """Two typical days beside the scenario: columns for the zones of its regions."""

    def write(name, weights, zones, *values):
        rows = [
            ",".join((f"{date}T{hour:02d}:00Z", str(weight), *(str(v + hour) for v in values)))
            for date, weight in zip(("2022-01-10", "2022-07-10"), weights, strict=True)
            for hour in range(24)
        ]
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join([f"time_utc,weight,{zones}", *rows]) + "\n")
        return path

    return write


def test_days_of_ones_own_without_companions_are_flat(inputs, own_days):
    own_days("days", (300, 65), "DE,US-MIDA-PJM,CA-QC", 100, 200, 30)
    series = inputs(days="days").series
    assert all(np.ptp(series[name].values, axis=1).max() == 0 for name in HOURLY_RULES)


def test_days_of_ones_own_may_bring_companions(inputs, own_days):
    own_days("days", (300, 65), "DE,US-MIDA-PJM,CA-QC", 100, 200, 30)
    own_days("days-wue", (300, 65), "CA-QC", 1)
    made = inputs(days="days")
    wue = made.series["wue_l_per_kwh"].sel(region=MONTREAL).values
    assert wue[23] / wue[0] == pytest.approx(24)
    assert {"days-wue.csv", "days.csv"} <= {file.path.name for file in made.files}
    assert "open-meteo-2022" not in {source.key for source in made.sources}


def test_companions_of_other_days_are_refused(inputs, own_days):
    own_days("days", (300, 65), "DE,US-MIDA-PJM,CA-QC", 100, 200, 30)
    own_days("days-price", (301, 64), "CA-QC", 1)
    with pytest.raises(InvalidInput, match=r"expected the days and weights of days\.csv"):
        inputs(days="days")


@pytest.mark.parametrize(("first", "told"), [(-30, "0 or more"), (0, "above 0")])
def test_water_that_cannot_be_scaled_is_refused(inputs, own_days, first, told):
    own_days("days", (300, 65), "DE,US-MIDA-PJM,CA-QC", 100, 200, 30)
    path = own_days("days-ewif", (300, 65), "CA-QC", first)
    if first == 0:
        lines = path.read_text().splitlines()
        path.write_text("\n".join([lines[0], *(f"{x.rsplit(',', 1)[0]},0" for x in lines[1:])]))
    with pytest.raises(InvalidInput, match=f'column "CA-QC".*{told}'):
        inputs(days="days")


def test_a_companion_is_no_horizon(inputs):
    with pytest.raises(InvalidInput, match='nearest: "typical-days-2022"'):
        inputs(days="typical-days-2022-wue")
    assert {rule.ending for rule in HOURLY_RULES.values()} <= set(COMPANIONS)


def test_no_companion_of_pue_or_without_typical_days():
    days = read_typical_days(data_root() / "grid" / "typical-days-2022.csv")
    assert hours_file("pue", days) is None
    assert hours_file("wue_l_per_kwh", None) is None
    assert read_hours_of("wue_l_per_kwh", None) is None
