"""Why servers cannot be in any plan of a scenario, without solving anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.configurations.routes import workload_regions, workload_routes
from carbonplan.errors import nearest
from carbonplan.explain.places import Place, columns_at
from carbonplan.explain.subject import Subject
from carbonplan.units import MS_PER_S

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.scenario.workloads import Workload


def absence(subject: Subject, place: Place) -> list[str]:
    """Reasons for which no server of a SKU can be bought in a region; empty if one can."""
    columns = columns_at(subject.program, "Purchased", ("sku", "region"), place)
    if len(columns) and subject.program.column_upper[columns].max() > 0:
        return []
    reasons = [] if subject.inputs is None else list(_of_scenario(subject, place))
    return reasons or ["the problem knows no such servers there that could be bought"]


def _of_scenario(subject: Subject, place: Place) -> Iterator[str]:
    (sku, region), inputs = place, subject.inputs
    skus = [server.name for server in inputs.servers]
    regions = [one.region for one in inputs.regions]
    if sku not in skus:
        yield f"fleet.skus does not name {sku}{nearest(sku, skus)}"
    if region not in regions:
        yield f"regions does not name {region}{nearest(region, regions)}"
    if sku in skus and region in regions:
        yield from _refused(inputs, place)
        yield from _serves_nothing(subject, place)


def _refused(inputs: Inputs, place: Place) -> Iterator[str]:
    """Stock, room and delivery that leave no server to be bought."""
    sku, region = place
    for position, stock in enumerate(inputs.scenario.fleet.stock):
        mine = stock.sku == sku and stock.region in (None, region) and stock.stage is None
        if mine and stock.servers == 0:
            yield f"fleet.stock[{position}].servers is 0: no {sku} can be bought"
    for site in inputs.scenario.regions:
        if site.region == region and site.server_limit == 0:
            yield f"regions[{region}].server_limit is 0"
    stages = inputs.scenario.stages
    if stages and not any(one.skus is None or sku in one.skus for one in stages):
        yield f"no stage sells {sku} (stages[...].skus)"


def _serves_nothing(subject: Subject, place: Place) -> Iterator[str]:
    """Workloads that the SKU cannot serve, or that may not come to the region."""
    sku, region = place
    configurations, inputs = subject.configurations, subject.inputs
    kept = [c for c in configurations.kept if c.sku == sku]
    if not kept:
        yield from _rejections(configurations, sku)
        return
    for workload in inputs.scenario.workloads:
        yield from _cannot_come(inputs, workload, region)
        if not any(c.llm in workload.llms for c in kept):
            yield f"workloads[{workload.name}]: no configuration on {sku} serves it"


def _cannot_come(inputs: Inputs, workload: Workload, region: str) -> Iterator[str]:
    if region not in workload_regions(inputs, workload):
        yield f"workloads[{workload.name}].regions does not allow {region}"
    elif workload.kind == "online":
        near = {r for _, r in workload_routes(inputs, workload)}
        if region not in near:
            trips = [inputs.rtt_s.sel(origin=o.origin, region=region) for o in workload.origins]
            least = float(np.min(trips)) * MS_PER_S
            yield (
                f"workloads[{workload.name}]: {region} is {least:.0f} ms from its nearest "
                "origin, farther than its max_rtt_s allows"
            )


def _rejections(configurations: Configurations, sku: str) -> Iterator[str]:
    """What forbids the configurations on a SKU: each kind once, with how many it forbids."""
    by_kind: dict[str, list[str]] = {}
    for rejection in configurations.rejected:
        if rejection.configuration.sku == sku:
            words = f"{rejection.configuration.name}: {rejection.reason}"
            by_kind.setdefault(rejection.kind, []).append(words)
    for kind, found in by_kind.items():
        yield f"{len(found)} configurations on {sku} fail by {kind}, as {found[0]}"
