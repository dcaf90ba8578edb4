r"""What a plan's workloads, classes, regions or SKUs are owed, in all and by the unit served.

Two views of the same totals. *Direct*: what serves is owed to whom it serves, and what serves
nobody stands apart. *Loaded*: that is spread too, by the accelerator hours that serve: what
is idle on a SKU in a region goes to those served there, or by the region's other SKUs, or
elsewhere, whichever is first to serve anybody.

A thousand tokens of input are owed what prompts take, a thousand of output what decoding does.
The SCI score (ISO/IEC 21031, key ``iso-21031-2024``) is

.. math:: SCI = \frac{E I + M}{R}

with the operational carbon :math:`E I` and the embodied carbon :math:`M` of all that is
provisioned, so of the loaded view, by request and by thousand tokens of output, :math:`R`. The
intensity is the grid's, also where a plan counts contracts for power.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from carbonplan.plan.idle import idle_weights
from carbonplan.plan.variables import ATTRIBUTION, PHASES
from carbonplan.units import G_PER_KG, TOKENS_PER_KTOKEN

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
Rule = Literal["direct", "loaded"]
By = Literal["workload", "class", "region", "sku"]
RULES, WAYS = get_args(Rule), get_args(By)

SUMS = {
    "carbon": ("operational_carbon", "embodied_carbon"),
    "water": ("onsite_water", "offsite_water"),
}


@dataclass(frozen=True)
class Account:
    """What somebody is owed.

    Attributes
    ----------
    name
        Of a workload, a class, a region, a SKU, or of a state in which nobody is served.
    idle
        Whether it is such a state.
    requests, input_tokens, output_tokens
        Answered over the horizon.
    accelerator_hours
        Held over the horizon.
    impacts
        By name, sums such as carbon among them.
    by_phase
        Of these, those of prompts and those of answers.
    sci_kgco2e
        Carbon that the SCI score counts: with what is idle, by the grid's intensity.
    """

    name: str
    idle: bool
    requests: float
    input_tokens: float
    output_tokens: float
    accelerator_hours: float
    impacts: Mapping[str, float]
    by_phase: Mapping[str, Mapping[str, float]]
    sci_kgco2e: float

    def per_request(self) -> dict[str, float] | None:
        """Impacts of a request; None where there are none."""
        return _each(self.impacts, self.requests)

    def per_ktoken(self, phase: str) -> dict[str, float] | None:
        """Impacts of a thousand tokens in a phase."""
        tokens = {"input": self.input_tokens, "output": self.output_tokens}[phase]
        return _each(self.by_phase[phase], tokens / TOKENS_PER_KTOKEN)

    def sci_g(self) -> dict[str, float | None]:
        """SCI scores by functional unit [gCO2e]."""
        units = {
            "request": self.requests,
            "1000_output_tokens": self.output_tokens / TOKENS_PER_KTOKEN,
        }
        carbon_g = G_PER_KG * self.sci_kgco2e
        return {name: carbon_g / count if count else None for name, count in units.items()}


def _each(impacts: Mapping[str, float], count: float) -> dict[str, float] | None:
    return {name: value / count for name, value in impacts.items()} if count else None


@dataclass(frozen=True)
class Books:
    """A plan's attribution as plain arrays.

    Attributes
    ----------
    served
        (impact, request_class, phase, sku, region).
    idle
        (impact, state, sku, region).
    hours
        Accelerators that serve, (request_class, phase, sku, region) [h].
    requests
        Answered, (request_class, sku, region).
    """

    data: xr.Dataset
    served: Floats
    idle: Floats
    hours: Floats
    requests: Floats

    @property
    def impacts(self) -> list[str]:
        return self.data["impact"].values.tolist()

    @property
    def states(self) -> list[str]:
        return self.data["state"].values.tolist()


def books(data: xr.Dataset) -> Books:
    """The attribution of a plan in the direct view."""
    return Books(
        data=data,
        served=_array(data, "served_impact"),
        idle=_array(data, "idle_impact"),
        hours=_array(data, "served_accelerator_hours"),
        requests=_array(data, "answered_requests"),
    )


def _array(data: xr.Dataset, name: str) -> Floats:
    return data[name].transpose(*ATTRIBUTION[name].dims).values


def loaded(of: Books) -> tuple[Floats, Floats]:
    """The impacts with what is idle spread, and what nobody is left to bear."""
    weights = idle_weights(of.hours)
    served = of.served + np.einsum("isgr,kpgr->ikpgr", of.idle, weights)
    left = of.idle * (weights.sum(axis=(0, 1)) == 0.0)
    return served, left


def accounts(data: xr.Dataset, by: By = "workload", rule: Rule = "direct") -> list[Account]:
    """What each is owed; behind them the states that serve nobody, where they bear anything."""
    of = books(data)
    with_idle, left = loaded(of)
    served, idle = (of.served, of.idle) if rule == "direct" else (with_idle, left)
    found = [
        _account(of, name, mine, served, with_idle) for name, mine in _members(data, by).items()
    ]
    if by in ("region", "sku"):
        found = [one for one in found if one.accelerator_hours or any(one.impacts.values())]
    hours = _array(data, "idle_accelerator_hours")
    for s, state in enumerate(of.states):
        if idle[:, s].any():
            found.append(_idle_account(of, state, idle[:, s], float(hours[s].sum())))
    return found


def total_account(data: xr.Dataset) -> Account:
    """All that a plan is owed, whatever serves."""
    of = books(data)
    everything = np.ones(of.requests.shape, dtype=bool)
    with_idle, left = loaded(of)
    whole = _account(of, "all", everything, with_idle, with_idle)
    apart = _named(of, left.sum(axis=(1, 2, 3)))
    hours = whole.accelerator_hours + float(_array(data, "idle_accelerator_hours").sum())
    impacts = {name: value + apart[name] for name, value in whole.impacts.items()}
    return Account(
        **{
            **vars(whole),
            "accelerator_hours": hours,
            "impacts": impacts,
            "sci_kgco2e": _sci_kgco2e(impacts),
        }
    )


def carbon_by_region(
    data: xr.Dataset,
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Carbon of workloads, and of what serves nobody by state, each by region [kgCO2e]."""
    of = books(data)
    rows = [i for i, name in enumerate(of.impacts) if name in SUMS["carbon"]]
    served = of.served[rows].sum(axis=(0, 2, 3))  # (request_class, region)
    idle = of.idle[rows].sum(axis=(0, 2))  # (state, region)
    workloads = {
        name: served[mine[:, 0, 0]].sum(axis=0)
        for name, mine in _members(data, "workload").items()
    }
    regions = data["region"].values.tolist()
    return tuple(
        {name: dict(zip(regions, values.tolist(), strict=True)) for name, values in one.items()}
        for one in (workloads, dict(zip(of.states, idle, strict=True)))
    )


def _members(data: xr.Dataset, by: By) -> dict[str, NDArray[np.bool_]]:
    """Which classes on which SKUs in which regions each name is about."""
    shape = [data.sizes[dim] for dim in ("request_class", "sku", "region")]
    dim, axis = {
        "class": ("request_class", 0),
        "workload": ("workload", 0),
        "sku": ("sku", 1),
        "region": ("region", 2),
    }[by]
    names = data[dim].values
    along = [1, 1, 1]
    along[axis] = -1
    return {
        name: np.broadcast_to((names == name).reshape(along), shape)
        for name in dict.fromkeys(names.tolist())
    }


def _account(
    of: Books, name: str, mine: NDArray[np.bool_], served: Floats, with_idle: Floats
) -> Account:
    """What some classes at some places are owed, (request_class, sku, region) marked."""
    data = of.data
    by_phase = np.einsum("ikpgr,kgr->pi", served, mine)
    phases = {phase: _named(of, by_phase[p]) for p, phase in enumerate(PHASES)}
    requests = (of.requests * mine).sum(axis=(1, 2))
    with_all = _named(of, np.einsum("ikpgr,kgr->i", with_idle, mine))
    return Account(
        name=name,
        idle=False,
        requests=float(requests.sum()),
        input_tokens=float(requests @ data["input_tokens"].values),
        output_tokens=float(requests @ data["output_tokens"].values),
        accelerator_hours=float(np.einsum("kpgr,kgr->", of.hours, mine)),
        impacts=_named(of, by_phase.sum(axis=0)),
        by_phase=phases,
        sci_kgco2e=_sci_kgco2e(with_all),
    )


def _sci_kgco2e(impacts: Mapping[str, float]) -> float:
    """Carbon by the grid's intensity, which is told apart where there are contracts."""
    operational = impacts.get("location_carbon", impacts.get("operational_carbon", 0.0))
    return operational + impacts.get("embodied_carbon", 0.0)


def _idle_account(of: Books, state: str, idle: Floats, hours: float) -> Account:
    """What a state in which nobody is served is owed; impacts over (impact, sku, region)."""
    impacts = _named(of, idle.sum(axis=(1, 2)))
    return Account(state, True, 0.0, 0.0, 0.0, hours, impacts, {}, 0.0)


def _named(of: Books, values: Floats) -> dict[str, float]:
    """Impacts by name, each sum before its parts."""
    plain = dict(zip(of.impacts, values.tolist(), strict=True))
    return dict(_with_sums(plain))


def _with_sums(plain: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for name, parts in SUMS.items():
        if all(part in plain for part in parts):
            yield name, sum(plain[part] for part in parts)
    yield from plain.items()
