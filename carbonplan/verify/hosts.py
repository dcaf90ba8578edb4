"""Hosts: what runs on their sockets, and the memory that servers were bought with.

Letters of dimensions as in ``Case``; m is a size of memory. A size is read from its name,
``dram-512/ssd-960`` or ``as-sold``; what it saves is worked out from the tables anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from carbonplan.catalogue.records import Server
from carbonplan.technology.embodied import embodied_footprint
from carbonplan.technology.host_memory import dram_need_gb, ssd_need_gb
from carbonplan.technology.host_sockets import ON_HOST, host_share, replica_dram_gb
from carbonplan.technology.memory import USABLE_FRACTION
from carbonplan.technology.shapes import llm_figures
from carbonplan.units import BYTES_PER_GB, HOURS_PER_YEAR, W_PER_KW
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.charges import lives_of, server_usd
from carbonplan.verify.checks import Check, at_least, at_most, equal, whole
from carbonplan.verify.fleet import lives_years, parents, standing

AS_SOLD = "as-sold"
SIZE = re.compile(r"dram-(?P<dram>[0-9.]+)/ssd-(?P<ssd>[0-9.]+)")


@dataclass(frozen=True)
class Sizes:
    """Figures of sizes, each (g, m); zero and not allowed where a SKU does not come in it."""

    allowed: Floats
    free_dram_gb: Floats
    saved_kgco2e: Floats
    saved_usd: Floats
    saved_kw: Floats


def host_checks(case: Case) -> list[Check]:
    """Replicas inside hosts and their memory; memory inside what was bought."""
    sizes = sizes_of(case)
    return [*reuse_checks(case, sizes), *memory_checks(case, sizes)]


def reuse_checks(case: Case, sizes: Sizes) -> list[Check]:
    """Sockets and DRAM of powered hosts hold the replicas; only batch work runs there."""
    fleet, axes = case.inputs.scenario.fleet, (case.skus, case.regions, case.slots)
    on_host = np.array([float(ON_HOST in one.server.name) for one in case.engine_running])
    share = on_host * np.array([host_share(one) for one in case.engine_running])
    dram = on_host * np.array([replica_dram_gb(one) for one in case.engine_running])
    used = np.einsum("eg,e,ert->grt", case.hosted, share, case.replicas)
    used_gb = np.einsum("eg,e,ert->grt", case.hosted, dram, case.replicas)
    sold_gb = sizes.free_dram_gb[:, case.memory.index(AS_SOLD)]
    free_gb = sold_gb[:, None, None] * case.powered
    if fleet.host_memory == "chosen":
        free_gb = np.einsum("gm,grmt->grt", sizes.free_dram_gb, case.powered_fitted)
    serving = np.array([ON_HOST in one.server.name for one in case.running], dtype=bool)
    online = case.load_rps[case.online][:, serving].sum(axis=(1, 2, 3))
    names = [
        name for name, is_online in zip(case.class_names, case.online, strict=True) if is_online
    ]
    return [
        at_most(
            "replicas_fit_in_hosts", "hosts", used, fleet.host_reuse_share * case.powered, axes
        ),
        at_most("replicas_fit_in_hosts", "GB of DRAM", used_gb, free_gb, axes),
        at_most("hosts_serve_batch", "requests/s", online, 0.0, [names]),
    ]


def memory_checks(case: Case, sizes: Sizes) -> list[Check]:
    """Every bought server has one allowed size; what is powered was bought with it."""
    name, fleet = "memory_is_fitted", case.inputs.scenario.fleet
    if fleet.host_memory == "as-sold":
        found = [np.abs(case.fitted).sum(), np.abs(case.powered_fitted).sum()]
        return [equal(name, "servers by memory", found, 0.0, [["standing", "powered"]])]
    by_cohort = case.stages, case.cohorts, case.skus, case.regions
    stood = standing(case)
    barred = case.fitted * (1.0 - _may_have(case, sizes)[:, :, None, :])
    in_slots = case.fitted.sum(axis=1)[case.slot_stage]  # (t, g, r, m)
    usable = fleet.availability * np.moveaxis(in_slots, 0, 3)
    by_slot = case.skus, case.regions, case.memory, case.slots
    return [
        equal(name, "servers", case.fitted.sum(axis=4), stood, by_cohort),
        at_most(name, "servers of a size that is none", barred.sum(axis=4), 0.0, by_cohort),
        at_least(name, "servers", case.fitted.min(axis=4), 0.0, by_cohort),
        at_most(name, "powered servers", case.powered_fitted, usable, by_slot),
        at_least(name, "powered servers", case.powered_fitted, 0.0, by_slot),
        equal(
            name,
            "powered servers",
            case.powered_fitted.sum(axis=2),
            case.powered,
            (case.skus, case.regions, case.slots),
        ),
        whole(name, "servers", case.fitted, (*by_cohort, case.memory)),
        memory_stays(case),
    ]


def memory_stays(case: Case) -> Check:
    """No stage has more of a cohort with a size than the stage before; movers are as sold."""
    axes = case.stages, case.cohorts, case.skus, case.regions, case.memory
    sold = np.array([float(one == AS_SOLD) for one in case.memory])
    before = np.zeros_like(case.fitted)
    for y, p in enumerate(parents(case)):
        before[y] = np.inf if p is None else case.fitted[p]
    for v, cohort in enumerate(case.cohorts):
        bought_in = [
            y for y, stage in enumerate(case.stages) if cohort.rpartition("+")[2] == stage
        ]
        before[bought_in, v] = np.inf
    gone = case.upgraded.sum(axis=3) + case.moved.sum(axis=4)
    come = case.moved.sum(axis=3)
    found = case.fitted + gone[..., None] * sold
    return at_most("memory_stays", "servers", found, before + come[..., None] * sold, axes)


def spared_kw(case: Case) -> Floats:
    """Power that powered servers are spared for memory that they do not have, (g, r, t)."""
    return np.einsum("gm,grmt->grt", sizes_of(case).saved_kw, case.powered_fitted)


def spared_kgco2e(case: Case) -> Floats:
    """Making that the plan is not charged with for memory not bought, (g, r) [kgCO2e]."""
    saved = sizes_of(case).saved_kgco2e
    if case.inputs.scenario.embodied.charge == "use":
        lives = np.array([lives_years(case, one)[0] for one in case.inputs.servers])
        hours = case.powered_fitted @ case.hours
        yearly = saved / lives[:, None]
        return np.einsum("gm,grm->gr", yearly / HOURS_PER_YEAR, hours)
    return np.einsum("gm,yvg,yvgrm->gr", saved, lives_of(case, "host"), case.fitted)


def spared_usd(case: Case, usd_per_hour: Floats) -> Floats:
    """Cost of memory not bought, (g, r) [USD]; rents are what they are."""
    if case.inputs.scenario.cost.acquisition != "purchase":
        return np.zeros((len(case.skus), len(case.regions)))
    price_usd = np.array([one.price.purchase_usd for one in case.inputs.servers])
    paid = server_usd(case, usd_per_hour) / price_usd
    return np.einsum("gm,yvg,yvgrm->gr", sizes_of(case).saved_usd, paid, case.fitted)


def sizes_of(case: Case) -> Sizes:
    """Figures of every size in the plan, for every SKU."""
    cells = [
        [_cell(case, server, name) for name in case.memory] for server in case.inputs.servers
    ]
    figures = np.array(cells, dtype=float)
    return Sizes(*(figures[:, :, i] for i in range(figures.shape[2])))


def _cell(case: Case, server: Server, name: str) -> tuple[float, ...]:
    """Allowed, free DRAM and savings of one size of one SKU."""
    checkpoints_gb = _checkpoints_gb(case, server)
    need_gb = dram_need_gb(server, checkpoints_gb)
    sold = {"dram": server.host.dram_gb, "ssd": server.host.ssd_gb}
    parsed = SIZE.fullmatch(name)
    if parsed is None:
        free_gb = max(sold["dram"] - need_gb, 0.0)
        return float(name == AS_SOLD), free_gb, 0.0, 0.0, 0.0
    size = {part: float(parsed[part]) for part in sold}
    need = {"dram": need_gb, "ssd": ssd_need_gb(checkpoints_gb)}
    if not all(_is_offered(server, part, size[part], need[part], sold[part]) for part in sold):
        return 0.0, 0.0, 0.0, 0.0, 0.0
    made = embodied_footprint(server, case.inputs.embodied_coefficients).lines
    saved = [0.0, 0.0, 0.0]
    for part, gb in size.items():
        less = sold[part] - gb
        saved[0] += less * sum(
            line.kgco2e / line.quantity
            for line in made
            if line.item == server.sku.host and line.part == part
        )
        for one in server.memory_parts:
            saved[1] += less * one.usd_per_gb * (one.part == part)
            saved[2] += less * one.idle_w_per_gb / W_PER_KW * (one.part == part)
    return 1.0, max(size["dram"] - need_gb, 0.0), *saved


def _is_offered(server: Server, part: str, gb: float, need_gb: float, sold_gb: float) -> bool:
    """Whether a server can be bought with a part of a size; that as sold always is."""
    if gb == sold_gb:
        return True
    offered = {one.gb for one in server.memory_options if one.part == part}
    return gb in offered and gb >= need_gb and server.accelerator.kind == "gpu"


def _may_have(case: Case, sizes: Sizes) -> Floats:
    """1 where a cohort of a SKU may have a size, (v, g, m): others than as sold are bought."""
    sold = np.array([float(one == AS_SOLD) for one in case.memory])
    bought = np.array([float(cohort in case.stages) for cohort in case.cohorts])
    return sizes.allowed * np.maximum(sold, bought[:, None, None])


def _checkpoints_gb(case: Case, server: Server) -> list[float]:
    """Weights that fit on a server's accelerators, an LLM in a precision each [GB]."""
    room = USABLE_FRACTION * server.accelerator.memory_gb * server.sku.accelerators
    weights = (
        llm_figures(llm, precision).weight_bytes / BYTES_PER_GB
        for llm in case.inputs.llms
        for precision in case.inputs.scenario.fleet.precisions
    )
    return [one for one in weights if one <= room]
