"""What replicas draw at any load, where they are whole: recomputed at every clock they have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.technology.host_sockets import ON_HOST
from carbonplan.technology.part_load import lines
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    from carbonplan.technology.operating import OperatingPoints, Replica
    from carbonplan.verify.case import Case, Floats


def at_any_load(
    case: Case, points_of: Callable[[Case, Sequence[Replica], list[int]], OperatingPoints]
) -> tuple[Floats, Floats]:
    """Power of engines at any load above idle, (e,) [kW], and what is left to requests, (c,).

    0 and 1 where none is counted apart.

    Parameters
    ----------
    points_of
        Operating points of replicas for the classes at positions.
    """
    drawn, left = np.zeros(len(case.engines)), np.ones(len(case.running))
    if not _counts(case):
        return drawn, left
    arrivals = case.inputs.series["arrivals_rps"].sum("origin").mean("slot")
    for e, replica in enumerate(case.engine_running):
        if replica.mode or ON_HOST in replica.server.name or _is_measured(case, replica):
            continue
        k = [i for i, one in enumerate(case.classes) if replica.llm.llm in one.workload.llms]
        demand = [
            float(arrivals.sel(workload=case.classes[i].workload.name))
            * case.classes[i].request_class.share
            for i in k
        ]
        clocked = _at_all_clocks(case, replica)
        found = lines(points_of(case, clocked, k), demand, calibration_of(case.inputs))
        drawn[e], parts = found.of_engine(np.arange(len(clocked)))
        at = {one.clock_fraction: part for one, part in zip(clocked, parts, strict=True)}
        for c in np.flatnonzero(case.clocked[:, e]):
            left[c] = at[case.running[c].clock_fraction]
    return drawn, left


def _counts(case: Case) -> bool:
    """Whether replicas are whole, as asked or as the plan says, and no energy may earn."""
    asked = case.inputs.scenario.fleet.replicas
    kind = case.plan.summary.get("replicas") if asked == "auto" else asked
    return kind == "whole" and float(case.series("intensity_kgco2e_per_kwh").min()) >= 0.0


def _at_all_clocks(case: Case, replica: Replica) -> list[Replica]:
    """The replica at every clock that the scenario allows and the accelerator has."""
    one = replica.server.accelerator
    if one.kind != "gpu":
        return [replica]
    lowest = one.lowest_clock_mhz / one.boost_clock_mhz
    clocks = case.inputs.scenario.fleet.clock_fractions
    return [replace(replica, clock_fraction=clock) for clock in clocks if clock >= lowest]


def _is_measured(case: Case, replica: Replica) -> bool:
    """Whether the user measured the replica at some clock."""
    runs = (
        replica.llm.llm,
        replica.tensor_parallel,
        replica.pipeline_parallel,
        replica.precision,
    )
    named = (
        (replica.server.accelerator.accelerator, "accelerator", case.inputs.measurements),
        (replica.server.name, "sku", case.inputs.profiles),
    )
    return any(
        getattr(row, called) == name
        and runs == (row.llm, row.tensor_parallel, row.pipeline_parallel, row.precision)
        for name, called, rows in named
        for row in rows
    )
