"""What a plan says is owed to whom: all of its impacts, and to classes what serves them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from carbonplan.plan.records import ImpactTotal
from carbonplan.units import SECONDS_PER_HOUR
from carbonplan.verify.case import Case, Floats
from carbonplan.verify.checks import Check, at_least, at_most, equal, fails
from carbonplan.verify.coefficients import Coefficients
from carbonplan.verify.impacts import UNITS

NAME = "attribution_adds_up"
EXACTLY = 1e-9  # relative: parts of an impact against the impact that the plan states
PLACE = ("sku", "region")
CONTRACTS = "(contracts)"


def attribution_checks(
    case: Case, needs: Coefficients, totals: Mapping[str, ImpactTotal]
) -> list[Check]:
    """Sums of every impact by region and SKU, and accelerator hours of classes."""
    return [
        *impacts_add_up(case, totals),
        *hours_are_held(case, needs),
        requests_are_answered(case),
        *shares_are_shares(case),
    ]


def impacts_add_up(case: Case, totals: Mapping[str, ImpactTotal]) -> list[Check]:
    """What is owed to classes and to what serves nobody is the impact, and all of it."""
    data = case.plan.data
    served = data["served_impact"].sum(("request_class", "phase"))
    owed = (served + data["idle_impact"].sum("state")).transpose("impact", *PLACE)
    named = data["impact"].values.tolist()
    expected = [name for name in UNITS if name in totals]
    missing = [f"{NAME}: {name} is missing" for name in expected if name not in named]
    checks = [fails(NAME, len(expected), missing)]
    for name in named:
        if name not in totals:
            checks.append(fails(NAME, 1, [f"{NAME}: {name} is no impact"]))
            continue
        parts = owed.sel(impact=name, sku=list(case.skus), region=list(case.regions)).values
        found = totals[name]
        if name in case.plan.impacts:
            checks.append(_exact(name, float(parts.sum()), case.plan.impacts[name].value))
        checks.append(
            _parts(name, parts.sum(axis=0), found.by_region, case.regions, found.value)
        )
        if CONTRACTS not in found.by_sku:  # theirs is owed by the energy of each SKU
            checks.append(_parts(name, parts.sum(axis=1), found.by_sku, case.skus, found.value))
    return checks


def _exact(impact: str, found: float, stated: float) -> Check:
    """All that is owed against the impact as the plan states it."""
    if abs(found - stated) <= EXACTLY * max(abs(found), abs(stated)):
        return Check(NAME, 1)
    words = f"{NAME}: {impact} owed: {found:.12g} found, {stated:.12g} expected"
    return Check(NAME, 1, (words,))


def _parts(
    impact: str, owed: Floats, found: Mapping[str, float], names: tuple[str, ...], value: float
) -> Check:
    """What is owed at places against the recomputed parts of the impact."""
    expected = [found.get(name, 0.0) for name in names]
    return equal(NAME, f"{impact} owed", owed, expected, [names], floor=abs(value))


def hours_are_held(case: Case, needs: Coefficients) -> list[Check]:
    """Classes hold accelerators as their load takes them, and all hours are somebody's."""
    data = case.plan.data.sel(sku=list(case.skus), region=list(case.regions))
    served = data["served_accelerator_hours"].sel(request_class=list(case.class_names))
    by_class = served.sum("phase").transpose("request_class", *PLACE).values
    rate = np.where(needs.rate_rps > 0.0, needs.rate_rps, np.inf)
    busy = np.einsum("kcrt,kc,t->kcr", case.load_rps, 1.0 / rate, case.hours)
    accelerators = case.clocked @ needs.accelerators
    expected = np.einsum("kcr,c,cg->kgr", busy, accelerators, case.clocked @ case.hosted)
    in_server = np.array([server.sku.accelerators for server in case.inputs.servers])
    standing = in_server[:, None] * (case.standing @ case.hours)
    idle = data["idle_accelerator_hours"].sum("state").transpose(*PLACE).values
    quantity = "accelerator hours"
    return [
        equal(NAME, quantity, by_class, expected, (case.class_names, *_places(case))),
        equal(NAME, quantity, by_class.sum(axis=0) + idle, standing, _places(case)),
    ]


def requests_are_answered(case: Case) -> Check:
    """Answered are requests that a replica decodes, alone or after another's prefill."""
    data = case.plan.data.sel(request_class=list(case.class_names), sku=list(case.skus))
    stated = data["answered_requests"].sel(region=list(case.regions))
    on_sku = case.answering[:, None] * (case.clocked @ case.hosted)
    answered = np.einsum("kcrt,cg,t->kgr", case.load_rps, on_sku, case.hours)
    axes = case.class_names, *_places(case)
    found = stated.transpose("request_class", *PLACE).values
    return equal(NAME, "requests answered", found, SECONDS_PER_HOUR * answered, axes)


def _places(case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return case.skus, case.regions


def shares_are_shares(case: Case) -> list[Check]:
    """Prompts take between nothing and all of a request and of a replica's time."""
    checks = []
    for name in ("prompt_energy_share", "prompt_time_share"):
        shares = case.plan.data[name].transpose("request_class", "configuration")
        axes = [list(map(str, shares[dim].values)) for dim in shares.dims]
        checks += [
            at_least("prompts_have_shares", name, shares.values, 0.0, axes),
            at_most("prompts_have_shares", name, shares.values, 1.0, axes),
        ]
    return checks
