"""quality_holds, spare_is_ready: answers good enough in the mean, idle replicas ready."""

from dataclasses import replace

import pytest

from carbonplan.problem import with_upper_bounds
from carbonplan.problem.records import Promises
from tests.answers import optimum, plain, row, without
from tests.brute_force import as_problem, least_carbon, random_case
from tests.formulation.test_impacts import LONE
from tests.tiny import CHAT, E_TWO, NIGHT, ONE, TWO, tiny

WORKLOADS = {CHAT: "chat", NIGHT: "night"}
TOKENS = 200.0


def floored(floor: float, **settings):
    """Chat whose answers have quality 1.0 from ONE and 0.6 from TWO."""
    margins = {(CHAT, ONE): TOKENS * (1.0 - floor), (CHAT, TWO): TOKENS * (0.6 - floor)}
    promises = Promises(workload_of=WORKLOADS, quality_margin=margins)
    return tiny(promises=promises, batch=(), **settings)


def spared(spare: int, **settings):
    """Chat with replicas in readiness."""
    promises = Promises(workload_of=WORKLOADS, spare_replicas={"chat": spare})
    return tiny(promises=promises, **settings)


def test_quality_holds_row():
    read = row(plain(floored(0.8)).quality_holds["chat", 0])
    assert read == pytest.approx(
        {
            f"Load_rps[{CHAT},{ONE},clean,0]": 40,
            f"Load_rps[{CHAT},{TWO},clean,0]": -40,
            f"Load_rps[{CHAT},{ONE},dirty,0]": 40,
            f"Load_rps[{CHAT},{TWO},dirty,0]": -40,
            "lower": 0,
        }
    )


@pytest.mark.parametrize(("floor", "share"), [(0.6, 0.0), (0.8, 0.5), (1.0, 1.0)])
def test_the_better_answers_have_the_share_that_the_floor_asks_for(floor: float, share: float):
    """TWO needs less of everything, so that ONE answers only as much as it must."""
    answer = optimum(floored(floor, whole_replicas=False, start_costs=False))
    better = answer.decision("Load_rps", CHAT, ONE, "clean")
    assert better / [40, 20] == pytest.approx([share, share])


def test_a_higher_floor_never_improves():
    totals = [optimum(floored(floor)).total for floor in (0.6, 0.7, 0.8, 0.9, 1.0)]
    assert totals == sorted(totals)
    assert without(floored(1.0), "quality_holds") == pytest.approx(totals[0])


def test_spare_is_ready_row():
    read = row(plain(spared(2, **LONE)).spare_is_ready["chat", 1])
    assert read == pytest.approx(
        {
            f"Replicas[{E_TWO},clean,1]": 1,
            f"Load_rps[{CHAT},{TWO},clean,1]": -1 / 25,
            "lower": 2,
        }
    )


def test_one_spare_replica_is_one_more_in_each_slot():
    """1.6 and 0.8 busy replicas of 2 and 1: another stands ready, 0.2 kW in each hour."""
    alone, ready = optimum(tiny(**LONE)), optimum(spared(1, **LONE))
    assert ready.decision("Replicas", E_TWO, "clean") == pytest.approx([3, 2])
    assert ready.total - alone.total == pytest.approx(1.1 * 0.2 * (0.1 + 0.05))
    assert without(spared(1, **LONE), "spare_is_ready") == pytest.approx(alone.total)


def test_more_spare_replicas_never_improve():
    totals = [optimum(spared(spare)).total for spare in range(4)]
    assert totals == sorted(totals)
    assert totals[0] == pytest.approx(optimum(tiny()).total)


def test_bounds_leave_room_for_spare_replicas():
    plain_upper = with_upper_bounds(tiny()).data["replicas_upper"]
    upper = with_upper_bounds(spared(5)).data["replicas_upper"]
    assert ((upper - plain_upper) >= 5).all()


@pytest.mark.parametrize("seed", range(30))
def test_enumeration_agrees_with_spare_replicas(seed: int):
    case = random_case(seed)
    of_talk = Promises(
        workload_of={"talk/all": "talk", "work/all": "work"}, spare_replicas={"talk": 1}
    )
    problem = with_upper_bounds(replace(as_problem(case), promises=of_talk))
    expected, answer = least_carbon(case, spare=1), optimum(problem).solution
    if answer.values is None:
        assert expected == float("inf")
    else:
        assert answer.objective == pytest.approx(expected, rel=1e-7, abs=1e-9)
