"""What made a plan: versions of the libraries, and a fingerprint of what it was made from."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs

LIBRARIES = ("carbonplan", "pyomo", "highspy", "numpy", "xarray", "h5netcdf", "h5py")
FINGERPRINT_SIGNS = 12


def versions() -> dict[str, str | None]:
    """Versions of Python and of the libraries that decide a plan; None where unknown."""
    return {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES}


def fingerprint(inputs: Inputs) -> str:
    """A short hash of the resolved scenario and of the content of every file that it uses.

    Equal fingerprints mean equal questions, wherever the files lie.
    """
    parts = [inputs.scenario.model_dump_json(), *sorted(file.sha256 for file in inputs.files)]
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()[:FINGERPRINT_SIGNS]


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
