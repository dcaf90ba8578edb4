"""Optimum of a case that mixes levers, by trying every whole decision.

Fleets, powered servers, replicas and ways to divide requests are enumerated; what is left, the
dispatch of both slots, is one small linear program, written here from the case's numbers. All
candidates of a case share its matrix and differ in right-hand sides, so that the prices of one
that is solved bound every other from below (weak duality): those that cannot be best are not
solved.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, linprog

from tests.mixed_cases import SLOTS, Case, Engine
from tests.mixed_dispatch import FLEET, ONE, Form, Name, dispatch
from tests.mixed_fleets import fleets

EXACT, LACKING = 1e-9, 1e-7


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


def candidates(case: Case) -> tuple[list[Name], NDArray]:
    """Every fleet with every operation that its servers allow, (candidate, quantity)."""
    found = []
    for servers, counted in zip(*fleets(case), strict=True):
        slots = [operations(case, servers[case.stage_of[t]], t) for t in range(SLOTS)]
        if case.hold:
            both = np.hstack(slots)
        else:
            both = _pairs(*slots)
        shared = np.concatenate([[1.0, counted], servers.ravel()])
        found.append(_pairs(shared[None], both))
    fleet = [("servers", y, g, r, m) for y, g, r, m in np.ndindex(_shape(case))]
    names = [ONE, FLEET, *fleet]
    for t in range(SLOTS):
        names += [(*name, t) for name in operation_names(case)]
    return names, np.vstack(found) if found else np.zeros((0, len(names)))


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
    served = {k for k, c in zip(*np.nonzero(case.rate_rps), strict=True) if case.engine_of[c] == e}
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
    """A dispatch as arrays: least c x + f z with A x <= D z and E x = G z, z given."""

    a: NDArray
    d: NDArray
    e: NDArray
    g: NDArray
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
    return Matrices(a, -d, e, -g, c, f, list(made.between.values()))


def _columns(forms: list[Form], free: list[Name], given: list[Name]) -> tuple[NDArray, NDArray]:
    """Coefficients of what is free and of what is given, (form, quantity)."""
    at = {name: j for j, name in enumerate([*free, *given])}
    table = np.zeros((len(forms), len(at)))
    for i, form in enumerate(forms):
        for name, value in form.items():
            table[i, at[name]] += value
    return table[:, : len(free)], table[:, len(free) :]


def least_of(program: Matrices, tried: NDArray, *, every: bool) -> float:
    """Least aim over all candidates."""
    fixed, most, level = tried @ program.f, tried @ program.d.T, tried @ program.g.T
    bound, best = np.full(len(tried), -np.inf), np.inf
    while (bound < best).any():
        i = int(np.argmin(np.where(bound < best, np.maximum(bound, fixed), np.inf)))
        found = _solved(program, most[i], level[i])
        if found.status == 2:
            found = _lack(program, most[i], level[i])
            bound[_below(found, i, most, level) > LACKING] = np.inf
        else:
            best = min(best, fixed[i] + found.fun)
            below = fixed + _below(found, i, most, level) + EXACT * abs(best)
            bound = bound if every else np.maximum(bound, below)
        bound[i] = np.inf
    return float(best)


def _solved(program: Matrices, most: NDArray, level: NDArray) -> OptimizeResult:
    """The best dispatch of one candidate; of status 2 where there is none."""
    found = linprog(program.c, program.a, most, program.e, level, program.bounds)
    assert found.status in (0, 2), found.message
    return found


def _lack(program: Matrices, most: NDArray, level: NDArray) -> OptimizeResult:
    """By how much the rows of a candidate cannot be kept."""
    rows, levels = len(most), len(level)
    free = np.zeros(len(program.c))
    a = np.hstack([program.a, -np.eye(rows), np.zeros((rows, 2 * levels))])
    e = np.hstack([program.e, np.zeros((levels, rows)), np.eye(levels), -np.eye(levels)])
    lacks = rows + 2 * levels
    bounds = [*program.bounds, *[(0.0, None)] * lacks]
    return linprog(np.concatenate([free, np.ones(lacks)]), a, most, e, level, bounds)


def _below(found: OptimizeResult, i: int, most: NDArray, level: NDArray) -> NDArray:
    """What the prices of one candidate's rows say of all: no dispatch of theirs is below."""
    change = (most - most[i]) @ found.ineqlin.marginals
    return found.fun + change + (level - level[i]) @ found.eqlin.marginals
