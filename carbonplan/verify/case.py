"""A plan laid beside its inputs: the same labels in the same order, plain arrays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.plan.variables import DECISIONS, VARIABLES
from carbonplan.technology.operating import Replica
from carbonplan.verify.checks import Check, fails

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs, WorkloadClass
    from carbonplan.plan.records import Plan

Floats = NDArray[np.float64]

NAME = re.compile(
    r"(?P<llm>.+)@(?P<sku>[^@]+):tp(?P<tp>\d+)(?:pp(?P<pp>\d+))?"
    r":(?P<precision>\w+):(?P<clock>\d+)%"
)

FIELDS = {
    "servers": "servers",
    "purchased": "purchased_servers",
    "powered": "powered_servers",
    "replicas": "replicas",
    "starts": "starts",
    "load_rps": "load_rps",
    "flow_rps": "flow_rps",
    "backlog_krequests": "backlog_krequests",
}


@dataclass(frozen=True)
class Case:
    """What a plan decides, over the labels of its inputs.

    Letters of dimensions: k request class, c configuration in use, g SKU, r region, o origin,
    t slot.

    Attributes
    ----------
    running
        What each configuration in use is, (c,).
    hosted
        1 where a configuration runs on a SKU, (c, g).
    hours
        Hours that each slot stands for, weight times length, (t,) [h].
    """

    inputs: Inputs
    plan: Plan
    skus: tuple[str, ...]
    regions: tuple[str, ...]
    classes: tuple[WorkloadClass, ...]
    origins: tuple[str, ...]
    configurations: tuple[str, ...]
    running: tuple[Replica, ...]
    hosted: Floats
    servers: Floats  # (g, r)
    purchased: Floats  # (g, r)
    powered: Floats  # (g, r, t)
    replicas: Floats  # (c, r, t)
    starts: Floats  # (c, r, t)
    load_rps: Floats  # (k, c, r, t)
    flow_rps: Floats  # (k, o, r, t)
    backlog_krequests: Floats  # (k, t)
    demand_rps: Floats  # (k, o, t)
    rtt_s: Floats  # (o, r)
    hours: Floats
    slot_hours: Floats  # (t,)
    previous: NDArray[np.int64]  # (t,)
    run: NDArray[np.int64]  # (t,)

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.classes)

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


def structure(inputs: Inputs, plan: Plan) -> list[Check]:
    """Whether the plan has the arrays and labels that its inputs call for, and only numbers."""
    data = plan.data
    missing = [f"structure: the plan has no {name}" for name in VARIABLES if name not in data]
    if missing:
        return [fails("structure", len(VARIABLES), missing)]
    labels = _labels(inputs)
    wrong = [
        f"structure: the plan's {dim} are {data[dim].values.tolist()}, the scenario has {names}"
        for dim, names in labels.items()
        if sorted(data[dim].values.tolist()) != sorted(names)
    ]
    configurations = data["configuration"].values.tolist()
    if len(set(configurations)) < len(configurations):
        wrong.append("structure: a configuration stands twice")
    wrong += [
        f"structure: {name} is over {data[name].dims}, expected {variable.dims}"
        for name, variable in VARIABLES.items()
        if set(data[name].dims) != set(variable.dims)
    ]
    wrong += [
        f"structure: {name} holds what is not a finite number"
        for name in DECISIONS
        if not np.isfinite(data[name].values).all()
    ]
    return [fails("structure", len(VARIABLES) + len(labels), wrong)]


def lay_out(inputs: Inputs, plan: Plan) -> tuple[Case, Check]:
    """The plan's decisions over the labels of its inputs, configurations in use alone.

    A configuration whose name means nothing, or that the scenario does not allow, is a
    violation; what it carries is left out.
    """
    labels = _labels(inputs)
    known, check = _running(inputs, _in_use(plan))
    slot_hours = _by_slot(inputs, "slot_hours")
    rtt_s = inputs.rtt_s.sel(origin=labels["origin"], region=labels["region"])
    case = Case(
        inputs=inputs,
        plan=plan,
        skus=tuple(labels["sku"]),
        regions=tuple(labels["region"]),
        classes=inputs.classes,
        origins=tuple(labels["origin"]),
        configurations=tuple(known),
        running=tuple(known.values()),
        hosted=_hosted(known.values(), labels["sku"]),
        **_decided(plan, {**labels, "configuration": list(known)}),
        demand_rps=_demand_rps(inputs, labels["origin"]),
        rtt_s=rtt_s.transpose("origin", "region").values,
        hours=_by_slot(inputs, "weight") * slot_hours,
        slot_hours=slot_hours,
        previous=inputs.series["previous"].values.astype(np.int64),
        run=inputs.series["run"].values.astype(np.int64),
    )
    return case, check


def _labels(inputs: Inputs) -> dict[str, list]:
    """What the scenario has along each dimension but that of configurations."""
    return {
        "sku": [server.name for server in inputs.servers],
        "region": [region.region for region in inputs.regions],
        "request_class": [one.name for one in inputs.classes],
        "origin": inputs.rtt_s["origin"].values.tolist(),
        "slot": list(range(inputs.series.sizes["slot"])),
    }


def _decided(plan: Plan, labels: Mapping[str, list]) -> dict[str, Floats]:
    """The plan's decisions by the name of their field in ``Case``, in the order of labels."""
    data = plan.data.sel(labels)
    return {
        field: data[name].transpose(*DECISIONS[name].dims).values
        for field, name in FIELDS.items()
    }


def _hosted(running: Iterable[Replica], skus: list[str]) -> Floats:
    on = [[float(one.server.name == sku) for sku in skus] for one in running]
    return np.array(on).reshape(len(on), len(skus))


def _in_use(plan: Plan) -> list[str]:
    """Configurations that run, start or carry anything."""
    used = sum(
        np.abs(plan.data[name]).sum(
            [dim for dim in plan.data[name].dims if dim != "configuration"]
        )
        for name in ("replicas", "starts", "load_rps")
    )
    return plan.data["configuration"].values[used.values > 0.0].tolist()


def _running(inputs: Inputs, names: list[str]) -> tuple[dict[str, Replica], Check]:
    known, problems = {}, []
    for name in names:
        found = _replica(inputs, name)
        if isinstance(found, Replica):
            known[name] = found
        else:
            problems.append(f"configurations_are_allowed[{name}]: {found}")
    return known, fails("configurations_are_allowed", len(names), problems)


def _replica(inputs: Inputs, name: str) -> Replica | str:
    """What a configuration's name stands for, or why the scenario does not allow it."""
    fleet = inputs.scenario.fleet
    parsed = NAME.fullmatch(name)
    if parsed is None:
        return "the name is not one of a configuration"
    servers = {server.name: server for server in inputs.servers}
    llms = {card.llm: card for card in inputs.llms}
    if parsed["sku"] not in servers:
        return f"SKU {parsed['sku']!r} is not in the fleet"
    if parsed["llm"] not in llms:
        return f"no workload asks for LLM {parsed['llm']!r}"
    server = servers[parsed["sku"]]
    tp, pp = int(parsed["tp"]), int(parsed["pp"] or 1)
    if tp not in fleet.tensor_parallel or pp not in fleet.pipeline_parallel:
        return f"parallelism {tp} x {pp} is not in the fleet's"
    if server.sku.accelerators % (tp * pp):
        return f"{tp * pp} accelerators do not divide the server's {server.sku.accelerators}"
    if parsed["precision"] not in fleet.precisions:
        return f"precision {parsed['precision']!r} is not in the fleet's"
    clocks = fleet.clock_fractions if server.accelerator.kind == "gpu" else [1.0]
    clock = next((f for f in clocks if round(100 * f) == int(parsed["clock"])), None)
    if clock is None:
        return f"clock {parsed['clock']} % is not in the fleet's"
    return Replica(server, llms[parsed["llm"]], tp, pp, parsed["precision"], clock)


def _by_slot(inputs: Inputs, name: str) -> Floats:
    values = inputs.series[name].values.astype(float)
    return np.broadcast_to(values, inputs.series.sizes["slot"])


def _demand_rps(inputs: Inputs, origins: list[str]) -> Floats:
    arrivals = inputs.series["arrivals_rps"].transpose("workload", "origin", "slot")
    return np.stack(
        [
            one.request_class.share
            * arrivals.sel(workload=one.workload.name, origin=origins).values
            for one in inputs.classes
        ]
    )
