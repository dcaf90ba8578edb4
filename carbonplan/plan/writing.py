"""A plan becomes a folder: arrays, summary, scenario, tables, manifest, and what is added.

Equal plans give equal bytes, but for the times that they carry: ``timings_s`` in plan.json,
and so its hash, ``created_utc`` and the digest in manifest.json.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.plan import manifest as manifests
from carbonplan.plan.atomic import write_folder
from carbonplan.plan.tabulate import csv_bytes, tables

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.catalogue.inputs import InputFile
    from carbonplan.plan.records import Plan

COMPRESSION = {"zlib": True, "complevel": 4, "shuffle": True}


def write(
    plan: Plan,
    folder: Path,
    *,
    extra: Mapping[str, bytes] | None = None,
    inputs_files: Sequence[InputFile] = (),
    options: Mapping[str, object] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a plan's folder, whole or not at all, and return it.

    Parameters
    ----------
    extra
        Further files by their path inside the folder: the report, figures.
    inputs_files
        Files that the plan was made from, with their hashes.
    options
        How the solve was asked for, ``seed`` among them; plain JSON values.
    """
    for name in extra or {}:
        if not manifests.is_inside(name):
            raise ValueError(f"{name!r} is not a path inside the plan's folder")
    files = _files(plan, extra or {}, inputs_files, options or {})
    write_folder(folder, files, overwrite=overwrite)
    return folder


def summary_json(plan: Plan, timings: Mapping[str, float] | None = None) -> dict[str, object]:
    """What plan.json holds: the summary with the scenario's name and the impacts."""
    summary = {**plan.summary, "timings_s": timings or plan.summary["timings_s"]}
    impacts = {name: asdict(total) for name, total in plan.impacts.items()}
    return {"scenario": plan.scenario_name, **summary, "impacts": impacts}


def _files(
    plan: Plan,
    extra: Mapping[str, bytes],
    inputs_files: Sequence[InputFile],
    options: Mapping[str, object],
) -> Iterator[tuple[str, bytes]]:
    """Names and contents; plan.json and the manifest last, since they speak of the others."""
    started = time.perf_counter()
    hashes = {}
    for name, content in _contents(plan, extra):
        hashes[name] = manifests.sha256(content)
        yield name, content
    content = _json_bytes(summary_json(plan, _timings(plan, time.perf_counter() - started)))
    hashes["plan.json"] = manifests.sha256(content)
    yield "plan.json", content
    yield manifests.NAME, _json_bytes(manifests.manifest(plan, hashes, inputs_files, options))


def _contents(plan: Plan, extra: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield "plan.nc", _netcdf_bytes(plan.data)
    yield "scenario.json", _json_bytes(plan.scenario)
    for name, table in tables(plan).items():
        yield f"tables/{name}.csv", csv_bytes(table)
    yield from extra.items()


def _timings(plan: Plan, write_s: float) -> dict[str, float]:
    """Times of the plan with that of writing, and their sum where no total was measured."""
    before = dict(plan.summary["timings_s"])
    total = before.pop("total", sum(before.values()))
    return before | {"write": before.get("write", 0.0) + write_s, "total": total + write_s}


def _netcdf_bytes(data: xr.Dataset) -> bytes:
    """The dataset as netCDF-4, floats to the last bit."""
    encoding = {
        name: {"_FillValue": None} | (COMPRESSION if array.ndim > 1 else {})
        for name, array in data.data_vars.items()
        if array.dtype.kind == "f"
    }
    encoding["time_utc"] = {"units": "minutes since 1970-01-01", "dtype": "int64"}
    return bytes(data.to_netcdf(engine="h5netcdf", encoding=encoding))


def _json_bytes(content: object) -> bytes:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")
