"""From a scenario to everything that its plan is made from: records and labelled series.

Every name and file that the scenario uses and that does not exist is told at once, before
anything is computed; so is everything that is wrong with the series.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from carbonplan.catalogue import cards, hardware, network, requests, sites
from carbonplan.catalogue.bands import embodied_at, server_at
from carbonplan.catalogue.horizon import (
    Slots,
    TypicalDays,
    consecutive_slots,
    read_typical_days,
    typical_days_file,
    typical_slots,
)
from carbonplan.catalogue.inputs import Inputs, WorkloadClass
from carbonplan.catalogue.known import known_series
from carbonplan.catalogue.names import Catalogue, unknown_names
from carbonplan.catalogue.profiles import profiles_or_measurements
from carbonplan.catalogue.provenance import (
    GIVEN,
    hashed,
    records_of,
    sources_of,
    sources_path,
)
from carbonplan.catalogue.records import ArrivalShape, ModelCard, Region, RequestClass
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.timeline import Place, assembled
from carbonplan.catalogue.typical_hours import hours_files, hours_in_use
from carbonplan.errors import InvalidInput
from carbonplan.scenario.files import locate
from carbonplan.scenario.loaded import LoadedScenario
from carbonplan.scenario.workloads import Workload


def gather(loaded: LoadedScenario) -> Inputs:
    """Records and series that the scenario names, in the order of its lists.

    Raises
    ------
    InvalidInput
        With a line for each unknown name, missing file, missing hour and wrong figure.
    """
    scenario = loaded.scenario
    catalogue = read_catalogue()
    files, problems = _referenced_files(loaded)
    problems = [*unknown_names(loaded, catalogue), *problems]
    if problems:
        raise InvalidInput(str(loaded.path), problems)
    regions = tuple(catalogue.regions[site.region] for site in scenario.regions)
    slots, days = _horizon(loaded)
    series = assembled(loaded, catalogue, regions, slots, days, files)
    rtt_s, round_trips = network.round_trip_s(series["origin"].values.tolist(), regions)
    classes = tuple(
        WorkloadClass(workload, request_class)
        for workload in scenario.workloads
        for request_class in _classes(workload, catalogue)
    )
    stance = scenario.uncertainty.stance
    servers = tuple(server_at(one, stance) for one in hardware.servers(scenario.fleet.skus))
    llms = cards.cards(dict.fromkeys(workload.llm for workload in scenario.workloads))
    coefficients = tuple(
        embodied_at(row, stance)
        for row in hardware.embodied_coefficients(scenario.embodied.coefficient_set)
    )
    zones = _zones(regions, days)
    hours = hours_in_use(scenario.regions, regions, scenario.series, days)
    profiles, measurements = profiles_or_measurements(files.get(("fleet", "profiles")))
    return Inputs(
        scenario=scenario,
        servers=servers,
        llms=llms,
        regions=regions,
        classes=classes,
        series=series,
        rtt_s=rtt_s,
        embodied_coefficients=coefficients,
        profiles=profiles,
        measurements=measurements,
        calibration=files.get(("fleet", "calibration")),
        sources=sources_of(
            [
                *(record for server in servers for record in records_of(server)),
                *llms,
                *regions,
                *round_trips,
                *coefficients,
                *(item.request_class for item in classes),
                *_shapes(scenario.workloads, catalogue),
                *zones,
                *hours,
            ]
        ),
        files=hashed([*loaded.files, *files.values(), *_tables(llms, days)]),
        known=known_series(scenario, regions, zones, hours, round_trips),
    )


def read_catalogue() -> Catalogue:
    """Everything that a scenario may name."""
    return Catalogue(
        skus=hardware.sku_names(),
        llms=cards.card_names(),
        regions=sites.regions(),
        origins=network.origins(),
        classes=requests.request_classes(),
        shapes=requests.arrival_shapes(),
        coefficient_sets=hardware.coefficient_sets(),
    )


def _referenced_files(loaded: LoadedScenario) -> tuple[dict[Place, Path], list[str]]:
    """Files that the scenario names, by where it does, and what is wrong with the names."""
    scenario = loaded.scenario
    references: dict[Place, str | None] = {
        ("fleet", "profiles"): scenario.fleet.profiles,
        ("fleet", "calibration"): scenario.fleet.calibration,
        **{
            ("series", name): getattr(scenario.series, name)
            for name in type(scenario.series).model_fields
        },
        **{
            ("workloads", i, "arrivals", "file"): workload.arrivals.file
            for i, workload in enumerate(scenario.workloads)
        },
    }
    files, problems = {}, []
    for place, reference in references.items():
        if reference is None:
            continue
        try:
            folders = (loaded.folder, data_root(), *loaded.allowed_folders)
            files[place] = locate(reference, loaded.folder_of(*place), folders)
        except ValueError as error:
            problems.append(f"{loaded.where(*place)}: {error}")
    return files, problems


def _horizon(loaded: LoadedScenario) -> tuple[Slots, TypicalDays | None]:
    horizon = loaded.scenario.horizon
    if horizon.typical_days is None:
        return consecutive_slots(horizon), None
    days = read_typical_days(typical_days_file(horizon.typical_days, loaded.folder))
    return typical_slots(days, horizon), days


def _classes(workload: Workload, catalogue: Catalogue) -> tuple[RequestClass, ...]:
    """Classes of the named service, or those that the scenario writes out."""
    if isinstance(workload.classes, str):
        return catalogue.classes[workload.classes]
    return tuple(
        RequestClass(
            service=workload.name,
            request_class=given.name,
            input_tokens=given.input_tokens,
            output_tokens=given.output_tokens,
            share=given.share,
            evidence="assumed",
            source=GIVEN,
        )
        for given in workload.classes
    )


def _shapes(workloads: Iterable[Workload], catalogue: Catalogue) -> list[ArrivalShape]:
    """One row of every shape in use; the others of a service have the same source."""
    names = {workload.arrivals.shape for workload in workloads} - {None}
    return [catalogue.shapes[name][0] for name in sorted(names)]


def _zones(regions: Iterable[Region], days: TypicalDays | None) -> list[sites.GridZone]:
    """Rows of the zones whose typical year is in use."""
    if days is None or not days.path.is_relative_to(data_root()):
        return []
    zones = sites.grid_zones()
    return [zones[region.zone] for region in regions]


def _tables(llms: Iterable[ModelCard], days: TypicalDays | None) -> list[Path]:
    """Files of the catalogue that the inputs come from."""
    return [
        *hardware.hardware_files(),
        *sites.site_tables(),
        *network.network_tables(),
        requests.classes_path(),
        requests.arrivals_path(),
        sources_path(),
        *(cards.card_path(card.llm) for card in llms),
        *([days.path] if days is not None else []),
        *hours_files(days),
    ]
