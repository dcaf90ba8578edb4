"""Options out of range are refused, never ignored."""

import math

import pytest

from carbonplan.errors import UsageError
from carbonplan.solve import Limits
from carbonplan.solve.limits import relative_gap


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gap", -1e-3),
        ("gap", math.nan),
        ("gap", math.inf),
        ("time_limit_s", 0),
        ("time_limit_s", math.nan),
        ("time_limit_s", math.inf),
        ("threads", 0),
        ("threads", 2.5),
        ("threads", True),
        ("seed", -1),
        ("seed", 2**31),
        ("memory_gb", 0.0),
        ("max_nodes", -5),
    ],
)
def test_a_limit_out_of_range_is_named(name, value):
    with pytest.raises(UsageError, match=f"{name} .*expected"):
        Limits(**{name: value})


def test_gap_has_no_meaning_without_plan_bound_or_at_zero():
    assert relative_gap(10.0, 9.0) == pytest.approx(0.1)
    assert relative_gap(-10.0, -12.0) == pytest.approx(0.2)
    assert relative_gap(10.0, 10.5) == 0.0
    assert relative_gap(None, 9.0) is None
    assert relative_gap(10.0, None) is None
    assert relative_gap(0.0, -1.0) is None
