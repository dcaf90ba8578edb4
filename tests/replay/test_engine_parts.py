"""Requests in parts: the same outcomes as all at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from carbonplan.replay.arrays import Outcomes, Requests
from carbonplan.replay.arrivals import Arrivals, Part
from carbonplan.replay.engine import run
from carbonplan.replay.parts import run_in_parts
from carbonplan.replay.world import outcomes_of
from tests.replay.random_regions import random_case
from tests.replay.regions import kinds_of

OF_KINDS = ("energy_kj", "busy_s", "batch_s", "clock_s", "steps")


def cut(requests: Requests, size: int) -> Iterator[Part]:
    """Parts of so many requests, each with its number in place of its client."""
    count = len(requests.release_s)
    numbers, nothing = np.arange(count), np.zeros(count)
    arrivals = Arrivals(numbers, numbers, nothing, nothing)
    for begin in range(0, count, size):
        mine = slice(begin, begin + size)
        end_s = [*requests.release_s, *[np.inf] * size][begin + size]
        both = (type(of)(*(column[mine] for column in of)) for of in (requests, arrivals))
        yield Part(*both, end_s)


@pytest.mark.parametrize("size", [1, 4, 15])
def test_parts_change_nothing(size):
    for seed in range(150):
        case = random_case(seed)
        others = kinds_of(case.likes), case.controls, case.routes, case.rules, 500
        whole = run(case.requests, *others)
        found = [
            (taken.arrivals.client[taken.is_over], outcomes_of(requests, taken.world))
            for taken in run_in_parts(cut(case.requests, size), *others)
            for requests in [taken.world.requests[taken.is_over]]
        ]
        numbers = np.concatenate([of_part for of_part, _ in found])
        order = np.argsort(numbers)
        np.testing.assert_array_equal(numbers[order], np.arange(len(whole.state)))
        for name in set(Outcomes._fields) - set(OF_KINDS):
            joined = np.concatenate([getattr(outcomes, name) for _, outcomes in found])
            np.testing.assert_array_equal(joined[order], getattr(whole, name), f"{seed} {name}")
        for name in OF_KINDS:
            last = getattr(found[-1][1], name)
            np.testing.assert_array_equal(last, getattr(whole, name), f"{seed} {name}")
