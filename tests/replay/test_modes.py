"""Modes, of which only the whole was measured: by hand, and a plan of them at its load."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from carbonplan import pipeline
from carbonplan.errors import UsageError
from carbonplan.replay.arrays import OPEN, Controls
from carbonplan.replay.energy import impacts
from carbonplan.replay.engine import run
from carbonplan.replay.engines import engines_of
from carbonplan.replay.known import MeasuredMode
from carbonplan.replay.metrics import groups
from carbonplan.replay.records import Options, Policy
from carbonplan.replay.run import replay
from carbonplan.replay.tables import Kind, kinds_of
from carbonplan.reproduce.freesh import Question
from carbonplan.reproduce.freesh.data import Installed, Profile, Study
from carbonplan.reproduce.freesh.scenario import write_window
from carbonplan.scenario import load
from carbonplan.solve import solve
from tests.replay.plans import alike_trace
from tests.replay.regions import one_way, requests_of, rules_of
from tests.technology.example_replicas import CALIBRATION, replica

TTFT_S, TPOT_S, LATENCY_S, RATE_RPS = 0.1, 0.05, 5.05, 6.0
TOKENS = 100  # that take the measured latency: 1 + (5.05 - 0.1) / 0.05


def outcomes(requests, mode, slots):
    one = Kind("m", replica(mode="chat"), 1, (1.0, 1.0), slots, 1.0, 8192.0, mode)
    kinds = kinds_of([one], CALIBRATION)
    controls = Controls(np.zeros(1), np.zeros(1, np.int64), np.array([OPEN]), np.ones(1))
    found = run(requests, kinds, controls, one_way(kinds), rules_of(), 1)
    return found, kinds


def test_a_mode_by_hand():
    """Two places; a token takes 0.1 s with one and with two, whatever the prompts are."""
    requests = requests_of([0.0, 0.2, 0.3], prompt=[10, 9000, 7], output=[4, 2, 1])
    found, kinds = outcomes(requests, MeasuredMode(0.5, 0.1, 2.0), 2)
    assert kinds.before_s[0] == pytest.approx(0.35)
    # alone 0.15; the second waits until 0.25; the third until the first and the second leave
    np.testing.assert_allclose(found.first_s, [0.15, 0.35, 0.6])
    np.testing.assert_allclose(found.done_s, [0.45, 0.45, 0.6])
    assert found.energy_kj.sum() == 0.0


def test_a_first_token_faster_than_the_next():
    found, kinds = outcomes(requests_of([0.0], output=3), MeasuredMode(0.02, 0.1, 1.0), 1)
    assert kinds.before_s[0] == 0.0
    np.testing.assert_allclose([found.first_s[0], found.done_s[0]], [0.02, 0.22])


@functools.cache
def planned():
    """Half an hour of 5 requests/s, of 10 at its peak, for which two replicas stand ready."""
    mode = Profile(
        partition="a",
        request_class="S",
        mode="x2",
        gpu="A100",
        gpus_per_replica=2,
        max_throughput_rps=RATE_RPS,
        replica_power_w=500.0,
        latency_s=LATENCY_S,
        tbt_ms=1e3 * TPOT_S,
        ttft_ms=1e3 * TTFT_S,
        latency_limit_s=10.0,
        tbt_limit_ms=150.0,
        ttft_limit_ms=300.0,
    )
    steps = range(6)
    study = Study(
        profiles=(mode,),
        installed=(Installed(site="here", gpu="A100", installed=8),),
        demand_rps={("a", "S", step): 20.0 if step == 3 else 10.0 for step in steps},
        emission_factor={("here", step): 500.0 for step in steps},
        published={},
    )
    with tempfile.TemporaryDirectory() as folder:
        loaded = load(write_window(study, Question(("a",)), 0, Path(folder)))
        prepared = pipeline.prepare(loaded, pipeline.Options())
    solution = solve(prepared.program, prepared.limits, isolated=False)
    return prepared.inputs, prepared.plan(solution)


def test_little_s_law_gives_the_places():
    (engine,) = engines_of(*(planned()[0], planned()[1].data)).values()
    assert engine.known.batch == pytest.approx(RATE_RPS * TOKENS * TPOT_S)
    waiting = RATE_RPS * (TTFT_S - TPOT_S)
    assert engine.known.batch + waiting == pytest.approx(RATE_RPS * LATENCY_S)
    assert engine.clocks_within((0.5, 0.9)) == (1.0, 1.0)


def test_at_its_load_a_plan_of_modes_is_as_it_was_measured():
    inputs, plan = planned()
    trace = alike_trace(prompt=500, output=TOKENS)
    found = replay(inputs, plan, trace, Options(policy=Policy(clock="miad")))
    workload = next(one for one in groups(found) if one.by == "workload")
    medians_s = {one.measure: one.percentiles_s[0] for one in workload.attainments}
    assert medians_s["ttft"] == pytest.approx(TTFT_S, rel=0.05)  # evenly within TPOT / 2 of it
    assert medians_s["tpot"] == pytest.approx(TPOT_S, rel=0.001)
    assert medians_s["latency"] == pytest.approx(LATENCY_S, rel=0.002)
    assert all(one.share == 1.0 for one in workload.attainments)
    taken = impacts(plan, found)
    for impact in ("energy", "carbon"):
        assert taken.replayed[impact] == pytest.approx(plan.impacts[impact].value, rel=1e-9)
    (kind,) = found.regions[0].kinds
    load_rps = float(plan.data["load_rps"].sum(("configuration", "region")).mean())
    running = load_rps * TOKENS * TPOT_S
    assert 2 * kind.batch == pytest.approx(running, rel=0.02)


def test_how_long_a_request_stays_must_be_known():
    inputs, plan = planned()
    (mode,) = inputs.profiles
    unknown = replace(inputs, profiles=(replace(mode, tpot_s=None, latency_s=None),))
    with pytest.raises(UsageError, match="give one of the two"):
        engines_of(unknown, plan.data)
    one = replace(inputs, profiles=(replace(mode, latency_s=None),))
    (engine,) = engines_of(one, plan.data).values()
    assert engine.known.tpot_s == TPOT_S
