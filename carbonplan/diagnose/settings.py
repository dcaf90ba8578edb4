"""Settings: values of the scenario that decide what may happen at all, not rows of a program.

An SLO decides which configurations serve a class and how fast, a share stands among the
coefficients, a deadline shapes what may wait. Whether another value helps is only known from
the scenario with that value; each setting has a ladder of values, the least change first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING

from carbonplan.configurations.routes import farthest_s, workload_regions
from carbonplan.diagnose import weights
from carbonplan.diagnose.ladders import Rung, Setting, rungs, switch
from carbonplan.diagnose.rounding import figure
from carbonplan.diagnose.weights import ROUTE, TPOT, TTFT

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.scenario.workloads import Workload

FACTORS = (1.1, 1.25, 1.5, 2.0, 3.0, 5.0)
MORE_OF_CONTRACTS = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
LESS = (0.95, 0.9, 0.8, 0.7, 0.5, 0.25, 0.0)
STEPS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)  # of the way to where nothing is limited
HALFWAY = (0.25, 0.5, 0.75, 1.0)
NO_LIMIT_S = 3600.0


def settings(inputs: Inputs, least: Mapping[str, float] | None = None) -> list[Setting]:
    """Every setting of a scenario that limits something, in the scenario's order.

    Parameters
    ----------
    least
        By path, the least value that is of any use, where that is known.
    """
    least = {} if least is None else least
    found = [
        *(one for w in inputs.scenario.workloads for one in of_workload(inputs, w, least)),
        *of_fleet(inputs),
        *of_supply(inputs),
        *of_stages(inputs),
    ]
    return [setting for setting in found if setting.rungs]


def of_workload(inputs: Inputs, w: Workload, least: Mapping[str, float]) -> Iterator[Setting]:
    """SLOs and routes or deadline, permitted regions, head-room and quality of a workload."""
    path = f"workloads[{w.name}]"
    yield from slos(inputs, w, least) if w.kind == "online" else deadline(inputs, w)
    if w.regions is not None:
        yield switch(
            f"{path}.regions",
            f"the regions of {w.name}",
            w.regions,
            None,
            f"let data of {w.name} go to any region",
            weights.ROUTE,
            w.name,
        )
    if w.headroom > 1:
        called, values = f"the head-room of {w.name}", _between(w.headroom, 1.0, HALFWAY)
        yield Setting(
            f"{path}.headroom",
            called,
            w.headroom,
            weights.HEADROOM,
            rungs(f"{path}.headroom", called, w.headroom, values),
            f"{path}.headroom=1",
            w.name,
            is_service=True,
        )
    if w.quality_floor is not None:
        low = min(*w.qualities.values(), w.quality_floor)
        called, values = f"the quality floor of {w.name}", _between(w.quality_floor, low, STEPS)
        yield Setting(
            f"{path}.quality_floor",
            called,
            w.quality_floor,
            weights.QUALITY,
            rungs(f"{path}.quality_floor", called, w.quality_floor, values),
            f"{path}.quality_floor=0",
            w.name,
        )


def slos(inputs: Inputs, w: Workload, least: Mapping[str, float]) -> Iterator[Setting]:
    """Service limits of an online workload, and how far away it may be served."""
    path = f"workloads[{w.name}]"
    for key, called, weight in (("ttft_s", "TTFT", TTFT), ("tpot_s", "TPOT", TPOT)):
        values = _times(getattr(w, key), least.get(f"{path}.{key}", 0.0))
        yield slo(w, key, called, weight, values)
    if w.max_rtt_s is not None or f"{path}.max_rtt_s" in least:
        yield slo(w, "max_rtt_s", "farthest round trip", ROUTE, _rtts(inputs, w))


def deadline(inputs: Inputs, w: Workload) -> Iterator[Setting]:
    """Hours in which batch work is to be done."""
    path, called, most = (
        f"workloads[{w.name}].deadline_hours",
        f"the deadline of {w.name}",
        _run_hours(inputs),
    )
    hours = [min(ceil(w.deadline_hours * factor), most) for factor in FACTORS]
    yield Setting(
        path,
        called,
        w.deadline_hours,
        weights.DEADLINE,
        rungs(path, called, w.deadline_hours, [*hours, most], "h"),
        f"{path}={most}",
        w.name,
    )


def of_fleet(inputs: Inputs) -> Iterator[Setting]:
    """How fully replicas are used, how concentrated the fleet may be, and what it survives."""
    fleet = inputs.scenario.fleet
    limit = fleet.utilisation_limit
    if limit < 1:
        values = _between(limit, 1.0, (0.25, 0.5, 0.75))
        yield Setting(
            "fleet.utilisation_limit",
            "the utilisation limit",
            limit,
            weights.UTILISATION,
            rungs("fleet.utilisation_limit", "the utilisation limit", limit, values),
            "fleet.utilisation_limit=1",
            is_service=True,
        )
    for key, words in (
        ("largest_region_share", "the largest share of a region"),
        ("largest_vendor_share", "the largest share of a vendor"),
    ):
        share = getattr(fleet, key)
        if share < 1:
            values = _between(share, 1.0, STEPS)
            ladder = rungs(f"fleet.{key}", words, share, values)
            yield Setting(f"fleet.{key}", words, share, weights.SHARE, ladder, f"fleet.{key}=1")
    if fleet.survive_region_loss:
        yield switch(
            "fleet.survive_region_loss",
            "surviving the loss of a region",
            True,
            False,
            "do without surviving the loss of a region",
            weights.SURVIVAL,
        )


def of_supply(inputs: Inputs) -> Iterator[Setting]:
    """The share that contracts match, and how much can be contracted."""
    share = inputs.scenario.supply.matched_share
    if share > 0:
        values = [share * f for f in LESS]
        yield Setting(
            "supply.matched_share",
            "the matched share",
            share,
            weights.SHARE,
            rungs("supply.matched_share", "the matched share", share, values),
            "supply.matched_share=0",
        )
        for one in inputs.scenario.supply.contracts:
            path = f"supply.contracts[{one.name}].at_most_kw"
            values = [one.at_most_kw * f for f in MORE_OF_CONTRACTS]
            called = f"the power that contract {one.name} offers"
            yield Setting(
                path,
                called,
                one.at_most_kw,
                weights.CONTRACT,
                rungs(path, called, one.at_most_kw, values, "kW"),
                f"{path}={figure(one.at_most_kw * 1e3)}",
            )


def of_stages(inputs: Inputs) -> Iterator[Setting]:
    """When servers can be delivered, and in which stages they are sold."""
    scenario = inputs.scenario
    starts = sorted({node.start_years for node in inputs.nodes if node.start_years > 0})
    for i, lead in enumerate(scenario.renewal.lead_times):
        path = f"renewal.lead_times[{i}].years"
        earlier = [years for years in reversed(starts) if years < lead.years]
        others = [one for j, one in enumerate(scenario.renewal.lead_times) if j != i]
        rest = ", ".join(f"{{sku: {one.sku}, years: {figure(one.years)}}}" for one in others)
        at_once = Rung(
            f"renewal.lead_times=[{rest}]", 0.0, f"deliver {lead.sku} without lead time", 1.0
        )
        called = f"the lead time of {lead.sku}"
        yield Setting(
            path,
            called,
            lead.years,
            weights.STOCK,
            (*rungs(path, called, lead.years, earlier, "years"), at_once),
            at_once.override,
        )
    for stage in scenario.stages:
        if stage.skus is not None:
            yield switch(
                f"stages[{stage.name}].skus",
                f"the SKUs sold in stage {stage.name}",
                stage.skus,
                None,
                f"buy any SKU in stage {stage.name}",
                weights.HARDWARE,
            )


def slo(w: Workload, key: str, called: str, weight: float, values: Sequence[float]) -> Setting:
    """A service limit of a workload, with the values that it may be raised to."""
    path, value = f"workloads[{w.name}].{key}", getattr(w, key)
    value = farthest_s(w) if value is None else value
    words = f"the {called} of {w.name}"
    return Setting(
        path,
        words,
        value,
        weight,
        rungs(path, words, value, values, "s"),
        f"{path}={figure(NO_LIMIT_S)}",
        w.name,
        is_service=True,
    )


def _between(value: float, end: float, parts: Sequence[float]) -> list[float]:
    """Values on the way from one to another."""
    return [value + (end - value) * part for part in parts]


def _times(limit_s: float, least_s: float) -> list[float]:
    """Times above a limit, from the least that is of any use [s]."""
    if least_s > limit_s:
        return [least_s, *(least_s * factor for factor in FACTORS)]
    return [limit_s * factor for factor in FACTORS]


def _rtts(inputs: Inputs, w: Workload) -> list[float]:
    """Round trips to regions that are too far now [s]."""
    limit_s = farthest_s(w)
    origins = [one.origin for one in w.origins] or ["anywhere"]
    trips = inputs.rtt_s.sel(origin=origins, region=workload_regions(inputs, w)).values
    return sorted({float(s) for s in trips.ravel() if s > limit_s})


def _run_hours(inputs: Inputs) -> int:
    """Length of the shortest run of slots [h]: no work waits longer."""
    import numpy as np

    run = inputs.series["run"].values
    hours = float(inputs.series["slot_hours"].values.flat[0])
    return max(int(np.unique(run, return_counts=True)[1].min() * hours), 1)
