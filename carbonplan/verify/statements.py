"""What a plan says of itself: totals, proof, bounds, and the figures that it carries along."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from carbonplan.plan.records import ImpactTotal
from carbonplan.plan.variables import VARIABLES
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import TOLERANCE, Check, at_most, equal, fails
from carbonplan.verify.fleet import existing_servers
from carbonplan.verify.supply import profiles, residual

SERIES = (
    "intensity_kgco2e_per_kwh",
    "pue",
    "price_usd_per_kwh",
    "wue_l_per_kwh",
    "ewif_l_per_kwh",
)


def statement_checks(
    case: Case,
    totals: Mapping[str, ImpactTotal],
    objective: float,
    minimised: float,
    power_kw: Floats,
    not_earned_kgco2e_per_hour: Floats,
) -> list[Check]:
    """Everything that the plan states against what was recomputed.

    ``objective`` is expected, ``minimised`` counts the worst futures as the scenario asks.
    """
    return [
        *impacts_are_as_stated(case, totals),
        *bounds_hold(case, totals),
        *proof_is_sound(case, minimised),
        stance_is_stated(case),
        *evidence_adds_up(case, objective),
        servers_are_listed(case),
        *copies_are_true(case),
        *power_is_as_stated(case, power_kw, not_earned_kgco2e_per_hour),
    ]


def impacts_are_as_stated(case: Case, totals: Mapping[str, ImpactTotal]) -> list[Check]:
    """Values and units of all impacts, and their parts by region and SKU."""
    stated = case.plan.impacts
    missing = [
        f"impacts_are_as_stated: {name} is missing" for name in totals if name not in stated
    ]
    checks = [fails("impacts_are_as_stated", len(totals), missing)]
    for name, total in stated.items():
        if name not in totals:
            checks.append(
                fails("impacts_are_as_stated", 1, [f"impacts_are_as_stated: {name} is unknown"])
            )
            continue
        found = totals[name]
        quantity = f"{name} [{found.unit}]"
        checks += [
            _same("impacts_are_as_stated", quantity, total.value, found.value),
            _parts("by_region", quantity, total.by_region, found.by_region, found.value),
            _parts("by_sku", quantity, total.by_sku, found.by_sku, found.value),
        ]
        if total.unit != found.unit:
            words = f"impacts_are_as_stated: {name} is in {total.unit}, {found.unit} expected"
            checks.append(fails("impacts_are_as_stated", 1, [words]))
    return checks


def _parts(
    of: str,
    quantity: str,
    stated: Mapping[str, float],
    found: Mapping[str, float],
    value: float,
) -> Check:
    """Parts of an impact, to the tolerance of the whole."""
    names = sorted({*stated, *found})
    return equal(
        "impacts_are_as_stated",
        f"{quantity} {of}",
        [stated.get(name, 0.0) for name in names],
        [found.get(name, 0.0) for name in names],
        [names],
        floor=abs(value),
    )


def bounds_hold(case: Case, totals: Mapping[str, ImpactTotal]) -> list[Check]:
    """Impacts stay within the scenario's bounds."""
    return [
        at_most(
            "bounds_hold",
            totals[bound.impact].unit,
            totals[bound.impact].value,
            bound.at_most,
            [[bound.impact]],
        )
        for bound in case.inputs.scenario.bounds
        if bound.stage is None
    ]


def proof_is_sound(case: Case, objective: float) -> list[Check]:
    """Objective recomputed; bound not above it, and the gap the distance between them."""
    name, summary = "proof_is_sound", case.plan.summary
    value, bound, gap = (
        np.nan if one is None else one
        for one in (summary["objective"].get("value"), summary.get("bound"), summary.get("gap"))
    )
    checks = [_same(name, "objective", value, objective)]
    if not np.isnan(bound):
        floor = abs(objective)
        checks.append(at_most(name, "bound", bound, objective, [["objective"]], floor=floor))
    if not np.isnan(gap):
        between = (value - bound) / abs(value) if value else np.nan
        checks.append(_same(name, "gap", gap, between, floor=1.0))
    return checks


def stance_is_stated(case: Case) -> Check:
    """The end of the bands that the plan names is the one that its inputs were taken at."""
    name = "stance_is_stated"
    stated = case.plan.summary["stance"].get("end")
    taken = case.inputs.scenario.uncertainty.stance
    words = f"{name}: {stated} found, {taken} expected"
    return fails(name, 1, [] if stated == taken else [words])


def evidence_adds_up(case: Case, objective: float) -> list[Check]:
    """Terms of known evidence sum to the objective, and the shares of the classes to one."""
    name, evidence = "evidence_adds_up", case.plan.summary["evidence"]
    terms = evidence.get("terms") or ()
    if not terms:
        return [_same(name, "objective without terms", 0.0, objective)]
    values = [term.get("value", np.nan) for term in terms]
    shares = sum(evidence.get("shares", {}).values())
    return [
        _same(name, "terms", sum(values), objective, floor=sum(map(abs, values))),
        _same(name, "shares", shares, 1.0),
    ]


def servers_are_listed(case: Case) -> Check:
    """The list of servers in the summary is that of the arrays."""
    listed = {
        (one["stage"], one["sku"], one["region"]): one["count"]
        for one in case.plan.summary["servers"]
    }
    axes = case.stages, case.skus, case.regions
    found = [
        [[listed.get((y, sku, region), 0) for region in case.regions] for sku in case.skus]
        for y in case.stages
    ]
    return equal("servers_are_listed", "servers in the summary", found, case.servers, axes)


def copies_are_true(case: Case) -> list[Check]:
    """Series and fleet that the plan carries along are those of its inputs."""
    by_site = {one: (case.series(one), case.regions, case.slots) for one in SERIES}
    hours = case.plan.data["weight"] * case.plan.data["slot_hours"]
    times = case.plan.data["time_utc"].values.astype("datetime64[ns]")
    same_times = times == case.inputs.series["time_utc"].values.astype("datetime64[ns]")
    in_server = [server.sku.accelerators for server in case.inputs.servers]
    copies = {
        **by_site,
        "demand_rps": (case.demand_rps, case.class_names, case.origins, case.slots),
        "existing_servers": (existing_servers(case), case.cohorts, case.skus, case.regions),
        "sku_accelerators": (in_server, case.skus),
        "contract_profile": (profiles(case), case.contracts, case.slots),
        "residual_intensity_kgco2e_per_kwh": (
            case.series(residual(case)),
            case.regions,
            case.slots,
        ),
    }
    return [
        *(
            equal("copies_are_true", one, stated(case, one), values, axes, floor=0.0)
            for one, (values, *axes) in copies.items()
        ),
        equal("copies_are_true", "hours", hours.values, case.hours, [case.slots], floor=0.0),
        equal("copies_are_true", "time_utc is right", same_times, 1.0, [case.slots]),
    ]


def stated(case: Case, name: str) -> Floats:
    """A variable of the plan in the order of the case's labels."""
    array = case.plan.data[name].transpose(*VARIABLES[name].dims)
    order = {
        "cohort": case.cohorts,
        "sku": case.skus,
        "region": case.regions,
        "request_class": case.class_names,
        "origin": case.origins,
        "contract": case.contracts,
    }
    labels = {dim: list(names) for dim, names in order.items() if dim in array.dims}
    return array.sel(labels).values


def power_is_as_stated(
    case: Case, power_kw: Floats, not_earned_kgco2e_per_hour: Floats
) -> list[Check]:
    """Power and energy that the plan carries along are those of its decisions."""
    site_kw = case.series("pue") * power_kw.sum(axis=0)
    carbon = case.series("intensity_kgco2e_per_kwh") * site_kw
    carbon = carbon + not_earned_kgco2e_per_hour.sum(axis=0)
    energy_kwh = (power_kw * case.series("pue") * case.hours).sum(axis=2)
    name, by_site, by_server = (
        "power_is_as_stated",
        (case.regions, case.slots),
        (case.skus, case.regions),
    )
    by_use = stated(case, "energy_kwh").sum(axis=0)
    return [
        equal(
            name, "it_power_kw", stated(case, "it_power_kw"), power_kw, (*by_server, case.slots)
        ),
        equal(name, "site_power_kw", stated(case, "site_power_kw"), site_kw, by_site),
        equal(
            name,
            "operational_kgco2e_per_hour",
            stated(case, "operational_kgco2e_per_hour"),
            carbon,
            by_site,
        ),
        equal(name, "energy_kwh", by_use, energy_kwh, by_server),
    ]


def _same(name: str, quantity: str, found: float, expected: float, floor: float = 0.0) -> Check:
    """Two totals, to the relative tolerance however small they are."""
    if abs(found - expected) <= TOLERANCE * max(abs(found), abs(expected), floor):
        return Check(name, 1)
    words = f"{name}: {quantity}: {found:.9g} found, {expected:.9g} expected"
    return Check(name, 1, (words,))
