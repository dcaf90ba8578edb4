"""Service: every online request reaches a site near enough that serves it in time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import TOLERANCE, Check, at_least, at_most, equal
from carbonplan.verify.coefficients import Coefficients, allowed_regions, allowed_routes


def service_checks(case: Case, needs: Coefficients) -> list[Check]:
    """Demand, routes, service, throughput and latency of a plan."""
    return [
        *demand_is_served(case),
        *requests_go_where_they_may(case),
        routed_requests_are_served(case),
        *caches_are_handed_over(case),
        *load_is_within_throughput(case, needs),
        *latency_holds(case, needs),
    ]


def demand_is_served(case: Case) -> list[Check]:
    """What leaves an origin is what is asked for there; batch classes send nothing."""
    axes = case.class_names, case.origins, case.slots
    sent = case.flow_rps.sum(axis=2)
    asked = np.where(case.online[:, None, None], case.demand_rps, 0.0)
    flows = case.class_names, case.origins, case.regions, case.slots
    return [
        equal("demand_is_served", "requests/s routed", sent, asked, axes),
        at_least("demand_is_served", "requests/s routed", case.flow_rps, 0.0, flows),
    ]


def requests_go_where_they_may(case: Case) -> list[Check]:
    """No request leaves the routes and no work the regions that its workload allows."""
    flows = case.class_names, case.origins, case.regions, case.slots
    astray = np.where(allowed_routes(case)[..., None], 0.0, case.flow_rps)
    load = case.load_rps.sum(axis=1)
    abroad = np.where(allowed_regions(case)[..., None], 0.0, load)
    places = case.class_names, case.regions, case.slots
    name = "requests_go_where_they_may"
    return [
        at_most(name, "requests/s on a route that is not allowed", astray, 0.0, flows),
        at_most(name, "requests/s in a region that is not allowed", abroad, 0.0, places),
    ]


def routed_requests_are_served(case: Case) -> Check:
    """Online requests that arrive at a region are served there."""
    axes = case.class_names, case.regions, case.slots
    online = case.online[:, None, None]
    served = np.where(online, case.answered_rps, 0.0)
    arrived = np.where(online, case.flow_rps.sum(axis=1), 0.0)
    return equal("routed_requests_are_served", "requests/s served", served, arrived, axes)


def caches_are_handed_over(case: Case) -> list[Check]:
    """What prefill replicas of some weights compute, decode replicas of the same take over."""
    axes = case.class_names, case.regions, case.slots
    of = [(one.llm.llm, one.precision, one.role) for one in case.running]
    checks = []
    for llm, precision in dict.fromkeys(one[:2] for one in of if one[2] != "mixed"):
        sent, taken = (
            case.load_rps[:, [one == (llm, precision, role) for one in of]].sum(axis=1)
            for role in ("prefill", "decode")
        )
        what = f"requests/s decoded by {llm} in {precision}"
        checks.append(equal("caches_are_handed_over", what, taken, sent, axes))
    return checks


def load_is_within_throughput(case: Case, needs: Coefficients) -> list[Check]:
    """Replicas carry what they can: busy ones are among those that run and have loaded.

    The replicas of an engine divide the slot among its clocks. A class that a configuration
    cannot serve, and load where nothing runs, are violations however small the load.
    """
    name = "load_is_within_throughput"
    places = case.engines, case.regions, case.slots
    pairs = case.class_names, case.configurations, case.regions, case.slots
    can = needs.rate_rps > 0.0
    replicas_per_rps = np.where(can, 1.0 / np.where(can, needs.rate_rps, 1.0), 0.0)
    at_clock = np.einsum("kcrt,kc->crt", case.load_rps, replicas_per_rps)
    busy = np.einsum("ce,crt->ert", case.clocked, at_clock)
    loading = np.minimum(needs.start_hours[:, None, None] / case.slot_hours, 1.0) * case.starts
    unable = np.where(can[..., None, None], 0.0, case.load_rps)
    carried = np.einsum("ce,crt->ert", case.clocked, case.load_rps.sum(axis=0))
    nowhere = np.where(case.replicas > TOLERANCE, 0.0, carried)
    return [
        at_least(name, "requests/s served", case.load_rps, 0.0, pairs),
        at_most(name, "requests/s of a class that it cannot serve", unable, 0.0, pairs),
        at_most(name, "requests/s without a replica", nowhere, 0.0, places),
        at_most(name, "busy replicas", busy, case.replicas - loading, places),
    ]


def latency_holds(case: Case, needs: Coefficients) -> list[Check]:
    """TTFT with the longest round trip in use, and TPOT, are inside the limits of the class."""
    axes = case.class_names, case.configurations, case.regions
    flows = (case.flow_rps > TOLERANCE).any(axis=3)
    network_s = np.where(flows, case.rtt_s, 0.0).max(axis=1, initial=0.0)  # (k, r)
    used = (case.load_rps > TOLERANCE).any(axis=3) & case.online[:, None, None]
    ttft_s = needs.worst_ttft_s[:, :, None] + network_s[:, None, :]
    handed_over = [one.role == "prefill" for one in case.running]
    ttft_s[:, handed_over] += _decode_ttft_s(case, needs, used)[:, None]
    limits = {
        "ttft_s": [one.workload.ttft_s or np.inf for one in case.classes],
        "tpot_s": [one.workload.tpot_s or np.inf for one in case.classes],
    }
    found = {
        "ttft_s": np.where(used, ttft_s, 0.0),
        "tpot_s": np.where(used, needs.tpot_s[:, :, None], 0.0),
    }
    return [
        at_most("latency_holds", name, found[name], np.array(limit)[:, None, None], axes)
        for name, limit in limits.items()
    ]


def _decode_ttft_s(case: Case, needs: Coefficients, used: NDArray[np.bool_]) -> Floats:
    """Longest time that decode replicas in use add to the first token, (k, r) [s]."""
    decodes = np.array([one.role == "decode" for one in case.running], dtype=bool)
    added = np.where(used[:, decodes], needs.worst_ttft_s[:, decodes, None], 0.0)
    return added.max(axis=1, initial=0.0)
