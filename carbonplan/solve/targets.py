"""Where the next point of a front is looked for: limits on a grid from nadir to ideal.

Of two impacts the grid has as many steps as points are asked for, and all of it is visited. Of
more it is finer, and the place comes next that the points found cover worst: by how much the
best of them is worse there in its worst impact. Where the front lies over a limit is foretold
by what is proved so far. Limits within which the planes leave no plan
inside the pay-off table, and those within which a known plan is already the best, are passed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from carbonplan.solve.arrays import Floats
from carbonplan.solve.front import Point, normalised
from carbonplan.solve.planes import Plane, highest_bound

STEPS_PER_POINT = 0.6  # of all axes but one together, where limits are on several impacts
TOLERANCE = 1e-9


def limit_grid(ideal: Floats, nadir: Floats, points: int) -> Floats:
    """Limits on all impacts but the first, between their nadirs and ideals, (limit, impact)."""
    spread = [i for i in range(1, len(ideal)) if nadir[i] > ideal[i]]
    is_line = len(spread) < 2
    steps = points - 1
    if not is_line:
        steps = max(int(np.ceil(STEPS_PER_POINT * points / (len(spread) - 1))), 4)
    shares = np.arange(is_line, steps) / steps
    axes = [
        nadir[i] - shares * (nadir[i] - ideal[i]) if i in spread else nadir[[i]]
        for i in range(1, len(ideal))
    ]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    return np.column_stack([np.full(len(grid), np.inf), grid])


def next_limit(
    grid: Floats,
    points: Sequence[Point],
    planes: Sequence[Plane],
    ideal: Floats,
    nadir: Floats,
    gap: float,
) -> int | None:
    """Position in the grid of the limit to try next; None if none is worth it."""
    found = np.array([point.impacts for point in points])
    best, worst = None, -1.0
    for position, limit in enumerate(grid):
        foretold = np.where(np.isfinite(limit), limit, ideal)
        foretold[0] = max(highest_bound(planes, 0, foretold), ideal[0])
        inside = (found[:, 1:] <= foretold[1:] + TOLERANCE * np.abs(foretold[1:])).all(axis=1)
        known = inside & (found[:, 0] <= foretold[0] + gap * abs(foretold[0]))
        if known.any() or foretold[0] > nadir[0]:
            continue
        away = normalised(found, ideal, nadir) - normalised(foretold, ideal, nadir)
        uncovered = float(np.maximum(away, 0.0).max(axis=1).min())
        if uncovered > worst:
            best, worst = position, uncovered
    return best
