"""Files that a scenario names: found, or told with what is wrong with the name."""

from __future__ import annotations

from pathlib import Path

from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.timeline import Place
from carbonplan.scenario.files import locate
from carbonplan.scenario.loaded import LoadedScenario


def referenced_files(loaded: LoadedScenario) -> tuple[dict[Place, Path], list[str]]:
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
        **{
            ("supply", "contracts", i, "profile"): contract.profile
            for i, contract in enumerate(scenario.supply.contracts)
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
