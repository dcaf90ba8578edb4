"""Points of a front, and how far a point is from what cannot be bettered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from carbonplan.solve.arrays import Floats
from carbonplan.solve.limits import relative_gap
from carbonplan.solve.planes import Plane, highest_bound
from carbonplan.solve.solution import Status

PROOF_ROUNDING = 1e-6  # relative, of what rounding may cost of the gap
SAME = 1e-6  # relative difference below which impacts are the same


@dataclass(frozen=True)
class Point:
    """A plan of a front.

    Attributes
    ----------
    impacts
        In the order of the front's names and their units, (impact,).
    values
        One for each column of the program.
    minimised
        Impact that was minimised, the others at most what they are here.
    bound, gap
        Of that impact, proved for plans with no more of the others; None where nothing was.
    """

    impacts: Floats
    values: Floats
    minimised: str
    status: Status
    bound: float | None
    gap: float | None
    seconds: float


@dataclass(frozen=True)
class Front:
    """Plans of which none is better than another in every impact.

    Attributes
    ----------
    ideal, nadir
        Least and largest of each impact in the pay-off table, (impact,).
    balanced
        Position of the balanced point.
    infeasible, repeated
        Limits tried that no plan was found within, and plans found again or bettered.
    """

    names: tuple[str, ...]
    points: tuple[Point, ...]
    ideal: Floats
    nadir: Floats
    infeasible: int
    repeated: int
    seconds: float
    steps: tuple[str, ...]
    interrupted_by: str | None = None

    @property
    def impacts(self) -> Floats:
        """Impacts of all points, (point, impact)."""
        return np.array([point.impacts for point in self.points])

    @property
    def balanced(self) -> int:
        """Position of the balanced point."""
        return balanced(self.impacts, self.ideal, self.nadir)


def normalised(impacts: Floats, ideal: Floats, nadir: Floats) -> Floats:
    """Impacts with the ideal at 0 and the nadir at 1; 0 where the two are the same."""
    span = nadir - ideal
    return np.where(span > 0, (impacts - ideal) / np.where(span > 0, span, 1.0), 0.0)


def balanced(impacts: Floats, ideal: Floats, nadir: Floats) -> int:
    r"""Position of the point whose worst normalised impact is least, (point, impact).

    .. math:: \min_p \max_i \frac{F_i(p) - F_i^{ideal}}{F_i^{nadir} - F_i^{ideal}}

    the Chebyshev distance to the ideal; of equal ones the nearest by Euclid.
    """
    distances = normalised(impacts, ideal, nadir)
    worst = np.round(distances.max(axis=1), 9)
    return int(np.lexsort((np.linalg.norm(distances, axis=1), worst))[0])


def best_of(points: Sequence[Point]) -> tuple[Point, ...]:
    """Points that none of the others betters or repeats, by their impacts in order."""
    ordered = sorted(points, key=lambda point: tuple(point.impacts))
    kept: list[Point] = []
    for point in ordered:
        if not any(covers(other.impacts, point.impacts) for other in kept):
            kept = [one for one in kept if not covers(point.impacts, one.impacts)]
            kept.append(point)
    return tuple(kept)


def covers(one: Floats, other: Floats) -> bool:
    """Whether a plan is no worse than another in any impact, to the tolerance."""
    return bool((one <= other + SAME * np.abs(other)).all())


def judged(point: Point, names: Sequence[str], planes: Sequence[Plane], gap: float) -> Point:
    """Return the point with the best bound that planes prove, and the status it earns."""
    impact = names.index(point.minimised)
    value = float(point.impacts[impact])
    bound = highest_bound(planes, impact, point.impacts)
    if not np.isfinite(bound):
        return point
    bound = min(bound, value)
    is_proved = value - bound <= (gap + PROOF_ROUNDING) * abs(value)
    status = Status.OPTIMAL if is_proved else Status.FEASIBLE
    return replace(point, bound=bound, gap=relative_gap(value, bound), status=status)


def in_words(names: Sequence[str], point: Point) -> str:
    """Say what a point is and how good it is known to be."""
    at = ", ".join(
        f"{name} {value:.6g}" for name, value in zip(names, point.impacts, strict=True)
    )
    gap = "no bound" if point.gap is None else f"gap {point.gap:.2g}"
    return f"least {point.minimised}: {at} ({gap}, {point.seconds:.1f} s)"
