"""Totals of each impact, divided by region and by SKU, from the program's impact vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.records import ImpactTotal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.program import Layout, Program

UNITS = {
    "carbon": "kgCO2e",
    "operational_carbon": "kgCO2e",
    "embodied_carbon": "kgCO2e",
    "energy": "kWh",
    "cost": "USD",
    "water": "L",
    "onsite_water": "L",
    "offsite_water": "L",
    "latency": "s",
    "location_carbon": "kgCO2e",
    "market_carbon": "kgCO2e",
}
NETWORK = "(network)"  # between users and sites: belongs to no SKU
CONTRACTS = "(contracts)"  # what contracts change: of a region, but of no SKU
UNDIVIDED = "(all)"


def impact_totals(
    program: Program,
    values: NDArray[np.float64],
    regions: Sequence[str],
    sku_of: Mapping[str, str],
) -> dict[str, ImpactTotal]:
    """Value and parts of every impact of the program.

    Parameters
    ----------
    values
        One value for each column.
    regions
        Regions of the plan; each gets a part, be it zero.
    sku_of
        SKU of each engine and of each configuration; each SKU gets a part.
    """
    of_region = _grouping(program.columns, len(values), _region_key)
    of_sku = _grouping(program.columns, len(values), lambda label: _sku_key(label, sku_of))
    skus = sorted(set(sku_of.values()))
    totals = {}
    for name, (vector, constant) in program.impacts.items():
        parts = vector * values
        totals[name] = ImpactTotal(
            value=float(parts.sum()) + constant,
            unit=UNITS.get(name, "1"),
            by_region=_grouped(parts, constant, of_region, regions),
            by_sku=_grouped(parts, constant, of_sku, skus),
        )
    return totals


def _region_key(label: Mapping[str, str]) -> str:
    return label.get("region", UNDIVIDED)


def _sku_key(label: Mapping[str, str], sku_of: Mapping[str, str]) -> str:
    for dim in ("new_sku", "sku"):
        if dim in label:
            return label[dim]
    for dim in ("engine", "configuration"):
        if dim in label:
            return sku_of[label[dim]]
    if "contract" in label:
        return CONTRACTS
    return NETWORK if "origin" in label else UNDIVIDED


@dataclass(frozen=True)
class _Grouping:
    """Keys, and for every column the number of its key."""

    keys: tuple[str, ...]
    number: NDArray[np.intp]


def _grouping(
    columns: Mapping[str, Layout], count: int, key_of: Callable[[Mapping[str, str]], str]
) -> _Grouping:
    """Columns grouped by a key of their labels; those in no family are undivided."""
    numbers = {UNDIVIDED: 0}
    number = np.zeros(count, dtype=np.intp)
    for layout in columns.values():
        keys = [key_of(dict(zip(layout.dims, label, strict=True))) for label in layout.labels]
        of_label = np.array([numbers.setdefault(k, len(numbers)) for k in keys], dtype=np.intp)
        number[layout.positions.T] = of_label
    return _Grouping(tuple(numbers), number)


def _grouped(
    parts: NDArray[np.float64], constant: float, of: _Grouping, expected: Sequence[str]
) -> dict[str, float]:
    """Sum of the parts of each key; the expected ones first, others where not zero."""
    by_number = np.bincount(of.number, weights=parts, minlength=len(of.keys))
    sums = dict(zip(of.keys, by_number.tolist(), strict=True))
    sums[UNDIVIDED] += constant
    named = {name: sums.pop(name, 0.0) for name in expected}
    return named | {name: value for name, value in sums.items() if value != 0.0}
