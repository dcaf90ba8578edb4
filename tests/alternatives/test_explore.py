"""Near-optimal plans of small programs, against every fleet tried by itself."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from carbonplan.alternatives import Mark, explore
from carbonplan.alternatives.groups import groups_of
from carbonplan.program.stamping import stamp
from carbonplan.solve import Limits, Status, solve
from tests.tiny import standing, tiny

EXACT = Limits(gap=0.0, time_limit_s=60.0)
MOST = 4


def near_optimal(program, slack):
    """Servers (clean, dirty) of every fleet whose best plan is within the slack."""
    columns = program.columns["Servers"].positions
    objectives = {}
    for servers in product(range(MOST + 1), repeat=len(columns)):
        lower, upper = program.column_lower.copy(), program.column_upper.copy()
        if (np.array(servers) > upper[columns]).any():
            continue
        lower[columns] = upper[columns] = servers
        held = replace(program, column_lower=lower, column_upper=upper)
        found = solve(held, EXACT, isolated=False)
        if found.status is Status.OPTIMAL:
            objectives[servers] = found.objective
    best = min(objectives.values())
    return [one for one, cost in objectives.items() if cost <= best + slack * abs(best) + 1e-9]


def explored(program, slack, limits=EXACT, count=6):
    best = solve(program, EXACT, isolated=False)
    return explore(program, best, limits, slack=slack, count=count, isolated=False)


CASES = {
    "carbon": tiny(),
    "cost": tiny(objective={"cost": 1.0}),
    "standing": tiny({"existing_servers": standing(0.0, 2.0)}),
    "dear": tiny({"server_kgco2e": [[[0.0], [4.0]]]}),
}


@pytest.mark.parametrize("slack", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("case", CASES)
def test_ranges_and_marks_are_those_of_every_fleet_tried(case, slack):
    program = stamp(CASES[case])
    known = np.array(near_optimal(program, slack))
    found = explored(program, slack)
    assert found.open == 0
    layout = program.columns["Servers"]
    for one, group in zip(found.ranges, found.groups, strict=True):
        servers = known @ group.vector[layout.positions]
        least, most = int(servers.min()), int(servers.max())
        assert (one.least_proven, one.least_found) == (least, least), one
        assert one.most_found == min(one.most_proven, one.most_found)
        if most < MOST:
            assert (one.most_found, one.most_proven) == (most, most), one
        expected = Mark.MUST if least else Mark.MAY if most else Mark.NEVER
        assert one.mark is expected


def test_every_plan_is_near_optimal_and_sound():
    program = stamp(CASES["carbon"])
    found = explored(program, 0.5)
    assert found.plans[0].question == "best plan"
    assert len({plan.servers for plan in found.plans}) > 1
    for plan in found.plans:
        rows = program.matrix @ plan.values
        assert (rows >= program.row_lower - 1e-6).all()
        assert (rows <= program.row_upper + 1e-6).all()
        assert plan.objective <= found.at_most + 1e-9
        assert np.allclose(plan.values[program.integer] % 1, 0)


def test_the_least_of_other_impacts_is_proved():
    program = stamp(CASES["carbon"])
    found = explored(program, 0.2)
    assert {one.impact for one in found.extremes} == {"cost", "energy", "water", "latency"}
    for one in found.extremes:
        assert one.proven <= one.found + 1e-9 <= one.planned + 2e-9
        assert one.proven == pytest.approx(one.found, rel=1e-6)


def test_what_the_price_of_a_mark_is():
    """Without clean servers all runs in the dirty region, and with one there is waste."""
    program = stamp(CASES["carbon"])
    found = explored(program, 0.2)
    clean = next(one for one in found.ranges if one.title == "box in clean")
    without = near_optimal(program, 10.0)
    assert clean.mark is Mark.MUST
    assert all(servers[0] for servers in near_optimal(program, 0.2))
    assert without
    assert clean.price is None or clean.price > 0.2


def test_without_time_nothing_is_claimed():
    """Only what bounds of columns prove is stated; the best plan stands alone."""
    program = stamp(CASES["carbon"])
    found = explored(program, 0.5, limits=replace(EXACT, time_limit_s=0.01))
    assert [plan.question for plan in found.plans] == ["best plan"]
    assert found.solved == 0
    assert found.open > 0
    marks = {one.mark for one in found.ranges}
    assert marks <= {Mark.OPEN, Mark.MUST}
    for one in found.ranges:
        assert (one.why_open is None) == (one.mark is not Mark.OPEN)


def test_groups_are_skus_regions_and_pairs():
    titles = [group.title for group in groups_of(stamp(tiny()))]
    assert titles == [
        "box",
        "servers in clean",
        "servers in dirty",
        "box in clean",
        "box in dirty",
    ]


def test_as_many_plans_as_asked_for():
    program = stamp(CASES["carbon"])
    assert len(explored(program, 1.0, count=2).plans) == 2
    assert len(explored(program, 1.0, count=1).plans) == 1
