"""Why no plan exists: which demands and limits cannot hold together, in the scenario's words.

The program is solved once more with the limits of the user elastic, at the least relaxation in
all, each counted relative to its own size; where that does not help, demand gives way too. What
gives way is named, with how much is allowed and how much more is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from carbonplan.catalogue.inputs import NOW
from carbonplan.problem import Problem, with_upper_bounds
from carbonplan.program import Layout, Program
from carbonplan.program.stamping import stamp
from carbonplan.solve import Limits, solve

ROUGHLY = 0.05  # gap at which the least relaxation is known well enough to be named
LARGEST_SHARE = 1000.0  # a limit gives way to at most this many times its own size
NOTICEABLE = 1e-6
LONGEST_S = 30.0
SMALL = 4_000  # columns up to which a worker process costs more than it protects


@dataclass(frozen=True)
class Elastic:
    """A family of rows that a user can relax.

    Attributes
    ----------
    sign
        -1 where less than the row asks for is served, so that demand gives way; +1 where a
        limit is passed.
    words
        From label, slot, what stands in the row and what gives way to a sentence.
    least
        Size of a row whose side is smaller, as that of a share: 0.
    """

    sign: float
    words: Callable[[tuple[str, ...], str, float, float], str]
    least: float = 1e-3


@dataclass(frozen=True)
class Slack:
    """Slack columns of a family: the share of a row's own size by which it gives way [1]."""

    family: str
    first: int
    size: NDArray[np.float64]


def _demand(label: tuple[str, ...], time: str, asked: float, short: float) -> str:
    workload, request_class = label[0].split("/", 1)
    return (
        f"workloads[{workload}]: {asked:.4g} requests/s of class {request_class!r} come from "
        f"{label[1]} at {time}, {short:.4g} more than can be served"
    )


def _batch(label: tuple[str, ...], time: str, asked: float, short: float) -> str:
    workload, request_class = label[0].split("/", 1)
    return (
        f"workloads[{workload}].deadline_hours: {short:.4g} thousand requests of class "
        f"{request_class!r} cannot be done in time (first at {time}, where {asked:.4g} arrive)"
    )


def _site_power(label: tuple[str, ...], time: str, allowed: float, more: float) -> str:
    return (
        f"regions[{label[0]}].power_limit_kw: {allowed:.4g} kW for IT at {time}, "
        f"{more:.4g} kW more needed"
    )


def _stock(label: tuple[str, ...], _time: str, allowed: float, more: float) -> str:
    stage, sku, *region = label
    place = f" in {region[0]}" if region else ""
    when = _in_stage(stage)
    return f"fleet.stock[{sku}]{place}{when}: {allowed:.0f} allowed, {more:.3g} more needed"


def _space(label: tuple[str, ...], _time: str, allowed: float, more: float) -> str:
    stage, region = label
    return (
        f"regions[{region}].server_limit{_in_stage(stage)}: {allowed:.0f} allowed, "
        f"{more:.3g} more needed"
    )


def _budget(label: tuple[str, ...], _time: str, allowed: float, more: float) -> str:
    return f"stages[{label[0]}].budget_usd: {allowed:.6g} allowed, {more:.4g} more needed"


def _in_stage(stage: str) -> str:
    return "" if stage == NOW.name else f" in stage {stage}"


def _bound(label: tuple[str, ...], _time: str, allowed: float, more: float) -> str:
    return f"bounds[{label[0]}].at_most: {allowed:.6g} allowed, {more:.4g} more needed"


def _matched(label: tuple[str, ...], _time: str, _allowed: float, more: float) -> str:
    return (
        f"supply.matched_share: {more:.4g} kWh of {label[0]} are drawn in hours in which its "
        "contracts deliver too little"
    )


def _spare(label: tuple[str, ...], time: str, asked: float, short: float) -> str:
    return (
        f"workloads[{label[0]}].spare_replicas: {asked:.0f} asked for, {short:.3g} more than "
        f"can stand ready at {time}"
    )


def _quality(label: tuple[str, ...], time: str, _asked: float, _short: float) -> str:
    return (
        f"workloads[{label[0]}].quality_floor: the LLMs that reach it cannot answer enough at "
        f"{time}"
    )


def _region_share(label: tuple[str, ...], _time: str, _allowed: float, more: float) -> str:
    stage, region = label
    return (
        f"fleet.largest_region_share{_in_stage(stage)}: {more:.3g} accelerators more needed in "
        f"{region}"
    )


def _vendor_share(label: tuple[str, ...], _time: str, _allowed: float, more: float) -> str:
    stage, vendor = label
    return (
        f"fleet.largest_vendor_share{_in_stage(stage)}: {more:.3g} accelerators more needed of "
        f"{vendor}"
    )


ELASTIC: Mapping[str, Elastic] = {
    "demand_is_routed": Elastic(-1.0, _demand),
    "batch_work_is_carried": Elastic(-1.0, _batch),
    "site_power_holds": Elastic(1.0, _site_power),
    "purchases_within_stock": Elastic(1.0, _stock),
    "purchases_within_total_stock": Elastic(1.0, _stock),
    "servers_fit_in_site": Elastic(1.0, _space),
    "purchases_within_budget": Elastic(1.0, _budget),
    "impact_within_bound": Elastic(1.0, _bound),
    "share_is_matched": Elastic(1.0, _matched, least=1e3),
    "spare_is_ready": Elastic(1.0, _spare),
    "quality_holds": Elastic(1.0, _quality, least=1e3),
    "region_share_holds": Elastic(1.0, _region_share, least=1.0),
    "vendor_share_holds": Elastic(1.0, _vendor_share, least=1.0),
}
LIMITS_ALONE = tuple(family for family, elastic in ELASTIC.items() if elastic.sign > 0)


def reasons(problem: Problem, limits: Limits, times: list[str]) -> list[str]:
    """Demands and limits that give way, the largest of each kind and place first.

    Parameters
    ----------
    times
        Of the slots, for the messages.
    """
    seconds = min(limits.time_limit_s, LONGEST_S)
    limits = replace(limits, gap=ROUGHLY, time_limit_s=seconds)
    for families in (LIMITS_ALONE, tuple(ELASTIC)):
        elastic, slack = with_slack(unbounded(problem), families)
        if slack:
            small = len(elastic.cost) <= SMALL
            solution = solve(elastic, limits, isolated=not small)
            if solution.values is not None:
                return _words(elastic, slack, solution.values, times)
    return ["the limits cannot hold together; no smallest set of them was found in time"]


def _words(
    elastic: Program, slack: list[Slack], values: NDArray[np.float64], times: list[str]
) -> list[str]:
    """A sentence for each row family and label that gives way, the largest share first."""
    worst: dict[tuple[str, tuple[str, ...]], tuple[float, str]] = {}
    for one in slack:
        for n, (label, slot, row) in enumerate(rows_of(elastic.rows[one.family])):
            share = float(values[one.first + n])
            key = (one.family, label)
            if share > max(NOTICEABLE, worst.get(key, (0.0, ""))[0]):
                time = times[slot] if slot is not None else ""
                side, more = float(sides_of(elastic, [row])[0]), share * float(one.size[n])
                worst[key] = (share, ELASTIC[one.family].words(label, time, side, more))
    return [words for _, words in sorted(worst.values(), reverse=True)]


def unbounded(problem: Problem) -> Problem:
    """The problem with bounds on decisions that do not know of stock and space."""
    free = with_upper_bounds(replace(problem, stock=(), site_servers={}, budget_usd={}))
    return replace(problem, data=free.data)


def rows_of(layout: Layout) -> list[tuple[tuple[str, ...], int | None, int]]:
    """Label, slot and number of each row of a family."""
    if layout.positions.ndim == 1:
        return [
            (lb, None, int(p)) for lb, p in zip(layout.labels, layout.positions, strict=True)
        ]
    return [
        (label, t, int(row))
        for label, rows in zip(layout.labels, layout.positions, strict=True)
        for t, row in enumerate(rows)
    ]


def sides_of(program: Program, rows: ArrayLike) -> NDArray[np.float64]:
    """The upper side of rows, or the lower one where there is no upper."""
    upper = program.row_upper[np.asarray(rows)]
    return np.where(np.isfinite(upper), upper, program.row_lower[np.asarray(rows)])


def with_slack(problem: Problem, families: Iterable[str]) -> tuple[Program, list[Slack]]:
    """The program with elastic rows of some families, and where their slack is."""
    program = stamp(problem)
    columns, slack = [], []
    rows_count, count = program.matrix.shape
    for family in families:
        if family in program.rows:
            rows = np.array([row for _, _, row in rows_of(program.rows[family])])
            sides, least = np.abs(sides_of(program, rows)), ELASTIC[family].least
            size = np.maximum(sides, max(float(sides.max(initial=0.0)) * 1e-3, least))
            passed = np.where(np.isfinite(program.row_upper[rows]), -1.0, 1.0)
            entries = (ELASTIC[family].sign * passed * size, (rows, np.arange(len(rows))))
            columns.append(sp.csc_array(entries, shape=(rows_count, len(rows))))
            slack.append(Slack(family, count, size))
            count += len(rows)
    most = [
        np.full(len(one.size), 1.0 if ELASTIC[one.family].sign < 0 else LARGEST_SHARE)
        for one in slack
    ]
    added = count - program.matrix.shape[1]
    return replace(
        program,
        matrix=sp.csc_array(sp.hstack([program.matrix, *columns])),
        column_lower=np.concatenate([program.column_lower, np.zeros(added)]),
        column_upper=np.concatenate([program.column_upper, *most]),
        integer=np.concatenate([program.integer, np.zeros(added, dtype=bool)]),
        cost=np.concatenate([np.zeros(program.matrix.shape[1]), np.ones(added)]),
        impacts={},
        columns=program.columns
        | {
            f"Slack[{one.family}]": Layout(
                ("row",),
                tuple((str(n),) for n in range(len(one.size))),
                one.first + np.arange(len(one.size)),
            )
            for one in slack
        },
    ), slack
