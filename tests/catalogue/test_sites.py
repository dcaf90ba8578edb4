import csv

import pytest

from carbonplan.catalogue import sites
from carbonplan.catalogue.horizon import read_typical_days, typical_days_file
from carbonplan.catalogue.library import Library
from carbonplan.catalogue.provenance import sources_path
from carbonplan.catalogue.records import Source
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_keyed
from carbonplan.errors import InvalidInput


def test_at_least_28_regions_on_the_zones_of_the_typical_year():
    regions = sites.regions()
    assert len(regions) >= 28
    path = typical_days_file("typical-days-2022", data_root())
    assert {region.zone for region in regions.values()} <= set(read_typical_days(path).zones)


def test_the_six_balancing_authorities_have_a_region_each():
    zones = {region.zone for region in sites.regions().values()}
    authorities = ["SW-AZPS", "CAL-CISO", "MIDA-PJM", "MIDW-MISO", "NW-BPAT", "NY-NYIS"]
    assert zones >= {f"US-{authority}" for authority in authorities}


def test_a_region_joins_four_tables_and_names_their_sources():
    region = sites.regions()["aws-eu-north-1"]
    assert (region.pue, region.wue_l_per_kwh, region.zone) == (1.10, 0.02, "SE-SE3")
    assert region.evidence == "assumed"  # its price
    assert region.source.split(sites.SOURCE_SEPARATOR) == [
        "aws-regions",
        "gsf-cloud-regions-2025",
        "day-ahead-rounded-2023",
        "wri-grid-water-2020",
    ]


def test_no_price_is_far_from_what_power_costs():
    for region in sites.regions().values():
        assert 0.01 < region.price_usd_per_kwh < 0.25, region.region


def test_every_source_of_these_tables_is_told():
    known = read_keyed(sources_path(), Source)
    for folder in ("sites", "grid", "requests"):
        for path in (data_root() / folder).glob("*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                used = {row["source"] for row in csv.DictReader(file) if "source" in row}
            assert used <= known.keys(), path


def test_the_least_certain_part_tells_how_a_region_is_known():
    assert sites.least_certain(["published", "derived", "measured"]) == "derived"


def test_a_region_without_a_row_is_told(tmp_path):
    for folder in ("sites", "grid"):
        (tmp_path / folder).mkdir()
        for path in (data_root() / folder).glob("*.csv"):
            (tmp_path / folder / path.name).write_text(path.read_text())
    prices = tmp_path / "sites" / "prices.csv"
    prices.write_text(prices.read_text().replace("aws-eu-north-1,", "aws-eu-north-11,"))
    with pytest.raises(InvalidInput) as caught:
        sites.regions(Library(tmp_path))
    assert caught.value.problems == (
        'prices.csv names region "aws-eu-north-11"; nearest: "aws-eu-north-1"',
        'region "aws-eu-north-1" has no row in prices.csv; nearest: "aws-eu-north-11"',
    )
