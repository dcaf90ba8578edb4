"""A solution becomes a plan: decisions by label, what follows from them, totals and proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from carbonplan.plan.account_documents import attribution_summary, sci_departures
from carbonplan.plan.at_load import serving_at_load
from carbonplan.plan.attribution import attributed_impacts, attribution
from carbonplan.plan.clean_hours import clean_hours
from carbonplan.plan.decisions import decisions, without_noise
from carbonplan.plan.evidence import evidence_shares
from carbonplan.plan.grounds import grounds, plan_labels
from carbonplan.plan.pairs import pairs_in_use
from carbonplan.plan.power import consequences
from carbonplan.plan.prompt_shares import prompt_shares
from carbonplan.plan.records import Plan
from carbonplan.plan.risk import with_tight_threshold
from carbonplan.plan.summary import summary
from carbonplan.plan.terms import objective_terms
from carbonplan.plan.totals import impact_totals
from carbonplan.plan.variables import (
    ATTRIBUTION,
    GROUNDS,
    PHASES,
    STATES,
    USES,
    VARIABLES,
)

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.program import Program
    from carbonplan.solve.solution import Solution


def make_plan(
    inputs: Inputs,
    configurations: Configurations,
    program: Program,
    solution: Solution,
    *,
    timings: Mapping[str, float] | None = None,
    warnings: Sequence[str] = (),
) -> Plan:
    """The plan that a solution's values stand for.

    Parameters
    ----------
    timings
        Seconds by step; ``write`` adds its own and the total.
    warnings
        Sentences about what is valid but surprising.
    """
    if solution.values is None:
        raise ValueError(f"a solution without values is no plan: {solution.status}")
    values = without_noise(program, solution.values)
    values = with_tight_threshold(program, values, inputs.scenario)
    sku_of = {name: one.sku for one in configurations.kept for name in (one.name, one.engine)}
    labels = plan_labels(inputs, configurations)
    data = _dataset(inputs, configurations, program, values, labels)
    return Plan(
        scenario_name=inputs.scenario.name,
        data=data,
        impacts=impact_totals(
            program,
            values,
            labels["region"],
            {server: server for server in labels["sku"]} | sku_of,
        ),
        summary=summary(
            inputs,
            configurations,
            program,
            solution,
            values,
            servers=_servers(data),
            clean_hours=clean_hours(data),
            evidence=evidence_shares(objective_terms(inputs, configurations, data)),
            attribution=attribution_summary(data, sci_departures(inputs)),
            at_load=serving_at_load(inputs, pairs_in_use(inputs, configurations, data), data),
            timings=timings or {},
            warnings=warnings,
        ),
        scenario=inputs.scenario.model_dump(mode="json", exclude_none=True),
    )


def _dataset(
    inputs: Inputs,
    configurations: Configurations,
    program: Program,
    values: NDArray,
    labels: Mapping[str, list[str]],
) -> xr.Dataset:
    import xarray as xr

    slots = inputs.series.sizes["slot"]
    found = grounds(inputs, configurations, labels)
    data = xr.Dataset(
        {name: (GROUNDS[name].dims, found[name]) for name in GROUNDS}
        | decisions(program.columns, values, labels, slots),
        coords={
            **labels,
            "slot": range(slots),
            "use": list(USES),
            "time_utc": ("slot", inputs.series["time_utc"].values.astype("datetime64[ns]")),
        },
        attrs={"Conventions": "CF-1.11", "title": inputs.scenario.name},
    )
    data = data.assign(demand_rps=demand_of_chosen(inputs, data))
    shares = prompt_shares(inputs, configurations.kept)
    data = data.assign(
        consequences(data) | {n: (ATTRIBUTION[n].dims, shares[n]) for n in shares}
    )
    data = data.assign(attribution(program, values, data)).assign_coords(
        impact=attributed_impacts(program), phase=list(PHASES), state=list(STATES)
    )
    for name, variable in VARIABLES.items():
        data[name].attrs = {"units": variable.units, "long_name": variable.long_name}
    return data


def demand_of_chosen(inputs: Inputs, data: xr.Dataset) -> xr.DataArray:
    """Requests that arrive; of a class whose partition is not chosen, none."""
    demand = data["demand_rps"].copy()
    for one in inputs.classes:
        if one.is_optional:
            chosen = data["chosen"].sel(partition=one.way)
            place = {"request_class": one.name}
            demand.loc[place] = demand.loc[place] * chosen
    return demand


def _servers(data: xr.Dataset) -> list[dict[str, object]]:
    """SKUs that stand in a region in a stage, how many, and how many of them are bought.

    Where memory is chosen, with how many of each size.
    """
    standing, bought = data["servers"].values, data["purchased_servers"].values
    return [
        {
            "stage": stage,
            "sku": sku,
            "region": region,
            "count": round(standing[y, g, r]),
            "purchased": round(bought[y, g, r]),
            **_memory(data, {"stage": stage, "sku": sku, "region": region}),
        }
        for y, stage in enumerate(data["stage"].values.tolist())
        for r, region in enumerate(data["region"].values.tolist())
        for g, sku in enumerate(data["sku"].values.tolist())
        if round(standing[y, g, r])
    ]


def _memory(data: xr.Dataset, place: dict[str, str]) -> dict[str, dict[str, int]]:
    """Servers by size of memory; nothing where it is as sold."""
    fitted = data["fitted_fleet"].sel(place)
    counts = {
        name: round(servers)
        for name, servers in zip(fitted["memory"].values.tolist(), fitted.values, strict=True)
    }
    found = {name: count for name, count in counts.items() if count}
    return {"memory": found} if found else {}
