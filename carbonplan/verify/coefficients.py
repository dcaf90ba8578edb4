"""What replicas can do and need, recomputed from the records for what is in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.inputs import MeasuredProfile
from carbonplan.technology.host_sockets import ON_HOST
from carbonplan.technology.measured_points import measured_profiles
from carbonplan.technology.operating import (
    ClassLimits,
    OperatingPoints,
    Replica,
    operating_points,
)
from carbonplan.technology.planning import calibration_of
from carbonplan.units import J_PER_KJ
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, equal
from carbonplan.verify.modes import put_mode_needs, put_modes
from carbonplan.verify.part_load import at_any_load


@dataclass(frozen=True)
class Coefficients:
    """Operating points, over (k, c), and needs of a replica at any clock, over (e,).

    ``worst_ttft_s`` is TTFT at the class's percentile, and ``tpot_s`` the time of an output
    token, both without network. Where a profile was measured it holds the mean TTFT and 0:
    more was not measured.
    """

    rate_rps: Floats
    energy_kj: Floats
    ttft_s: Floats
    worst_ttft_s: Floats
    tpot_s: Floats
    accelerators: Floats
    loaded_kw: Floats
    working_kw: Floats
    start_hours: Floats
    start_energy_kwh: Floats


OVER_PAIRS = {  # and their names in ``OperatingPoints``
    "rate_rps": "rate_rps",
    "energy_kj": "energy_kj_per_request",
    "ttft_s": "ttft_s",
    "worst_ttft_s": "ttft_percentile_s",
    "tpot_s": "tpot_s",
}
WORKING = "working_kw"
OVER_ENGINES = ("accelerators", "loaded_kw", WORKING, "start_hours", "start_energy_kwh")


def coefficients(case: Case) -> Coefficients:
    """Coefficients of every configuration and every engine in use."""
    pairs = {name: np.zeros((len(case.classes), len(case.running))) for name in OVER_PAIRS}
    for llm in case.inputs.llms:
        k = [i for i, one in enumerate(case.classes) if llm.llm in one.workload.llms]
        c = [i for i, one in enumerate(case.running) if one.llm.llm == llm.llm]
        if k and c:
            points = _points(case, [case.running[i] for i in c], k)
            for name, of_points in OVER_PAIRS.items():
                pairs[name][np.ix_(k, c)] = getattr(points, of_points)
    _put_profiles(case, pairs)
    put_modes(case, pairs)
    needs = _engine_needs(case)
    needs[WORKING], left = at_any_load(case, _points)
    needs["loaded_kw"] = needs["loaded_kw"] + needs[WORKING]
    pairs["energy_kj"] = pairs["energy_kj"] * left
    pairs["rate_rps"] /= np.array([one.workload.headroom for one in case.classes])[:, None]
    return Coefficients(**pairs, **needs)


def _engine_needs(case: Case) -> dict[str, Floats]:
    """What a replica of each engine needs, whatever it serves and at whatever clock, (e,)."""
    needs = {name: np.zeros(len(case.engines)) for name in OVER_ENGINES if name != WORKING}
    if case.engines:
        points = _points(case, case.engine_running, [])
        charged = float(case.inputs.scenario.fleet.start_costs)
        for name, values in needs.items():
            values[:] = getattr(points, name) * (charged if name.startswith("start") else 1.0)
        needs["accelerators"] *= [ON_HOST not in r.server.name for r in case.engine_running]
        put_mode_needs(case, needs)
    return needs


def _points(case: Case, replicas: Sequence[Replica], k: list[int]) -> OperatingPoints:
    limits = [_limits(case, i) for i in k]
    limit = case.inputs.scenario.fleet.utilisation_limit
    return operating_points(replicas, limits, limit, calibration_of(case.inputs))


def _limits(case: Case, k: int) -> ClassLimits:
    workload, lengths = case.classes[k].workload, case.classes[k].request_class
    open_trips = case.rtt_s[allowed_routes(case)[k]]
    online = workload.kind == "online"
    return ClassLimits(
        input_tokens=lengths.input_tokens,
        output_tokens=lengths.output_tokens,
        ttft_s=workload.ttft_s,
        tpot_s=workload.tpot_s,
        percentile=workload.percentile,
        network_s=float(open_trips.max(initial=0.0)) if online else 0.0,
    )


def allowed_routes(case: Case) -> NDArray[np.bool_]:
    """Where requests of a class may go, (k, o, r): near enough, and where its data may be."""
    routes = np.zeros((len(case.classes), len(case.origins), len(case.regions)), dtype=bool)
    for k, one in enumerate(case.classes):
        workload = one.workload
        farthest_s = workload.max_rtt_s
        if farthest_s is None:
            farthest_s = np.inf if workload.ttft_s is None else workload.ttft_s / 2
        named = [origin.origin for origin in workload.origins] or ["anywhere"]
        from_here = np.isin(case.origins, named)
        routes[k] = from_here[:, None] & (case.rtt_s <= farthest_s) & allowed_regions(case)[k]
    return routes


def allowed_regions(case: Case) -> NDArray[np.bool_]:
    """Where data of a class may be, (k, r)."""
    return np.array(
        [
            [
                one.workload.regions is None or region in one.workload.regions
                for region in case.regions
            ]
            for one in case.classes
        ]
    )


def _put_profiles(case: Case, arrays: dict[str, Floats]) -> None:
    """Measured operating points replace those of the model."""
    limit = case.inputs.scenario.fleet.utilisation_limit
    points = [profile for profile in case.inputs.profiles if not profile.is_mode]
    for profile in (*points, *_measured(case)):
        key = (
            profile.llm,
            profile.sku,
            profile.tensor_parallel,
            profile.pipeline_parallel,
            profile.precision,
            round(100 * profile.clock_fraction),
            "mixed",
        )
        for k, one in enumerate(case.classes):
            called = (one.name, one.label, one.request_class.request_class)
            if profile.request_class not in called:
                continue
            for c, replica in enumerate(case.running):
                if key != _key(replica) or profile.llm not in one.workload.llms:
                    continue
                arrays["rate_rps"][k, c] = profile.max_rate_rps * limit
                arrays["energy_kj"][k, c] = profile.energy_j_per_request / J_PER_KJ
                arrays["ttft_s"][k, c] = arrays["worst_ttft_s"][k, c] = profile.ttft_s
                arrays["tpot_s"][k, c] = 0.0


def _measured(case: Case) -> list[MeasuredProfile]:
    """Operating points between a user's measured times."""
    fleet = case.inputs.scenario.fleet
    return [
        profile
        for llm in case.inputs.llms
        for profile in measured_profiles(
            case.inputs.measurements,
            [replica for replica in case.running if replica.llm.llm == llm.llm],
            {
                one.name: _limits(case, k)
                for k, one in enumerate(case.classes)
                if llm.llm in one.workload.llms
            },
            fleet.utilisation_limit,
            calibration_of(case.inputs),
            widen=fleet.profiles_outside == "widen",
        )
    ]


def _key(replica: Replica) -> tuple:
    return (
        replica.llm.llm,
        replica.server.name,
        replica.tensor_parallel,
        replica.pipeline_parallel,
        replica.precision,
        round(100 * replica.clock_fraction),
        replica.role,
    )


def coefficient_checks(case: Case, recomputed: Coefficients) -> list[Check]:
    """The plan's table against what was recomputed; where the table gives no rate, nothing."""
    table = case.plan.data.sel(
        request_class=list(case.class_names),
        configuration=list(case.configurations),
        engine=list(case.engines),
    )
    over_pairs = (case.class_names, case.configurations)
    given = table["rate_rps"].transpose("request_class", "configuration").values > 0.0
    pairs = {
        "rate_rps": recomputed.rate_rps,
        "energy_kj_per_request": recomputed.energy_kj,
        "ttft_s": recomputed.ttft_s,
    }
    checks = []
    for name, values in pairs.items():
        stated = table[name].transpose("request_class", "configuration").values
        stated, values = np.where(given, stated, 0.0), np.where(given, values, 0.0)
        checks.append(equal("coefficients_hold", name, stated, values, over_pairs, floor=0.0))
    for name in OVER_ENGINES:
        stated, values = table[name].values, getattr(recomputed, name)
        checks.append(
            equal("coefficients_hold", name, stated, values, [case.engines], floor=0.0)
        )
    return checks
