r"""Energy, carbon, water and cost of a plan with the power that its replicas were replayed at.

What serves requests draws, above idle replicas, what was replayed; all else what the plan says:
replicas held ready, accelerators and hosts, starts, servers switched off. For each use

.. math::

    E = \sum_t h_t\,\mathrm{PUE}_{rt}\,P_{rt}, \qquad
    W = \sum_t h_t (\mathrm{WUE}_{rt} + \mathrm{PUE}_{rt}\,\mathrm{EWIF}_{rt}) P_{rt}

and carbon and cost by the intensity and the price of the slot, over the slots that are
replayed. Making and owning servers counts by the share of the horizon that these are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.plan.power import impacts_of_power, it_power_by_use_kw
from carbonplan.plan.variables import USES
from carbonplan.replay.arrays import Floats
from carbonplan.replay.run import Replay

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.plan import Plan

IMPACTS = {"energy": "kWh", "carbon": "kgCO2e", "water": "L", "cost": "USD"}
SERVING = "serving"
MAKING, OWNING, REST = "making servers", "owning servers", "contracts and others"
NOISE = 1e-6  # of a total, below which a rest is rounding


@dataclass(frozen=True)
class Part:
    """What one use takes in the slots that are replayed: as planned and as replayed."""

    name: str
    planned: Mapping[str, float]
    replayed: Mapping[str, float]


@dataclass(frozen=True)
class Impacts:
    """Parts that sum to the plan's totals over the slots that are replayed.

    Attributes
    ----------
    requests
        Served in these slots, by which totals are divided.
    share_of_horizon
        Of its hours that these slots are [1].
    """

    parts: tuple[Part, ...]
    requests: float
    share_of_horizon: float

    @property
    def planned(self) -> dict[str, float]:
        """Totals of the plan in these slots, by impact."""
        return _totals([part.planned for part in self.parts])

    @property
    def replayed(self) -> dict[str, float]:
        """Totals as replayed, by impact."""
        return _totals([part.replayed for part in self.parts])


def impacts(plan: Plan, replay: Replay) -> Impacts:
    """Parts of every impact, planned and replayed."""
    data, slots = plan.data, list(replay.sampling.slots)
    hours = (data["weight"] * data["slot_hours"]).values
    inside = np.zeros(len(hours))
    inside[slots] = hours[slots]
    counted = float(inside.sum() / hours.sum())
    power = it_power_by_use_kw(data)
    planned = {use: power[use].sum("sku").transpose("region", "slot").values for use in power}
    replayed = _replayed_kw(data, replay, planned[SERVING])
    parts = []
    for use in planned:
        as_planned = impacts_of_power(data, use, planned[use], inside)
        shown = impacts_of_power(data, use, replayed, inside) if use == SERVING else as_planned
        parts.append(Part(USES[use], as_planned, shown))
    whole = _totals([impacts_of_power(data, use, planned[use], hours) for use in planned])
    parts += _others(plan, whole, counted)
    served = sum(one.weight for region in replay.regions for one in region.tallies.values())
    return Impacts(tuple(parts), served, counted)


def _replayed_kw(data: xr.Dataset, replay: Replay, planned_kw: Floats) -> Floats:
    """Serving power with what was replayed in its place, (region, slot) [kW]."""
    found = planned_kw.copy()
    names = data["region"].values.tolist()
    for region in replay.regions:
        number = names.index(region.region)
        for kind in region.kinds:
            found[number, list(replay.sampling.slots)] += kind.replayed_kw - kind.planned_kw
    return found


def _others(plan: Plan, whole: Mapping[str, float], share: float) -> list[Part]:
    """What is not drawn: servers, and what contracts change; by the share of the hours."""
    totals = {name: total.value for name, total in plan.impacts.items()}
    found = [(MAKING, "carbon", totals.get("embodied_carbon", 0.0))]
    for name, impact, stated in (
        (REST, "carbon", "operational_carbon"),
        (OWNING, "cost", "cost"),
        (REST, "energy", "energy"),
        (REST, "water", "water"),
    ):
        if stated in totals:
            found.append((name, impact, totals[stated] - whole[impact]))
    largest = {impact: max(abs(value), 1e-12) for impact, value in whole.items()}
    merged: dict[str, dict[str, float]] = {}
    for name, impact, value in found:
        if abs(value) > NOISE * largest[impact]:
            merged.setdefault(name, dict.fromkeys(IMPACTS, 0.0))[impact] = value * share
    return [Part(name, values, values) for name, values in merged.items()]


def _totals(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {impact: sum(part[impact] for part in parts) for impact in IMPACTS}
