"""Infeasible scenarios with known causes: each is named first, and what is offered helps."""

from functools import cache
from pathlib import Path

import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.diagnose import Diagnosis, diagnose, lines
from carbonplan.scenario import load
from carbonplan.solve import Limits, Status, solve
from carbonplan.steps import Stopwatch, formulate

FOLDER = Path(__file__).parent / "scenarios"
LIMITS = Limits(gap=0.5, time_limit_s=60)
CAUSES = {  # words that the first line has, and paths of what cannot hold together
    "llm-too-large": (
        "workloads[chat].llm: llama-3.1-405b fits on no SKU of the fleet",
        {"fleet.skus"},
    ),
    "slo-below-prefill": (
        "workloads[chat].ttft_s: 30 ms is below the best that exists",
        {"workloads[chat].ttft_s"},
    ),
    "origin-too-far": (
        "no region may serve origin 'tokyo' within 100 ms",
        {"workloads[chat].ttft_s"},
    ),
    "power": (
        "the power limit of aws-us-east-1 and the power limit of gcp-us-central1 cannot hold",
        {
            "workloads[chat].arrivals",
            "regions[aws-us-east-1].power_limit_kw",
            "regions[gcp-us-central1].power_limit_kw",
        },
    ),
    "stock": (
        "no server that serves it stands or can be bought",
        {"workloads[chat].arrivals", "fleet.stock[h100-sxm-8].servers"},
    ),
    "budget": (
        "stages[second].budget_usd: the peak takes at least",
        {
            "workloads[chat].arrivals",
            "stages[first].budget_usd",
            "stages[second].budget_usd",
        },
    ),
    "lead-time": (
        "no server that can serve them stands or can be had by then",
        {"workloads[chat].arrivals", "renewal.lead_times[0].years"},
    ),
    "bound": (
        "bounds[energy].at_most: 3 kWh is below what the requests alone take",
        {"workloads[chat].arrivals", "bounds[energy].at_most"},
    ),
    "matched-share": (
        "the demand of chat, the matched share and the power that contract wind offers cannot",
        {
            "workloads[chat].arrivals",
            "supply.matched_share",
            "supply.contracts[wind].at_most_kw",
        },
    ),
    "region-loss": (
        "without aws-us-east-1; no server that can serve them stands",
        {
            "workloads[chat].arrivals",
            "regions[gcp-us-central1].server_limit",
            "fleet.survive_region_loss",
        },
    ),
    "quality-floor": (
        "the demand of chat, the stock of h100-sxm-8 and the quality floor of chat",
        {
            "workloads[chat].arrivals",
            "fleet.stock[h100-sxm-8].servers",
            "workloads[chat].quality_floor",
        },
    ),
    "parity": (
        "the stock of h100-sxm-8 and the largest share of a region cannot hold together",
        {
            "workloads[chat].arrivals",
            "fleet.stock[h100-sxm-8].servers",
            "fleet.largest_region_share",
        },
    ),
    "deadline": (
        "workloads[night].deadline_hours: work of class 'all' that comes from",
        {"workloads[night].arrivals", "fleet.stock[h100-sxm-8].servers"},
    ),
}


@cache
def diagnosed(name: str) -> Diagnosis:
    return diagnose(load(FOLDER / f"{name}.yaml"), LIMITS)


@pytest.mark.parametrize("name", CAUSES)
def test_the_cause_is_named_and_what_is_offered_helps(name):
    found = diagnosed(name)
    words, paths = CAUSES[name]
    assert words in lines(found)[0]
    assert {group.path for group in found.conflict.groups} == paths
    assert found.conflict.proven
    assert found.complete
    cheapest = found.relaxations[0]
    assert cheapest.verified
    assert has_plan(name, cheapest.overrides)


def has_plan(name: str, overrides: tuple[str, ...]) -> bool:
    """Solved from the file, by the path that a plan takes."""
    inputs = gather(load(FOLDER / f"{name}.yaml", overrides))
    _, _, program = formulate(inputs, Stopwatch())
    return solve(program, LIMITS, isolated=False).status is Status.OPTIMAL


def test_the_cheapest_comes_first_and_an_slo_or_a_limit_is_a_choice():
    found = diagnosed("quality-floor")
    costs = [one.cost for one in found.relaxations]
    assert costs == sorted(costs)
    changed = [{change.path for change in one.changes} for one in found.relaxations]
    assert {"workloads[chat].quality_floor"} in changed
    assert {"fleet.stock[h100-sxm-8].servers"} in changed


def test_users_wait_a_little_longer_or_a_site_gives_more():
    found = diagnosed("slo-or-power")
    first, second, *_, last = (one.changes for one in found.relaxations)
    assert [change.path for change in first] == ["workloads[chat].ttft_s"]
    assert first[0].words == "raise the TTFT of chat from 140 ms to 210 ms"
    assert [change.path for change in second] == ["regions[aws-us-east-1].power_limit_kw"]
    assert last[0].path == "workloads[chat].arrivals.mean_rps"  # is the last resort
    assert has_plan("slo-or-power", (first[0].override,))


def test_where_one_limit_is_not_enough_several_are_offered_together():
    found = diagnosed("two-limits")
    changed = {change.path for change in found.relaxations[0].changes}
    assert changed == {
        "regions[aws-us-east-1].power_limit_kw",
        "regions[gcp-us-central1].power_limit_kw",
    }
    assert " and raise the power limit of " in found.relaxations[0].words
    assert found.conflict.proven
    assert has_plan("two-limits", found.relaxations[0].overrides)


def test_one_server_is_one_server():
    (change,) = diagnosed("stock").relaxations[0].changes
    assert change.before == 0
    assert change.after == 1


def test_changes_are_at_sensible_figures():
    relaxations = diagnosed("power").relaxations
    first, second, *_ = (one.overrides for one in relaxations)
    assert first == ("regions[gcp-us-central1].power_limit_kw=4.3",)
    assert second == ("regions[aws-us-east-1].power_limit_kw=3.7",)


def test_the_whole_is_deterministic():
    again = diagnose(load(FOLDER / "stock.yaml"), LIMITS)
    assert again == diagnosed("stock")


def test_a_scenario_with_a_plan_is_not_accused():
    assert diagnose(load(FOLDER / "base.yaml"), LIMITS) is None


def test_without_time_nothing_is_called_proven():
    found = diagnose(load(FOLDER / "power.yaml"), LIMITS, seconds=1e-6)
    assert not found.complete
    assert not found.conflict.proven
    assert "not proven irreducible" in "\n".join(lines(found))


def test_the_document_holds_all_of_it():
    found = diagnosed("parity")
    document = found.document()
    assert document["schema"] == "carbonplan-infeasible/1"
    assert document["cause"] == found.cause
    assert document["irreducible"] is True
    first = document["relaxations"][0]
    assert first["verified"] is True
    assert first["overrides"] == list(found.relaxations[0].overrides)
    assert document["steps"]
