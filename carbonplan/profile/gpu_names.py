"""What the catalogue calls a GPU, from the name that its driver gives it."""

from __future__ import annotations

from collections.abc import Collection

from carbonplan.errors import UsageError, nearest
from carbonplan.technology.calibrate.names import resolve_accelerator

OF_ITS_OWN = {"NVIDIA GH200 480GB": "gh200"}  # the size is that of its CPU's memory


def accelerator_of(gpu: str, asked: str | None, known: Collection[str]) -> str:
    """Catalogue name of a GPU: the one that was asked for, or that of the driver's name."""
    name = OF_ITS_OWN.get(gpu, resolve_accelerator(gpu)) if asked is None else asked
    if name is None:
        raise UsageError(
            f'the catalogue has no "{gpu}"; --accelerator names the row of '
            "data/hardware/accelerators.csv that the table is for"
        )
    if name not in known:
        raise UsageError(
            f'--accelerator "{name}" is not in the catalogue{nearest(name, known)}'
        )
    return name
