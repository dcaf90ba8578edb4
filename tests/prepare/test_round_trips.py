import pytest

from carbonplan.catalogue.network import Origin
from carbonplan.catalogue.sites import Place
from carbonplan.errors import InvalidInput
from carbonplan.prepare.round_trips import (
    MeasuredSite,
    fitted_line,
    read_pairs,
    round_trip_table,
)

KNOWN = {"evidence": "published", "source": "x"}
SITES = [
    MeasuredSite(site=name, latitude_deg=0, longitude_deg=longitude, **KNOWN)
    for name, longitude in (("zero", 0), ("ten", 10), ("forty", 40))
]
KM_PER_DEGREE = 111.1949
PAIRS_MS = {
    frozenset(("zero", "ten")): 2 + 0.02 * 10 * KM_PER_DEGREE,
    frozenset(("zero", "forty")): 2 + 0.02 * 40 * KM_PER_DEGREE,
    frozenset(("ten", "forty")): 2 + 0.02 * 30 * KM_PER_DEGREE,
}


def place(name, longitude, provider="Google Cloud"):
    return Place(
        region=name,
        name=name,
        provider=provider,
        zone="Z",
        latitude_deg=0,
        longitude_deg=longitude,
        **KNOWN,
    )


def test_the_line_through_points_on_a_line():
    line = fitted_line(PAIRS_MS, SITES)
    assert line.offset_ms == pytest.approx(2, rel=1e-3)
    assert line.slope_ms_per_km == pytest.approx(0.02, rel=1e-4)
    assert line.median_relative_error == pytest.approx(0, abs=1e-6)


def test_a_pair_is_the_mean_of_both_directions(tmp_path):
    path = tmp_path / "pairs.csv"
    header = "from_region,to_region,rtt_ms,from_zone_id,to_zone_id"
    path.write_text(f"{header}\nzero,ten,10,X,Y\nten,zero,12,Y,X\n")
    assert read_pairs(path, SITES) == {frozenset(("zero", "ten")): 11}
    path.write_text(f"{header}\nzero,tenn,10,X,Y\n")
    with pytest.raises(InvalidInput, match=r'site "tenn".*"ten"'):
        read_pairs(path, SITES)


def test_how_each_row_is_known():
    origin = Origin(
        origin="o",
        name="o",
        latitude_deg=0,
        longitude_deg=0.1,
        utc_offset_hours=0,
        **KNOWN,
    )
    places = [place("cloud", 10), place("other", 10, "Other"), place("far", 25), place("in", 0)]
    table = round_trip_table([origin], places, PAIRS_MS, SITES, "Google Cloud", "x")
    rows = {row.region: row for row in table}
    assert rows["cloud"].rtt_ms == PAIRS_MS[frozenset(("zero", "ten"))]
    assert [rows[name].evidence for name in ("cloud", "other", "far", "in")] == [
        "measured",
        "derived",
        "derived",
        "derived",
    ]
    assert rows["other"].rtt_ms == rows["cloud"].rtt_ms
    assert rows["far"].source == "gcp-round-trips-by-distance"
