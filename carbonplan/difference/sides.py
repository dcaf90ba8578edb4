"""What is compared: a plan's folder, or a scenario with what it would be planned from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.difference.records import Side
from carbonplan.plan.variables import GROUNDS

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.plan import Plan
    from carbonplan.scenario.loaded import LoadedScenario

PATH_PARTS = 2  # of a file's path, by which it is known wherever it lies
NO_CHOICE = ("scenario", "overrides", "allowed_folders", "baselines")  # of a plan's options


def side_of_folder(folder: Path) -> Side:
    """A plan that was written, with what it was made from."""
    from carbonplan.plan import read
    from carbonplan.plan.manifest import part

    plan = read(folder)
    files = {short_path(one["path"]): one["sha256"] for one in part(folder, "inputs")}
    options = part(folder, "options")
    return side_of_plan(
        plan,
        name=str(folder),
        files=files,
        options={key: value for key, value in options.items() if key not in NO_CHOICE},
    )


def side_of_plan(
    plan: Plan, name: str, files: dict[str, str], options: dict[str, object]
) -> Side:
    """A plan with the files and options that it was made with."""
    return Side(
        name=name,
        scenario=plan.scenario,
        grounds=plan.data,
        plan=plan,
        files=files,
        versions=plan.summary["versions"],
        options=options,
    )


def side_of_result(loaded: LoadedScenario, plan: Plan, name: str) -> Side:
    """A scenario that was planned."""
    from carbonplan.catalogue.gather import gather

    return side_of_plan(plan, name, file_hashes(gather(loaded)), {})


def side_of_scenario(loaded: LoadedScenario, name: str) -> Side:
    """A scenario with its series and coefficients; nothing is solved."""
    from carbonplan.catalogue.gather import gather
    from carbonplan.plan.provenance import versions

    inputs = gather(loaded)
    return Side(
        name=name,
        scenario=inputs.scenario.model_dump(mode="json", exclude_none=True),
        grounds=scenario_grounds(inputs),
        files=file_hashes(inputs),
        versions=versions(),
    )


def file_hashes(inputs: Inputs) -> dict[str, str]:
    """Hash of every file that was read, by the end of its path."""
    return {short_path(str(file.path)): file.sha256 for file in inputs.files}


def short_path(path: str) -> str:
    """The last parts of a path: the same on every machine."""
    return "/".join(Path(path).parts[-PATH_PARTS:])


def scenario_grounds(inputs: Inputs) -> xr.Dataset:
    """What a plan of the scenario would rest on, over the dimensions of ``GROUNDS``."""
    import xarray as xr

    from carbonplan.configurations import enumerate_configurations
    from carbonplan.plan.grounds import grounds, plan_labels

    configurations = enumerate_configurations(inputs)
    labels = plan_labels(inputs, configurations)
    found = grounds(inputs, configurations, labels)
    time = inputs.series["time_utc"].values.astype("datetime64[ns]")
    return xr.Dataset(
        {name: (GROUNDS[name].dims, found[name]) for name in GROUNDS},
        coords={**labels, "time_utc": ("slot", time)},
    )
