"""Stages, futures and lost regions: copies of the horizon's slots, one run after another.

The tree of a scenario is a chain of stages up to the first that futures differ in; its servers
are bought before it is known which future comes. From the stage after it on, each future has
a chain of its own. What happens in a slot does not depend on how the slot came about, so that
operations know slots alone: here they are copied, scaled and labelled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.inputs import NOW, Node
from carbonplan.scenario.courses import Factor, Future, Stage
from carbonplan.scenario.schema import Scenario
from carbonplan.units import HOURS_PER_YEAR, MONTHS_PER_YEAR

if TYPE_CHECKING:
    import xarray as xr

SCALED = {
    "arrivals_rps": ("workload", "demand"),
    "intensity_kgco2e_per_kwh": ("region", "intensity"),
    "price_usd_per_kwh": ("region", "price"),
}
"""Series that a stage or a future multiplies: the dimension of its factors, and their field."""


@dataclass(frozen=True)
class Course:
    """A stage as one future lives it; neither where there are none."""

    node: Node
    stage: Stage | None
    future: Future | None


def with_courses(scenario: Scenario, base: xr.Dataset) -> tuple[xr.Dataset, tuple[Node, ...]]:
    """The series over every stage, future and lost region, and the nodes of the tree.

    Parameters
    ----------
    base
        The dataset that ``Inputs.series`` documents, without the labels of courses.
    """
    import xarray as xr

    hours = float((base["weight"] * base["slot_hours"]).sum())
    nodes = tree(scenario, hours / HOURS_PER_YEAR)
    parts = [part for one in courses(scenario, nodes) for part in _parts(scenario, base, one)]
    alike = {"data_vars": "minimal", "coords": "minimal", "compat": "override"}
    series = xr.concat(
        _in_sequence(parts), "slot", **alike, join="exact", combine_attrs="override"
    )
    return series.assign_coords(slot=np.arange(series.sizes["slot"])), nodes


def tree(scenario: Scenario, horizon_years: float) -> tuple[Node, ...]:
    """Nodes of the scenario's tree; those of a future stand together, in its order."""
    stages = scenario.stages
    if not stages:
        return (replace(NOW, years=horizon_years),)
    starts = list(accumulate((stage.years for stage in stages), initial=0.0))
    apart = first_apart(scenario)
    shared = [
        _node(stages, starts, i, None, None if i == 0 else stages[i - 1].name)
        for i in range(apart + 1)
    ]
    own = [
        _node(stages, starts, i, future, parent)
        for future in scenario.futures
        for i in range(apart + 1, len(stages))
        for parent in [_name(stages[i - 1], future if i - 1 > apart else None)]
    ]
    return (*shared, *own)


def first_apart(scenario: Scenario) -> int:
    """Position of the first stage that futures differ in; of the last without futures."""
    if not scenario.futures:
        return len(scenario.stages) - 1
    names = [stage.name for stage in scenario.stages]
    return names.index(scenario.risk.known_after) + 1 if scenario.risk.known_after else 0


def _node(
    stages: Sequence[Stage],
    starts: Sequence[float],
    i: int,
    future: Future | None,
    parent: str | None,
) -> Node:
    return Node(
        name=_name(stages[i], future),
        stage=stages[i].name,
        future=future.name if future else None,
        parent=parent,
        start_years=starts[i],
        years=stages[i].years,
        probability=future.probability if future else 1.0,
        last=i == len(stages) - 1,
    )


def _name(stage: Stage, future: Future | None) -> str:
    return f"{stage.name}/{future.name}" if future else stage.name


def courses(scenario: Scenario, nodes: Sequence[Node]) -> Iterator[Course]:
    """Every node in every future that differs in it."""
    stages = {stage.name: stage for stage in scenario.stages}
    futures = {future.name: future for future in scenario.futures}
    apart = scenario.stages[first_apart(scenario)].name if stages else NOW.stage
    for node in nodes:
        stage = stages.get(node.stage)
        if node.future is not None:
            yield Course(node, stage, futures[node.future])
        elif futures and node.stage == apart:
            yield from (Course(node, stage, future) for future in scenario.futures)
        else:
            yield Course(node, stage, None)


def _parts(scenario: Scenario, base: xr.Dataset, course: Course) -> Iterator[xr.Dataset]:
    """Slots of a course, then one for each region that may be lost in it."""
    own = _scaled(base, course)
    yield own
    if scenario.fleet.survive_region_loss:
        online = [one.name for one in scenario.workloads if one.kind == "online"]
        peak = _peak(own, online)
        yield from (_without_region(peak, region) for region in own["region"].values.tolist())


def _scaled(base: xr.Dataset, course: Course) -> xr.Dataset:
    """The base slots as they are in one course."""
    import xarray as xr

    own = base.copy()
    for name, (dim, field) in SCALED.items():
        for factors in (course.stage, course.future):
            if factors is not None:
                by_label = by_name(getattr(factors, field), base[dim].values.tolist())
                own[name] = own[name] * xr.DataArray(by_label, dims=dim)
        own[name].attrs = base[name].attrs
    years = course.node.years if course.stage else None
    probability = course.future.probability if course.future else 1.0
    own["weight"] = base["weight"] * (probability * _lengthening(base, years))
    own["time_utc"] = ("slot", later(base["time_utc"].values, course.node.start_years))
    slots = base.sizes["slot"]
    return own.assign(
        stage=("slot", np.full(slots, course.node.name)),
        future=("slot", np.full(slots, course.future.name if course.future else "")),
        lost_region=("slot", np.full(slots, "")),
        region_open=(("region", "slot"), np.ones((base.sizes["region"], slots))),
    )


def by_name(factor: Factor, names: Sequence[str]) -> list[float]:
    """A factor for each name; those that are not given stay as they are."""
    if isinstance(factor, Mapping):
        return [factor.get(name, 1.0) for name in names]
    return [factor] * len(names)


def _lengthening(base: xr.Dataset, years: float | None) -> float:
    """How many times the horizon's hours a stage lasts [1]."""
    if years is None:
        return 1.0
    return years * HOURS_PER_YEAR / float((base["weight"] * base["slot_hours"]).sum())


def later(times: NDArray[np.datetime64], years: float) -> NDArray[np.datetime64]:
    """The same days and hours so many years later, to the month."""
    months = times.astype("datetime64[M]")
    moved = months + np.timedelta64(round(years * MONTHS_PER_YEAR), "M")
    return moved.astype(times.dtype) + (times - months.astype(times.dtype))


def _peak(own: xr.Dataset, online: Sequence[str]) -> xr.Dataset:
    """The slot of most online demand, with every online workload at its own peak.

    Nothing else is served in it, and it counts for nothing: it only asks for servers.
    """
    arrivals = own["arrivals_rps"]
    slot = int(arrivals.sel(workload=list(online)).sum(("workload", "origin")).argmax("slot"))
    peak = own.isel(slot=[slot])
    is_online = arrivals["workload"].isin(list(online))
    most = arrivals.max("slot").where(is_online, 0.0).expand_dims(slot=1, axis=-1)
    return peak.assign(
        arrivals_rps=(arrivals.dims, most.transpose(*arrivals.dims).values, arrivals.attrs),
        weight=("slot", [0.0]),
        previous=("slot", [0]),
        run=("slot", [0]),
    )


def _without_region(peak: xr.Dataset, region: str) -> xr.Dataset:
    is_open = (peak["region"].values != region).astype(float)[:, None]
    return peak.assign(
        lost_region=("slot", [region]), region_open=(("region", "slot"), is_open)
    )


def _in_sequence(parts: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """The parts with ``previous`` and ``run`` counted through all of them."""
    placed, slots, runs = [], 0, 0
    for part in parts:
        before = part["previous"].values
        run = part["run"].values
        placed.append(
            part.assign(
                previous=("slot", np.where(before < 0, before, before + slots)),
                run=("slot", run + runs),
            )
        )
        slots, runs = slots + len(run), runs + int(run.max()) + 1
    return placed


def slot_names(series: xr.Dataset) -> list[str]:
    """Slots as messages name them: their time, their future and the region that is lost."""
    times = np.datetime_as_string(series["time_utc"].values, unit="m").tolist()
    futures, lost = series["future"].values.tolist(), series["lost_region"].values.tolist()
    return [
        f"{time}Z" + (future and f" in {future}") + (region and f" without {region}")
        for time, future, region in zip(times, futures, lost, strict=True)
    ]
