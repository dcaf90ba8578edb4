"""Profiles of contracts: a column by name, hours of the horizon, power by the kW."""

import numpy as np
import pytest

from carbonplan.catalogue.contracts import contract_profiles
from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.horizon import consecutive_slots
from carbonplan.errors import InvalidInput
from carbonplan.scenario import load
from carbonplan.scenario.schema import Horizon
from carbonplan.scenario.supply import Contract
from tests.catalogue.test_gather import INTENSITY, SCENARIO, problems

SUPPLY = """\
supply:
  contracts:
    - {name: wind, region: aws-us-west-2, profile: power.csv, at_most_kw: 100,
       price_usd_per_kwh: 0.05}
    - {name: sun, region: aws-us-east-1, profile: power.csv, at_most_kw: 100,
       price_usd_per_kwh: 0.03}
    - {name: steam, region: aws-us-east-1, at_most_kw: 100, price_usd_per_kwh: 0.09}
objective:"""
HOURS = [f"2022-02-21T0{hour}:00Z" for hour in range(4)]
POWER = "time_utc,sun,wind\n" + "".join(
    f"{time},{i / 4},{1 - i / 4}\n" for i, time in enumerate(HOURS)
)


@pytest.fixture
def scenario(tmp_path):
    """Writes the scenario with contracts, with changes, and returns its path."""

    def write(old: str = "", new: str = "", power: str = POWER):
        path = tmp_path / "supplied.yaml"
        text = SCENARIO.replace("objective:", SUPPLY)
        assert old in text
        path.write_text(text.replace(old, new))
        (tmp_path / "intensity.csv").write_text(INTENSITY)
        (tmp_path / "power.csv").write_text(power)
        return path

    return write


def test_profiles_meet_their_contracts_by_name_and_are_flat_without_a_file(scenario):
    profile = gather(load(scenario())).series["contract_profile"]
    assert profile.sel(contract="wind").values.tolist() == [1, 0.75, 0.5, 0.25]
    assert profile.sel(contract="sun").values.tolist() == [0, 0.25, 0.5, 0.75]
    assert profile.sel(contract="steam").values.tolist() == [1, 1, 1, 1]


def test_without_contracts_there_is_no_profile(scenario):
    series = gather(load(scenario(SUPPLY, "objective:"))).series
    assert series["contract_profile"].shape == (0, 4)
    assert "residual_intensity_kgco2e_per_kwh" not in series


def test_profiles_are_hashed_inputs(scenario):
    path = scenario()
    assert path.parent / "power.csv" in [file.path for file in gather(load(path)).files]


def test_every_problem_of_profiles_is_told_at_once(scenario):
    power = POWER.replace("0.25,0.75", "25,75")
    assert len(problems(scenario(power=power))) == 2
    misspelt = problems(scenario(power=POWER.replace("sun", "snu")))  # found by each contract
    assert len(misspelt) == 2


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (f"{HOURS[3]},0.75,0.25\n", "", "no value for 2022-02-21T03:00Z"),
        ("0.25,0.75", "25,0.75", "2022-02-21T01:00Z, sun: found 25; expected 0 to 2"),
        ("0.25,0.75", "-1,0.75", "2022-02-21T01:00Z, sun: found -1; expected 0 to 2"),
    ],
)
def test_a_wrong_profile_is_refused(scenario, old, new, line):
    assert old in POWER
    assert any(line in one for one in problems(scenario(power=POWER.replace(old, new))))


def test_a_missing_file_is_named_where_the_contract_names_it(scenario):
    wind = "profile: power.csv, at_most_kw: 100,\n       price_usd_per_kwh: 0.05"
    path = scenario(wind, wind.replace("power", "powre"))
    (line,) = problems(path)
    assert "supply.contracts[wind].profile" in line


def test_the_residual_mix_is_read_beside_the_grids(scenario):
    old = "  intensity_g_per_kwh: intensity.csv"
    path = scenario(old, f"{old}\n  residual_intensity_g_per_kwh: residual.csv")
    dirtier = INTENSITY.replace("310", "410")
    (path.parent / "residual.csv").write_text(dirtier)
    series = gather(load(path)).series
    residual = series["residual_intensity_kgco2e_per_kwh"]
    east = residual.sel(region="aws-us-east-1") - series["intensity_kgco2e_per_kwh"].sel(
        region="aws-us-east-1"
    )
    assert east.values == pytest.approx([0, 0.1, 0, 0])
    assert float(residual.sel(region="aws-us-west-2").min()) == 0  # negative counts as zero


def test_contracts_of_a_region_may_share_a_file_but_not_with_strangers(tmp_path):
    file = tmp_path / "power.csv"
    file.write_text(POWER)
    wind = Contract(name="wind", region="x", at_most_kw=1, price_usd_per_kwh=0)
    slots = consecutive_slots(Horizon(start="2022-02-21T00:00:00Z", hours=4))
    with pytest.raises(InvalidInput, match='unknown column "sun"'):
        contract_profiles([wind], slots, {"wind": file})
    both = [wind, wind.model_copy(update={"name": "sun"})]
    profiles = contract_profiles(both, slots, {"wind": file, "sun": file})
    assert np.allclose(profiles.sum("contract"), 1)
