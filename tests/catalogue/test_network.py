import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonplan.catalogue import network, sites

LATITUDE, LONGITUDE = st.floats(-90, 90), st.floats(-180, 180)


def test_distance_between_london_and_new_york():
    assert network.distance_km(51.51, -0.13, 40.71, -74.01) == pytest.approx(5570, abs=5)


def test_a_quarter_of_the_globe():
    quarter = np.pi / 2 * network.EARTH_RADIUS_KM
    assert network.distance_km(0, 0, 90, 0) == pytest.approx(quarter)
    assert network.distance_km(0, -45, 0, 45) == pytest.approx(quarter)


@given(LATITUDE, LONGITUDE, LATITUDE, LONGITUDE)
def test_distance_is_symmetric_and_at_most_half_the_globe(a, b, c, d):
    there, back = network.distance_km(a, b, c, d), network.distance_km(c, d, a, b)
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= np.pi * network.EARTH_RADIUS_KM + 1e-6


def test_a_round_trip_is_never_faster_than_light_in_glass():
    km = np.array([0.0, 100.0, 5000.0, 20000.0])
    assert (network.round_trip_ms(km) > 0.0098 * km).all()


def test_twelve_origins_reach_every_region():
    table = network.round_trips()
    origins, regions = network.origins(), sites.regions()
    assert len(origins) >= 12
    assert table.keys() == {(origin, region) for origin in origins for region in regions}


def test_measured_and_derived_rows():
    table = network.round_trips()
    measured = table["london", "gcp-us-east4"]
    assert (measured.evidence, measured.source) == ("measured", "umassos-gcp-latency-2024")
    assert 70 < measured.rtt_ms < 80
    assert table["london", "aws-us-east-1"].rtt_ms == measured.rtt_ms
    assert table["london", "aws-us-east-1"].evidence == "derived"


def test_round_trips_in_seconds_and_anywhere_next_door():
    regions = tuple(sites.regions()[name] for name in ("gcp-us-east4", "gcp-europe-west4"))
    rtt_s, rows = network.round_trip_s(["london", network.ANYWHERE], regions)
    assert rtt_s.sel(origin="anywhere").values.tolist() == [0, 0]
    table = network.round_trips()
    assert rtt_s.sel(origin="london", region="gcp-us-east4") == pytest.approx(
        table["london", "gcp-us-east4"].rtt_ms / 1000
    )
    assert len(rows) == 2


def test_a_pair_without_a_row_is_derived_from_its_distance():
    region = sites.regions()["colo-new-york"].model_copy(update={"region": "my-site"})
    rtt_s, (row,) = network.round_trip_s(["new-york"], (region,))
    assert row.evidence == "derived"
    assert float(rtt_s[0, 0]) == pytest.approx(network.ROUND_TRIP_OFFSET_MS / 1000)
