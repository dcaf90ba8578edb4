"""What replicas can do and need, recomputed from the records for the configurations in use."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.calibration import load_calibration
from carbonplan.technology.operating import ClassLimits, OperatingPoints, operating_points
from carbonplan.units import J_PER_KJ
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, equal


@dataclass(frozen=True)
class Coefficients:
    """Operating points, over (k, c), and needs of a replica, over (c,).

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
    start_hours: Floats
    start_energy_kwh: Floats


OVER_PAIRS = ("rate_rps", "energy_kj", "ttft_s", "worst_ttft_s", "tpot_s")


def coefficients(case: Case) -> Coefficients:
    """Coefficients of every configuration in use."""
    shape = len(case.classes), len(case.running)
    arrays = {
        field.name: np.zeros(shape if field.name in OVER_PAIRS else shape[1])
        for field in fields(Coefficients)
    }
    calibration = load_calibration()
    limit = case.inputs.scenario.fleet.utilisation_limit
    for llm in case.inputs.llms:
        k = [i for i, one in enumerate(case.classes) if one.workload.llm == llm.llm]
        c = [i for i, one in enumerate(case.running) if one.llm.llm == llm.llm]
        if k and c:
            replicas = [case.running[i] for i in c]
            limits = [_limits(case, i) for i in k]
            points = operating_points(replicas, limits, limit, calibration)
            _fill(arrays, points, k, c, starts=case.inputs.scenario.fleet.start_costs)
    _put_profiles(case, arrays)
    return Coefficients(**arrays)


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


def _fill(
    arrays: dict[str, Floats],
    points: OperatingPoints,
    k: list[int],
    c: list[int],
    *,
    starts: bool,
) -> None:
    pairs = np.ix_(k, c)
    arrays["rate_rps"][pairs] = points.rate_rps
    arrays["energy_kj"][pairs] = points.energy_kj_per_request
    arrays["ttft_s"][pairs] = points.ttft_s
    arrays["worst_ttft_s"][pairs] = points.ttft_percentile_s
    arrays["tpot_s"][pairs] = points.tpot_s
    arrays["accelerators"][c] = points.accelerators
    arrays["loaded_kw"][c] = points.loaded_kw
    arrays["start_hours"][c] = points.start_hours * starts
    arrays["start_energy_kwh"][c] = points.start_energy_kwh * starts


def _put_profiles(case: Case, arrays: dict[str, Floats]) -> None:
    """Measured operating points replace those of the model."""
    limit = case.inputs.scenario.fleet.utilisation_limit
    for profile in case.inputs.profiles:
        key = (
            profile.llm,
            profile.sku,
            profile.tensor_parallel,
            profile.pipeline_parallel,
            profile.precision,
            round(100 * profile.clock_fraction),
        )
        for k, one in enumerate(case.classes):
            if profile.request_class not in (one.name, one.request_class.request_class):
                continue
            for c, replica in enumerate(case.running):
                if key != _key(replica) or one.workload.llm != profile.llm:
                    continue
                arrays["rate_rps"][k, c] = profile.max_rate_rps * limit
                arrays["energy_kj"][k, c] = profile.energy_j_per_request / J_PER_KJ
                arrays["ttft_s"][k, c] = arrays["worst_ttft_s"][k, c] = profile.ttft_s
                arrays["tpot_s"][k, c] = 0.0


def _key(replica) -> tuple:
    return (
        replica.llm.llm,
        replica.server.name,
        replica.tensor_parallel,
        replica.pipeline_parallel,
        replica.precision,
        round(100 * replica.clock_fraction),
    )


def coefficient_checks(case: Case, recomputed: Coefficients) -> list[Check]:
    """The plan's table against what was recomputed; where the table gives no rate, nothing."""
    table = case.plan.data.sel(
        request_class=list(case.class_names), configuration=list(case.configurations)
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
    for name in ("accelerators", "loaded_kw", "start_hours", "start_energy_kwh"):
        stated, values = table[name].values, getattr(recomputed, name)
        checks.append(
            equal("coefficients_hold", name, stated, values, over_pairs[1:], floor=0.0)
        )
    return checks
