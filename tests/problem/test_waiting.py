"""How much batch work may wait, by hand."""

import numpy as np
import pytest

from carbonplan.problem.waiting import _recent

ARRIVALS = np.array([1.0, 2.0, 4.0, 8.0])


@pytest.mark.parametrize(
    ("window", "cyclic", "expected"),
    [
        (0, True, [0, 0, 0, 0]),  # done in the slot of arrival
        (1, True, [1, 2, 4, 8]),  # what came in the slot may wait for the next
        (2, True, [9, 3, 6, 12]),  # and that of the slot before: the last precedes the first
        (2, False, [1, 3, 6, 12]),
        (3, False, [1, 3, 7, 14]),
    ],
)
def test_recent_arrivals_may_wait(window: int, cyclic: bool, expected: list[float]):
    assert _recent(ARRIVALS, window, cyclic=cyclic) == pytest.approx(expected)
