"""What a server that stands in a stage is charged with: its making, and its price.

By owned time a server is charged with the hours of the stage, its host over the host's life and
its accelerators over theirs. At purchase it is charged with all of its making in the stage in
which it is bought; where servers have an end value, those that stand in a last stage are
credited with the part of their lives that is left, in a straight line. What stood before is
sunk unless it is included. Charges of a stage count the probability of its futures.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.cohorts import Cohort, cohorts, lifetimes_years
from carbonplan.catalogue.inputs import Inputs, Node
from carbonplan.catalogue.records import Server
from carbonplan.errors import InvalidInput
from carbonplan.scenario.courses import Factor
from carbonplan.technology.cost import server_usd_per_hour
from carbonplan.technology.embodied import embodied_footprint, owned_hour
from carbonplan.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    import xarray as xr


PARTS = ("host", "accelerators")
CHARGED = ("stage", "cohort", "sku")


def charges(inputs: Inputs) -> xr.Dataset:
    """Charges of a standing server (stage, cohort, sku), and prices (stage, sku).

    ``server_kgco2e`` and ``server_usd`` for every stage in which a server of the cohort stands;
    ``purchase_usd``, and ``upgrade_usd`` of the accelerators alone, paid at the start;
    ``move_kgco2e`` and ``move_usd`` (stage) for a server that moves.
    """
    import xarray as xr

    renewal = inputs.scenario.renewal
    probability = np.array([node.probability for node in inputs.nodes])
    price_usd = np.array(
        [[_price_usd(inputs, n, s) for s in inputs.servers] for n in inputs.nodes]
    )
    return xr.Dataset(
        {
            "server_kgco2e": server_kgco2e(inputs),
            "server_usd": server_usd(inputs),
            "purchase_usd": (("stage", "sku"), price_usd),
            "upgrade_usd": (("stage", "sku"), price_usd * renewal.accelerator_price_share),
            "move_kgco2e": (("stage",), probability * renewal.move_kgco2e),
            "move_usd": (("stage",), probability * renewal.move_usd),
        },
        _labels(inputs),
    )


def lives_charged(inputs: Inputs) -> xr.DataArray:
    """Lives of a standing server's parts that a stage is charged with.

    Over (part, stage, cohort, sku); the parts are ``host`` and ``accelerators``. A factor on
    the carbon of making counts here as well.
    """
    import xarray as xr

    hours, ages = stage_hours(inputs), cohorts(inputs)
    lives = [
        [
            [
                [
                    _lives_charged(inputs, node, bought, life, hours[node.name])
                    * _factor(inputs, "server_carbon", bought[0], server.name)
                    for server in inputs.servers
                    for life in [lifetimes_years(inputs, server)[part]]
                ]
                for cohort in ages
                for bought in [_bought(cohort)[part]]
            ]
            for node in inputs.nodes
        ]
        for part in range(len(PARTS))
    ]
    return xr.DataArray(lives, {"part": list(PARTS), **_labels(inputs)}, ("part", *CHARGED))


def _labels(inputs: Inputs) -> dict[str, list[str]]:
    return {
        "stage": [node.name for node in inputs.nodes],
        "cohort": [cohort.name for cohort in cohorts(inputs)],
        "sku": [server.name for server in inputs.servers],
    }


def _bought(cohort: Cohort) -> tuple[tuple[str | None, float], tuple[str | None, float]]:
    """Node and year in which host and accelerators were bought."""
    return (cohort.host, cohort.host_years), (cohort.accelerators, cohort.accelerators_years)


def stage_hours(inputs: Inputs) -> dict[str, float]:
    """Hours of each stage, times the probability of its futures."""
    by_slot = (inputs.series["weight"] * inputs.series["slot_hours"]).values
    stage = inputs.series["stage"].values
    return {node.name: float(by_slot[stage == node.name].sum()) for node in inputs.nodes}


def server_kgco2e(inputs: Inputs) -> xr.DataArray:
    """Making that a standing server is charged with, (stage, cohort, sku) [kgCO2e]."""
    import xarray as xr

    made = [_made(server, inputs.embodied_coefficients) for server in inputs.servers]
    of_parts = [[one.host_kgco2e for one in made], [one.accelerators_kgco2e for one in made]]
    return (lives_charged(inputs) * xr.DataArray(of_parts, dims=("part", "sku"))).sum("part")


def _lives_charged(
    inputs: Inputs, node: Node, part: tuple[str | None, float], life: float, hours: float
) -> float:
    """Lives of a part that a stage is charged with: bought at a node's start, or before."""
    accounting, (bought, _) = inputs.scenario.embodied, part
    if accounting.charge == "use" or (bought is None and not accounting.include_existing):
        return 0.0
    if accounting.charge == "owned-time":
        return hours / (life * HOURS_PER_YEAR)
    return _lives_bought(inputs, node, part, life)


def _lives_bought(
    inputs: Inputs, node: Node, part: tuple[str | None, float], life: float
) -> float:
    """1 where a part is bought, less what is left of its life where that has a value."""
    bought, years = part
    is_charged = node.parent is None if bought is None else bought == node.name
    left = max(0.0, 1.0 - (node.start_years + node.years - years) / life)
    has_value = inputs.scenario.renewal.end_value == "straight-line" and inputs.scenario.stages
    return node.probability * (is_charged - left * bool(node.last and has_value))


def server_usd(inputs: Inputs) -> xr.DataArray:
    """Cost of a standing server, energy apart, (stage, cohort, sku) [USD]."""
    import xarray as xr

    hours, share = stage_hours(inputs), inputs.scenario.renewal.accelerator_price_share
    usd = [
        [
            [
                sum(
                    of_price
                    * _price_factor(inputs, part[0], server)
                    * _paid_usd(inputs, node, part, server, hours[node.name])
                    for part, of_price in zip(_bought(cohort), (1 - share, share), strict=True)
                    if part[0] is not None
                )
                for server in inputs.servers
            ]
            for cohort in cohorts(inputs)
        ]
        for node in inputs.nodes
    ]
    return xr.DataArray(usd, _labels(inputs), CHARGED)


def _paid_usd(
    inputs: Inputs, node: Node, part: tuple[str | None, float], server: Server, hours: float
) -> float:
    """What a whole server of the age of a part costs in a stage [USD].

    All of its price is written off over the accelerators' life, as they are most of it.
    """
    if inputs.scenario.cost.charge == "owned-time":
        return owned_hour_usd(inputs, server) * hours
    life = server.sku.accelerator_lifetime_years
    return server.price.purchase_usd * _lives_bought(inputs, node, part, life)


def _price_factor(inputs: Inputs, bought: str | None, server: Server) -> float:
    return _factor(inputs, "server_price", bought, server.name)


def _price_usd(inputs: Inputs, node: Node, server: Server) -> float:
    factor = _factor(inputs, "server_price", node.name, server.name)
    return server.price.purchase_usd * factor


def _factor(inputs: Inputs, name: str, bought: str | None, sku: str) -> float:
    """A factor of the stage in which something is bought; 1 before the first."""
    stage_of = {node.name: node.stage for node in inputs.nodes}
    stages = {stage.name: stage for stage in inputs.scenario.stages}
    stage = stages.get(stage_of.get(bought or "", ""))
    return 1.0 if stage is None else factor_of(getattr(stage, name), sku)


def factor_of(factor: Factor, name: str) -> float:
    """A factor for all, or for those that are named."""
    return factor.get(name, 1.0) if isinstance(factor, Mapping) else factor


def server_kgco2e_per_hour(inputs: Inputs, server: Server) -> float:
    """Carbon of making one server by the hour of its life [kgCO2e/h].

    Host and accelerators are spread over lifetimes of their own.
    """
    made = _made(server, inputs.embodied_coefficients)
    return owned_hour(made, *lifetimes_years(inputs, server)).kgco2e_per_hour


_made = lru_cache(maxsize=64)(embodied_footprint)


def owned_hour_usd(inputs: Inputs, server: Server) -> float:
    """What a bought or rented server costs by the hour, energy apart [USD/h]."""
    accounting = inputs.scenario.cost
    try:
        return server_usd_per_hour(server, accounting.acquisition, accounting.discount_rate)
    except ValueError as unpriced:
        raise InvalidInput(
            inputs.scenario.name, [f"cost.acquisition: {unpriced}; expected one or purchase"]
        ) from unpriced
