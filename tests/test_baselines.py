"""Baselines: the same problem without one of its freedoms."""

import pytest

from carbonplan.baselines import BASELINES, chosen
from carbonplan.errors import UsageError
from tests.answers import optimum
from tests.hosted import hosted
from tests.tiny import CHAT, NIGHT, ONE, TWO, tiny


def variants(name: str, problem):
    return list(BASELINES[name].variants(problem))


def test_every_baseline_has_a_plan_that_is_no_better():
    best = optimum(tiny()).total
    for name in BASELINES:
        answers = [optimum(variant) for variant, _ in variants(name, tiny())]
        assert min(answer.impact("carbon") for answer in answers) >= best - 1e-9, name


def test_cost_optimal_costs_least():
    ((cheapest, note),) = variants("cost-optimal", tiny())
    assert optimum(cheapest).impact("cost") <= optimum(tiny()).impact("cost") + 1e-9
    assert "servers and energy" in note


def test_home_region_is_the_nearest():
    """The dirty region is 40 ms nearer."""
    ((home, _),) = variants("home-region", tiny())
    assert home.routes == ((CHAT, "users", "dirty"),)
    assert {r for k, _, r in home.serving if k == NIGHT} == {"dirty"}


def test_performance_optimal_takes_the_fastest_configuration():
    ((fastest, _),) = variants("performance-optimal", tiny())
    assert {c for k, c, _ in fastest.serving if k == CHAT} == {TWO}
    assert {c for k, c, _ in fastest.serving if k == NIGHT} == {ONE}


def test_performance_optimal_leaves_sockets_of_hosts_alone():
    ((fastest, _),) = variants("performance-optimal", hosted(tiny()))
    assert {c for k, c, _ in fastest.serving if k == NIGHT} == {ONE}


def test_no_shift_does_the_work_as_it_comes():
    ((at_once, _),) = variants("no-shift", tiny())
    answer = optimum(at_once)
    assert answer.decision("Backlog_krequests", NIGHT) == pytest.approx([0, 0])


def test_single_sku_tries_each_that_serves_everything():
    assert [note for _, note in variants("single-sku", tiny())] == ["only box"]


def test_names_are_checked_and_all_means_all():
    assert [baseline.name for baseline in chosen(["all"])] == list(BASELINES)
    with pytest.raises(UsageError, match='nearest: "no-shift"'):
        chosen(["no-shfit"])
