"""Laws that any queue obeys, and queues whose waits are known in closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.replay.arrays import DONE, FCFS, LLF, SRTF, Kinds, Outcomes, Requests
from carbonplan.replay.engine import advance, run
from carbonplan.replay.world import NEVER, new_world
from tests.replay.regions import Like, all_open, kinds_of, one_way, requests_of, rules_of

COUNT = 500_000
BUSY_RPS, STEADY_RPS = 8.0, 5.0  # more than memory holds, and less
PER_TOKEN_S = 1e-3  # of a prompt; long ones, so that whole tokens are nearly any length
ALONE = Like(fixed_s=0.0, per_prompt_s=PER_TOKEN_S, alone_s=0.0, room=10**9)
BUSY = Like(
    replicas=3,
    slots=16,
    room=6_000,
    fixed_s=0.02,
    per_sequence_s=5e-4,
    per_context_s=1e-6,
    per_prompt_s=1e-4,
    alone_s=0.02,
)


def outcomes(requests: Requests, kinds: Kinds, **rules: object) -> Outcomes:
    return run(requests, kinds, all_open(kinds), one_way(kinds), rules_of(**rules), 1)


def mean_wait_s(service_tokens: np.ndarray, utilisation: float) -> float:
    """Mean wait of Poisson arrivals at one worker that takes one request at a time."""
    draw = np.random.default_rng(3)
    between_s = service_tokens.mean() * PER_TOKEN_S / utilisation
    release_s = np.cumsum(draw.exponential(between_s, len(service_tokens)))
    found = outcomes(requests_of(release_s, prompt=service_tokens), kinds_of([ALONE]))
    assert (found.state == DONE).all()
    return float((found.begun_s - release_s).mean())


@pytest.mark.parametrize("utilisation", [0.5, 0.7])
def test_m_m_1(utilisation):
    tokens = np.random.default_rng(1).exponential(10_000.0, COUNT).astype(int) + 1
    expected_s = utilisation / (1 - utilisation) * 10_000 * PER_TOKEN_S
    assert mean_wait_s(tokens, utilisation) == pytest.approx(expected_s, rel=0.02)


@pytest.mark.parametrize("utilisation", [0.5, 0.8])
def test_m_d_1(utilisation):
    expected_s = utilisation / (2 * (1 - utilisation)) * 10_000 * PER_TOKEN_S
    tokens = np.full(COUNT, 10_000)
    assert mean_wait_s(tokens, utilisation) == pytest.approx(expected_s, rel=0.02)


def busy_requests(count: int, rate_rps: float) -> Requests:
    draw = np.random.default_rng(11)
    release_s = np.cumsum(draw.exponential(1 / rate_rps, count))
    output = draw.geometric(1 / 150, count)
    return requests_of(
        release_s,
        prompt=np.minimum(draw.geometric(1 / 300, count), 2_000),
        output=output,
        deadline_s=release_s + 5.0 + 0.06 * output,
        token_s=0.03,
    )


@pytest.mark.parametrize(
    "rules",
    [
        {"order": FCFS},
        {"order": FCFS, "chunk_tokens": 256},
        {"order": SRTF, "preempts": True, "chunk_tokens": 256},
        {"order": LLF, "preempts": True, "keeps_cache": True},
    ],
    ids=["fcfs", "chunks", "srtf", "llf"],
)
def test_every_request_and_token_comes_out(rules):
    requests, kinds = busy_requests(4_000, BUSY_RPS), kinds_of([BUSY])
    world = new_world(requests, kinds, all_open(kinds), one_way(kinds), rules_of(**rules), 1)
    advance(world, NEVER)
    assert (world.requests["state"] == DONE).all()
    assert (world.requests["made"] == requests.output).all()
    assert (world.requests["done_s"] >= world.requests["first_s"]).all()
    assert (world.requests["first_s"] > requests.release_s).all()
    for name in ("used", "running", "waiting"):
        assert (world.replicas[name] == 0).all()


def test_little():
    requests, kinds = busy_requests(20_000, STEADY_RPS), kinds_of([BUSY])
    found = outcomes(requests, kinds)
    begin_s, end_s = 500.0, 3_500.0
    times = np.random.default_rng(7).uniform(begin_s, end_s, 200_000)
    arrived = np.searchsorted(requests.release_s, times, side="right")
    left = np.searchsorted(np.sort(found.done_s), times, side="right")
    inside = (requests.release_s >= begin_s) & (requests.release_s < end_s)
    rate_rps = inside.sum() / (end_s - begin_s)
    stay_s = (found.done_s - requests.release_s)[inside].mean()
    assert (arrived - left).mean() == pytest.approx(rate_rps * stay_s, rel=0.01)


def test_sequences_are_counted_while_they_are_decoded():
    requests, kinds = busy_requests(4_000, STEADY_RPS), kinds_of([replace(BUSY, room=10**9)])
    found = outcomes(requests, kinds)
    assert found.preemptions.sum() == 0
    assert found.batch_s[0] == pytest.approx((found.done_s - found.first_s).sum(), rel=1e-9)
