"""Futures recomputed: what a plan costs in each of them, on average and in the worst."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from carbonplan.plan.records import ImpactTotal
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import TOLERANCE, Check, fails
from carbonplan.verify.coefficients import Coefficients
from carbonplan.verify.impacts import impacts, objective_value

NAME = "futures_are_as_stated"


def losses(
    case: Case, needs: Coefficients, power_kw: Floats, not_earned_kgco2e_per_hour: Floats
) -> dict[str, float]:
    """The objective in each future, as if it were known to come."""
    found = {}
    for future in case.inputs.scenario.futures:
        own = in_future(case, future.name)
        totals = impacts(own, needs, power_kw, not_earned_kgco2e_per_hour)
        totals["latency"] = _by_expected_requests(totals["latency"], own, case)
        found[future.name] = objective_value(own, totals)
    return found


def in_future(case: Case, future: str) -> Case:
    """The case with what is shared and what happens in one future, and nothing else."""
    probability = {one.name: one.probability for one in case.inputs.scenario.futures}
    of_slot = case.inputs.series["future"].values
    times = np.where(of_slot == "", 1.0, (of_slot == future) / probability[future])
    nodes = tuple(
        replace(node, probability=float(node.future in (None, future)))
        for node in case.inputs.nodes
    )
    return replace(case, hours=case.hours * times, inputs=replace(case.inputs, nodes=nodes))


def _by_expected_requests(latency: ImpactTotal, own: Case, case: Case) -> ImpactTotal:
    """Time to first token by the expected requests, so that futures add up to the mean."""
    asked = [
        float((one.demand_rps[one.online].sum(axis=(0, 1)) * one.hours).sum())
        for one in (own, case)
    ]
    return replace(latency, value=latency.value * asked[0] / asked[1]) if asked[1] else latency


def minimised(case: Case, by_future: Mapping[str, float], objective: float) -> float:
    """What the scenario minimises: the expected objective, or that of the worst beside it."""
    risk = case.inputs.scenario.risk
    if not by_future or not risk.weight:
        return objective
    return (1 - risk.weight) * objective + risk.weight * mean_of_worst(case, by_future)


def mean_of_worst(case: Case, by_future: Mapping[str, float]) -> float:
    """Mean of the worst futures, as the least over thresholds."""
    futures, tail = case.inputs.scenario.futures, case.inputs.scenario.risk.tail
    return min(
        threshold
        + sum(f.probability * max(by_future[f.name] - threshold, 0.0) for f in futures) / tail
        for threshold in by_future.values()
    )


def futures_are_as_stated(
    case: Case, by_future: Mapping[str, float], objective: float
) -> list[Check]:
    """The objective in each future, its mean and that of the worst."""
    stated = case.plan.summary.get("risk") or {}
    if not by_future:
        return [fails(NAME, 1, [f"{NAME}: futures found, none expected"] if stated else [])]
    rows = {row["future"]: row["objective"] for row in stated.get("by_future", ())}
    expected = {
        **by_future,
        "expected": objective,
        "mean_of_worst": mean_of_worst(case, by_future),
    }
    found = rows | {key: stated.get(key, np.nan) for key in ("expected", "mean_of_worst")}
    scale = max(map(abs, by_future.values()))
    wrong = [
        f"{NAME}: {key}: {found.get(key, np.nan):.9g} found, {value:.9g} expected"
        for key, value in expected.items()
        if not abs(found.get(key, np.nan) - value) <= TOLERANCE * scale
    ]
    return [fails(NAME, len(expected), wrong)]
