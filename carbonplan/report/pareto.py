"""A front as rows, as one document, and as the files of its folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonplan.plan.totals import UNITS

if TYPE_CHECKING:
    from carbonplan.solve.evolution import Evolved
    from carbonplan.solve.front import Front
    from carbonplan.tradeoffs import Tradeoffs

Row = Mapping[str, object]


def point_rows(front: Front) -> list[Row]:
    """A row for each point, with what is proved of it; the balanced one is marked."""
    return [
        {
            "point": number,
            **{
                f"{name} [{UNITS[name]}]": float(value)
                for name, value in zip(front.names, point.impacts, strict=True)
            },
            "minimised": point.minimised,
            "status": str(point.status),
            "bound": point.bound,
            "gap": point.gap,
            "seconds": round(point.seconds, 3),
            "balanced": "balanced" if number - 1 == front.balanced else "",
        }
        for number, point in enumerate(front.points, start=1)
    ]


def document(found: Tradeoffs) -> dict[str, object]:
    """The front, and what it was held against, as plain JSON values."""
    front = found.front
    return {
        "impacts": list(front.names),
        "units": {name: UNITS[name] for name in front.names},
        "ideal": _by_name(front, front.ideal),
        "nadir": _by_name(front, front.nadir),
        "points": [
            {
                "impacts": _by_name(front, point.impacts),
                "minimised": point.minimised,
                "status": str(point.status),
                "bound": point.bound,
                "gap": point.gap,
                "seconds": point.seconds,
                "balanced": position == front.balanced,
            }
            for position, point in enumerate(front.points)
        ],
        "balanced": front.balanced,
        "infeasible": front.infeasible,
        "repeated": front.repeated,
        "seconds": front.seconds,
        "timings_s": found.timings_s,
        "interrupted_by": front.interrupted_by,
        "evolutionary": None if found.evolved is None else comparison(front, found.evolved),
    }


def comparison(front: Front, evolved: Evolved) -> dict[str, object]:
    """Hypervolume and time of both searches, with the same reference point."""
    from carbonplan.solve.evolution import hypervolumes

    exact, evolutionary, reference = hypervolumes(front, evolved)
    return {
        "algorithm": evolved.algorithm,
        "evaluation": evolved.evaluation,
        "seed": evolved.seed,
        "population": evolved.population,
        "generations": evolved.generations,
        "evaluations": evolved.evaluations,
        "seconds": evolved.seconds,
        "exact_seconds": front.seconds,
        "reference_point": _by_name(front, reference),
        "hypervolume": evolutionary,
        "exact_hypervolume": exact,
        "points": [_by_name(front, point) for point in evolved.impacts],
    }


def comparison_rows(front: Front, evolved: Evolved) -> list[Row]:
    """A row for each search: points, normalised hypervolume, seconds."""
    found = comparison(front, evolved)
    return [
        {
            "search": "limits on impacts",
            "points": len(front.points),
            "hypervolume": found["exact_hypervolume"],
            "seconds": round(front.seconds, 2),
        },
        {
            "search": evolved.algorithm,
            "points": len(evolved.impacts),
            "hypervolume": found["hypervolume"],
            "seconds": round(evolved.seconds, 2),
        },
    ]


def points_csv(front: Front) -> str:
    """The points as CSV."""
    rows = point_rows(front)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _by_name(front: Front, values: object) -> dict[str, float]:
    return {name: float(value) for name, value in zip(front.names, values, strict=True)}
