"""A plan and its inputs become a rollout: what one stage of it asks of those who run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carbonplan.errors import InvalidInput, UsageError, nearest
from carbonplan.export.hours import hours_of
from carbonplan.export.orders import orders_of
from carbonplan.export.pools import pools_of, replicas_by_name
from carbonplan.export.records import Group, Identity, Machine, Note, Options, Rollout
from carbonplan.verify.naming import sku_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.catalogue.records import Server
    from carbonplan.plan import Plan
    from carbonplan.technology.operating import Replica


def rollout(
    plan: Plan, inputs: Inputs, options: Options, notes: Sequence[Note] = ()
) -> Rollout:
    """One stage of a plan as pools, machines, hours and groups of servers; orders of all.

    Slots that test the loss of a region are left out: nothing runs so on an ordinary day.

    Raises
    ------
    UsageError
        There is no such stage or slot, or weights are named for an LLM that nothing serves.
    InvalidInput
        The plan runs what its scenario does not have.
    """
    stage = _stage(plan, options)
    data, lost = _of_stage(plan, stage)
    replicas = _replicas(plan, inputs)
    hours, pools = hours_of(data), pools_of(inputs, data, replicas)
    _refuse(options, len(hours.starts), [pool.llm for pool in pools])
    return Rollout(
        identity=_identity(plan, stage),
        serving=inputs.scenario.fleet.engine,
        switch_off=inputs.scenario.fleet.switch_off,
        machines={server.name: _machine(server) for server in inputs.servers},
        pools=tuple(pools),
        hours=hours,
        groups=tuple(_groups(inputs, data, replicas)),
        orders=tuple(orders_of(plan, inputs)),
        options=options,
        whole=plan.summary["replicas"] == "whole",
        notes=(*notes, *_notes(plan, inputs, stage, lost)),
    )


def _stage(plan: Plan, options: Options) -> str:
    stages = [str(name) for name in plan.data["stage"].values]
    if options.stage is None:
        return stages[0]
    if options.stage not in stages:
        raise UsageError(
            f'--stage: the plan has no "{options.stage}"{nearest(options.stage, stages)}; '
            f"its stages are {', '.join(stages)}"
        )
    return options.stage


def _refuse(options: Options, slots: int, llms: Sequence[str]) -> None:
    """Options that speak of what the stage does not have."""
    if options.slot is not None and not 0 <= options.slot < slots:
        raise UsageError(f"--slot {options.slot}: the stage has slots 0 to {slots - 1}")
    for llm in options.models:
        if llm not in llms:
            raise UsageError(f'--model: the plan does not run "{llm}"{nearest(llm, llms)}')


def _identity(plan: Plan, stage: str) -> Identity:
    summary = plan.summary
    fingerprint, status = str(summary["fingerprint"]), str(summary["status"])
    return Identity(plan.scenario_name, fingerprint, status, summary["gap"], stage)


def _of_stage(plan: Plan, stage: str) -> tuple[xr.Dataset, int]:
    """The plan's arrays in the slots of a stage, and how many slots without a region it has."""
    in_stage = plan.data["slot_stage"].values.astype(str) == stage
    lost = plan.data["lost_region"].values.astype(str) != ""
    chosen = np.flatnonzero(in_stage & ~lost)
    if not chosen.size:
        raise UsageError(f'stage "{stage}" has no slots')
    data = plan.data.isel(slot=chosen)
    return data.sel(stage=[stage]), int((in_stage & lost).sum())


def _replicas(plan: Plan, inputs: Inputs) -> dict[str, Replica]:
    names = plan.data["configuration"].values.astype(str).tolist()
    found, problems = replicas_by_name(inputs, names)
    if problems:
        raise InvalidInput(plan.scenario_name, problems)
    return found


def _machine(server: Server) -> Machine:
    accelerator = server.accelerator
    return Machine(
        sku=server.name,
        accelerator=accelerator.accelerator,
        vendor=accelerator.vendor,
        architecture=accelerator.architecture,
        kind=accelerator.kind,
        accelerators=server.sku.accelerators,
        cores=server.host.cores,
        boost_mhz=accelerator.boost_clock_mhz,
        lowest_mhz=accelerator.lowest_clock_mhz,
    )


def _groups(inputs: Inputs, data: xr.Dataset, replicas: Mapping[str, Replica]) -> list[Group]:
    """Servers that stand, by region and SKU, with the clocks of what runs on them."""
    providers = {region.region: region.provider for region in inputs.regions}
    boost = {server.name: server.accelerator.boost_clock_mhz for server in inputs.servers}
    standing = data["servers"].isel(stage=0).transpose("region", "sku").values
    load = data["load_rps"].sum("request_class").transpose("configuration", "region", "slot")
    runs = load.values > 0.0
    names = data["configuration"].values.astype(str).tolist()
    groups = []
    for r, region in enumerate(data["region"].values.astype(str).tolist()):
        for g, sku in enumerate(data["sku"].values.astype(str).tolist()):
            if not round(standing[r, g]):
                continue
            mhz = {
                c: round(replicas[name].clock_fraction * boost[sku])
                for c, name in enumerate(names)
                if replicas[name].server.name == sku == sku_of(replicas[name])
            }
            clocks = tuple(
                tuple(sorted({mhz[c] for c in mhz if runs[c, r, t]}))
                for t in range(data.sizes["slot"])
            )
            provider = providers.get(region, "")
            groups.append(Group(region, provider, sku, round(standing[r, g]), clocks))
    return groups


def _notes(plan: Plan, inputs: Inputs, stage: str, lost: int) -> list[Note]:
    notes = []
    if any(node.future is not None for node in inputs.nodes):
        why = "the list has the orders of all of them; do not add them up"
        notes.append(Note("purchases", "only one of the plan's futures comes", why))
    others = plan.data.sizes["stage"] - 1
    if others:
        why = f"the plan has {others} further stages; --stage exports another"
        notes.append(Note("all", "only one stage is exported, purchases apart", why, stage))
    if lost:
        why = f"{lost} slots show how the plan serves without a region; they are no schedule"
        notes.append(Note("all", "the loss of a region is left out", why))
    if plan.summary["status"] != "optimal":
        why = "the search was stopped; the gap says how much better a plan may be"
        notes.append(Note("all", "the plan is not proven best", why))
    return notes
