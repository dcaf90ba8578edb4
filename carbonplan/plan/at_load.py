r"""What serving takes at the loads of a plan, where the program counts it in a straight line.

The program charges a request what it takes on a replica that serves its class alone at its
full rate; few and whole replicas, what they draw at any load, and the request the rest
(:mod:`carbonplan.configurations.part_load`). Where classes share replicas, or replicas are not
full, batches are smaller and a request takes more. With the replicas of an engine alike, each
with its part of their load,

.. math::

    \Delta P_{rt} = \sum_e \Bigl(n_{ert}\,(P_e(L_{ert} / n_{ert}) - w^w_e)
    - \sum_{c \in e} \sum_k e_{kc} L_{kcrt}\Bigr)

(:mod:`carbonplan.technology.serving_power`). Replicas that only compute prompts, and those
whose user measured them, count as planned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.plan.pairs import Pair
from carbonplan.plan.power import impacts_of_power
from carbonplan.technology.figures import replica_figures
from carbonplan.technology.planning import calibration_of
from carbonplan.technology.serving_power import serving_power_kw

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.technology.calibration import Calibration
    from carbonplan.technology.operating import Replica

IDLE = 1e-9  # replicas, below which there is none
CLOCK_DIGITS = 2
WORTH_A_WORD = 0.01  # of what serving takes

Floats = NDArray[np.float64]


def serving_at_load(
    inputs: Inputs, pairs: Sequence[Pair], data: xr.Dataset
) -> dict[str, float]:
    """Energy of serving as planned and at load, and what the difference comes to.

    All over the horizon and with what sites add: ``planned_kwh``, ``at_load_kwh``, and the
    differences ``energy_kwh``, ``carbon_kgco2e``, ``water_l`` and ``cost_usd``.
    """
    planned_kw, at_load_kw = _power(inputs, pairs, data)
    hours = (data["weight"] * data["slot_hours"]).values
    planned = impacts_of_power(data, "serving", planned_kw, hours)
    more = impacts_of_power(data, "serving", at_load_kw - planned_kw, hours)
    return {
        "planned_kwh": planned["energy"],
        "at_load_kwh": planned["energy"] + more["energy"],
        "energy_kwh": more["energy"],
        "carbon_kgco2e": more["carbon"],
        "water_l": more["water"],
        "cost_usd": more["cost"],
    }


def in_words(found: Mapping[str, float]) -> list[str]:
    """A sentence on the difference, where it is worth one."""
    share = found["energy_kwh"] / max(found["planned_kwh"], IDLE)
    if abs(share) < WORTH_A_WORD:
        return []
    more = "more" if share > 0 else "less"
    return [
        f"at its loads serving takes {100 * abs(share):.3g} % {more} energy than this plan "
        f"counts: {found['energy_kwh']:+.3g} kWh, "
        f"{found['carbon_kgco2e']:+.3g} kgCO2e, {found['cost_usd']:+.3g} USD"
    ]


def _power(inputs: Inputs, pairs: Sequence[Pair], data: xr.Dataset) -> tuple[Floats, Floats]:
    """Power above idle of serving, as planned and at load, (region, slot) [kW]."""
    load = data["load_rps"].transpose("request_class", "configuration", "region", "slot").values
    rate = data["rate_rps"].transpose("request_class", "configuration").values[..., None, None]
    energy = data["energy_kj_per_request"].transpose("request_class", "configuration").values
    of_requests = (load * energy[..., None, None]).sum(axis=0)
    busy = np.where(rate > 0, load / np.where(rate > 0, rate, 1.0), 0.0).sum(axis=0)
    replicas = data["replicas"].transpose("engine", "region", "slot")
    at_any_load = (data["working_kw"] * replicas).transpose("engine", "region", "slot")
    names = data["configuration"].values.tolist()
    engine_of = data["configuration_engine"].values
    calibration = calibration_of(inputs)
    planned = of_requests.sum(axis=0) + at_any_load.values.sum(axis=0)
    at_load = planned.copy()
    for engine, members in _modelled(pairs, names, engine_of).items():
        places = list(members)
        count = replicas.sel(engine=engine).values
        taken = count > IDLE
        clocks = np.array([one.clock_fraction for one in members.values()])
        working = busy[places][:, taken]
        clock = clocks @ working / np.maximum(working.sum(axis=0), IDLE)
        rates = load[:, places].sum(axis=1)[:, taken] / count[taken]
        (replica, *_) = members.values()
        drawn = _drawn_kw(data, replica, clock, rates, calibration) * count[taken]
        as_planned = of_requests[places].sum(axis=0) + at_any_load.sel(engine=engine).values
        at_load[taken] += drawn - as_planned[taken]
    return planned, at_load


def _modelled(
    pairs: Sequence[Pair], names: Sequence[str], engine_of: NDArray[np.str_]
) -> dict[str, dict[int, Replica]]:
    """Replicas by position of their configuration, for each engine that models describe."""
    found: dict[str, dict[int, Replica]] = {}
    measured = set()
    for pair in pairs:
        place = names.index(pair.configuration)
        engine = str(engine_of[place])
        found.setdefault(engine, {})[place] = pair.replica
        if pair.measured or pair.replica.role == "prefill":
            measured.add(engine)
    return {engine: members for engine, members in found.items() if engine not in measured}


def _drawn_kw(
    data: xr.Dataset,
    replica: Replica,
    clock: Floats,
    rates_rps: Floats,
    calibration: Calibration,
) -> Floats:
    """Power above idle of one replica at each place, (place,) [kW]."""
    clock = np.round(clock, CLOCK_DIGITS)
    served = rates_rps.sum(axis=0) > 0.0
    drawn = np.zeros(len(clock))
    for one in np.unique(clock[served]):
        here = served & (clock == one)
        figures = replica_figures([replace(replica, clock_fraction=float(one))], calibration)
        drawn[here] = serving_power_kw(
            data["input_tokens"].values.astype(float),
            data["output_tokens"].values.astype(float),
            rates_rps[:, here],
            figures,
            computes_prompts=replica.role == "mixed",
        )
    return drawn
