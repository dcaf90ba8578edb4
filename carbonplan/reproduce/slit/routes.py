r"""Fixed routes: each site serves the same share of all requests, as much as it could serve.

Helix finds a flow of the highest throughput through a fleet and gives out requests in
proportion to it. Of sites that each serve whole requests, the share of site r in a workload is

.. math:: \phi_r = \frac{q_r}{\sum_{r'} q_{r'}}, \qquad
          q_r = \sum_g \frac{a_g S_{gr}}{\min_{c \in C_g} \sum_k \sigma_k a_c / \rho_{kc}}

with the accelerators a_g of its servers S and, for each SKU g, the accelerator seconds of a
mean request (classes k with shares σ) on the configuration c that needs fewest. Stated in a
scenario, a workload becomes one for each site, whose data may go nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.problem import Problem
    from carbonplan.scenario.schema import Scenario

Shares = Mapping[str, Mapping[str, float]]
"""Share of a workload's requests that a region serves, by workload and region."""


def capacity_shares(inputs: Inputs, problem: Problem) -> Shares:
    """Share that each region has of the highest rate of all, by workload and region."""
    accelerators = problem.data["sku_accelerators"].to_series()
    shares = {}
    for workload in inputs.scenario.workloads:
        classes = [one.name for one in inputs.classes if one.workload.name == workload.name]
        least_s = accelerator_seconds(inputs, problem, classes)
        rates: dict[str, float] = {}
        for one in inputs.scenario.fleet.existing:
            rate = one.servers * float(accelerators[one.sku]) / least_s.get(one.sku, np.inf)
            rates[one.region] = rates.get(one.region, 0.0) + rate
        total = sum(rates.values())
        shares[workload.name] = {r: rate / total for r, rate in rates.items() if rate > 0}
    return shares


def accelerator_seconds(
    inputs: Inputs, problem: Problem, classes: Sequence[str]
) -> dict[str, float]:
    """Accelerator seconds of a mean request on the best configuration, by SKU [s]."""
    share = inputs.series["share"].sel(request_class=classes).mean("slot").values
    rate_rps = problem.data["rate_rps"].sel(request_class=classes)
    needs = problem.data["accelerators"].to_series()
    least_s: dict[str, float] = {}
    for c in rate_rps["configuration"].values.tolist():
        rates = rate_rps.sel(configuration=c).values
        if not (rates > 0).all():
            continue
        engine = problem.engine_of[c]
        seconds = float(needs[engine] * (share / rates).sum())
        sku = problem.sku_of[engine]
        least_s[sku] = min(seconds, least_s.get(sku, np.inf))
    return least_s


def fixed_routes(scenario: Scenario, shares: Shares) -> tuple[str, ...]:
    """Overrides that divide each workload among the regions in fixed shares."""
    workloads = [
        _part(workload.model_dump(mode="json", exclude_unset=True), region, share)
        for workload in scenario.workloads
        for region, share in shares[workload.name].items()
    ]
    return (f"workloads={json.dumps(workloads)}",)


def _part(workload: dict[str, object], region: str, share: float) -> dict[str, object]:
    """What one region serves of a workload."""
    arrivals = dict(workload["arrivals"])
    arrivals["mean_rps"] *= share
    name = f"{workload['name']} in {region}"
    return workload | {"name": name, "arrivals": arrivals, "regions": [region]}
