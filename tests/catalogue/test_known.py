"""How the series of a plan are known: as the scenario says of its own, or as their rows do."""

import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.inputs import Known
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.catalogue.sites import LEAST_CERTAIN_FIRST
from carbonplan.scenario import load

REGION = "aws-us-east-1"


def known(scenario: str, *overrides: str) -> dict[tuple[str, str], Known]:
    return dict(gather(load(scenarios_root() / f"{scenario}.yaml", overrides)).known)


def test_own_series_and_figures_are_known_as_the_scenario_says():
    found = known("one-hour", "uncertainty.given=measured", "regions[0].pue=1.2")
    assert found["intensity_kgco2e_per_kwh", REGION] == Known("measured", "scenario")
    assert found["pue", REGION] == Known("measured", "scenario")
    assert found["wue_l_per_kwh", REGION].evidence == "published"


def test_what_is_said_of_nothing_is_assumed():
    found = known("one-hour", "uncertainty.given=assumed")
    assert found["intensity_kgco2e_per_kwh", REGION] == Known("assumed", "scenario")


def test_the_catalogues_series_are_known_as_their_rows():
    found = known("existing-fleet")
    assert found["intensity_kgco2e_per_kwh", REGION].evidence == "derived"
    assert found["pue", REGION].source == "gsf-cloud-regions-2025"
    assert found["rtt_s", REGION].evidence in LEAST_CERTAIN_FIRST


@pytest.mark.parametrize("scenario", ["one-hour", "existing-fleet"])
def test_every_series_of_every_region_is_known(scenario):
    of = gather(load(scenarios_root() / f"{scenario}.yaml"))
    by_site = [n for n, v in of.series.items() if set(v.dims) == {"region", "slot"}]
    by_site.remove("region_open")  # what the plan is asked to survive, no figure
    regions = of.series["region"].values.tolist()
    assert set(of.known) == {(n, r) for n in (*by_site, "rtt_s") for r in regions}
