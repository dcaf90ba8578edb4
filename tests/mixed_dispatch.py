"""What is left of a case when every whole decision is made: a linear program of both slots.

Written from the case's numbers, as statements about power and requests: each is a linear form
of named quantities, those that are given (whole) and those that are not.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import numpy as np

from tests.mixed_cases import FUTURES, QUALITY, RUN, SLOTS, Case

Name = Hashable
Form = dict[Name, float]
ONE, FLEET, WORST = "one", "fleet", "worst"  # a constant, what a fleet counts, the worst mean


@dataclass
class Dispatch:
    """Quantities between bounds whose forms are at most or equal to zero, and the aim."""

    between: dict[Name, tuple[float | None, float | None]] = field(default_factory=dict)
    at_most_zero: list[Form] = field(default_factory=list)
    zero: list[Form] = field(default_factory=list)
    aim: Form = field(default_factory=dict)


def total(*forms: tuple[float, Form]) -> Form:
    """A sum of forms, each times a factor."""
    found: Form = {}
    for factor, form in forms:
        for name, value in form.items():
            found[name] = found.get(name, 0.0) + factor * value
    return found


def dispatch(case: Case) -> Dispatch:
    """The program of a case; servers, what is powered, replicas and ways are given."""
    made = Dispatch()
    for t in range(SLOTS):
        made.between |= dict.fromkeys(quantities(case, t), (0.0, None))
        made.zero += [*requests(case, t), *powered_with(case, t)]
        made.at_most_zero += [*replicas(case, t), *memory(case, t), *promises(case, t)]
        made.at_most_zero += list(supply(case, t))
    made.at_most_zero += list(matched_shares(case))
    for i, one in enumerate(case.contracts):
        made.between["contracted", i] = (one.least_kw, one.most_kw)
    slots = [(1.0, aim_of_slot(case, t)) for t in range(SLOTS)]
    made.aim = total(*slots, (1.0, shared_aim(case)))
    if case.worst_weight:
        weigh_worst(case, made)
    return made


def quantities(case: Case, t: int) -> Iterator[Name]:
    """What is free in a slot."""
    for r in range(case.regions):
        yield from loads(case, r, t)
        if case.start_costs:
            yield from (("starts", e, r, t) for e in range(len(case.engines)))
        if case.memory:
            yield from (("with", g, r, m, t) for g in range(len(case.off_kw)) for m in (0, 1))
    yield "backlog", t
    yield from (("matched", i, t) for i in range(len(case.contracts)))


def loads(
    case: Case, r: int, t: int, *, k: int | None = None, e: int | None = None
) -> list[Name]:
    """Names of loads in a region, of a class and on an engine where these are given."""
    return [
        ("load", i, c, r, t)
        for i, c in zip(*(x.tolist() for x in np.nonzero(case.rate_rps)), strict=True)
        if k in (None, i) and e in (None, case.engine_of[c])
    ]


def role(case: Case, load: Name) -> str:
    return case.engines[case.engine_of[load[2]]].role


def answers(case: Case, k: int, t: int) -> Form:
    """Requests of a class that are answered: those of prefill alone are not."""
    everywhere = [one for r in range(case.regions) for one in loads(case, r, t, k=k)]
    return {one: 1.0 for one in everywhere if role(case, one) != "prefill"}


def requests(case: Case, t: int) -> Iterator[Form]:
    """Demand is answered, work is done or waits, and what is prefilled is decoded."""
    for q, classes in enumerate(case.ways):
        for k in classes:
            yield answers(case, k, t) | {("way", q, t): -case.demand_rps[k, t]}
    krequests, before = 3.6 * case.slot_hours, case.previous[t]
    yield total(
        (1.0, {("backlog", t): 1.0}),
        (-1.0, {("backlog", before): 1.0} if before >= 0 else {}),
        (krequests, answers(case, case.batch, t)),
        (-krequests * case.work_rps[t], {ONE: 1.0}),
    )
    sign = {"prefill": 1.0, "decode": -1.0}
    for k in range(len(case.rate_rps)):
        for r in range(case.regions):
            mine = loads(case, r, t, k=k)
            yield {x: sign[role(case, x)] for x in mine if role(case, x) in sign}


def idle(case: Case, e: int, r: int, t: int) -> Form:
    """Replicas that neither load nor serve."""
    form: Form = {("replicas", e, r, t): 1.0}
    if case.start_costs:
        form["starts", e, r, t] = -case.engines[e].start_fraction
    for one in loads(case, r, t, e=e):
        form[one] = -case.headroom / case.rate_rps[one[1], one[2]]
    return form


def replicas(case: Case, t: int) -> Iterator[Form]:
    """They serve no more than they can; those that did not run before are started."""
    before = case.previous[t]
    for e in range(len(case.engines)):
        for r in range(case.regions):
            yield total((-1.0, idle(case, e, r, t)))
            if case.start_costs:
                running, starts = ("replicas", e, r, t), ("starts", e, r, t)
                yield {starts: 1.0, running: -1.0}
            if case.start_costs and before >= 0:
                new = {running: 1.0}, {("replicas", e, r, before): 1.0}, {starts: 1.0}
                yield total(*zip((1.0, -1.0, -1.0), new, strict=True))
    waits = case.waits and not (case.time == RUN and t == SLOTS - 1)
    most = 3.6 * case.slot_hours * case.work_rps[t] * waits
    yield {("backlog", t): 1.0, ONE: -most}


def standing(case: Case, g: int, r: int, t: int) -> Form:
    y = case.stage_of[t]
    return {("servers", y, g, r, m): 1.0 for m in (0, 1)}


def powered_with(case: Case, t: int) -> Iterator[Form]:
    """A powered server has one size of memory."""
    for g, r in np.ndindex(case.existing.shape):
        if case.memory:
            sizes = {("with", g, r, m, t): 1.0 for m in (0, 1)}
            yield sizes | {("powered", g, r, t): -1.0}


def memory(case: Case, t: int) -> Iterator[Form]:
    """Powered servers stand; DRAM that they have to spare holds what runs on hosts."""
    for g, r in np.ndindex(case.existing.shape):
        taken = {
            ("replicas", e, r, t): one.host_gb
            for e, one in enumerate(case.engines)
            if one.sku == g and one.role == "host"
        }
        if not case.memory:
            yield taken | {("powered", g, r, t): -case.free_gb[g, 0]}
            continue
        yield taken | {("with", g, r, m, t): -case.free_gb[g, m] for m in (0, 1)}
        for m in (0, 1):
            yield {("with", g, r, m, t): 1.0, ("servers", case.stage_of[t], g, r, m): -1.0}


def promises(case: Case, t: int) -> Iterator[Form]:
    """Replicas stand idle for the online workload, and its answers are good enough."""
    online = [one for k in range(case.batch) for one in answers(case, k, t)]
    ready = {(case.engine_of[one[2]], one[3]) for one in online}
    yield total((case.spare, {ONE: 1.0}), *((-1.0, idle(case, e, r, t)) for e, r in ready))
    yield {
        one: case.tokens[one[1]] * (case.floor - QUALITY[engine.llm])
        for one in online
        for engine in [case.engines[case.engine_of[one[2]]]]
    }


def serving_kw(case: Case, r: int, t: int) -> Form:
    return {one: case.energy_kj[one[1], one[2]] for one in loads(case, r, t)}


def power_kw(case: Case, r: int, t: int) -> Form:
    """IT power of a region."""
    parts = [(1.0, serving_kw(case, r, t))]
    for g in range(len(case.off_kw)):
        powered, off = ("powered", g, r, t), case.off_kw[g]
        parts.append((off, standing(case, g, r, t)))
        parts.append((case.powered_kw[g] - off, {powered: 1.0}))
        if case.memory:
            parts += [(-case.saved_kw[g, m], {("with", g, r, m, t): 1.0}) for m in (0, 1)]
    for e, one in enumerate(case.engines):
        parts.append((one.loaded_kw, {("replicas", e, r, t): 1.0}))
        if case.start_costs:
            parts.append((one.start_kwh / case.slot_hours, {("starts", e, r, t): 1.0}))
    return total(*parts)


def supply(case: Case, t: int) -> Iterator[Form]:
    """A contract feeds what it delivers, and no more than is drawn."""
    for i, one in enumerate(case.contracts):
        delivered = one.profile[t] / case.pue[one.region, t]
        yield {("matched", i, t): 1.0, ("contracted", i): -delivered}
        yield total((1.0, {("matched", i, t): 1.0}), (-1.0, power_kw(case, one.region, t)))


def matched_shares(case: Case) -> Iterator[Form]:
    """Contracts match their share of the energy of every region."""
    for r in range(case.regions) if case.matched_share else ():
        parts = []
        for t in range(SLOTS):
            kwh = case.counted_hours[t] * case.pue[r, t]
            parts.append((kwh * case.matched_share, power_kw(case, r, t)))
            parts += [
                (-kwh, {("matched", i, t): 1.0})
                for i, one in enumerate(case.contracts)
                if one.region == r
            ]
        yield total(*parts)


def aim_of_slot(case: Case, t: int) -> Form:
    """Carbon and cost of a slot, by their weights."""
    of_carbon, of_cost = case.weights
    hours, parts = case.counted_hours[t], []
    for r in range(case.regions):
        kwh, drawn = hours * case.pue[r, t], power_kw(case, r, t)
        parts.append((kwh * of_cost * case.price[r, t], drawn))
        parts += [(kwh * of_carbon * x, form) for x, form in emitted(case, r, t, drawn)]
    for i, one in enumerate(case.contracts):
        kwh, r = hours * case.pue[one.region, t], one.region
        saved = of_cost * (one.resale - case.price[r, t])
        if case.by_market:
            saved += of_carbon * (one.intensity - case.residual[r, t])
        parts.append((kwh * saved, {("matched", i, t): 1.0}))
    if case.charge == "use":
        parts += [(hours * of_carbon * x, form) for x, form in made_by_hour(case, t)]
    return total(*parts)


def emitted(case: Case, r: int, t: int, drawn: Form) -> list[tuple[float, Form]]:
    """Carbon of power by the hour [kgCO2e/kWh], and of which power."""
    grid = case.intensity[r, t]
    if case.by_market:
        return [(case.residual[r, t], drawn)]
    if case.negative == "allow" or grid >= 0:
        return [(grid, drawn)]
    return [(grid, serving_kw(case, r, t))] if case.negative == "no-idle-earning" else []


def made_by_hour(case: Case, t: int) -> Iterator[tuple[float, Form]]:
    for g, r in np.ndindex(case.existing.shape):
        yield case.kgco2e_per_hour[g], {("powered", g, r, t): 1.0}
        for m in (0, 1) if case.memory else ():
            yield -case.saved_kgco2e_per_hour[g, m], {("with", g, r, m, t): 1.0}


def shared_aim(case: Case) -> Form:
    """What no slot has alone: the fleet, and what contracts deliver less its resale."""
    form: Form = {FLEET: 1.0}
    for i, one in enumerate(case.contracts):
        delivered = float(case.counted_hours @ one.profile)
        form["contracted", i] = case.weights[1] * delivered * (one.price - one.resale)
    return form


def weigh_worst(case: Case, made: Dispatch) -> None:
    """The mean over the worst futures: the largest over all ways to weigh them.

    Futures are slots; none has more than its probability over the tail, so that of two one is
    weighed as much as it may be, or the other.
    """
    assert case.time == FUTURES
    losses = [
        total((1 / case.probability[f], aim_of_slot(case, f)), (1.0, shared_aim(case)))
        for f in range(SLOTS)
    ]
    made.between[WORST] = (None, None)
    for f in range(SLOTS):
        most = min(1.0, case.probability[f] / case.tail)
        weighed = (most, losses[f]), (1.0 - most, losses[1 - f])
        made.at_most_zero.append(total(*weighed, (-1.0, {WORST: 1.0})))
    made.aim = total((1 - case.worst_weight, made.aim), (case.worst_weight, {WORST: 1.0}))
