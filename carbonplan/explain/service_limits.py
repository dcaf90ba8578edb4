"""Limits on service: how full replicas run, how soon work is done, how good answers are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.explain.limit import NEARLY, STEP, Changed, Limit, assignment
from carbonplan.problem import Problem, with_upper_bounds
from carbonplan.problem.waiting import backlog_limit_krequests

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.scenario.workloads import Workload

LOOSER_SLO = 0.1  # share by which a latency limit is relaxed


def service_limits(problem: Problem, inputs: Inputs | None) -> Iterator[Limit]:
    """Limits of workloads, and how much of a replica's rate is used."""
    yield from _spare(problem)
    if inputs is None:
        return
    yield _utilisation(inputs)
    for workload in inputs.scenario.workloads:
        yield from _of_workload(problem, inputs, workload)


def _of_workload(problem: Problem, inputs: Inputs, workload: Workload) -> Iterator[Limit]:
    path = f"workloads[{workload.name}]"
    names = [k.name for k in inputs.classes if k.workload.name == workload.name]
    if workload.headroom > 1:
        yield _headroom(workload, path, names)
    if problem.promises.quality_margin and workload.quality_floor:
        yield _quality(inputs, workload, path)
    if workload.kind == "batch":
        yield _deadline(inputs, workload, path)
    else:
        for field, words in (("ttft_s", "first token"), ("tpot_s", "further tokens")):
            yield _slo(workload, f"{path}.{field}", field, words)


def _spare(problem: Problem) -> Iterator[Limit]:
    for workload, replicas in problem.promises.spare_replicas.items():
        path = f"workloads[{workload}].spare_replicas"

        def changed(problem: Problem, value: float, workload: str = workload) -> Problem:
            spare = {**problem.promises.spare_replicas, workload: value}
            promises = replace(problem.promises, spare_replicas=spare)
            return with_upper_bounds(replace(problem, promises=promises))

        yield Limit(
            kind="spare",
            path=path,
            words=f"spare replicas of {workload}",
            unit="replicas",
            value=replicas,
            step=-1.0,
            changed=changed,
            overrides=assignment(path),
            families=("spare_is_ready",),
        )


def _utilisation(inputs: Inputs) -> Limit:
    limit = inputs.scenario.fleet.utilisation_limit
    return Limit(
        kind="utilisation",
        path="fleet.utilisation_limit",
        words="share of a replica's rate that is used",
        unit="",
        value=limit,
        step=min(STEP, 1 - limit),
        changed=_with_rates(None, lambda value: value / limit),
        overrides=assignment("fleet.utilisation_limit"),
        families=("load_within_throughput",) if limit < 1 else ("nothing",),
        probe=NEARLY * limit,
        resolved_by_overrides=True,
    )


def _headroom(workload: Workload, path: str, names: list[str]) -> Limit:
    headroom = workload.headroom
    return Limit(
        kind="headroom",
        path=f"{path}.headroom",
        words=f"capacity kept for {workload.name}, by its load",
        unit="",
        value=headroom,
        step=-min(STEP, headroom - 1),
        changed=_with_rates(names, lambda value: headroom / value),
        overrides=assignment(f"{path}.headroom"),
        families=("load_within_throughput",),
        probe=-NEARLY * (headroom - 1),
        resolved_by_overrides=True,
    )


def _with_rates(names: list[str] | None, factor: object) -> Changed:
    """Replicas that serve classes faster by a factor; all classes where none is named."""

    def changed(problem: Problem, value: float) -> Problem:
        rate = problem.data["rate_rps"].copy()
        mine = np.array([names is None or k in names for k in rate["request_class"].values])
        rate.loc[{"request_class": mine}] *= factor(value)
        return with_upper_bounds(replace(problem, data=problem.data.assign(rate_rps=rate)))

    return changed


def _quality(inputs: Inputs, workload: Workload, path: str) -> Limit:
    floor = workload.quality_floor
    tokens = {
        k.name: k.request_class.output_tokens
        for k in inputs.classes
        if k.workload.name == workload.name
    }

    def changed(problem: Problem, value: float) -> Problem:
        margin = {
            (k, c): tokens_above - tokens.get(k, 0.0) * (value - floor)
            for (k, c), tokens_above in problem.promises.quality_margin.items()
        }
        return replace(problem, promises=replace(problem.promises, quality_margin=margin))

    return Limit(
        kind="quality",
        path=f"{path}.quality_floor",
        words=f"least mean quality of answers to {workload.name}",
        unit="",
        value=floor,
        step=-STEP * floor,
        changed=changed,
        overrides=assignment(f"{path}.quality_floor"),
        families=("quality_holds",),
        probe=-NEARLY * floor,
        resolved_by_overrides=True,
    )


def _deadline(inputs: Inputs, workload: Workload, path: str) -> Limit:
    hours = workload.deadline_hours

    def changed(problem: Problem, value: float) -> Problem:
        waiting = problem.data["backlog_limit_krequests"].copy()
        later = workload.model_copy(update={"deadline_hours": round(value)})
        for one in inputs.classes:
            if one.workload.name == workload.name:
                limit = backlog_limit_krequests(inputs, replace(one, workload=later))
                waiting.loc[{"request_class": one.name}] = limit
        data = problem.data.assign(backlog_limit_krequests=waiting)
        return with_upper_bounds(replace(problem, data=data))

    return Limit(
        kind="deadline",
        path=f"{path}.deadline_hours",
        words=f"hours until {workload.name} must be done",
        unit="h",
        value=hours,
        step=1.0,
        changed=changed,
        overrides=lambda value: (f"{path}.deadline_hours={round(value)}",),
        families=("batch_work_meets_deadline", "Backlog_krequests"),
    )


def _slo(workload: Workload, path: str, field: str, words: str) -> Limit:
    seconds = getattr(workload, field)
    return Limit(
        kind="latency",
        path=path,
        words=f"time to {words} of {workload.name}"
        if field == "ttft_s"
        else f"time between {words} of {workload.name}",
        unit="s",
        value=seconds,
        step=LOOSER_SLO * seconds,
        changed=None,
        overrides=assignment(path),
        families=(),
    )
