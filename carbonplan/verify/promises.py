"""Promises beyond the SLOs: quality of answers, replicas in readiness, shares of the fleet."""

from __future__ import annotations

import numpy as np

from carbonplan.scenario.workloads import Workload
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, at_least, at_most
from carbonplan.verify.coefficients import Coefficients


def promise_checks(case: Case, needs: Coefficients) -> list[Check]:
    """Quality, spare replicas and shares, where the scenario asks for them."""
    workloads = case.inputs.scenario.workloads
    return [
        *(quality_holds(case, one) for one in workloads if one.quality_floor is not None),
        *(spare_is_ready(case, needs, one) for one in workloads if one.spare_replicas),
        *shares_hold(case),
    ]


def quality_holds(case: Case, workload: Workload) -> Check:
    """The answers of each slot have, in the mean of their tokens, the quality asked for."""
    quality = np.array([workload.qualities.get(one.llm.llm, 0.0) for one in case.running])
    tokens = np.array(
        [
            one.request_class.output_tokens * (one.workload.name == workload.name)
            for one in case.classes
        ]
    )
    answered_rps = case.load_rps.sum(axis=2) * case.answering[None, :, None]
    tokens_per_s = tokens[:, None, None] * answered_rps
    found = np.einsum("kct,c->t", tokens_per_s, quality)
    needed = (workload.quality_floor or 0.0) * tokens_per_s.sum(axis=(0, 1))
    axes = [workload.name], case.slots
    return at_least("quality_holds", "quality x tokens/s", found[None], needed[None], axes)


def spare_is_ready(case: Case, needs: Coefficients, workload: Workload) -> Check:
    """Of the replicas that may answer a workload, so many are neither busy nor loading."""
    ready = np.array(
        [one.llm.llm in workload.llms and one.role != "prefill" for one in case.engine_running],
        dtype=bool,
    )
    here = [workload.regions is None or r in workload.regions for r in case.regions]
    can = needs.rate_rps > 0.0
    per_rps = np.where(can, 1.0 / np.where(can, needs.rate_rps, 1.0), 0.0)
    busy = np.einsum("ce,kc,kcrt->ert", case.clocked, per_rps, case.load_rps)
    loading = np.minimum(needs.start_hours[:, None, None] / case.slot_hours, 1.0) * case.starts
    idle = (case.replicas - loading - busy)[ready][:, np.array(here)].sum(axis=(0, 1))
    axes = [workload.name], case.slots
    return at_least(
        "spare_is_ready", "idle replicas", idle[None], workload.spare_replicas, axes
    )


def shares_hold(case: Case) -> list[Check]:
    """No region and no vendor has more of the accelerators of a stage than it may."""
    fleet, servers = case.inputs.scenario.fleet, case.inputs.servers
    in_server = np.array([server.sku.accelerators for server in servers], dtype=float)
    standing = in_server[None, :, None] * case.servers
    total = standing.sum(axis=(1, 2))[:, None]
    vendors = list(dict.fromkeys(server.accelerator.vendor for server in servers))
    of_vendor = _marks([server.accelerator.vendor for server in servers], vendors)
    by_vendor = np.einsum("ygr,gi->yi", standing, of_vendor)
    name, quantity = "shares_hold", "accelerators"
    return [
        at_most(
            name,
            quantity,
            standing.sum(axis=1),
            fleet.largest_region_share * total,
            (case.stages, case.regions),
        ),
        at_most(
            name,
            quantity,
            by_vendor,
            fleet.largest_vendor_share * total,
            (case.stages, vendors),
        ),
    ]


def _marks(names: list[str], among: list[str]) -> Floats:
    return np.array([[float(name == other) for other in among] for name in names])
