"""The loop of planning and replaying, with planners and judges whose answers are known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace

import pytest

from carbonplan import pipeline
from carbonplan.certify import Replayed, Round, Search, certify
from carbonplan.certify.cost import cost_of_certainty
from carbonplan.certify.reasons import reasons
from carbonplan.certify.rule import following, misses, raised
from carbonplan.cli.loading import load
from carbonplan.errors import NoPlanExists
from carbonplan.plan import Plan
from carbonplan.plan.records import ImpactTotal
from carbonplan.replay.judge import Promise
from carbonplan.replay.metrics import Attainment
from carbonplan.report.certification import round_line
from carbonplan.report.sections.certification import certification as section
from carbonplan.report.text import section_text
from carbonplan.verify import Verification

KEPT = 0.995


def promise(share, workload="chat", measure="ttft", spread=0.001):
    """A promise of 99 % that was kept by a share of the requests."""
    low, high = share - spread, min(share + spread, 1.0)
    return Promise(workload, Attainment(measure, 0.5, 0.99, share, low, high, 0.4, ()), ())


def replayed(*promises):
    return Replayed(promises, requests=1000, share=0.5, slots=2, window_s=60.0)


def of_round(number, headroom, *promises, problem=""):
    """A round of workloads by their head-room; without a plan where there is a problem."""
    found = None if problem else replayed(*promises)
    return Round(number, headroom, "optimal", 1.0, 1.0, found, problem)


@dataclass
class Judge:
    """Says by the head-room of each workload which share of its requests was inside."""

    shares: dict
    by_themselves: dict = field(default_factory=dict)
    sources: tuple = ()
    seed: int = 0

    def replayed(self, _inputs, plan):
        given = plan.scenario
        return replayed(*(promise(of(given[name]), name) for name, of in self.shares.items()))

    def alone(self, _inputs, _plan):
        return tuple(promise(self.by_themselves.get(name, 1.0), name) for name in self.shares)


def planner(most=100.0, status="optimal"):
    """A plan that emits ten times the sum of head-rooms, to a gap of 0.1."""

    def planned(loaded, options, **_):
        assert options.out is None
        headroom = {one.name: one.headroom for one in loaded.scenario.workloads}
        if max(headroom.values()) > most:
            raise NoPlanExists("week", ["too few servers"])
        value = 10.0 * sum(headroom.values())
        summary = {
            "status": status,
            "objective": {"impact": "carbon", "unit": "kgCO2e", "value": value},
            "bound": value - 0.1,
        }
        impacts = {
            "carbon": ImpactTotal(value, "kgCO2e", {}, {}),
            "cost": ImpactTotal(2.0 * value, "USD", {}, {}),
        }
        plan = Plan("week", None, impacts, summary, headroom)
        return pipeline.Result(plan, None, Verification((), {}, {}))

    return planned


@pytest.fixture(autouse=True)
def _gathers_nothing(monkeypatch):
    monkeypatch.setattr("carbonplan.certify.loop.gather", lambda _loaded: None)


def searched(judge, scenario="one-hour", rounds=5, **how):
    """What a search came to, and the lines that it said."""
    said = []
    search = Search(
        pipeline.Options(), judge, rounds, planner(**how), lambda one: said.append(one)
    )
    return certify(load(scenario), search), [round_line(one) for one in said]


def stepped(*steps):
    """Share by head-room: that of the last step which it reaches."""
    return lambda headroom: [share for least, share in steps if headroom >= least][-1]


def test_a_plan_that_keeps_its_promises_is_certified_at_once_and_costs_nothing():
    found, said = searched(Judge({"chat": lambda _: KEPT}))
    certified = found.certification
    assert certified.is_certified
    assert certified.is_certain
    assert not certified.overrides
    assert not certified.reasons
    assert len(certified.rounds) == 1
    assert certified.cost[""].more.at_least == certified.cost[""].more.at_most == 0.0
    assert said == ["round 1: head-room chat 1, objective 10: every promise is kept"]


def test_a_missed_promise_raises_the_head_room_until_it_holds():
    """Six times as many outside as may be: 6 to the power 1/4 is 1.565; 1.251 is too little."""
    found, said = searched(Judge({"chat": stepped((1.0, 0.94), (1.5, KEPT))}))
    certified = found.certification
    assert certified.is_certified
    assert [one.headroom["chat"] for one in certified.rounds] == [1.0, 1.565, 1.251]
    assert certified.overrides == ("workloads[chat].headroom=1.565",)
    assert found.loaded.overrides == certified.overrides
    assert found.loaded.scenario.workloads[0].headroom == 1.565
    assert "missed: chat time to first token by 94 % of 99 %" in said[0]


def test_head_room_that_was_raised_by_too_much_is_lowered():
    """From 2 to the means of logarithms 1.414, which holds, and 1.189, which does not."""
    found, said = searched(Judge({"chat": stepped((1.0, 0.5), (1.3, KEPT))}))
    certified = found.certification
    assert [one.headroom["chat"] for one in certified.rounds] == [1.0, 2.0, 1.414, 1.189]
    assert certified.chosen == 3
    assert certified.is_certified
    assert "every promise is kept" in said[2]


def test_certainty_costs_what_bounds_prove_and_the_difference_of_what_is_not_minimised():
    """From 10 with a bound of 9.9 to 15.65 with 15.55."""
    found, _ = searched(Judge({"chat": stepped((1.0, 0.94), (1.5, KEPT))}))
    cost = found.certification.cost
    for name in ("", "carbon"):
        assert cost[name].more.at_least == pytest.approx(5.55)
        assert cost[name].more.at_most == pytest.approx(5.75)
        assert cost[name].is_proven
    assert cost["cost"].more.at_least == cost["cost"].more.at_most == pytest.approx(11.3)
    assert not cost["cost"].is_proven


def test_the_second_raise_is_a_secant():
    """From 6 to 2 times what is allowed between 1 and 1.565; 0.8 is aimed at."""
    rounds = [
        of_round(1, {"chat": 1.0}, promise(0.94)),
        of_round(2, {"chat": 1.565}, promise(0.98)),
    ]
    assert raised("chat", rounds) == pytest.approx(2.274, abs=2e-3)


@pytest.mark.parametrize(("share", "factor"), [(0.9899, 1.1), (0.0, 2.0)])
def test_a_raise_is_neither_tiny_nor_huge(share, factor):
    found = raised("chat", [of_round(1, {"chat": 3.0}, promise(share))])
    assert found == pytest.approx(3.0 * factor)


def test_a_raise_that_did_not_help_is_followed_by_one_as_at_first():
    rounds = [
        of_round(1, {"chat": 1.0}, promise(0.94)),
        of_round(2, {"chat": 1.565}, promise(0.93)),
    ]
    assert raised("chat", rounds) == pytest.approx(1.565 * 7**0.25, rel=1e-3)


def test_head_room_stays_within_what_the_scenario_takes():
    rounds = [of_round(1, {"chat": 90.0}, promise(0.0))]
    assert raised("chat", rounds) == 100.0
    at_most = of_round(2, {"chat": 100.0}, promise(0.0))
    assert following([*rounds, at_most], ()) is None
    (said,) = reasons([*rounds, at_most], at_most, {}, 5)
    assert "its head-room is 100" in said


def test_the_worst_promise_of_a_workload_counts():
    found = replayed(promise(0.98), promise(0.96, measure="tpot"), promise(KEPT, "code"))
    assert misses(found) == {"chat": pytest.approx(4.0)}


def test_only_who_missed_gets_more():
    shares = {"chat": lambda _: KEPT, "code": stepped((1.0, 0.94), (1.5, KEPT))}
    found, _ = searched(Judge(shares | {"summaries": lambda _: 1.0}), "demo-week")
    assert found.certification.overrides == ("workloads[code].headroom=1.565",)
    assert found.certification.is_certified


def test_rounds_that_are_used_up_are_said_and_the_nearest_plan_is_kept():
    """The plan of the second round misses by less than the third."""
    judge = Judge({"chat": stepped((1.0, 0.94), (1.5, 0.98), (2.0, 0.97))})
    found, said = searched(judge, rounds=3)
    certified = found.certification
    assert not certified.is_certified
    assert certified.chosen == 2
    assert found.result.plan.scenario == {"chat": 1.565}
    assert certified.reasons == ("3 rounds are used up (--certify-rounds)",)
    assert len(said) == 3


def test_who_misses_alone_is_not_helped_and_said_to_be():
    judge = Judge({"chat": lambda _: 0.5}, by_themselves={"chat": 0.9})
    found, _ = searched(judge)
    certified = found.certification
    assert len(certified.rounds) == 1
    (said,) = certified.reasons
    assert said.startswith("chat: the time to first token is kept by 90 % of the requests")
    assert "by themselves" in said


def test_others_are_helped_beside_who_is_not():
    shares = {"chat": lambda _: 0.5, "code": stepped((1.0, 0.94), (1.5, KEPT))}
    judge = Judge(shares, by_themselves={"chat": 0.9})
    certified = searched(judge, "demo-week")[0].certification
    assert certified.overrides == ("workloads[code].headroom=1.565",)
    assert not certified.is_certified
    assert len(certified.reasons) == 1


def test_between_what_has_a_plan_and_what_has_none():
    """1.565 is too much for the servers; the mean of logarithms is not."""
    judge = Judge({"chat": stepped((1.0, 0.94), (1.2, KEPT))})
    found, said = searched(judge, most=1.3)
    assert found.certification.is_certified
    assert [one.headroom["chat"] for one in found.certification.rounds] == [1.0, 1.565, 1.251]
    assert said[1] == "round 2: head-room chat 1.565: no plan: too few servers"


def test_no_plan_with_more_head_room_is_the_reason():
    found, _ = searched(Judge({"chat": lambda _: 0.94}), rounds=20, most=1.0)
    certified = found.certification
    tried = [one.headroom["chat"] for one in certified.rounds]
    assert tried == [1.0, 1.565, 1.251, 1.118, 1.057, 1.028]
    assert certified.chosen == 1
    assert certified.reasons == ("no plan with head-room chat 1.028: too few servers",)


def test_no_plan_at_all_is_an_error():
    with pytest.raises(NoPlanExists):
        searched(Judge({}), most=0.5)


def test_an_interruption_ends_the_rounds():
    certified = searched(Judge({"chat": lambda _: 1.0}), status="interrupted")[0].certification
    assert not certified.is_certified
    assert certified.reasons[0].startswith("interrupted")


def test_a_workload_that_no_request_came_of_is_not_certified(monkeypatch):
    judge = Judge({"chat": lambda _: KEPT})
    seen = replace(judge.replayed(None, SimpleNamespace(scenario={"chat": 1.0})), unseen=("x",))
    monkeypatch.setattr(Judge, "replayed", lambda *_: seen)
    found, said = searched(judge)
    assert not found.certification.is_certified
    assert found.certification.reasons == ("x: none of its requests was among those replayed",)
    assert said == ["round 1: head-room chat 1, objective 10: no request of x was replayed"]


def test_a_promise_that_holds_by_luck_is_certified_but_not_certain():
    certified = searched(Judge({"chat": lambda _: 0.9905}))[0].certification
    assert certified.is_certified
    assert not certified.is_certain


@pytest.mark.parametrize("share", [KEPT, 0.94, 0.9905])
def test_the_section_of_the_report(share):
    found, _ = searched(Judge({"chat": stepped((1.0, 0.94), (1.5, share))}), rounds=2)
    document = found.certification.document()
    plan = SimpleNamespace(summary={"certification": document})
    words = section_text(section(plan))
    first = words.splitlines()[0]
    assert ("NOT CERTIFIED" in words) == (share < 0.99)
    assert "workloads[chat].headroom=1.565" in words or share < 0.99
    assert first
    assert section(SimpleNamespace(summary={})) is None


def test_an_objective_without_bound_proves_nothing():
    plan = planner()(load("one-hour"), pipeline.Options()).plan
    other = Plan("week", None, plan.impacts, {**plan.summary, "bound": None})
    more = cost_of_certainty(other, plan)[""].more
    assert more.at_most is None
    assert more.at_least is not None


def test_the_same_twice():
    judge = partial(Judge, {"chat": stepped((1.0, 0.94), (1.5, KEPT))})
    first, second = (searched(judge())[0].certification.document() for _ in range(2))
    assert first == second
