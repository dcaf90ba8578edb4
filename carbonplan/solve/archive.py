"""Arrays and answers as npz files: written whole or not at all, read without pickle."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from carbonplan.solve.arrays import Arrays
from carbonplan.solve.job import Incumbent, Job, Outcome
from carbonplan.solve.status import Claim

START = "start.npz"


def save_arrays(path: Path, arrays: Arrays) -> None:
    """Write a program's arrays."""
    _write(path, {field.name: getattr(arrays, field.name) for field in fields(arrays)})


def load_arrays(path: Path) -> Arrays:
    """Read a program's arrays."""
    members = _read(path)
    return Arrays(**(members | {"offset": float(members["offset"])}))


def save_job(path: Path, job: Job) -> None:
    """Write what an attempt is asked; the plan that it starts from lies beside it."""
    if job.start is not None:
        _write(path.with_name(START), {"start": job.start})
    asked = asdict(replace(job, start=None))
    path.write_text(json.dumps(asked, allow_nan=False), encoding="utf-8")


def load_job(path: Path) -> Job:
    """Read what an attempt is asked."""
    asked = json.loads(path.read_text(encoding="utf-8"))
    beside = path.with_name(START)
    return Job(**(asked | (_read(beside) if beside.exists() else {})))


def save_incumbent(path: Path, incumbent: Incumbent) -> None:
    """Write the best plan so far; a crash at any moment leaves a whole file."""
    _save_record(path, asdict(incumbent))


def load_incumbent(path: Path) -> Incumbent | None:
    """Read the best plan so far; None if there is no file."""
    if not path.exists():
        return None
    return Incumbent(**_load_record(path))


def save_outcome(path: Path, outcome: Outcome) -> None:
    """Write what an attempt claims."""
    _save_record(path, asdict(outcome))


def load_outcome(path: Path) -> Outcome:
    """Read what an attempt claims."""
    record = _load_record(path)
    rows = record["relaxed_rows"]
    if rows is not None:
        rows = tuple((int(row), float(amount)) for row, amount in rows)
    changed = {
        "claim": Claim(record["claim"]),
        "relaxed_rows": rows,
        "steps": tuple(record["steps"]),
        "faults": tuple(record["faults"]),
    }
    return Outcome(**(record | changed))


def _save_record(path: Path, record: dict[str, Any]) -> None:
    values = record.pop("values")
    scalars = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in record.items()
    }
    members = {"record": np.array(json.dumps(scalars, allow_nan=False))}
    if values is not None:
        members["values"] = values
    _write(path, members)


def _load_record(path: Path) -> dict[str, Any]:
    members = _read(path)
    return json.loads(str(members["record"])) | {"values": members.get("values")}


def _read(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _write(path: Path, members: dict[str, Any]) -> None:
    """Write to a temporary file, flush it to disk, and rename it into place."""
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    try:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **members)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
