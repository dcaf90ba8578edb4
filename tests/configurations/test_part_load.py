"""Whole replicas draw at any load what requests would be charged with otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.configurations import enumerate_configurations
from tests.profiles import measured_profile
from tests.questions import inputs

SMALL = ("fleet.tensor_parallel=[1, 2]", "fleet.clock_fractions=[1.0, 0.8]")
MANY = "fleet.replicas=continuous"


def tables(*overrides: str):
    return (
        enumerate_configurations(inputs("one-hour", *SMALL, *more), prune=False).table
        for more in (overrides, (*overrides, MANY))
    )


def test_few_and_whole_replicas_draw_at_any_load_what_requests_do_not():
    whole, many = tables()
    assert (whole["working_kw"].values > 0.0).all()
    assert (many["working_kw"].values == 0.0).all()
    idle = (whole["loaded_kw"] - whole["working_kw"]).values
    assert idle == pytest.approx(many["loaded_kw"].values)
    of_requests = whole["energy_kj_per_request"] / many["energy_kj_per_request"]
    served = whole["rate_rps"] > 0
    assert float(of_requests.where(served).median()) < 0.6
    alike = of_requests.where(served).max("request_class") - of_requests.where(served).min(
        "request_class"
    )
    assert float(alike.max()) == pytest.approx(0.0, abs=1e-12)


def test_headroom_leaves_what_a_replica_draws_at_any_load():
    plain, roomy = (
        next(tables(f"workloads[chat].headroom={room}"))["working_kw"].values
        for room in (1, 1.5)
    )
    assert np.array_equal(plain, roomy)


def test_measured_replicas_stay_as_they_were_measured():
    given = inputs("one-hour", *SMALL)
    first = enumerate_configurations(given, prune=False).kept[0]
    name = given.classes[0].request_class.request_class
    profile = measured_profile(first, name, clock_fraction=0.8)
    table = enumerate_configurations(replace(given, profiles=(profile,)), prune=False).table
    drawn = dict(zip(table["engine"].values, table["working_kw"].values, strict=True))
    assert drawn.pop(first.engine) == 0.0
    assert min(drawn.values()) > 0.0


def test_energy_that_may_earn_is_not_counted_by_replicas():
    below = inputs("one-hour", *SMALL)
    below.series["intensity_kgco2e_per_kwh"][:] = -0.1
    table = enumerate_configurations(below, prune=False).table
    assert (table["working_kw"].values == 0.0).all()
