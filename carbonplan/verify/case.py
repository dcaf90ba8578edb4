"""A plan laid beside its inputs: the same labels in the same order, plain arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.cohorts import cohorts
from carbonplan.plan.variables import DECISIONS
from carbonplan.technology.operating import Replica
from carbonplan.verify.checks import Check, fails
from carbonplan.verify.naming import engine_name, named_replica, sku_of

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs, WorkloadClass
    from carbonplan.plan.records import Plan

Floats = NDArray[np.float64]

FIELDS = {
    "servers": "servers",
    "purchased": "purchased_servers",
    "kept": "kept_servers",
    "upgraded": "upgraded_servers",
    "moved": "moved_servers",
    "fitted": "fitted_servers",
    "powered": "powered_servers",
    "powered_fitted": "powered_fitted",
    "replicas": "replicas",
    "starts": "starts",
    "load_rps": "load_rps",
    "flow_rps": "flow_rps",
    "backlog_krequests": "backlog_krequests",
    "contracted_kw": "contracted_kw",
    "matched_kw": "matched_kw",
    "chosen": "chosen",
}


@dataclass(frozen=True)
class Case:
    """What a plan decides, over the labels of its inputs.

    Letters of dimensions: k request class, c configuration in use, e engine of one or in use
    itself, g SKU, v cohort, r region, o origin, m memory, p contract, y stage, t slot.

    Attributes
    ----------
    running
        What each configuration in use is, (c,).
    engine_running
        What each engine is, at one of its clocks, (e,).
    clocked
        1 where a configuration is an engine at one of its clocks, (c, e).
    hosted
        1 where an engine runs on a SKU, (e, g).
    hours
        Hours that each slot stands for, weight times length, (t,) [h].
    """

    inputs: Inputs
    plan: Plan
    stages: tuple[str, ...]
    cohorts: tuple[str, ...]
    skus: tuple[str, ...]
    regions: tuple[str, ...]
    classes: tuple[WorkloadClass, ...]
    origins: tuple[str, ...]
    memory: tuple[str, ...]
    configurations: tuple[str, ...]
    running: tuple[Replica, ...]
    engines: tuple[str, ...]
    engine_running: tuple[Replica, ...]
    clocked: Floats
    hosted: Floats
    servers: Floats  # (y, g, r)
    purchased: Floats  # (y, g, r)
    kept: Floats  # (y, v, g, r)
    upgraded: Floats  # (y, v, g, new g, r)
    moved: Floats  # (y, v, g, r, to r)
    fitted: Floats  # (y, v, g, r, m)
    powered: Floats  # (g, r, t)
    powered_fitted: Floats  # (g, r, m, t)
    replicas: Floats  # (e, r, t)
    starts: Floats  # (e, r, t)
    load_rps: Floats  # (k, c, r, t)
    flow_rps: Floats  # (k, o, r, t)
    backlog_krequests: Floats  # (k, t)
    contracts: tuple[str, ...]
    contracted_kw: Floats  # (p, r)
    matched_kw: Floats  # (p, r, t)
    partitions: tuple[str, ...]
    chosen: Floats  # (q, t)
    demand_rps: Floats  # (k, o, t)
    rtt_s: Floats  # (o, r)
    hours: Floats
    slot_hours: Floats  # (t,)
    previous: NDArray[np.int64]  # (t,)
    run: NDArray[np.int64]  # (t,)
    slot_stage: NDArray[np.int64]  # (t,)

    @cached_property
    def standing(self) -> Floats:
        """Servers of the stage of each slot, (g, r, t)."""
        return np.moveaxis(self.servers[self.slot_stage], 0, 2)

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.classes)

    @cached_property
    def answering(self) -> NDArray[np.bool_]:
        """Whether each configuration answers requests, or hands them over, (c,)."""
        return np.array([one.role != "prefill" for one in self.running], dtype=bool)

    @cached_property
    def answered_rps(self) -> Floats:
        """Requests that are answered, (k, r, t)."""
        return self.load_rps[:, self.answering].sum(axis=1)

    @cached_property
    def online(self) -> NDArray[np.bool_]:
        """Whether each class is online, (k,)."""
        return np.array([one.workload.kind == "online" for one in self.classes])

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """Slots as messages name them."""
        times = np.datetime_as_string(self.inputs.series["time_utc"].values, unit="m")
        return tuple(f"slot {t} ({time}Z)" for t, time in enumerate(times))

    def series(self, name: str) -> Floats:
        """A series of the inputs over (region, slot)."""
        by_site = self.inputs.series[name].transpose("region", "slot")
        return by_site.sel(region=list(self.regions)).values.astype(float)


def lay_out(inputs: Inputs, plan: Plan) -> tuple[Case, list[Check]]:
    """The plan's decisions over the labels of its inputs, configurations in use alone.

    A configuration or an engine whose name means nothing, or that the scenario does not
    allow, is a violation; what it carries is left out.
    """
    labels = {**scenario_labels(inputs), "memory": plan.data["memory"].values.tolist()}
    known, carries = _running(inputs, _looked_at(inputs, plan))
    engines, runs = _running_engines(inputs, plan, known)
    slot_hours = _by_slot(inputs, "slot_hours")
    rtt_s = inputs.rtt_s.sel(origin=labels["origin"], region=labels["region"])
    decided = _decided(plan, {**labels, "configuration": list(known), "engine": list(engines)})
    case = Case(
        inputs=inputs,
        plan=plan,
        stages=tuple(labels["stage"]),
        cohorts=tuple(labels["cohort"]),
        skus=tuple(labels["sku"]),
        regions=tuple(labels["region"]),
        classes=inputs.classes,
        origins=tuple(labels["origin"]),
        memory=tuple(plan.data["memory"].values.tolist()),
        contracts=tuple(labels["contract"]),
        configurations=tuple(known),
        running=tuple(known.values()),
        engines=tuple(engines),
        engine_running=tuple(engines.values()),
        clocked=_marked(map(engine_name, known), list(engines)),
        hosted=_marked([sku_of(one) for one in engines.values()], labels["sku"]),
        **decided,
        partitions=tuple(labels["partition"]),
        demand_rps=_demand_rps(inputs, labels, decided["chosen"]),
        rtt_s=rtt_s.transpose("origin", "region").values,
        hours=_by_slot(inputs, "weight") * slot_hours,
        slot_hours=slot_hours,
        previous=inputs.series["previous"].values.astype(np.int64),
        run=inputs.series["run"].values.astype(np.int64),
        slot_stage=np.array(
            [labels["stage"].index(name) for name in inputs.series["stage"].values]
        ),
    )
    return case, [carries, runs]


def scenario_labels(inputs: Inputs) -> dict[str, list]:
    """What the scenario has along each dimension but those of configurations and engines."""
    skus = [server.name for server in inputs.servers]
    regions = [region.region for region in inputs.regions]
    return {
        "stage": [node.name for node in inputs.nodes],
        "cohort": [cohort.name for cohort in cohorts(inputs)],
        "sku": skus,
        "new_sku": skus,
        "region": regions,
        "to_region": regions,
        "request_class": [one.name for one in inputs.classes],
        "partition": list(dict.fromkeys(one.way for one in inputs.classes if one.is_optional)),
        "origin": inputs.rtt_s["origin"].values.tolist(),
        "contract": [one.name for one in inputs.scenario.supply.contracts],
        "slot": list(range(inputs.series.sizes["slot"])),
    }


def _decided(plan: Plan, labels: Mapping[str, list]) -> dict[str, Floats]:
    """The plan's decisions by the name of their field in ``Case``, in the order of labels."""
    data = plan.data.sel(labels)
    return {
        field: data[name].transpose(*DECISIONS[name].dims).values
        for field, name in FIELDS.items()
    }


def _marked(names: Iterable[str], among: list[str]) -> Floats:
    """1 where a name is one of the others, (name, other)."""
    marks = [[float(name == other) for other in among] for name in names]
    return np.array(marks).reshape(len(marks), len(among))


def _in_use(plan: Plan, dim: str, *decisions: str) -> list[str]:
    """Names along a dimension for which any of the decisions is not zero."""
    used = sum(
        np.abs(plan.data[name]).sum([other for other in plan.data[name].dims if other != dim])
        for name in decisions
    )
    return plan.data[dim].values[used.values > 0.0].tolist()


def _looked_at(inputs: Inputs, plan: Plan) -> list[str]:
    """Configurations in use; all where starts delay requests, at the highest rate of any."""
    if inputs.scenario.fleet.load_on_demand:
        return plan.data["configuration"].values.tolist()
    return _in_use(plan, "configuration", "load_rps")


def _running(inputs: Inputs, names: Iterable[str]) -> tuple[dict[str, Replica], Check]:
    """What configurations are, by name, and a violation for each that is not allowed."""
    found = {name: named_replica(inputs, name) for name in names}
    known = {name: one for name, one in found.items() if isinstance(one, Replica)}
    name = "configurations_are_allowed"
    problems = [f"{name}[{one}]: {found[one]}" for one in found if one not in known]
    return known, fails(name, len(found), problems)


def _running_engines(
    inputs: Inputs, plan: Plan, configurations: Mapping[str, Replica]
) -> tuple[dict[str, Replica], Check]:
    """Engines of the configurations in use, and those that run or start without load.

    What an engine needs does not depend on the clock, so that any allowed one stands for it.
    """
    known = {engine_name(name): one for name, one in configurations.items()}
    measured = (profile.clock_fraction for profile in inputs.profiles)
    fractions = (1.0, *inputs.scenario.fleet.clock_fractions, *measured)
    clocks = {round(100 * clock) for clock in fractions}
    problems = []
    idle = [one for one in _in_use(plan, "engine", "replicas", "starts") if one not in known]
    for engine in idle:
        found = [named_replica(inputs, f"{engine}:{clock}%") for clock in sorted(clocks)]
        allowed = [one for one in found if isinstance(one, Replica)]
        if allowed:
            known[engine] = allowed[0]
        else:
            problems.append(f"engines_are_allowed[{engine}]: {found[-1]}")
    return known, fails("engines_are_allowed", len(known) + len(problems), problems)


def _by_slot(inputs: Inputs, name: str) -> Floats:
    values = inputs.series[name].values.astype(float)
    return np.broadcast_to(values, inputs.series.sizes["slot"])


def _demand_rps(inputs: Inputs, labels: Mapping[str, list], chosen: Floats) -> Floats:
    """Requests of each class, (k, o, t); of partitions, where they are chosen."""
    arrivals = inputs.series["arrivals_rps"].transpose("workload", "origin", "slot")
    return np.stack(
        [
            inputs.series["share"].sel(request_class=one.name).values
            * arrivals.sel(workload=one.workload.name, origin=labels["origin"]).values
            * (chosen[labels["partition"].index(one.way)] if one.is_optional else 1.0)
            for one in inputs.classes
        ]
    )
