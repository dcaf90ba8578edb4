"""Levers of cases switched off one at a time: what a case is without one that it has.

A freedom that is taken away never makes the best plan better; a restriction that is lifted
never makes it worse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from tests.mixed_cases import APART, LOSS, Case


def without(case: Case, lever: str) -> Case | None:
    """The case without a freedom or a restriction; nothing where it has none of it."""
    is_on, off = (FREEDOMS | RESTRICTIONS)[lever]
    return off(case) if is_on(case) else None


def _change(**fields: object) -> Callable[[Case], Case]:
    return lambda case: replace(case, **fields)


def _has(*roles: str, llm: str = "large") -> Callable[[Case], bool]:
    return lambda case: any(one.role in roles and one.llm == llm for one in case.engines)


def _drop(*roles: str, llm: str = "large") -> Callable[[Case], Case]:
    """Without the engines that serve such phases with such an LLM."""

    def off(case: Case) -> Case:
        kept = [
            e for e, one in enumerate(case.engines) if one.role not in roles or one.llm != llm
        ]
        clocked = [c for c, e in enumerate(case.engine_of) if e in kept]
        return replace(
            case,
            engines=tuple(case.engines[e] for e in kept),
            engine_of=tuple(kept.index(case.engine_of[c]) for c in clocked),
            rate_rps=case.rate_rps[:, clocked],
            energy_kj=case.energy_kj[:, clocked],
        )

    return off


def _at_one_clock(case: Case) -> Case:
    clocks = len(case.engines)
    return replace(
        case,
        engine_of=case.engine_of[:clocks],
        rate_rps=case.rate_rps[:, :clocks],
        energy_kj=case.energy_kj[:, :clocks],
    )


def _divided_one_way(case: Case) -> Case:
    kept = [*case.ways[0], case.batch]
    fields = ("rate_rps", "energy_kj", "demand_rps", "tokens")
    return replace(
        case, ways=case.ways[:1], **{name: getattr(case, name)[kept] for name in fields}
    )


def _is_free_to_contract(case: Case) -> bool:
    free = all(one.least_kw == 0 for one in case.contracts) and not case.matched_share
    return bool(case.contracts) and free


Switch = tuple[Callable[[Case], bool], Callable[[Case], Case]]
FREEDOMS: Mapping[str, Switch] = {
    "phases apart": (_has("prefill"), _drop("prefill", "decode")),
    "reuse of hosts": (_has("host"), _drop("host")),
    "another LLM": (_has("mixed", llm="small"), _drop("mixed", llm="small")),
    "clocks": (lambda case: len(case.engine_of) > len(case.engines), _at_one_clock),
    "memory": (lambda case: case.memory, _change(memory=False)),
    "ways to divide": (lambda case: len(case.ways) > 1, _divided_one_way),
    "upgrades": (lambda case: case.upgrades, _change(upgrades=False)),
    "moves": (lambda case: case.moves, _change(moves=False)),
    "contracts": (_is_free_to_contract, _change(contracts=())),
    "switching off": (lambda case: case.switch_off, _change(switch_off=False)),
    "waiting": (
        lambda case: case.waits and case.work_rps.any() and case.time != APART,
        _change(waits=False),
    ),
    "earning": (
        lambda case: case.negative != "floor" and (case.intensity < 0).any(),
        _change(negative="floor"),
    ),
}
RESTRICTIONS: Mapping[str, Switch] = {
    "holding": (lambda case: case.hold, _change(hold=False)),
    "spare replicas": (lambda case: case.spare > 0, _change(spare=0)),
    "headroom": (lambda case: case.headroom > 1, _change(headroom=1.0)),
    "quality floor": (lambda case: case.floor > 0, _change(floor=0.0)),
    "share of a region": (lambda case: case.region_share < 1, _change(region_share=1.0)),
    "share of a vendor": (lambda case: case.vendor_share < 1, _change(vendor_share=1.0)),
    "budget": (lambda case: case.budget_usd < np.inf, _change(budget_usd=np.inf)),
    "matched share": (lambda case: case.matched_share > 0, _change(matched_share=0.0)),
    "loss of a region": (lambda case: case.time == LOSS, _change(time=APART)),
    "worst futures": (lambda case: case.worst_weight > 0, _change(worst_weight=0.0)),
    "starting": (
        lambda case: case.start_costs and case.negative != "allow",
        _change(start_costs=False),
    ),
}
