"""Names that a scenario uses and the catalogue does not hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from carbonplan.catalogue.network import Origin
from carbonplan.catalogue.records import ArrivalShape, Region, RequestClass
from carbonplan.errors import nearest
from carbonplan.scenario.loaded import LoadedScenario
from carbonplan.scenario.workloads import Workload


@dataclass(frozen=True)
class Catalogue:
    """Everything that a scenario may name, by name."""

    skus: Collection[str]
    llms: Collection[str]
    regions: Mapping[str, Region]
    origins: Mapping[str, Origin]
    classes: Mapping[str, tuple[RequestClass, ...]]
    shapes: Mapping[str, tuple[ArrivalShape, ...]]
    coefficient_sets: Collection[str]


@dataclass(frozen=True)
class Use:
    """A name, where the scenario uses it, what it should be, and the names there are."""

    path: tuple[str | int, ...]
    name: str
    kind: str
    home: str
    known: Collection[str]


def unknown_names(loaded: LoadedScenario, catalogue: Catalogue) -> list[str]:
    """One line for each name that is not in the catalogue, with the nearest that is."""
    own = loaded.scenario.catalogue
    beside = f" or {own}/" if own else ""
    return [
        f'{loaded.where(*use.path)}: {use.kind} "{use.name}" is not in {use.home}{beside}'
        f"{nearest(use.name, use.known)}"
        for use in _uses(loaded, catalogue)
        if use.name not in use.known
    ]


def _uses(loaded: LoadedScenario, catalogue: Catalogue) -> Iterator[Use]:
    scenario = loaded.scenario
    for i, site in enumerate(scenario.regions):
        yield _region(("regions", i, "region"), site.region, catalogue)
    for i, sku in enumerate(scenario.fleet.skus):
        yield _sku(("fleet", "skus", i), sku, catalogue)
    for i, existing in enumerate(scenario.fleet.existing):
        yield _sku(("fleet", "existing", i, "sku"), existing.sku, catalogue)
        yield _region(("fleet", "existing", i, "region"), existing.region, catalogue)
    for i, stock in enumerate(scenario.fleet.stock):
        yield _sku(("fleet", "stock", i, "sku"), stock.sku, catalogue)
        if stock.region is not None:
            yield _region(("fleet", "stock", i, "region"), stock.region, catalogue)
    for i, workload in enumerate(scenario.workloads):
        yield from _of_workload(("workloads", i), workload, catalogue)
    yield Use(
        ("embodied", "coefficient_set"),
        scenario.embodied.coefficient_set,
        "coefficient set",
        "data/embodied/coefficients.csv",
        catalogue.coefficient_sets,
    )


def _of_workload(
    path: tuple[str | int, ...], workload: Workload, catalogue: Catalogue
) -> Iterator[Use]:
    yield Use((*path, "llm"), workload.llm, "llm", "models/", catalogue.llms)
    for i, other in enumerate(workload.alternatives):
        at = (*path, "alternatives", i, "llm")
        yield Use(at, other.llm, "llm", "models/", catalogue.llms)
    for where, given in _divisions(workload):
        if isinstance(given, str):
            home = "data/requests/classes.csv"
            yield Use((*path, *where), given, "service", home, catalogue.classes)
    if workload.arrivals.shape is not None:
        yield Use(
            (*path, "arrivals", "shape"),
            workload.arrivals.shape,
            "service",
            "data/requests/arrivals.csv",
            catalogue.shapes,
        )
    for i, origin in enumerate(workload.origins):
        at = (*path, "origins", i, "origin")
        home = "data/sites/origins.csv"
        yield Use(at, origin.origin, "origin", home, catalogue.origins)
    for i, region in enumerate(workload.regions or ()):
        yield _region((*path, "regions", i), region, catalogue)


def _divisions(workload: Workload) -> Iterator[tuple[tuple[str, ...], object]]:
    """The classes of a workload, or those of each of its partitions, and where they stand."""
    yield ("classes",), workload.classes
    for name, given in (workload.partitions or {}).items():
        yield ("partitions", name), given


def _region(path: tuple[str | int, ...], name: str, catalogue: Catalogue) -> Use:
    return Use(path, name, "region", "data/sites/regions.csv", catalogue.regions)


def _sku(path: tuple[str | int, ...], name: str, catalogue: Catalogue) -> Use:
    return Use(path, name, "SKU", "data/hardware/skus.csv", catalogue.skus)
