"""All series of a plan as one labelled dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from carbonplan.catalogue.arrivals import arrivals_rps, origins_of
from carbonplan.catalogue.classes import class_shares
from carbonplan.catalogue.contracts import contract_profiles
from carbonplan.catalogue.horizon import Slots, TypicalDays
from carbonplan.catalogue.inputs import WorkloadClass
from carbonplan.catalogue.names import Catalogue
from carbonplan.catalogue.records import Region
from carbonplan.catalogue.region_series import (
    FACTORS,
    INTENSITY,
    RESIDUAL,
    factor_series,
    intensity_series,
)
from carbonplan.errors import InvalidInput
from carbonplan.scenario.loaded import LoadedScenario
from carbonplan.scenario.supply import Contract
from carbonplan.scenario.workloads import Workload

if TYPE_CHECKING:
    import xarray as xr

Place = tuple[str | int, ...]
T = TypeVar("T")


def assembled(
    loaded: LoadedScenario,
    catalogue: Catalogue,
    regions: Sequence[Region],
    classes: Sequence[WorkloadClass],
    slots: Slots,
    days: TypicalDays | None,
    files: Mapping[Place, Path],
) -> xr.Dataset:
    """The dataset that ``Inputs.series`` documents.

    Parameters
    ----------
    files
        Files that the scenario names, by where it does.
    """
    import xarray as xr

    scenario = loaded.scenario
    known = list(catalogue.regions)
    steps: dict[str, Callable[[], xr.DataArray]] = {
        "intensity_kgco2e_per_kwh": lambda: intensity_series(
            scenario.signal, regions, slots, files.get(("series", INTENSITY)), days, known
        ),
        **{
            factor.name: lambda factor=factor: factor_series(
                factor,
                scenario.regions,
                regions,
                slots,
                files.get(("series", factor.name)),
                days,
                known,
            )
            for factor in FACTORS
        },
        "arrivals_rps": lambda: _arrivals(scenario.workloads, catalogue, classes, slots, files),
        "share": lambda: class_shares(
            classes, slots, _counted_by_class(scenario.workloads, files)
        ),
        "contract_profile": lambda: _contracts(scenario.supply.contracts, slots, files),
    }
    if residual := files.get(("series", RESIDUAL)):
        steps["residual_intensity_kgco2e_per_kwh"] = lambda: intensity_series(
            scenario.signal, regions, slots, residual, days, known
        )
    variables = dict(zip(steps, _each(str(loaded.path), steps.values()), strict=True))
    for name in ("time_utc", "weight", "previous", "run", "slot_hours"):
        variables[name] = xr.DataArray(getattr(slots, name), dims="slot")
    coordinates = {
        "region": [region.region for region in regions],
        "request_class": [one.name for one in classes],
        "workload": [workload.name for workload in scenario.workloads],
        "origin": _origin_names(scenario.workloads),
        "contract": [contract.name for contract in scenario.supply.contracts],
        "slot": np.arange(len(slots.time_utc)),
    }
    return xr.Dataset(variables, coords=coordinates)


def _contracts(
    contracts: Sequence[Contract], slots: Slots, files: Mapping[Place, Path]
) -> xr.DataArray:
    """What contracts deliver by the kW (contract, slot) [1]."""
    profiles = {
        contract.name: files[place]
        for i, contract in enumerate(contracts)
        if (place := ("supply", "contracts", i, "profile")) in files
    }
    return contract_profiles(contracts, slots, profiles)


def _arrivals(
    workloads: Sequence[Workload],
    catalogue: Catalogue,
    classes: Sequence[WorkloadClass],
    slots: Slots,
    files: Mapping[Place, Path],
) -> xr.DataArray:
    """Requests per second (workload, origin, slot); zero where a workload has no users."""
    import xarray as xr

    names = _origin_names(workloads)
    rates = np.zeros((len(workloads), len(names), len(slots.time_utc)))
    steps = [
        lambda i=i, workload=workload: arrivals_rps(
            workload,
            slots,
            catalogue.shapes,
            catalogue.origins,
            files.get(("workloads", i, "arrivals", "file")),
            [one for one in classes if one.workload.name == workload.name],
        )
        for i, workload in enumerate(workloads)
    ]
    for i, by_origin in enumerate(_each("arrivals", steps)):
        for origin, values in by_origin.items():
            rates[i, names.index(origin)] += values
    return xr.DataArray(
        rates, dims=("workload", "origin", "slot"), attrs={"units": "requests/s"}
    )


def _counted_by_class(
    workloads: Sequence[Workload], files: Mapping[Place, Path]
) -> dict[str, Path]:
    """Files that count the requests of each class, by workload."""
    return {
        workload.name: files["workloads", i, "arrivals", "file"]
        for i, workload in enumerate(workloads)
        if workload.arrivals.by == "class"
    }


def _origin_names(workloads: Iterable[Workload]) -> list[str]:
    """Origins of all workloads, each once, in the order that they are named."""
    named = (origin.origin for workload in workloads for origin in origins_of(workload))
    return list(dict.fromkeys(named))


def _each(subject: str, steps: Iterable[Callable[[], T]]) -> list[T]:
    """Results of all steps; the problems of all of them together, if there are any."""
    results, problems = [], []
    for step in steps:
        try:
            results.append(step())
        except InvalidInput as error:
            problems += [f"{error.subject}: {problem}" for problem in error.problems]
    if problems:
        raise InvalidInput(subject, problems)
    return results
