"""Rules of stages, futures and risk: names that are there, and courses that can be planned."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from carbonplan.errors import nearest
from carbonplan.scenario.courses import Factor
from carbonplan.scenario.messages import Problem
from carbonplan.scenario.schema import Scenario
from carbonplan.scenario.wording import PathKeys, quoted

PROBABILITY_TOLERANCE = 1e-6
SURVIVING_REGIONS = 2
STOOD = "stood"


def futures_are_a_whole(scenario: Scenario) -> Iterator[Problem]:
    """Every future may come, and one of them does."""
    if not scenario.futures:
        return
    for i, future in enumerate(scenario.futures):
        if future.probability == 0:
            yield Problem(("futures", i, "probability"), "found 0, expected more")
    total = math.fsum(future.probability for future in scenario.futures)
    if abs(total - 1) > PROBABILITY_TOLERANCE:
        yield Problem(("futures",), f"probabilities sum to {total:.6g}, expected 1")


def factors_are_of_what_is_there(scenario: Scenario) -> Iterator[Problem]:
    """Factors by name are of workloads, regions and SKUs of the scenario."""
    regions = [site.region for site in scenario.regions]
    skus = scenario.fleet.skus
    homes = {
        "demand": ([workload.name for workload in scenario.workloads], "workloads"),
        "intensity": (regions, "regions"),
        "price": (regions, "regions"),
        "server_price": (skus, "fleet.skus"),
        "server_carbon": (skus, "fleet.skus"),
    }
    for key in ("stages", "futures"):
        for i, course in enumerate(getattr(scenario, key)):
            for field, (names, home) in homes.items():
                factor = getattr(course, field, 1.0)
                yield from _unknown((key, i, field), _keys(factor), names, home)


def stages_name_what_is_there(scenario: Scenario) -> Iterator[Problem]:
    """Stages sell SKUs of the fleet; bounds, stock and lead times name stages and SKUs."""
    skus = scenario.fleet.skus
    stages = [stage.name for stage in scenario.stages]
    for i, stage in enumerate(scenario.stages):
        for j, sku in enumerate(stage.skus or ()):
            yield from unknown(("stages", i, "skus", j), sku, skus, "fleet.skus")
        if stage.name.startswith(STOOD):
            words = f"found {quoted(stage.name)}, expected no name that begins with {STOOD}"
            yield Problem(("stages", i, "name"), f"{words}: what stands before is called so")
    for i, lead_time in enumerate(scenario.renewal.lead_times):
        path = ("renewal", "lead_times", i, "sku")
        yield from unknown(path, lead_time.sku, skus, "fleet.skus")
    for i, bound in enumerate(scenario.bounds):
        yield from unknown(("bounds", i, "stage"), bound.stage, stages, "stages")
        if bound.stage is not None and bound.impact == "latency":
            words = "found with latency, a mean over the whole horizon; expected another impact"
            yield Problem(("bounds", i, "stage"), words)
    for i, stock in enumerate(scenario.fleet.stock):
        yield from unknown(("fleet", "stock", i, "stage"), stock.stage, stages, "stages")


def futures_come_apart(scenario: Scenario) -> Iterator[Problem]:
    """Futures differ after a stage that is known and not the last."""
    last_known, stages = scenario.risk.known_after, [stage.name for stage in scenario.stages]
    path = ("risk", "known_after")
    yield from unknown(path, last_known, stages, "stages")
    if last_known in stages and not scenario.futures:
        yield Problem(path, f"found {quoted(last_known)} without futures, expected some")
    elif last_known in stages[-1:]:
        yield Problem(path, f"found the last stage, {quoted(last_known)}, expected one before")
    for i, name in enumerate(stages if scenario.futures else ()):
        if "/" in name:
            yield Problem(
                ("stages", i, "name"), f"found {quoted(name)} with futures, expected no slash"
            )


def a_region_can_be_lost(scenario: Scenario) -> Iterator[Problem]:
    """Online workloads may go to two regions where the loss of one is to be survived."""
    if not scenario.fleet.survive_region_loss:
        return
    if len(scenario.regions) < SURVIVING_REGIONS:
        yield Problem(
            ("fleet", "survive_region_loss"), "found true with one region, expected several"
        )
    for i, workload in enumerate(scenario.workloads):
        regions = workload.regions
        if workload.kind == "online" and regions and len(regions) < SURVIVING_REGIONS:
            yield Problem(
                ("workloads", i, "regions"),
                "found one region, expected several: fleet.survive_region_loss asks for it",
            )


def unknown(
    path: PathKeys, name: str | None, names: Sequence[str], home: str
) -> Iterator[Problem]:
    """A name that is given and not among those of its home."""
    if name is not None:
        yield from _unknown(path, [name], names, home)


def _unknown(
    path: PathKeys, found: Iterable[str], names: Sequence[str], home: str
) -> Iterator[Problem]:
    for name in found:
        if name not in names:
            yield Problem(path, f"{quoted(name)} is not in {home}{nearest(name, names)}")


def _keys(factor: Factor) -> Iterable[str]:
    return factor if isinstance(factor, Mapping) else ()


RULES_OF_COURSES = (
    (("futures",), futures_are_a_whole),
    (("stages", "futures", "workloads", "regions", "fleet"), factors_are_of_what_is_there),
    (("stages", "fleet", "renewal", "bounds"), stages_name_what_is_there),
    (("stages", "futures", "risk"), futures_come_apart),
    (("fleet", "regions", "workloads"), a_region_can_be_lost),
)
