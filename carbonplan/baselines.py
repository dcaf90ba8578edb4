"""Baselines: the plans that others would make, solved beside the plan for comparison.

Each baseline is the same problem with another objective or with a freedom taken away; all else,
the demand, the SLOs, the prices and the accounting, is the plan's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from carbonplan.errors import UsageError, nearest
from carbonplan.formulation.impacts import weights
from carbonplan.problem import Problem
from carbonplan.problem.bounds import with_upper_bounds
from carbonplan.solve import Limits, Progress, solve

Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Baseline:
    """A way of planning without one of the tool's freedoms.

    Attributes
    ----------
    variants
        The problem as the baseline sees it; where there are several, the best one counts. Each
        has a note that says what it is.
    """

    name: str
    title: str
    variants: Callable[[Problem], Iterable[tuple[Problem, str]]]


def cost_optimal(problem: Problem) -> Iterable[tuple[Problem, str]]:
    """The cheapest plan."""
    yield replace(problem, objective={"cost": 1.0}), "minimises servers and energy"


def energy_optimal(problem: Problem) -> Iterable[tuple[Problem, str]]:
    """The plan that draws the least energy."""
    yield replace(problem, objective={"energy": 1.0}), "minimises site energy"


def performance_optimal(problem: Problem) -> Iterable[tuple[Problem, str]]:
    """Every class on its fastest configuration, bought as cheaply as that allows.

    Online classes take the configuration with the shortest time to first token, batch classes
    the one with the highest rate by the accelerator, never sockets of hosts; where phases may
    be apart, the fastest of each.
    """
    fastest = _fastest(problem)
    serving = tuple(one for one in problem.serving if one[:2] in fastest)
    chosen = _restricted(problem, serving)
    yield replace(chosen, objective={"cost": 1.0}), "fastest configuration of each class"


def single_sku(problem: Problem) -> Iterable[tuple[Problem, str]]:
    """Only one SKU is used: every SKU that can serve everything is tried alone."""
    classes = {k for k, _, _ in problem.serving}
    for sku in sorted(set(problem.sku_of.values())):
        serving = tuple(
            s for s in problem.serving if problem.sku_of[problem.engine_of[s[1]]] == sku
        )
        if {k for k, _, _ in serving} == classes:
            yield _restricted(problem, serving), f"only {sku}"


def home_region(problem: Problem) -> Iterable[tuple[Problem, str]]:
    """Online requests go to the nearest region alone, batch work to the busiest of these."""
    rtt_s = problem.data["rtt_s"].to_series()
    nearest_of: dict[tuple[str, str], str] = {}
    for k, o, r in problem.routes:
        best = nearest_of.get((k, o))
        if best is None or (rtt_s[o, r], r) < (rtt_s[o, best], best):
            nearest_of[k, o] = r
    demand = problem.data["demand_rps"].sum("slot").to_series()
    weight: dict[str, float] = {}
    for (k, o), r in nearest_of.items():
        weight[r] = weight.get(r, 0.0) + demand[k, o]
    regions = sorted({r for _, _, r in problem.serving})
    homes = [max(sorted(weight), key=weight.get)] if weight else regions
    at_home = {(k, r) for (k, _), r in nearest_of.items()}
    for home in homes:
        serving = tuple(
            (k, c, r)
            for k, c, r in problem.serving
            if (k, r) in at_home or (k in problem.batch and r == home)
        )
        routes = tuple(route for route in problem.routes if nearest_of[route[:2]] == route[2])
        note = f"batch work in {home}" if problem.batch else "each origin in its nearest region"
        yield replace(_restricted(problem, serving), routes=routes), note


def no_shift(problem: Problem) -> Iterable[tuple[Problem, str]]:
    """Batch work is done in the hour in which it arrives."""
    at_once = problem.data["backlog_limit_krequests"] * 0.0
    data = problem.data.assign(backlog_limit_krequests=at_once)
    yield with_upper_bounds(replace(problem, data=data)), "batch work is done as it arrives"


def own_llms(problem: Problem) -> Iterable[tuple[Problem, str]]:
    """Requests are answered by the LLM that they ask for."""
    others = problem.promises.alternatives
    serving = tuple(one for one in problem.serving if one[:2] not in others)
    yield _restricted(problem, serving), "each workload's own LLM"


BASELINES: Mapping[str, Baseline] = {
    baseline.name: baseline
    for baseline in (
        Baseline("cost-optimal", "Cost-optimal", cost_optimal),
        Baseline("energy-optimal", "Energy-optimal", energy_optimal),
        Baseline("performance-optimal", "Performance-optimal", performance_optimal),
        Baseline("single-sku", "Single SKU", single_sku),
        Baseline("home-region", "Home region", home_region),
        Baseline("no-shift", "No shift", no_shift),
    )
}


def chosen(names: Iterable[str]) -> tuple[Baseline, ...]:
    """Baselines by name; ``all`` is every one.

    Raises
    ------
    UsageError
        A name that is no baseline.
    """
    names = list(names)
    if "all" in names:
        return tuple(BASELINES.values())
    unknown = [name for name in names if name not in BASELINES]
    if unknown:
        raise UsageError(
            "; ".join(
                f"no baseline {name!r}{nearest(name, BASELINES)} "
                f"(baselines: {', '.join(BASELINES)}, all)"
                for name in unknown
            )
        )
    return tuple(BASELINES[name] for name in dict.fromkeys(names))


def compare(
    baseline: Baseline, problem: Problem, limits: Limits, on_progress: Report | None = None
) -> dict[str, object]:
    """A baseline's impacts, of its best variant by the plan's own objective."""
    from carbonplan.program.stamping import stamp

    best: dict[str, object] | None = None
    for variant, note in baseline.variants(problem):
        program = stamp(variant)
        solution = solve(program, limits, on_progress=on_progress)
        if solution.values is None:
            continue
        impacts = {
            name: float(vector @ solution.values + constant)
            for name, (vector, constant) in program.impacts.items()
        }
        objective = sum(weight * impacts[name] for name, weight in weights(problem).items())
        if best is None or objective < best["objective"]:
            best = {
                "status": str(solution.status),
                "note": note,
                "objective": objective,
                "gap": solution.gap,
                "impacts": impacts,
            }
    named = {"name": baseline.name, "title": baseline.title}
    return named | (best or {"status": "no plan", "note": "it has no plan", "impacts": {}})


def _restricted(problem: Problem, serving: tuple[tuple[str, str, str], ...]) -> Problem:
    """The problem with less that may carry load; a route needs something at its end."""
    served = {(k, r) for k, _, r in serving}
    routes = tuple(route for route in problem.routes if (route[0], route[2]) in served)
    return with_upper_bounds(replace(problem, serving=serving, routes=routes))


def _fastest(problem: Problem) -> set[tuple[str, str]]:
    """Classes, each with its fastest configuration of each role."""
    on_hosts = set(problem.on_hosts)
    names: dict[tuple[str, str], set[str]] = {}
    for k, c, _ in problem.serving:
        if problem.engine_of[c] not in on_hosts:
            names.setdefault((k, problem.role_of.get(c, "mixed")), set()).add(c)
    return {(k, _fastest_of(problem, k, sorted(found))) for (k, _), found in names.items()}


def _fastest_of(problem: Problem, k: str, names: list[str]) -> str:
    """The fastest of some configurations for a class; of equals the first."""
    of_class = problem.data.sel(request_class=k, configuration=names)
    engines = xr.DataArray([problem.engine_of[c] for c in names], dims="configuration")
    slowness = (
        -of_class["rate_rps"] / of_class["accelerators"].sel(engine=engines)
        if k in problem.batch
        else of_class["ttft_s"]
    )
    return names[int(np.argmin(slowness.values))]
