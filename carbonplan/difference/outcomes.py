"""What came of two plans: impacts as intervals, fleet, and schedule by the hour."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.difference.arrays import differing
from carbonplan.difference.records import FleetChange, ImpactChange, ScheduleChange
from carbonplan.difference.slots import Slots

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from carbonplan.plan import Plan

SOLVER_ROUNDING = 1e-6  # relative, of decisions
ByPlace = Mapping[tuple[str, str, str], "NDArray[np.float64]"]
SAME_OBJECTIVE = 1e-9  # relative, between an objective and the impact that it is


def impact_changes(old: Plan, new: Plan) -> tuple[ImpactChange, ...]:
    """Impacts of both plans; where one is the objective of both, with what is proven."""
    return tuple(
        _impact_change(name, old, new) for name in dict.fromkeys((*new.impacts, *old.impacts))
    )


def proven_bound(plan: Plan, impact: str) -> float | None:
    """Bound on an impact where the plan minimises it alone; else nothing is proven of it.

    A proven optimum may lie below its bound by rounding; then it is its own bound.
    """
    summary = plan.summary
    objective, total = summary["objective"], plan.impacts.get(impact)
    if total is None or objective["impact"] != impact or objective.get("levels"):
        return None
    is_it = math.isclose(
        objective["value"], total.value, rel_tol=SAME_OBJECTIVE, abs_tol=SAME_OBJECTIVE
    )
    if not is_it or summary.get("foresight") is not None:
        return None
    return min(summary["bound"], total.value)


def _impact_change(name: str, old: Plan, new: Plan) -> ImpactChange:
    before, after = old.impacts.get(name), new.impacts.get(name)
    unit = (after or before).unit
    if before is None or after is None:
        was, now = (None if one is None else one.value for one in (before, after))
        return ImpactChange(name, unit, was, now)
    bounds = proven_bound(old, name), proven_bound(new, name)
    both = None not in bounds
    return ImpactChange(
        name,
        unit,
        before.value,
        after.value,
        *bounds,
        at_least=bounds[1] - before.value if both else None,
        at_most=after.value - bounds[0] if both else None,
    )


def fleet_changes(
    old: Sequence[Mapping[str, object]], new: Sequence[Mapping[str, object]]
) -> tuple[FleetChange, ...]:
    """Servers whose number differs, from rows with stage, sku, region and count."""
    before, after = _counts(old), _counts(new)
    return tuple(
        FleetChange(*place, before.get(place, 0), after.get(place, 0))
        for place in dict.fromkeys((*after, *before))
        if before.get(place, 0) != after.get(place, 0)
    )


def _counts(rows: Sequence[Mapping[str, object]]) -> dict[tuple[str, str, str], int]:
    return {(row["stage"], row["sku"], row["region"]): row["count"] for row in rows}


def schedule_changes(
    old: xr.Dataset, new: xr.Dataset, slots: Slots
) -> tuple[ScheduleChange, ...]:
    """Replicas by LLM and load by workload, in each region and on each SKU, where they differ.

    What only one plan has stands against zero.
    """
    if not len(slots.new):
        return ()
    return (
        *_changes("replicas", "1", _replicas(old), _replicas(new), slots),
        *_changes("load", "s-1", _load(old), _load(new), slots),
    )


def _changes(
    what: str, unit: str, old: ByPlace, new: ByPlace, slots: Slots
) -> Iterator[ScheduleChange]:
    nothing = np.zeros(len(slots.new))
    for place in dict.fromkeys((*new, *old)):
        before = old[place][slots.old] if place in old else nothing
        after = new[place][slots.new] if place in new else nothing
        apart = differing(before, after, SOLVER_ROUNDING)
        if not apart.any():
            continue
        most = int(np.argmax(np.abs(after - before)))
        yield ScheduleChange(
            what,
            *place,
            unit=unit,
            hours=float(slots.hours[apart].sum()),
            of_hours=float(slots.hours.sum()),
            largest=float(after[most] - before[most]),
            at=str(slots.time[most]),
        )


def _replicas(data: xr.Dataset) -> dict[tuple[str, str, str], NDArray]:
    """Replicas by (LLM, region, SKU), (slot,)."""
    values = data["replicas"].transpose("engine", "region", "slot").values
    llm, sku = data["engine_llm"].values.tolist(), data["engine_sku"].values.tolist()
    return _summed(values, llm, sku, data)


def _load(data: xr.Dataset) -> dict[tuple[str, str, str], NDArray]:
    """Load by (workload, region, SKU), (slot,)."""
    found: dict[tuple[str, str, str], NDArray] = {}
    order = ("configuration", "region", "slot")
    engine = dict(zip(data["engine"].values.tolist(), data["engine_sku"].values, strict=True))
    sku = [str(engine[name]) for name in data["configuration_engine"].values.tolist()]
    for k, workload in enumerate(data["workload"].values.tolist()):
        values = data["load_rps"].isel(request_class=k).transpose(*order).values
        for place, row in _summed(values, [workload] * len(sku), sku, data).items():
            found[place] = found.get(place, 0.0) + row
    return found


def _summed(
    values: NDArray, of: Sequence[str], sku: Sequence[str], data: xr.Dataset
) -> dict[tuple[str, str, str], NDArray]:
    """Rows of (row, region, slot) added up by what they are of, region and SKU."""
    found: dict[tuple[str, str, str], NDArray] = {}
    regions = data["region"].values.tolist()
    for i, r in np.argwhere(values.any(axis=-1)):
        place = (of[i], regions[r], sku[i])
        found[place] = found.get(place, 0.0) + values[i, r]
    return found
