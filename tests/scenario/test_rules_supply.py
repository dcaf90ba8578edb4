"""Contracts, matching, shares and alternatives that cannot be, each in one line."""

import pytest

from carbonplan.scenario import warnings
from tests.scenario.samples import loaded, minimal, problems

WIND = "{name: wind, region: north, at_most_kw: 500, price_usd_per_kwh: 0.04}"


def supplied(supply: str) -> str:
    return minimal("fleet:", f"supply: {supply}\nfleet:")


def asking(*more: str) -> str:
    """The minimal scenario, whose workload has more to ask."""
    return minimal("ttft_s: 1.0", "\n    ".join(("ttft_s: 1.0", *more)))


SMALLER = "alternatives: [{llm: llama-3.1-8b, quality: 0.7}]"

CASES = {
    supplied(f"{{contracts: [{WIND.replace('north', 'nroth')}]}}"): (
        'supply.contracts[wind].region: "nroth" is not in regions; nearest: "north"'
    ),
    supplied(f"{{contracts: [{WIND.replace('at_most', 'at_least_kw: 600, at_most')}]}}"): (
        "supply.contracts[wind].at_least_kw: found 600, expected at most the 500 of at_most_kw"
    ),
    supplied(
        f"{{contracts: [{WIND}, {WIND}]}}"
    ): 'supply.contracts[wind]: "wind" is listed twice',
    supplied("{matched_share: 0.9}"): (
        "supply.matched_share: found 0.9 without contracts, expected some to match with"
    ),
    minimal("[h100-sxm-8]", "[h100-sxm-8]\n  largest_region_share: 0.5"): (
        "fleet.largest_region_share: found 0.5, expected at least 1/1: of 1 regions the "
        "largest has no less"
    ),
    asking(SMALLER): ("workloads[chat].quality: is missing; alternatives are compared with it"),
    asking("quality_floor: 0.8"): (
        "workloads[chat].quality_floor: found without quality, expected with it"
    ),
    asking(SMALLER, "quality: 0.8", "quality_floor: 0.9"): (
        "workloads[chat].quality_floor: found 0.9, expected at most 0.8, the best quality "
        "there is"
    ),
    asking("quality: 0.8", "alternatives: [{llm: llama-3.1-70b, quality: 0.8}]"): (
        'workloads[chat].alternatives[llama-3.1-70b].llm: found "llama-3.1-70b", the '
        "workload's own, expected another LLM"
    ),
}


@pytest.mark.parametrize("text", CASES, ids=CASES.values())
def test_a_rule_that_is_broken_is_one_line(tmp_path, text):
    (line,) = problems(tmp_path, text)
    assert line.partition(", ")[2] == CASES[text]


def test_what_can_be_is_read(tmp_path):
    text = asking(SMALLER, "quality: 0.8", "quality_floor: 0.75", "headroom: 1.5")
    workload = loaded(tmp_path, text).scenario.workloads[0]
    assert workload.llms == (workload.llm, "llama-3.1-8b")
    assert workload.qualities == {workload.llm: 0.8, "llama-3.1-8b": 0.7}
    supply = loaded(tmp_path, supplied(f"{{contracts: [{WIND}], matched_share: 0.9}}"))
    assert supply.scenario.supply.contracts[0].at_most_kw == 500


def test_surprising_contracts_and_alternatives_are_warned_of(tmp_path):
    resold = WIND.replace("0.04", "0.04, resale_usd_per_kwh: 0.05")
    (line,) = warnings(loaded(tmp_path, supplied(f"{{contracts: [{resold}]}}")).scenario)
    assert line.startswith("supply.contracts[wind] earns by resale alone")
    (line,) = warnings(loaded(tmp_path, asking(SMALLER, "quality: 0.8")).scenario)
    assert line.startswith("workloads[chat].alternatives may answer everything")
    elsewhere = supplied(f"{{contracts: [{WIND}], matched_share: 0.9}}").replace(
        "[north]", "[north, south]"
    )
    (line,) = warnings(loaded(tmp_path, elsewhere).scenario)
    assert line.startswith("regions[south] has no contract to match with")
