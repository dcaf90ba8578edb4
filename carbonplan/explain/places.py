"""Servers of a SKU in a region as columns of a program: without them, or with more of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.program.restricting import count_vector, with_row

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.problem import Problem
    from carbonplan.program import Layout, Program

Place = tuple[str, str]  # SKU and region
HALF = 0.5  # of a server: what is less is none


def bought(program: Program, values: NDArray) -> dict[Place, int]:
    """Servers that are bought, or made by new accelerators, in all stages, by place."""
    return _counts(program, values, {"Purchased": ("sku", "region")} | _UPGRADED)


def standing(program: Program, values: NDArray) -> dict[Place, int]:
    """Most servers that stand in any stage, by place."""
    layout = program.columns["Servers"]
    found: dict[Place, int] = {}
    for (_, sku, region), column in zip(layout.labels, layout.positions, strict=True):
        count = round(float(values[column]))
        if count:
            found[sku, region] = max(found.get((sku, region), 0), count)
    return found


_UPGRADED: Mapping[str, tuple[str, str]] = {"Upgraded": ("new_sku", "region")}
ARRIVALS: Mapping[str, tuple[str, str]] = {
    "Purchased": ("sku", "region"),
    **_UPGRADED,
    "Moved": ("sku", "to_region"),
}


def columns_at(program: Program, family: str, dims: tuple[str, str], place: Place) -> NDArray:
    """Columns of a family at a place, those of all stages and slots."""
    layout = program.columns.get(family)
    if layout is None or not layout.labels:
        return np.array([], dtype=np.int64)
    mine = [i for i, label in enumerate(_labels(layout, dims)) if label == place]
    return np.unique(layout.positions[mine])


def replicas_at(problem: Problem, program: Program, place: Place) -> NDArray:
    """Columns of the replicas on servers of a place."""
    layout = program.columns["Replicas"]
    sku, region = place
    mine = [
        i
        for i, (engine, where) in enumerate(layout.labels)
        if where == region and problem.sku_of[engine] == sku
    ]
    return np.unique(layout.positions[mine])


def without(problem: Problem, program: Program, place: Place) -> Program:
    """The program in which no server comes to a place, and none there serves anybody."""
    found = [columns_at(program, name, dims, place) for name, dims in ARRIVALS.items()]
    columns = np.concatenate([*found, replicas_at(problem, program, place)])
    upper = program.column_upper.copy()
    upper[columns] = np.minimum(np.maximum(program.column_lower[columns], 0.0), upper[columns])
    return replace(program, column_upper=upper)


def with_more(program: Program, place: Place, count: int) -> Program:
    """The program in which at least so many servers are bought at a place, in all stages.

    Bounds that say that no optimum needs so many give way; limits on stock and room are rows.
    """
    sku, region = place
    upper = program.column_upper.copy()
    for family in ("Servers", "Purchased"):
        columns = columns_at(program, family, ("sku", "region"), place)
        sold = columns[upper[columns] > 0]
        stands = upper[sold] if family == "Servers" else 0.0
        upper[sold] = np.maximum(upper[sold], stands + count)
    program = replace(program, column_upper=upper)
    vector = count_vector(program, "Purchased", sku=sku, region=region)
    return with_row(program, "servers_are_forced", place, vector, lower=float(count))


def choosing(program: Program, chosen: set[Place]) -> Program:
    """The program that buys at all chosen places, and nowhere else."""
    layout = program.columns["Purchased"]
    upper = program.column_upper.copy()
    of_place: dict[Place, list[int]] = {}
    for (_, sku, region), column in zip(layout.labels, layout.positions, strict=True):
        of_place.setdefault((sku, region), []).append(int(column))
    for place, columns in of_place.items():
        if place not in chosen:
            upper[columns] = 0.0
    program = replace(program, column_upper=upper)
    for place in sorted(chosen):
        vector = np.zeros(len(program.cost))
        vector[of_place.get(place, [])] = 1.0
        program = with_row(program, "servers_are_chosen", place, vector, lower=1.0)
    return program


def _labels(layout: Layout, dims: tuple[str, str]) -> list[Place]:
    sku, region = (layout.dims.index(dim) for dim in dims)
    return [(label[sku], label[region]) for label in layout.labels]


def _counts(
    program: Program, values: NDArray, families: Mapping[str, tuple[str, str]]
) -> dict[Place, int]:
    total: dict[Place, float] = {}
    for family, dims in families.items():
        layout = program.columns.get(family)
        for place, column in (
            zip(_labels(layout, dims), layout.positions, strict=True) if layout else ()
        ):
            total[place] = total.get(place, 0.0) + float(values[column])
    return {place: round(count) for place, count in total.items() if count > HALF}
