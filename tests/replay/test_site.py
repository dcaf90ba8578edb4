"""A region of a plan as the event loop sees it: samples, controls, shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from carbonplan.replay.arrays import CLOSE, OPEN, SET_CLOCK
from carbonplan.replay.engines import Engine, engines_of
from carbonplan.replay.samples import running_of
from carbonplan.replay.site import Terms, site_of
from tests.replay.plans import one_hour

SLOTS = 3


@pytest.fixture(scope="module")
def engine():
    inputs, plan = one_hour()
    ((name, found),) = engines_of(inputs, plan.data).items()
    return name, found


def data_of(engines, replicas, load_rps, rate_rps=2.0):
    """A region ``here`` with one class; replicas and load by engine and slot."""
    configurations = [next(iter(one.clocks)) for one in engines.values()]
    load = np.array(load_rps, dtype=float)[None, :, None]
    pairs = ("request_class", "configuration")
    shape = (1, len(engines))
    return xr.Dataset(
        {
            "load_rps": ((*pairs, "region", "slot"), load),
            "rate_rps": (pairs, np.full(shape, rate_rps)),
            "energy_kj_per_request": (pairs, np.full(shape, 0.5)),
            "replicas": (("engine", "region", "slot"), np.array(replicas)[:, None]),
            "configuration_engine": ("configuration", list(engines)),
            "input_tokens": ("request_class", [500.0]),
            "output_tokens": ("request_class", [100.0]),
            "start_hours": ("engine", np.full(len(engines), 0.1)),
            "working_kw": ("engine", np.zeros(len(engines))),
            "slot_hours": ("slot", np.ones(SLOTS)),
        },
        coords={
            "request_class": ["chat"],
            "configuration": configurations,
            "engine": list(engines),
            "region": ["here"],
        },
    )


def named(engine, *names, role=("mixed", "mixed"), batch=8.0):
    _, like = engine
    return {
        name: Engine(replace(like.replica, role=of), {f"{name}:80%": 0.8}, {"chat": batch})
        for name, of in zip(names, role, strict=False)
    }


def terms(share=1.0, slots=(0, 1, 2), **fields):
    return Terms(share=share, slots=slots, window_s=3600.0, **fields)


def test_replicas_open_and_close_as_the_plan_says(engine):
    engines = named(engine, "one")
    data = data_of(engines, [[1, 3, 2]], [[1, 5, 3]])
    controls = site_of(data, "here", engines, terms()).controls
    rows = list(zip(controls.time_s, controls.replica, controls.action, strict=True))
    assert [row for row in rows if row[2] != SET_CLOCK] == [
        *[(0.0, 0, OPEN), (3600.0, 1, OPEN), (3600.0, 2, OPEN), (7200.0, 2, CLOSE)]
    ]
    assert set(controls.clock[controls.action == SET_CLOCK]) == {0.8}


def test_what_loads_on_demand_opens_late_except_in_the_first_slot(engine):
    engines = named(engine, "one")
    data = data_of(engines, [[1, 2, 2]], [[1, 3, 3]])
    controls = site_of(data, "here", engines, terms(loads_on_demand=True)).controls
    assert controls.time_s[controls.action == OPEN].tolist() == [0.0, 3600.0 + 360.0]


def test_the_last_of_a_region_stay_for_those_on_their_way(engine):
    engines = named(engine, "one")
    data = data_of(engines, [[1, 0, 1]], [[1, 0, 1]])
    controls = site_of(data, "here", engines, terms()).controls
    assert controls.time_s[controls.action == CLOSE].tolist() == [3610.0]
    engines = named(engine, "one", "two")
    data = data_of(engines, [[1, 0, 0], [1, 1, 0]], [[1, 0, 0], [1, 1, 0]])
    controls = site_of(data, "here", engines, terms()).controls
    closes = zip(controls.time_s, controls.replica, controls.action, strict=True)
    assert [row[:2] for row in closes if row[2] == CLOSE] == [(3600.0, 0), (7210.0, 1)]
    controls = site_of(data, "here", engines, replace(terms(), window_s=8.0)).controls
    assert controls.time_s[controls.action == CLOSE].tolist() == [8.0, 20.0]


def test_a_sample_carries_its_part_of_the_load(engine):
    engines = named(engine, "one")
    data = data_of(engines, [[10, 40, 1]], [[10, 80, 1]])
    (one,) = running_of(data.sel(region="here"), engines, 0.1)
    assert one.sampled.tolist() == [1, 4, 1]
    assert one.part.tolist() == [0.1, 0.1, 1.0]
    site = site_of(data, "here", engines, terms(share=0.1))
    assert site.sampled_rps.tolist() == [[1.0, 8.0, 1.0]]
    assert site.planned_rps.tolist() == [[10.0, 80.0, 1.0]]


def test_pools_are_sampled_with_one_share(engine):
    engines = named(engine, "p", "d", role=("prefill", "decode"))
    data = data_of(engines, [[2, 2, 2], [10, 10, 10]], [[4, 4, 4], [4, 4, 4]])
    site = site_of(data, "here", engines, terms(share=0.1))
    assert site.part.tolist() == [[0.5, 0.5]] * 3
    assert [one.sampled.tolist() for one in site.running] == [[1, 1, 1], [5, 5, 5]]
    assert site.sampled_rps.tolist() == [[2.0, 2.0, 2.0]]
    assert site.routes.decode_of[0, 0].tolist() == [0.0, 2.0]
    assert site.routes.hands_to.all()
    assert site.routes.shares[0, 0].tolist() == [2.0, 2.0]


def test_caches_go_where_their_class_is_decoded(engine):
    """Two classes, the longer of which only the second decode kind decodes."""
    engines = named(engine, "p", "d", "e", role=("prefill", "decode", "decode"))
    data = data_of(engines, [[2, 2, 2]] * 3, [[4, 4, 4], [3, 3, 3], [1, 1, 1]])
    longer = data.assign(load_rps=data["load_rps"] * [[[[0.5]], [[0.0]], [[2.0]]]])
    longer = longer.assign_coords(request_class=["code"])
    both = xr.concat([data, longer], "request_class", data_vars="minimal")
    routes = site_of(both, "here", engines, terms()).routes
    assert routes.decode_of[:, 0].tolist() == [[0.0, 3.0, 1.0], [0.0, 0.0, 2.0]]


def test_requests_go_where_the_plan_sends_them(engine):
    engines = named(engine, "one", "two")
    data = data_of(engines, [[1, 1, 0], [1, 0, 2]], [[3, 2, 0], [1, 0, 4]])
    shares = site_of(data, "here", engines, terms()).routes.shares
    assert shares[0].tolist() == [[3.0, 4.0], [2.0, 2.0], [0.0, 4.0]]


def test_room_for_the_sequences_of_the_planned_mix(engine):
    engines = named(engine, "one", batch=8.0)
    data = data_of(engines, [[1, 1, 1]], [[1, 1, 1]])
    (kind,) = site_of(data, "here", engines, terms()).kinds
    assert (kind.slots, kind.context_tokens, kind.clocks) == (8, 550.0, (0.8, 0.8))
    (kind,) = site_of(data, "here", engines, terms(clocks=(0.6, 1.0))).kinds
    assert kind.clocks == (0.6, 1.0)


def test_nothing_is_served_nothing_is_replayed(engine):
    engines = named(engine, "one")
    data = data_of(engines, [[0, 0, 0]], [[0, 0, 0]])
    assert site_of(data, "here", engines, terms()) is None


def test_parts_of_a_replica_are_rounded_up(engine):
    engines = named(engine, "one")
    data = data_of(engines, [[1.4, 1.0000000001, 2]], [[1, 1, 1]])
    (one,) = running_of(data.sel(region="here"), engines, 1.0)
    assert one.planned.tolist() == [2, 1, 2]
