"""From a scenario to everything that its plan is made from: records and labelled series.

Every name and file that the scenario uses and that does not exist is told at once, before
anything is computed; so is everything that is wrong with the series.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from carbonplan.catalogue import cards, hardware, network, requests, sites
from carbonplan.catalogue.bands import embodied_at, server_at
from carbonplan.catalogue.classes import with_mean_shares, workload_classes
from carbonplan.catalogue.courses import with_courses
from carbonplan.catalogue.horizon import (
    Slots,
    TypicalDays,
    consecutive_slots,
    read_typical_days,
    typical_days_file,
    typical_slots,
)
from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.known import known_series
from carbonplan.catalogue.library import Library
from carbonplan.catalogue.names import Catalogue, unknown_names
from carbonplan.catalogue.origins import series_notes
from carbonplan.catalogue.own import library_of, own_files
from carbonplan.catalogue.profiles import profiles_or_measurements
from carbonplan.catalogue.provenance import (
    hashed,
    records_of,
    records_of_hosts,
    sources_of,
    sources_path,
)
from carbonplan.catalogue.records import ArrivalShape, ModelCard, Region
from carbonplan.catalogue.references import referenced_files
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.timeline import assembled
from carbonplan.catalogue.typical_hours import hours_files, hours_in_use
from carbonplan.errors import InvalidInput
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
    library = library_of(loaded)
    catalogue = read_catalogue(library)
    files, problems = referenced_files(loaded)
    problems = [*unknown_names(loaded, catalogue), *problems]
    if problems:
        raise InvalidInput(str(loaded.path), problems)
    regions = tuple(catalogue.regions[site.region] for site in scenario.regions)
    slots, days = _horizon(loaded)
    classes = [
        one
        for workload in scenario.workloads
        for one in workload_classes(workload, catalogue.classes)
    ]
    base = assembled(loaded, catalogue, regions, classes, slots, days, files)
    series, nodes = with_courses(scenario, base)
    classes = with_mean_shares(classes, base["share"])
    rtt_s, round_trips = network.round_trip_s(
        series["origin"].values.tolist(), regions, library
    )
    stance = scenario.uncertainty.stance
    servers = tuple(
        server_at(one, stance) for one in hardware.servers(scenario.fleet.skus, library)
    )
    llms = cards.cards(
        dict.fromkeys(llm for workload in scenario.workloads for llm in workload.llms), library
    )
    coefficients = tuple(
        embodied_at(row, stance)
        for row in hardware.embodied_coefficients(scenario.embodied.coefficient_set, library)
    )
    zones = _zones(regions, days)
    hours = hours_in_use(scenario.regions, regions, scenario.series, days)
    profiles, measurements = profiles_or_measurements(files.get(("fleet", "profiles")), library)
    read = hashed([*loaded.files, *files.values(), *own_files(library), *_tables(llms, days)])
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
                *records_of_hosts(servers, scenario.fleet),
                *llms,
                *regions,
                *round_trips,
                *coefficients,
                *(item.request_class for item in classes),
                *_shapes(scenario.workloads, catalogue),
                *zones,
                *hours,
            ],
            library,
        ),
        files=read,
        notes=series_notes(files, read),
        known=known_series(scenario, regions, zones, hours, round_trips, library),
        nodes=nodes,
    )


def read_catalogue(library: Library) -> Catalogue:
    """Everything that a scenario may name."""
    return Catalogue(
        skus=hardware.sku_names(library),
        llms=tuple(library.card_paths()),
        regions=sites.regions(library),
        origins=network.origins(library),
        classes=requests.request_classes(library),
        shapes=requests.arrival_shapes(library),
        coefficient_sets=hardware.coefficient_sets(library),
    )


def _horizon(loaded: LoadedScenario) -> tuple[Slots, TypicalDays | None]:
    horizon = loaded.scenario.horizon
    if horizon.typical_days is None:
        return consecutive_slots(horizon), None
    days = read_typical_days(typical_days_file(horizon.typical_days, loaded.folder))
    return typical_slots(days, horizon), days


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
        *(path for card in llms if (path := cards.card_path(card.llm)).is_file()),
        *([days.path] if days is not None else []),
        *hours_files(days),
    ]
