"""Budgets and bounds on impacts against the least that any plan spends and emits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.diagnose.capacity import NEARLY
from carbonplan.diagnose.levers import UNITS
from carbonplan.diagnose.records import Finding
from carbonplan.diagnose.room import Room, up_to
from carbonplan.diagnose.wording import amount

if TYPE_CHECKING:
    from carbonplan.problem import Problem

Floats = NDArray[np.float64]


def findings(room: Room) -> Iterator[Finding]:
    """Budgets below the cheapest servers, bounds below the energy of the requests alone."""
    if room.problem.budget_usd:
        yield from budgets(room)
    if room.problem.bounds:
        yield from bounds(room)


def budgets(room: Room) -> Iterator[Finding]:
    """Stages up to which the accelerators that peaks take cannot be paid.

    What stands is free; the rest is bought at the least price of an accelerator so far.
    """
    problem = room.problem
    p = problem.data
    if problem.renewal.upgrades:
        return
    standing = float((p["existing_servers"].sum(["cohort", "region"]) * room.of_server).sum())
    prices = p["purchase_usd"].transpose("stage", "sku").values / room.of_server
    stages = p["slot_stage"].values
    for y, node in enumerate(problem.nodes):
        line = up_to(problem, node.name)
        if any(name not in problem.budget_usd for name in line):
            continue
        needed = _accelerators(room)[stages == y].max(initial=0.0) - standing
        sold = [
            prices[z, g]
            for z, other in enumerate(problem.nodes)
            if other.name in line
            for g, sku in enumerate(room.skus)
            if room.is_sold(other.name, sku)
        ]
        least = needed * min(sold, default=np.inf)
        allowed = sum(problem.budget_usd[name] for name in line)
        if needed > NEARLY and least > allowed * (1 + NEARLY) + NEARLY:
            words = (
                f"stages[{node.stage}].budget_usd: the peak takes at least {needed:.4g} more "
                f"accelerators than stand, {amount(np.ceil(least), 'USD')} at the least price; "
                f"{amount(allowed, 'USD')} are allowed up to then"
            )
            yield Finding("budget", words, paths=(f"stages[{node.stage}].budget_usd",))
            return


def bounds(room: Room) -> Iterator[Finding]:
    """Bounds below what the energy of the requests alone comes to, at the best place and time.

    Not where power is under contract, or an impact can be earned.
    """
    problem = room.problem
    if problem.supply.bounds_kw or problem.supply.market_based:
        return
    for impact, at_most in problem.bounds:
        factor = _factor(problem, impact)
        if factor is None or float(factor.min()) < 0:
            continue
        least = _least_impact(room, factor)
        if least > at_most * (1 + NEARLY) + NEARLY:
            unit = UNITS[impact.rpartition("_")[2]]
            words = (
                f"bounds[{impact}].at_most: {amount(at_most, unit)} is below what "
                f"the requests alone take at the best place and time, "
                f"{amount(float(f'{least:.4g}'), unit)}"
            )
            yield Finding("bound", words, paths=(f"bounds[{impact}].at_most",))


def _accelerators(room: Room) -> Floats:
    """Accelerators that online requests take at least, (slot,)."""
    problem = room.problem
    least = room.accelerators.min(axis=(1, 2))
    rps = problem.data["demand_rps"].sum("origin").transpose("request_class", "slot").values
    counts = np.isfinite(least) & ~_optional(problem)
    return (rps[counts] * least[counts, None]).sum(axis=0)


def _factor(problem: Problem, impact: str) -> Floats | None:
    """What a kWh of IT brings of an impact, (region, slot); None where it is not energy's."""
    p = problem.data
    kwh = p["pue"]
    factors = {
        "energy": lambda: kwh,
        "carbon": lambda: kwh * p["intensity_kgco2e_per_kwh"],
        "operational_carbon": lambda: kwh * p["intensity_kgco2e_per_kwh"],
        "onsite_water": lambda: p["wue_l_per_kwh"],
        "offsite_water": lambda: kwh * p["ewif_l_per_kwh"],
        "water": lambda: p["wue_l_per_kwh"] + kwh * p["ewif_l_per_kwh"],
    }
    if impact not in factors:
        return None
    return factors[impact]().transpose("region", "slot").values


def _least_impact(room: Room, factor: Floats) -> float:
    """Least of an impact: each request where and, of batch work, when it brings the least."""
    p = room.problem.data
    hours = p["hours"].values
    kw = room.kw.min(axis=2)  # (class, region)
    total = 0.0
    for k, name in enumerate(p["request_class"].values.tolist()):
        if _optional(room.problem)[k] or not np.isfinite(kw[k]).any():
            continue
        served = np.isfinite(kw[k])
        by_slot = (kw[k][served, None] * factor[served]).min(axis=0)
        if name in room.problem.batch:
            rps = p["arrivals_rps"].sel(request_class=name).values
            by_slot = np.full_like(by_slot, by_slot.min())
        else:
            rps = p["demand_rps"].sel(request_class=name).sum("origin").values
        total += float((hours * rps * by_slot).sum())
    return total


def _optional(problem: Problem) -> NDArray[np.bool_]:
    """Classes that another way of dividing requests may replace, (class,)."""
    names = problem.data["request_class"].values.tolist()
    return np.array([name in problem.partition_of for name in names])
