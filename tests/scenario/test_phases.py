"""Phases in a scenario: what is surprising about them is said."""

from pathlib import Path

import pytest

from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.scenario import load
from carbonplan.scenario.surprises import warnings

ONE_HOUR: Path = scenarios_root() / "one-hour.yaml"


@pytest.mark.parametrize("phases", ["mixed", "split", "either"])
def test_profiles_are_of_both_phases(phases: str):
    scenario = load(ONE_HOUR, [f"fleet.phases={phases}"]).scenario
    fleet = scenario.fleet.model_copy(update={"profiles": "mine.csv"})
    found = warnings(scenario.model_copy(update={"fleet": fleet}))
    told = [line for line in found if line.startswith("fleet.profiles")]
    assert len(told) == (phases != "mixed")
    assert all(f"fleet.phases {phases}" in line for line in told)
