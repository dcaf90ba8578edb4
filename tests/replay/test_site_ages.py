"""How old batch work is when it is released: first come, first served."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from carbonplan.replay.ages import POINTS, ages_hours


def night(arrived, released, waiting=0.0, *, cyclic=False):
    """A run of one-hour slots with krequests that arrive and are released."""
    count = len(arrived)
    per_s = 1000.0 / 3600.0
    previous = np.arange(count) - 1
    backlog = waiting + np.cumsum(arrived) - np.cumsum(released)
    if cyclic:
        previous[0] = count - 1
    load = np.array(released, dtype=float)[None, None, None] * per_s
    return xr.Dataset(
        {
            "load_rps": (("request_class", "configuration", "region", "slot"), load),
            "demand_rps": (
                ("request_class", "origin", "slot"),
                np.array(arrived, dtype=float)[None, None] * per_s,
            ),
            "backlog_krequests": (("request_class", "slot"), backlog[None]),
            "slot_hours": ("slot", np.ones(count)),
            "run": ("slot", np.zeros(count, dtype=int)),
            "previous": ("slot", previous),
        },
        coords={"request_class": ["night/all"], "configuration": ["llm@sku:tp1:fp8:100%"]},
    )


def test_what_is_done_as_it_comes_is_new():
    assert ages_hours(night([2, 2], [2, 2]), "night/all") == pytest.approx(0.0, abs=1e-6)


def test_what_waits_an_hour_is_an_hour_old():
    ages = ages_hours(night([2, 0], [0, 2]), "night/all")
    assert ages[1] == pytest.approx(1.0)


def test_what_is_released_twice_as_fast_grows_older():
    """4 arrive in two hours and leave in the second: the first waited one, the last none."""
    ages = ages_hours(night([2, 2], [0, 4]), "night/all")
    assert ages[1] == pytest.approx(np.linspace(1.0, 0.0, POINTS), abs=1e-6)


def test_a_cyclic_run_goes_on_into_the_run_before():
    """Of 3 krequests an hour 3 wait at the end: whatever is released is an hour old."""
    ages = ages_hours(night([3, 3, 3], [3, 3, 3], waiting=3.0, cyclic=True), "night/all")
    assert ages == pytest.approx(1.0)


def test_work_may_have_waited_for_longer_than_a_run():
    ages = ages_hours(night([1, 1], [1, 1], waiting=5.0, cyclic=True), "night/all")
    assert ages == pytest.approx(5.0)
