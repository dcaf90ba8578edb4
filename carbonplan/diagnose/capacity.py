"""Demand against what can be had at most: stock, places and power, in every slot.

Everything here is a bound that holds for every plan: servers as many as stand or can be bought
by then, each at the best rate of any configuration, none of it idle, nothing whole. A scenario
that is accused here has no plan; many that have none are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.diagnose.records import Finding
from carbonplan.diagnose.room import Room
from carbonplan.diagnose.wording import amount, listed
from carbonplan.units import REQUESTS_PER_KREQUEST, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from carbonplan.problem import Problem

Floats = NDArray[np.float64]
NEARLY = 1e-6  # shares below which a demand is not called more than a capacity


def findings(room: Room, times: list[str], run: NDArray[np.int64]) -> Iterator[Finding]:
    """What is asked for and cannot be had: by class and origin, in all, and of batch work.

    Parameters
    ----------
    times, run
        Of each slot: what messages call it, and the number of its run of consecutive slots.
    """
    yield from online(room, times)
    yield from altogether(room, times)
    yield from batch(room, times, run)


def online(room: Room, times: list[str]) -> Iterator[Finding]:
    """Online classes whose demand exceeds what their regions can serve of them alone."""
    problem = room.problem
    names = problem.data["request_class"].values.tolist()
    demand = problem.data["demand_rps"].transpose("request_class", "origin", "slot")
    told: set[str] = set()
    for k in problem.online:
        if k in problem.partition_of:
            continue
        reached: dict[frozenset[str], list[str]] = {}
        for o in demand["origin"].values.tolist():
            near = frozenset(r for a, b, r in problem.routes if (a, b) == (k, o))
            reached.setdefault(near, []).append(o)
        everywhere = frozenset().union(*reached)
        asked = {near: demand.sel(request_class=k, origin=os) for near, os in reached.items()}
        asked = {near: one.sum("origin").values for near, one in asked.items()}
        asked[everywhere] = demand.sel(request_class=k).sum("origin").values
        for near, rps in asked.items():
            workload, _, label = k.partition("/")
            regions = [i for i, r in enumerate(room.regions) if r in near]
            found = _short(rps, room.capacity_rps(names.index(k), regions))
            if found and workload not in told:
                told.add(workload)
                t, most = found
                unlimited = room.capacity_rps(names.index(k), regions, powered=False)[t]
                with_all = (
                    "within the power limits"
                    if unlimited >= rps[t]
                    else "with every server that can be had"
                )
                there = listed(sorted(near), "or")
                can = (
                    f"{there} can serve at most {_floored(most)} {with_all}"
                    if most > 0
                    else "no server that can serve them stands or can be had by then"
                )
                words = (
                    f"workloads[{workload}]: {rps[t]:.4g} requests/s of class {label!r} come "
                    f"at {times[t]}; {can}"
                )
                yield Finding("capacity", words, workload, (f"workloads[{workload}].arrivals",))


def altogether(room: Room, times: list[str]) -> Iterator[Finding]:
    """All online classes together against accelerators and power."""
    problem = room.problem
    names = problem.data["request_class"].values.tolist()
    rps = problem.data["demand_rps"].sum("origin").transpose("request_class", "slot").values
    fixed = [names.index(k) for k in problem.online if k not in problem.partition_of]
    stage = problem.data["slot_stage"].values
    supply = (room.in_all * room.of_server)[stage].sum(axis=1)
    if problem.renewal.upgrades:
        supply = np.full_like(supply, np.inf)
    is_open = problem.data["region_open"].transpose("region", "slot").values > 0
    limit = problem.data["site_it_limit_kw"].transpose("region", "slot").values
    power = np.where(is_open, limit, 0.0).sum(axis=0)
    for what, of_class, most in (
        ("accelerators", room.accelerators, supply),
        ("kW for IT", room.kw, power),
    ):
        least = of_class.min(axis=(1, 2))[fixed]
        finite = np.isfinite(least)
        taken = (rps[fixed][finite] * least[finite, None]).sum(axis=0)
        found = _short(taken, most)
        if found:
            t, limit_then = found
            words = (
                f"{_limits_of(problem, what)}: all online workloads together take at least "
                f"{taken[t]:.4g} {what} at {times[t]}, {_floored(limit_then)} can be had"
            )
            kind, paths = (
                ("power", tuple(_power_limits(problem)))
                if "kW" in what
                else (
                    "capacity",
                    ("fleet.stock",),
                )
            )
            yield Finding(kind, words, paths=paths)


def _limits_of(problem: Problem, what: str) -> str:
    """Paths of the limits that bound what can be had."""
    if "kW" in what:
        return listed(_power_limits(problem))
    return "fleet.stock" if problem.stock else "fleet"


def _power_limits(problem: Problem) -> list[str]:
    return [f"regions[{region}].power_limit_kw" for region in problem.site_power_kw]


def batch(room: Room, times: list[str], run: NDArray[np.int64]) -> Iterator[Finding]:
    """Batch classes whose work cannot be done by its deadline, even with every server."""
    problem = room.problem
    names = problem.data["request_class"].values.tolist()
    krequests_per_rps = (
        SECONDS_PER_HOUR * float(problem.data["slot_hours"]) / REQUESTS_PER_KREQUEST
    )
    for k in problem.batch:
        on_host = (room.accelerators[names.index(k)] <= 0).any()
        if k in problem.partition_of or on_host:
            continue
        arrivals = problem.data["arrivals_rps"].sel(request_class=k).values
        waiting = problem.data["backlog_limit_krequests"].sel(request_class=k).values
        everywhere = list(range(len(room.regions)))
        most = room.capacity_rps(names.index(k), everywhere)
        for number in np.unique(run):
            slots = np.flatnonzero(run == number)
            found = _late(arrivals[slots], waiting[slots] / krequests_per_rps, most[slots])
            if found:
                first, last, factor = found
                workload, _, label = k.partition("/")
                times_over = f"{factor:.3g} times" if np.isfinite(factor) else "more than"
                words = (
                    f"workloads[{workload}].deadline_hours: work of class {label!r} that comes "
                    f"from {times[slots[first]]} on and is due by the end of "
                    f"{times[slots[last]]} is {times_over} what every server that can be had "
                    "does until then"
                )
                yield Finding(
                    "batch", words, workload, (f"workloads[{workload}].deadline_hours",)
                )
                break


def _late(arrivals: Floats, waiting: Floats, most: Floats) -> tuple[int, int, float] | None:
    """A span of slots in which more work is due than can be done, and by what factor.

    Spans of doubling length; over the whole run, which ends with as much waiting as it begins
    with, all work is due.
    """
    count, length = len(arrivals), 1
    sums, caps = _sums(arrivals), _sums(np.minimum(most, arrivals.sum() + 1.0))
    while True:
        starts = np.arange(count - length + 1)
        left = waiting[starts + length - 1] if length < count else 0.0
        due, done = sums[starts + length] - sums[starts] - left, caps[starts + length]
        done = done - caps[starts]
        short = np.where(due > done * (1 + NEARLY) + NEARLY, due - done, 0.0)
        i = int(short.argmax())
        if short[i] > 0:
            factor = float(due[i] / done[i]) if done[i] > 0 else np.inf
            return i, i + length - 1, factor
        if length == count:
            return None
        length = min(2 * length, count)


def _sums(values: Floats) -> Floats:
    return np.concatenate([[0.0], np.cumsum(values)])


def _short(asked: Floats, most: Floats) -> tuple[int, float] | None:
    """The slot in which most is missing, and what there is; None where nothing is."""
    missing = np.where(asked > most * (1 + NEARLY) + NEARLY, asked - most, 0.0)
    t = int(missing.argmax())
    return (t, float(most[t])) if missing[t] > 0 else None


def _floored(value: float) -> str:
    return amount(float(f"{value:.4g}"), "")
