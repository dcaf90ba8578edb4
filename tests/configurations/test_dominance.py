"""Dominance: what a mixture of others makes unnecessary, worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.configurations.dominance import Points, covers, hull, needed


def points(*pairs: tuple[float, float], ttft_s: tuple[float, ...] | None = None) -> Points:
    x, y = (np.array(values, dtype=float) for values in zip(*pairs, strict=True))
    return Points(x, y, np.array(ttft_s) if ttft_s else np.zeros(len(x)))


def test_a_point_on_or_above_the_hull_is_not_needed():
    """Between (1, 4) and (3, 2) the mixture at 2 needs 3; (2, 3) is on it, (2, 3.5) above."""
    on, above = points((1, 4), (2, 3), (3, 2)), points((1, 4), (2, 3.5), (3, 2))
    assert hull(on) == [0, 2]
    assert hull(above) == [0, 2]
    assert hull(points((1, 4), (2, 2.5), (3, 2))) == [0, 1, 2]


def test_slower_and_thirstier_is_not_needed():
    assert needed(points((1, 1), (2, 2)), latency_counts=False).tolist() == [True, False]


def test_of_equals_the_first_stays():
    assert needed(points((1, 1), (1, 1)), latency_counts=True).tolist() == [True, False]


def test_a_sooner_first_token_is_needed_where_latency_counts():
    two = points((1, 1), (2, 2), ttft_s=(0.5, 0.1))
    assert needed(two, latency_counts=True).tolist() == [True, True]


def test_what_is_not_served_is_not_needed():
    assert needed(points((np.inf, np.inf), (1, 1)), latency_counts=False).tolist() == [
        False,
        True,
    ]


def test_mixtures_cover_points_above_their_hull():
    by = points((1, 4), (3, 2))
    assert covers(by, points((2, 3), (5, 2)), latency_counts=False)
    assert not covers(by, points((2, 2.9)), latency_counts=False)
    assert not covers(by, points((0.9, 9)), latency_counts=False)


def test_nothing_covers_only_nothing():
    unserved = points((np.inf, np.inf))
    assert covers(unserved, unserved, latency_counts=False)
    assert not covers(unserved, points((1, 1)), latency_counts=False)


@given(
    st.lists(
        st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)), min_size=1, max_size=8, unique=True
    ),
    st.floats(0, 5),
)
@settings(max_examples=60, deadline=None)
def test_the_cheapest_by_any_price_is_kept(pairs: list[tuple[float, float]], price: float):
    """Whatever an accelerator-second costs in energy, a needed point is among the best."""
    every = points(*pairs)
    kept = every[needed(every, latency_counts=False)]
    best = (price * every.accelerator_s + every.energy_kj).min()
    assert (price * kept.accelerator_s + kept.energy_kj).min() == pytest.approx(best)
