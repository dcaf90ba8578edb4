"""Why no plan exists: which demands and limits cannot hold together, in the scenario's words.

The program is solved once more with every demand and every limit of the user's elastic, at the
least total relaxation, each counted relative to its own size. What gives way is named, with
how much is allowed and how much more is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from carbonplan.problem import Problem, with_upper_bounds
from carbonplan.program import Layout, Program
from carbonplan.program.stamping import stamp
from carbonplan.solve import Limits, solve

LARGEST_SHARE = 10.0  # a limit gives way to at most this many times its own size
NOTICEABLE = 1e-6


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
    """

    sign: float
    words: Callable[[tuple[str, ...], str, float, float], str]


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
    place = f" in {label[1]}" if len(label) > 1 else ""
    return f"fleet.stock[{label[0]}]{place}: {allowed:.0f} allowed, {more:.3g} more needed"


def _space(label: tuple[str, ...], _time: str, allowed: float, more: float) -> str:
    return f"regions[{label[0]}].server_limit: {allowed:.0f} allowed, {more:.3g} more needed"


def _bound(label: tuple[str, ...], _time: str, allowed: float, more: float) -> str:
    return f"bounds[{label[0]}].at_most: {allowed:.6g} allowed, {more:.4g} more needed"


ELASTIC: Mapping[str, Elastic] = {
    "demand_is_routed": Elastic(-1.0, _demand),
    "batch_work_is_carried": Elastic(-1.0, _batch),
    "site_power_holds": Elastic(1.0, _site_power),
    "purchases_within_stock": Elastic(1.0, _stock),
    "purchases_within_total_stock": Elastic(1.0, _stock),
    "servers_fit_in_site": Elastic(1.0, _space),
    "impact_within_bound": Elastic(1.0, _bound),
}


def reasons(problem: Problem, limits: Limits, times: list[str]) -> list[str]:
    """Demands and limits that give way, the largest of each kind and place first.

    Parameters
    ----------
    times
        Of the slots, for the messages.
    """
    elastic, slack = with_slack(unbounded(problem))
    solution = solve(elastic, replace(limits, gap=0.05), isolated=True)
    if solution.values is None:
        return ["the limits cannot hold together; no smallest set of them was found in time"]
    worst: dict[tuple[str, tuple[str, ...]], tuple[float, str]] = {}
    for family, first, size in slack:
        layout = elastic.rows[family]
        for n, (label, slot, row) in enumerate(rows_of(layout)):
            share = float(solution.values[first + n])
            asked = float(size[n])
            if share > NOTICEABLE and share > worst.get((family, label), (0.0, ""))[0]:
                time = times[slot] if slot is not None else ""
                side = elastic.row_upper[row]
                words = ELASTIC[family].words(label, time, float(side), share * asked)
                worst[family, label] = (share, words)
    return [words for _, words in sorted(worst.values(), reverse=True)]


def unbounded(problem: Problem) -> Problem:
    """The problem with bounds on decisions that do not know of stock and space."""
    free = with_upper_bounds(replace(problem, stock=(), site_servers={}))
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


def with_slack(problem: Problem) -> tuple[Program, list[tuple[str, int, np.ndarray]]]:
    """The program with elastic rows; for each family its first slack column and row sizes.

    A slack is the share of its row's own size by which it gives way [1].
    """
    program = stamp(problem)
    columns, slack, count = [], [], program.matrix.shape[1]
    for family, elastic in ELASTIC.items():
        if family not in program.rows:
            continue
        rows = np.array([row for _, _, row in rows_of(program.rows[family])])
        sides = np.abs(program.row_upper[rows])
        size = np.maximum(sides, max(float(sides.max(initial=0.0)) * 1e-3, 1e-3))
        entries = (-elastic.sign * size, (rows, np.arange(len(rows))))
        columns.append(sp.csc_array(entries, shape=(program.matrix.shape[0], len(rows))))
        slack.append((family, count, size))
        count += len(rows)
    added = count - program.matrix.shape[1]
    most = np.full(added, LARGEST_SHARE)
    for (family, first, _), block in zip(slack, columns, strict=True):
        if ELASTIC[family].sign < 0:  # no more demand gives way than there is
            start = first - program.matrix.shape[1]
            most[start : start + block.shape[1]] = 1.0
    return replace(
        program,
        matrix=sp.csc_array(sp.hstack([program.matrix, *columns])),
        column_lower=np.concatenate([program.column_lower, np.zeros(added)]),
        column_upper=np.concatenate([program.column_upper, most]),
        integer=np.concatenate([program.integer, np.zeros(added, dtype=bool)]),
        cost=np.concatenate([np.zeros(program.matrix.shape[1]), np.ones(added)]),
        impacts={},
    ), slack
