"""A choice of partitions and negative intensity: the stamped program against linopy's."""

from __future__ import annotations

import pytest

from tests.answers import optimum
from tests.divided import divided
from tests.restated import least

NEGATIVE = {"intensity_kgco2e_per_kwh": [[-0.1, 0.05], [0.5, -0.2]]}
UNEQUAL = {"demand_rps": [[[40.0, 20.0]], [[80.0, 0.0]]]}


@pytest.mark.parametrize("held", [{}, {"held": [0, 0]}])
@pytest.mark.parametrize("changes", [{}, UNEQUAL, NEGATIVE, NEGATIVE | UNEQUAL])
@pytest.mark.parametrize("negative", ["no-idle-earning", "allow"])
def test_a_divided_workload(changes: dict, held: dict, negative: str):
    problem = divided(changes | held, negative=negative)
    if negative == "allow" and "intensity_kgco2e_per_kwh" in changes:
        problem = divided(changes | held, negative=negative, stock=STOCK)
    assert optimum(problem).total == pytest.approx(least(problem), rel=1e-6, abs=1e-9)


STOCK = (("now", "box", "clean", 0), ("now", "box", "dirty", 1))
