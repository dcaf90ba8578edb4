"""Requests in parts: the same outcomes as all at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from carbonplan.replay.arrays import Outcomes, Requests
from carbonplan.replay.engine import run
from carbonplan.replay.parts import run_in_parts
from tests.replay.random_regions import random_case
from tests.replay.regions import kinds_of

OF_KINDS = ("energy_kj", "busy_s", "batch_s", "clock_s", "steps")


def cut(requests: Requests, size: int) -> Iterator[Requests]:
    for begin in range(0, len(requests.release_s), size):
        yield Requests(*(column[begin : begin + size] for column in requests))


@pytest.mark.parametrize("size", [1, 4, 15])
def test_parts_change_nothing(size):
    for seed in range(150):
        case = random_case(seed)
        others = kinds_of(case.likes), case.controls, case.routes, case.rules, 500
        whole = run(case.requests, *others)
        parts = list(run_in_parts(cut(case.requests, size), *others))
        numbers = np.concatenate([part.numbers for part in parts])
        order = np.argsort(numbers)
        np.testing.assert_array_equal(numbers[order], np.arange(len(whole.state)))
        for name in set(Outcomes._fields) - set(OF_KINDS):
            joined = np.concatenate([getattr(part.outcomes, name) for part in parts])
            np.testing.assert_array_equal(joined[order], getattr(whole, name), f"{seed} {name}")
        for name in OF_KINDS:
            last = getattr(parts[-1].outcomes, name)
            np.testing.assert_array_equal(last, getattr(whole, name), f"{seed} {name}")
