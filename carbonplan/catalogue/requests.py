"""Request classes and arrival shapes of real services, from ``data/requests``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.library import Library, shipped_library
from carbonplan.catalogue.records import ArrivalShape, RequestClass
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import refuse
from carbonplan.units import HOURS_PER_WEEK, MINUTES_PER_HOUR

CLASSES = "requests/classes.csv"
SHAPES = "requests/arrivals.csv"
SHARE_TOLERANCE = 1e-6
MONDAY = np.datetime64("2024-01-01T00:00", "m")


def classes_path() -> Path:
    """Table of request classes."""
    return data_root() / CLASSES


def arrivals_path() -> Path:
    """Table of arrival shapes."""
    return data_root() / SHAPES


def request_classes(library: Library | None = None) -> dict[str, tuple[RequestClass, ...]]:
    """Classes of every service, in the order of the table; their shares sum to 1."""
    library = library or shipped_library()
    path, by_service = library.path(CLASSES), library.grouped(CLASSES, RequestClass, "service")
    refuse(path, [problem for rows in by_service.values() for problem in _problems(rows)])
    return by_service


def arrival_shapes(library: Library | None = None) -> dict[str, tuple[ArrivalShape, ...]]:
    """Shape of every service: 168 rows in order of the hour of the week."""
    library = library or shipped_library()
    path, by_service = library.path(SHAPES), library.grouped(SHAPES, ArrivalShape, "service")
    week = list(range(HOURS_PER_WEEK))
    refuse(
        path,
        [
            f'service "{service}": {len(rows)} rows; expected hour_of_week 0 to 167, each once'
            for service, rows in by_service.items()
            if sorted(row.hour_of_week for row in rows) != week
        ],
    )
    return {
        service: tuple(sorted(rows, key=lambda row: row.hour_of_week))
        for service, rows in by_service.items()
    }


def relative_rates(shape: Sequence[ArrivalShape]) -> NDArray[np.float64]:
    """Load relative to its mean by hour of the week, (168,) [1]."""
    return np.array([row.relative_rate for row in shape])


def hour_of_week(times: NDArray[np.datetime64], utc_offset_hours: float) -> NDArray[np.int64]:
    """Hour of the local week, 0 being Monday 00:00 to 01:00, (slot,).

    Parameters
    ----------
    times
        Start of each slot in UTC, (slot,).
    utc_offset_hours
        Local time less UTC; half hours fall into the hour that they start in [h].
    """
    minutes = (times.astype("datetime64[m]") - MONDAY).astype(np.int64)
    local = minutes + round(utc_offset_hours * MINUTES_PER_HOUR)
    return (local // MINUTES_PER_HOUR) % HOURS_PER_WEEK


def _problems(rows: Sequence[RequestClass]) -> list[str]:
    service = rows[0].service
    names = [row.request_class for row in rows]
    repeated = sorted({name for name in names if names.count(name) > 1})
    total = sum(row.share for row in rows)
    problems = [f'service "{service}": class "{name}" stands twice' for name in repeated]
    if abs(total - 1) > SHARE_TOLERANCE:
        problems.append(f'service "{service}": shares sum to {total:g}; expected 1')
    return problems
