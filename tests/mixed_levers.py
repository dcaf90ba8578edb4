"""Optimum of a case that mixes levers, by trying every whole decision.

Fleets, powered servers, replicas and ways to divide requests are enumerated; what is left, the
dispatch of both slots, is one small linear program, written here from the case's numbers. All
candidates of a case share its matrix and differ in right-hand sides, so that the prices of one
that is solved bound every other from below (weak duality): those that cannot be best are not
solved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, linprog

from tests.mixed_cases import SLOTS, Case, Engine
from tests.mixed_dispatch import FLEET, ONE, Form, Name, dispatch
from tests.mixed_draws import random_case
from tests.mixed_fleets import fleets

EXACT, LACKING = 1e-9, 1e-7
IMPOSSIBLE = 2  # what linprog says
LEAST, MOST = 30, 1200  # candidates of a case


def least(case: Case, *, every: bool = False) -> float:
    """Least objective of all plans; infinite where there is none.

    Parameters
    ----------
    every
        Whether candidates are solved as well that the prices of others rule out.
    """
    names, tried = candidates(case)
    return least_of(matrices(case, names), tried, every=every) if len(tried) else np.inf


# Whole decisions


@cache
def small_case(seed: int) -> Case:
    """The first case of a seed that leaves few whole decisions to try, but some."""
    rng = np.random.default_rng(seed)
    while not is_small(case := random_case(rng)):
        pass
    return case


def candidates(case: Case) -> tuple[list[Name], NDArray]:
    """Every fleet with every operation that its servers allow, (candidate, quantity)."""
    fleet = [("servers", y, g, r, m) for y, g, r, m in np.ndindex(_shape(case))]
    names = [ONE, FLEET, *fleet]
    for t in range(SLOTS):
        names += [(*name, t) for name in operation_names(case)]
    found = [
        _pairs(shared[None], np.hstack(slots) if case.hold else _pairs(*slots))
        for shared, slots in operated_fleets(case)
    ]
    return names, np.vstack([np.zeros((0, len(names))), *found])


def operated_fleets(case: Case) -> Iterator[tuple[NDArray, list[NDArray]]]:
    """Each fleet with what it counts, and what may run on it in each slot."""
    for servers, counted in zip(*fleets(case), strict=True):
        slots = [operations(case, servers[case.stage_of[t]], t) for t in range(SLOTS)]
        yield np.concatenate([[1.0, counted], servers.ravel()]), slots


def is_small(case: Case) -> bool:
    """Whether there are few whole decisions to try."""
    tries = 0
    for _, slots in operated_fleets(case):
        tries += len(slots[0]) * (1 if case.hold else len(slots[1]))
        if tries > MOST:
            return False
    return tries >= LEAST


def _shape(case: Case) -> tuple[int, ...]:
    return case.stages, len(case.off_kw), case.regions, 2


def operation_names(case: Case) -> list[Name]:
    """What is decided for a slot: the way, then site by site what is powered and runs."""
    sites = product(range(len(case.off_kw)), range(case.regions))
    names: list[Name] = [("way", q) for q in range(len(case.ways))]
    for g, r in sites:
        names.append(("powered", g, r))
        names += [("replicas", e, r) for e in _engines_of(case, g)]
    return names


def operations(case: Case, servers: NDArray, t: int) -> NDArray:
    """What may run in a slot on servers by (sku, region, size)."""
    found = []
    for q in range(len(case.ways)):
        tried = np.eye(len(case.ways))[None, q]
        for g, r in product(range(len(case.off_kw)), range(case.regions)):
            most = servers[g, r].sum() * case.is_open[r, t]
            tried = _pairs(tried, _site(case, g, most, q))
        found.append(tried)
    return np.vstack(found)


def _site(case: Case, g: int, most: float, way: int) -> NDArray:
    """Powered servers, and replicas that fit in them, of a site."""
    engines = [case.engines[e] for e in _engines_of(case, g)]
    rests = [_rests(case, e, way) for e in _engines_of(case, g)]
    found = []
    for powered in np.arange(0 if case.switch_off else most, most + 1):
        ranges = [
            np.arange(1 if rest else _room(case, g, one, powered) + 1)
            for one, rest in zip(engines, rests, strict=True)
        ]
        counts = np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, len(engines))
        taken = counts @ [one.accelerators for one in engines]
        sockets = counts @ [one.host_share for one in engines]
        fits = taken <= case.sku_accelerators[g] * powered + EXACT
        fits &= sockets <= case.host_reuse_share * powered + EXACT
        found.append(_pairs(np.array([[powered]]), counts[fits]))
    return np.vstack(found)


def _room(case: Case, g: int, engine: Engine, powered: float) -> int:
    """Replicas of an engine for which powered servers have room."""
    if engine.role == "host":
        return int(case.host_reuse_share * powered / engine.host_share + EXACT)
    return int(case.sku_accelerators[g] * powered / engine.accelerators + EXACT)


def _rests(case: Case, e: int, way: int) -> bool:
    """Whether an engine is for the classes of another way alone."""
    clocks = [c for c, of in enumerate(case.engine_of) if of == e]
    served = set(np.flatnonzero(case.rate_rps[:, clocks].any(1)).tolist())
    others = {k for q, ks in enumerate(case.ways) if q != way for k in ks}
    ways = [q for q, ks in enumerate(case.ways) if served & set(ks)]
    return served <= others and len(ways) == 1


def _engines_of(case: Case, g: int) -> list[int]:
    return [e for e, one in enumerate(case.engines) if one.sku == g]


def _pairs(a: NDArray, b: NDArray) -> NDArray:
    """Every row of one followed by every row of the other."""
    return np.hstack([np.repeat(a, len(b), 0), np.tile(b, (len(a), 1))])


# Dispatch


@dataclass(frozen=True)
class Matrices:
    """A dispatch as arrays: least c x + f z with A x <= D z, z given."""

    a: NDArray
    d: NDArray
    c: NDArray
    f: NDArray
    bounds: list[tuple[float | None, float | None]]


def matrices(case: Case, given: list[Name]) -> Matrices:
    """The dispatch of a case, what is given on the right."""
    made = dispatch(case)
    free = list(made.between)
    a, d = _columns(made.at_most_zero, free, given)
    e, g = _columns(made.zero, free, given)
    (c,), (f,) = _columns([made.aim], free, given)
    a, d = np.vstack([a, e, -e]), -np.vstack([d, g, -g])
    return Matrices(a, d, c, f, list(made.between.values()))


def _columns(forms: list[Form], free: list[Name], given: list[Name]) -> tuple[NDArray, NDArray]:
    """Coefficients of what is free and of what is given, (form, quantity)."""
    at = {name: j for j, name in enumerate([*free, *given])}
    table = np.zeros((len(forms), len(at)))
    for i, form in enumerate(forms):
        for name, value in form.items():
            table[i, at[name]] += value
    return table[:, : len(free)], table[:, len(free) :]


def least_of(program: Matrices, tried: NDArray, *, every: bool) -> float:
    """Least aim over all candidates; the cheapest of those that may be best is next."""
    fixed, sides = tried @ program.f, tried @ program.d.T
    bound, best = np.full(len(tried), -np.inf), np.inf
    while (bound < best).any():
        i = int(np.argmin(np.where(bound < best, np.maximum(bound, fixed), np.inf)))
        found, change = _solved(program, sides[i]), sides - sides[i]
        if found.status == IMPOSSIBLE:
            found = _lack(program, sides[i])
            lacks = found.fun + change @ found.ineqlin.marginals > LACKING
            bound[lacks & (not every)] = np.inf
        else:
            best = min(best, float(fixed[i] + found.fun))
            below = fixed + found.fun + change @ found.ineqlin.marginals + EXACT * abs(best)
            bound = bound if every else np.maximum(bound, below)
        bound[i] = np.inf
    return best


def _solved(program: Matrices, sides: NDArray) -> OptimizeResult:
    """The best dispatch of one candidate, where there is one."""
    found = linprog(program.c, program.a, sides, bounds=program.bounds)
    assert found.status in (0, IMPOSSIBLE), found.message
    return found


def _lack(program: Matrices, sides: NDArray) -> OptimizeResult:
    """By how much the worst of the rows of a candidate is broken, at least."""
    a = np.column_stack([program.a, np.full(len(program.a), -1.0)])
    c = np.append(np.zeros(len(program.c)), 1.0)
    return linprog(c, a, sides, bounds=[*program.bounds, (0.0, None)])
