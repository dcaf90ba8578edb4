import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonplan.alternatives.different import away_from, most_different
from carbonplan.alternatives.ranges import Mark, Range, added_up, proved, widened


def pair(sku, region, least, most, found=None):
    servers = least if found is None else found
    return Range(sku, region, f"{sku} in {region}", servers, least, servers, servers, most)


def total(sku, region, least, most, found):
    return Range(sku, region, str(sku or region), found, least, found, found, most)


@pytest.mark.parametrize(
    ("numbers", "mark"),
    [
        ((1, 2, 3, 4), Mark.MUST),
        ((0, 0, 0, 0), Mark.NEVER),
        ((0, 0, 2, 9), Mark.MAY),
        ((0, 1, 2, 2), Mark.OPEN),
        ((0, 0, 0, 1), Mark.OPEN),
    ],
)
def test_a_mark_needs_a_proof_or_plans_of_both_kinds(numbers, mark):
    one = Range("a", None, "a", numbers[1], *numbers)
    assert one.mark is mark
    assert (one.why_open is not None) == (mark is Mark.OPEN)


def test_pairs_prove_their_sku_and_a_region_without_servers_its_pairs():
    ranges = [
        total("a", None, 0, 99, 3),
        total(None, "n", 0, 99, 3),
        total(None, "s", 0, 0, 0),
        pair("a", "n", 2, 4, 3),
        pair("a", "s", 0, 7, 0),
    ]
    found = added_up(ranges)
    assert (found[0].least_proven, found[0].most_proven) == (2, 4)
    assert (found[1].least_proven, found[1].most_proven) == (2, 4)
    assert found[4].mark is Mark.NEVER


def test_a_sku_that_is_needed_in_one_of_two_regions_is_needed_where_it_may_be():
    ranges = [
        total("a", None, 3, 5, 4),
        total(None, "n", 0, 9, 4),
        pair("a", "n", 0, 9, 4),
        pair("a", "s", 0, 0, 0),
    ]
    assert added_up(ranges)[2].least_proven == 3


def test_a_plan_that_was_found_stands_against_any_proof():
    one = pair("a", "n", 0, 9, 4)
    assert proved(one, 6, 2).least_proven == 4
    assert proved(one, 6, 2).most_proven == 4
    assert widened([one], [7])[0].most_found == 7


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=1, max_size=8))
def test_the_plans_shown_begin_with_the_best_and_differ(servers):
    table = np.array(servers, dtype=float)
    impacts = np.zeros((len(table), 1))
    chosen = most_different(table, impacts, 4)
    assert chosen[0] == 0
    assert len(chosen) <= 4
    assert len({tuple(servers[at]) for at in chosen}) == len(chosen)


def test_what_many_plans_have_much_of_is_avoided():
    vectors = [np.array([1.0, 0.0]), np.array([0.0, 1.0])]
    cost = away_from(vectors, np.array([[4.0, 0.0], [2.0, 1.0]]))
    assert cost.tolist() == [1.5, 1.0]
