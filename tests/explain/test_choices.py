"""Why servers are in a plan, and what others would cost, against answers computed by hand."""

from __future__ import annotations

import pytest

from carbonplan.errors import UsageError
from carbonplan.explain.choices import why, why_not
from carbonplan.explain.explanation import asked_place, asked_questions
from carbonplan.explain.limits import limits
from carbonplan.explain.offers import offers
from carbonplan.explain.subject import Subject
from tests.explain.cases import KW_PER_RPS, alike, asker, case, subject
from tests.tiny import CHAT, TWO

CLEAN, DIRTY = 0.1, 0.3
POWERED_H = (3.2 + 1.6) / 8  # hours of one server that its replicas fill
KWH = 0.5 * POWERED_H + 0.01 * (2 - POWERED_H) + 60 * KW_PER_RPS


@pytest.fixture(scope="module")
def free() -> Subject:
    """One server, which is bought where power is clean."""
    return subject(case(alike(CLEAN, DIRTY), switch_off=True))


def test_without_its_servers_a_plan_pays_for_the_dirtier_region(free):
    found = why(free, ("box", "clean"), [], asker())
    assert (found.servers, found.bought, found.requests_share) == (1, 1, pytest.approx(1.0))
    assert found.without.costs.found == pytest.approx(KWH * (DIRTY - CLEAN))
    assert found.without.costs.at_least == pytest.approx(found.without.costs.at_most)
    assert [(one.region, one.here, one.there) for one in found.without.servers] == [
        ("clean", 1, 0),
        ("dirty", 0, 1),
    ]
    assert found.without.requests["box", "dirty"] == (0.0, pytest.approx(1.0))
    assert found.only_here == ()
    here, there = found.without.impacts["energy"]
    assert here == there == pytest.approx(KWH)


def test_a_server_that_is_not_needed_costs_its_making_and_its_power_when_off(free):
    found = why_not(free, ("box", "dirty"), 1, [], asker())
    assert found.with_them.costs.found == pytest.approx(0.25 + 2 * 0.01 * DIRTY)
    assert (found.bought, found.reasons, found.instead) == (0, (), None)
    parts = {name: there - here for name, (here, there) in found.with_them.impacts.items()}
    assert parts["embodied_carbon"] == pytest.approx(0.25)
    assert parts["operational_carbon"] == pytest.approx(2 * 0.01 * DIRTY)


def test_more_servers_may_be_forced_than_any_optimum_needs(free):
    found = why_not(free, ("box", "clean"), 3, [], asker())
    assert found.bought == 1
    assert found.with_them.costs.found == pytest.approx(3 * (0.25 + 2 * 0.01 * CLEAN))


def test_limits_that_forbid_servers_are_named():
    of = subject(
        case(alike(CLEAN, DIRTY), switch_off=True, site_servers={"clean": 1, "dirty": 1})
    )
    found = why_not(of, ("box", "dirty"), 2, limits(of.problem, of.program), asker())
    assert found.with_them is None
    assert found.limits == ("regions[dirty].server_limit",)


def test_what_only_one_region_reaches_is_named():
    of = subject(case(alike(CLEAN, DIRTY), switch_off=True, routes=((CHAT, "users", "clean"),)))
    found = why(of, ("box", "clean"), [], asker())
    (only,) = found.only_here
    assert only.startswith(f"{CHAT} from users: no other region is near enough or allowed")
    assert found.without is None
    assert found.words == "no plan meets the scenario without them"


def test_servers_that_are_not_there_are_asked_about_with_why_not(free):
    with pytest.raises(UsageError, match=r"it has: box@clean.*--why-not"):
        why(free, ("box", "dirty"), [], asker())


def test_a_problem_that_knows_no_such_servers_says_so(free):
    found = why_not(free, ("crate", "dirty"), 1, [], asker())
    assert found.with_them is None
    assert found.reasons


def test_offers_count_energy_and_making_of_full_replicas(free):
    best, other = offers(free.problem, CHAT)
    assert (best.region, other.region) == ("clean", "dirty")
    assert best.configuration == TWO
    # 25 requests/s on a quarter of the accelerators of a powered server
    kwh_per_request = (0.04 + (0.2 + 0.5 / 4) / 25) / 3600
    assert best.energy_kwh == pytest.approx(1000 * kwh_per_request)
    assert best.operational_kgco2e == pytest.approx(CLEAN * 1000 * kwh_per_request)
    assert best.embodied_kgco2e == pytest.approx(1000 / (25 * 3600) / 4 * 0.25 / 2)
    assert best.idle_objective_per_hour == pytest.approx(0.5 * CLEAN + 0.25 / 2)
    assert best.objective == pytest.approx(best.operational_kgco2e + best.embodied_kgco2e)


def test_questions_and_places_are_read_with_the_nearest_name():
    assert asked_questions("steps, prices,steps") == ("steps", "prices")
    with pytest.raises(UsageError, match='nearest: "prices"'):
        asked_questions("price")
    with pytest.raises(UsageError, match="none given"):
        asked_questions(" , ")
    assert asked_place("l4-8@eu", "--why") == ("l4-8", "eu")
    with pytest.raises(UsageError, match="expected SKU@REGION"):
        asked_place("l4-8", "--why")
