"""A plan's folder is read back: hashes first, then structure, then values."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import EnvironmentFailed, InvalidInput
from carbonplan.plan import manifest as manifests
from carbonplan.plan.audit import hdf5_problems
from carbonplan.plan.records import SCHEMA_VERSION, ImpactTotal, Plan
from carbonplan.plan.variables import VARIABLES

if TYPE_CHECKING:
    import xarray as xr

LARGEST_FILE_BYTES = 2 * 2**30
PARTS = ("plan.nc", "plan.json", "scenario.json")
NEEDED = {
    "scenario": str,
    "schema_version": int,
    "fingerprint": str,
    "status": str,
    "objective": dict,
    "impacts": dict,
    "servers": list,
    "clean_hours": dict,
    "replicas": str,
    "sizes": dict,
    "timings_s": dict,
    "stance": dict,
    "evidence": dict,
    "signal": dict,
    "coefficient_sets": dict,
}


def read(folder: Path) -> Plan:
    """The plan in a folder, if every file is as it was written.

    Raises
    ------
    InvalidInput
        A file is missing, was changed, refers to other files, or is not a plan's.
    EnvironmentFailed
        The system refused to read.
    """
    contents = _checked_contents(folder)
    _refuse(folder, hdf5_problems(contents["plan.nc"], "plan.nc"))
    summary = _summary(folder, contents["plan.json"])
    name = summary.pop("scenario")
    impacts = {key: ImpactTotal(**total) for key, total in summary.pop("impacts").items()}
    scenario = _mapping(folder, "scenario.json", contents["scenario.json"])
    return Plan(name, _dataset(folder, contents["plan.nc"]), impacts, summary, scenario)


def _checked_contents(folder: Path) -> dict[str, bytes]:
    """Contents of what a plan is made of, after all files were held against the manifest."""
    if not folder.is_dir():
        raise InvalidInput(str(folder), ["no such folder; a plan is a folder"])
    manifest = _parsed(folder, manifests.NAME, _read_file(folder, manifests.NAME))
    _refuse(folder, manifests.problems(manifest))
    hashes: Mapping[str, str] = manifest["outputs"]
    _refuse(folder, [f"{manifests.NAME}: lists no {n}" for n in PARTS if n not in hashes])
    kept, problems = {}, []
    for name, expected in hashes.items():
        try:
            content = _read_file(folder, name)
        except InvalidInput as error:
            problems += error.problems
            continue
        if manifests.sha256(content) != expected:
            problems.append(f"{name}: changed since the plan was written (SHA-256 differs)")
        if name in PARTS:
            kept[name] = content
    _refuse(folder, problems)
    return kept


def _read_file(folder: Path, name: str) -> bytes:
    """A regular file inside the folder, links not followed out of it."""
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InvalidInput(str(folder), [f"{name}: lies outside the folder"])
        if not path.is_file():
            raise InvalidInput(str(folder), [f"{name}: missing"])
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise InvalidInput(str(folder), [f"{name}: larger than {LARGEST_FILE_BYTES} bytes"])
        return path.read_bytes()
    except OSError as error:
        raise EnvironmentFailed(f"could not read {path}: {error.strerror}") from error


def _parsed(folder: Path, name: str, content: bytes) -> object:
    """Strict JSON: no NaN, no infinity, no key twice."""
    try:
        return json.loads(
            content, parse_constant=_refuse_constant, object_pairs_hook=_refuse_doubles
        )
    except (ValueError, RecursionError) as error:
        raise InvalidInput(str(folder), [f"{name}: not valid JSON ({error})"]) from error


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a number")


def _refuse_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key stands twice")
    return content


def _mapping(folder: Path, name: str, content: bytes) -> dict[str, object]:
    found = _parsed(folder, name, content)
    if not isinstance(found, dict):
        raise InvalidInput(str(folder), [f"{name}: not a mapping"])
    return found


def _summary(folder: Path, content: bytes) -> dict[str, object]:
    summary = _mapping(folder, "plan.json", content)
    wrong = [
        f"plan.json: {key} is missing or not a {kind.__name__}"
        for key, kind in NEEDED.items()
        if not isinstance(summary.get(key), kind)
    ]
    _refuse(folder, wrong)
    if summary["schema_version"] != SCHEMA_VERSION:
        found = summary["schema_version"]
        _refuse(folder, [f"plan.json: schema_version is {found}, expected {SCHEMA_VERSION}"])
    shape = {"value", "unit", "by_region", "by_sku"}
    _refuse(
        folder,
        [
            f"plan.json: impacts.{key} needs value, unit, by_region and by_sku"
            for key, total in summary["impacts"].items()
            if not isinstance(total, dict) or set(total) != shape
        ],
    )
    return summary


def _opened(content: bytes) -> xr.Dataset:
    import xarray as xr

    return xr.open_dataset(io.BytesIO(content), engine="h5netcdf", decode_timedelta=False)


def _dataset(folder: Path, content: bytes) -> xr.Dataset:
    """The arrays, each with the dimensions and the kind of values that a plan has."""
    try:
        with _opened(content) as opened:
            data = opened.load()
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise InvalidInput(str(folder), [f"plan.nc: not a plan's arrays ({error})"]) from error
    _refuse(folder, list(_variable_problems(data)))
    return data


def _variable_problems(data: xr.Dataset) -> Iterator[str]:
    if "time_utc" not in data.coords:
        yield "plan.nc: time_utc is missing"
    for name, variable in VARIABLES.items():
        if name not in data:
            yield f"plan.nc: {name} is missing"
        elif data[name].dims != variable.dims:
            found, expected = ", ".join(map(str, data[name].dims)), ", ".join(variable.dims)
            yield f"plan.nc: {name} is over ({found}), expected ({expected})"
        elif (data[name].dtype.kind in "fiu") == variable.text:
            yield f"plan.nc: {name} does not hold {'text' if variable.text else 'numbers'}"


def _refuse(folder: Path, problems: list[str]) -> None:
    if problems:
        raise InvalidInput(str(folder), problems)
