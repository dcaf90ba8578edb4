"""Terms of an objective for owning servers: what making them took, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from carbonplan.plan.figures import (
    Term,
    lifetime_figures,
    making_figures,
    memory_figures,
    price_figures,
    region_names,
)
from carbonplan.plan.standing import standing_by_cohort
from carbonplan.problem.charges import lives_charged
from carbonplan.technology.embodied import embodied_footprint
from carbonplan.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.catalogue.records import Server
    from carbonplan.scenario.schema import EmbodiedAccounting
    from carbonplan.technology.embodied import EmbodiedLine


PART_NAMES = {"host": "host", "accelerator": "accelerators"}
MEMORY = ("dram", "ssd")


def making_terms(inputs: Inputs, data: xr.Dataset, weight: float) -> Iterator[Term]:
    """What making the servers counts, line by line of their bills."""
    if not weight:
        return
    standing = standing_by_cohort(data)
    for server in inputs.servers:
        made = embodied_footprint(server, inputs.embodied_coefficients)
        for line in made.lines:
            part = "host" if line.item == server.sku.host else "accelerator"
            figures = making_figures(server, line, made.coefficient_set)
            if _life_is_the_catalogues(inputs.scenario.embodied, part):
                figures += lifetime_figures(server)
            lives = _lives_charged(inputs, data, standing, server, part)
            if part == "host" and line.part in MEMORY:
                lives = lives - _lives_spared(inputs, data, server, line)
            for region, charged in zip(region_names(data), lives, strict=True):
                value = weight * float(charged) * line.kgco2e
                making = "embodied_carbon", f"{part}_made", server.name, region
                yield Term(*making, value, figures)


def _life_is_the_catalogues(accounting: EmbodiedAccounting, part: str) -> bool:
    """Whether the life of a part counts, and the scenario does not give it."""
    return accounting.charge != "purchase" and not getattr(accounting, f"{part}_lifetime_years")


def _lives_charged(
    inputs: Inputs, data: xr.Dataset, standing: xr.DataArray, server: Server, part: str
) -> NDArray[np.float64]:
    """Lives of servers, or parts of one, that the horizon is charged with, (region,) [1]."""
    import xarray as xr

    of_sku = data.sel(sku=server.name)
    if inputs.scenario.embodied.charge == "use":
        hours = (data["weight"] * data["slot_hours"]).values
        life_h = float(of_sku[f"{part}_lifetime_years"]) * HOURS_PER_YEAR
        return of_sku["powered_servers"].transpose("region", "slot").values @ hours / life_h
    lives = lives_charged(inputs).sel(part=PART_NAMES[part], sku=server.name)
    return xr.dot(lives, standing.sel(sku=server.name), dim=("stage", "cohort")).values


def _lives_spared(
    inputs: Inputs, data: xr.Dataset, server: Server, line: EmbodiedLine
) -> NDArray[np.float64]:
    """Of such lives, what servers with smaller memory than as sold lack, (region,) [1]."""
    import xarray as xr

    of_sku = data.sel(sku=server.name)
    lacking = 1.0 - of_sku[f"memory_{line.part}_gb"] / line.quantity
    if inputs.scenario.embodied.charge == "use":
        hours = data["weight"] * data["slot_hours"]
        life_h = float(of_sku["host_lifetime_years"]) * HOURS_PER_YEAR
        return xr.dot(of_sku["powered_fitted"], lacking, hours / life_h).values
    lives = lives_charged(inputs).sel(part=PART_NAMES["host"], sku=server.name)
    fitted = of_sku["fitted_servers"]
    return xr.dot(lives, fitted, lacking, dim=("stage", "cohort", "memory")).values


def price_terms(inputs: Inputs, data: xr.Dataset, weight: float) -> Iterator[Term]:
    """What buying or renting the servers counts."""
    import xarray as xr

    if not weight:
        return
    acquisition = inputs.scenario.cost.acquisition
    paid = xr.dot(data["server_usd"], standing_by_cohort(data), dim=("stage", "cohort"))
    spared = xr.dot(
        data["saved_usd"], data["fitted_servers"], dim=("stage", "cohort", "memory")
    )
    paid = paid - spared.transpose(*paid.dims)
    for server in inputs.servers:
        figures = price_figures(server, acquisition)
        if inputs.scenario.fleet.host_memory == "chosen":
            figures += memory_figures(server)
        for region, usd in zip(
            region_names(data), paid.sel(sku=server.name).values, strict=True
        ):
            value = weight * float(usd)
            yield Term("cost", acquisition, server.name, region, value, figures)
