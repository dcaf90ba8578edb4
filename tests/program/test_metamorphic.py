"""What must hold between the optima of related problems, on random small cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from carbonplan.problem import Problem, with_upper_bounds
from tests.answers import Answer, optimum
from tests.brute_force import as_problem, random_case

SEEDS = range(12)
ROOM = 1e-7


def cost(problem: Problem) -> float:
    """Optimum, infinite where there is no plan."""
    answer = optimum(problem)
    return np.inf if answer.solution.values is None else answer.total


def changed(problem: Problem, **variables: object) -> Problem:
    """The problem with other values of some variables."""
    data = problem.data.assign(
        {
            name: (problem.data[name].dims, np.asarray(values))
            for name, values in variables.items()
        }
    )
    return with_upper_bounds(replace(problem, data=data))


def at_most(less: float, more: float) -> bool:
    """Whether one optimum is no greater than another, within what a solver resolves."""
    return less <= more + ROOM * max(1.0, abs(more)) or np.isinf(more)


@pytest.mark.parametrize("seed", SEEDS)
def test_more_stock_never_raises(seed: int):
    problem = as_problem(random_case(seed))
    more = replace(problem, stock=tuple((y, g, r, n + 1) for y, g, r, n in problem.stock))
    assert at_most(cost(with_upper_bounds(more)), cost(problem))


@pytest.mark.parametrize("seed", SEEDS)
def test_less_demand_never_raises(seed: int):
    problem = as_problem(random_case(seed))
    less = changed(problem, demand_rps=0.7 * problem.data["demand_rps"].values)
    assert at_most(cost(less), cost(problem))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_site_limit_never_lowers(seed: int):
    problem = as_problem(random_case(seed))
    limited = replace(
        changed(problem, site_it_limit_kw=np.full((2, 2), 0.8)), site_power_kw={"north": 1.0}
    )
    assert at_most(cost(problem), cost(limited))


@pytest.mark.parametrize("seed", SEEDS)
def test_one_more_region_never_raises(seed: int):
    """What may be done in two regions costs no more than in one of them."""
    problem = as_problem(random_case(seed))
    fewer = tuple(s for s in problem.serving if s[2] == "north")
    routes = tuple(route for route in problem.routes if route[2] == "north")
    smaller = with_upper_bounds(replace(problem, serving=fewer, routes=routes))
    assert at_most(cost(problem), cost(smaller))


@pytest.mark.parametrize("seed", SEEDS)
def test_one_more_sku_never_raises(seed: int):
    """A third SKU that serves the online LLM may be used or left."""
    problem = as_problem(random_case(seed))
    data = problem.data
    extra = data.sel(configuration=["talk@a:100%"], engine=["talk@a"], sku=["a"]).assign_coords(
        configuration=["talk@z:100%"], engine=["talk@z"], sku=["z"]
    )
    extra = extra.assign(
        existing_servers=0 * extra["existing_servers"],
        energy_kj_per_request=0.7 * extra["energy_kj_per_request"],
    )
    wider = data.drop_dims(["sku", "configuration", "engine"])
    for dim in ("sku", "configuration", "engine"):
        over = [name for name in data if dim in data[name].dims]
        wider = wider.merge(xr.concat([data[over], extra[over]], dim))
    more = replace(
        problem,
        data=wider,
        serving=(
            *problem.serving,
            *(("talk/all", "talk@z:100%", r) for r in data["region"].values),
        ),
        engine_of=problem.engine_of | {"talk@z:100%": "talk@z"},
        sku_of=problem.sku_of | {"talk@z": "z"},
    )
    assert at_most(cost(with_upper_bounds(more)), cost(problem))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_later_deadline_never_raises(seed: int):
    problem = as_problem(random_case(seed))
    at_once = changed(problem, backlog_limit_krequests=np.zeros((2, 2)))
    assert at_most(cost(problem), cost(at_once))


@pytest.mark.parametrize("seed", SEEDS)
def test_dirtier_power_never_lowers(seed: int):
    problem = as_problem(random_case(seed))
    intensity = problem.data["intensity_kgco2e_per_kwh"].values
    assert at_most(
        cost(problem), cost(changed(problem, intensity_kgco2e_per_kwh=intensity + 0.1))
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_relaxation_scales_with_demand_and_limits(seed: int):
    """Three times the demand, fleet and stock: three times the continuous optimum."""
    problem = replace(as_problem(random_case(seed)), whole_replicas=False)
    data = problem.data
    scaled = changed(
        problem,
        demand_rps=3 * data["demand_rps"].values,
        arrivals_rps=3 * data["arrivals_rps"].values,
        backlog_limit_krequests=3 * data["backlog_limit_krequests"].values,
        existing_servers=3 * data["existing_servers"].values,
    )
    scaled = with_upper_bounds(
        replace(scaled, stock=tuple((y, g, r, 3 * n) for y, g, r, n in problem.stock))
    )
    once, thrice = relaxed(problem), relaxed(scaled)
    assert thrice == pytest.approx(3 * once, rel=1e-6)


def relaxed(problem: Problem) -> float:
    """Optimum with no whole numbers at all."""
    from carbonplan.program.stamping import stamp
    from carbonplan.solve import relaxation

    bound = relaxation(stamp(problem))
    return np.inf if bound is None else bound


@pytest.mark.parametrize("seed", SEEDS)
def test_intensity_in_grams_scales_the_answer(seed: int):
    problem = as_problem(random_case(seed))
    data = problem.data
    grams = changed(
        problem,
        intensity_kgco2e_per_kwh=1e3 * data["intensity_kgco2e_per_kwh"].values,
        server_kgco2e=1e3 * data["server_kgco2e"].values,
    )
    kilograms = cost(problem)
    if np.isfinite(kilograms):
        assert cost(grams) == pytest.approx(1e3 * kilograms, rel=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_names_and_order_change_nothing(seed: int):
    problem = as_problem(random_case(seed))
    other = {"north": "b-side", "south": "a-side"}
    regions = [other[r] for r in problem.data["region"].values]
    renamed = replace(
        problem,
        data=problem.data.assign_coords(region=regions).sortby("region"),
        routes=tuple(reversed([(k, o, other[r]) for k, o, r in problem.routes])),
        serving=tuple(reversed([(k, c, other[r]) for k, c, r in problem.serving])),
        stock=tuple(reversed([(y, g, other[r], n) for y, g, r, n in problem.stock])),
        renewal=replace(
            problem.renewal,
            kept=tuple(reversed([(*cohort, other[r]) for *cohort, r in problem.renewal.kept])),
        ),
    )
    first, second = cost(problem), cost(renamed)
    assert first == second or first == pytest.approx(second, rel=1e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_slots_of_a_cycle_may_rotate(seed: int):
    problem = as_problem(random_case(seed))
    rolled = {
        name: np.roll(problem.data[name].values, 1, axis=-1)
        for name in (
            "demand_rps",
            "arrivals_rps",
            "backlog_limit_krequests",
            "intensity_kgco2e_per_kwh",
            "pue",
        )
    }
    first, second = cost(problem), cost(changed(problem, **rolled))
    assert first == second or first == pytest.approx(second, rel=1e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_flat_intensity_leaves_nothing_to_shift_for(seed: int):
    """With equal hours and free starts, waiting saves only what fewer servers save."""
    problem = replace(as_problem(random_case(seed)), start_costs=False)
    flat = changed(
        problem,
        intensity_kgco2e_per_kwh=np.full((2, 2), 0.3),
        pue=np.ones((2, 2)),
        server_kgco2e=np.zeros((1, 2, 2)),
        off_kw=np.zeros(2),
        powered_kw=np.zeros(2),
        loaded_kw=np.zeros(2),
    )
    generous = with_upper_bounds(replace(flat, stock=()))
    at_once = changed(generous, backlog_limit_krequests=np.zeros((2, 2)))
    assert cost(at_once) == pytest.approx(cost(generous), rel=1e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_objective_is_best_at_itself(seed: int):
    problem = as_problem(random_case(seed))
    answers: dict[str, Answer] = {
        name: optimum(replace(problem, objective={name: 1.0}))
        for name in ("carbon", "energy", "cost")
    }
    if answers["carbon"].solution.values is None:
        return
    for name, answer in answers.items():
        for other in answers.values():
            assert at_most(answer.impact(name), other.impact(name))


def test_negative_intensity_does_not_make_idling_pay_more_than_its_bounds():
    """Where negative intensity is allowed the program stays bounded."""
    problem = as_problem(random_case(1))
    negative = changed(problem, intensity_kgco2e_per_kwh=np.full((2, 2), -0.1))
    assert np.isfinite(cost(negative)) or np.isinf(cost(problem))
