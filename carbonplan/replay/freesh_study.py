r"""FREESH's comparison of schedulers, on the event loop, beside what the paper claims.

Its simulation serves 100 requests with 20 workers at 5 to 25 requests/s and takes them in four
orders. Constants, deadlines and measures are those of its code; a request of n tokens has

.. math::

    pl(n) = TTFT + n\,TBT, \quad d = a + 1.4\,pl(n), \quad
    \text{breach:}\ c - a > 5\,pl(n)

with a its arrival and c its completion. FCFS lets who runs go on; SRTF, EDF and LLF rank all
again in each iteration, which suspends who falls behind, and nothing is lost by it.

The workers here are the places of one replica whose iterations take TBT however full it is: a
queue that all share. A prompt delays its request by TTFT and holds up no worker. The code's
data set of prompts is not public: lengths vary exponentially around its default of 128 tokens,
or are all 128; each point is the mean over several draws, of which the first has the code's
seed, though not its generator. Fairness is that of ``fairness``.

Run it: ``python -m carbonplan.replay.freesh_study``, with ``--page FILE`` as a page.

Source
------
``freesh``: LLF-simulation.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from carbonplan.replay.arrays import (
    EDF,
    FCFS,
    LLF,
    MIXED,
    OPEN,
    PLANNED,
    SRTF,
    Controls,
    Floats,
    Integers,
    Kinds,
    Outcomes,
    Requests,
    Routes,
    Rules,
)
from carbonplan.replay.engine import run
from carbonplan.replay.fairness import Served, clients_in_turn, service_gap
from carbonplan.replay.freesh_page import page
from carbonplan.units import MS_PER_S

WORKERS, REQUESTS, CLIENTS = 20, 100, 4
RATES_RPS = (5.0, 10.0, 15.0, 20.0, 25.0)
DEADLINE, BREACH = 1.4, 5.0  # times the predicted latency
MEAN_TOKENS = 128.0
TIMES_MS = {  # first token, time between tokens
    "SS": (144.49, 27.34),
    "SL": (125.9, 27.61),
    "LS": (140.69, 37.87),
    "LL": (77.99, 26.27),
}
ORDERS = {"fcfs": FCFS, "srtf": SRTF, "edf": EDF, "llf": LLF}
DRAWS = 20
FOREVER_S = 1e9


@dataclass(frozen=True)
class Found:
    """Means over the draws of one workload, rate and order.

    Attributes
    ----------
    breach
        Share of requests that take longer than five times what was predicted [1].
    gap_s
        Mean over requests of the larger of TTFT and longest time between tokens.
    fairness
        By the largest gap of service [1].
    """

    workload: str
    rate_rps: float
    order: str
    breach: float
    ttft_s: float
    gap_s: float
    fairness: float


@dataclass(frozen=True)
class Draw:
    """Requests of one run of the study, (request,)."""

    arrived_s: Floats
    tokens: Integers
    ttft_s: float
    token_s: float

    @property
    def predicted_s(self) -> Floats:
        """What each takes alone."""
        return self.ttft_s + self.tokens * self.token_s


def study(draws: int = DRAWS, *, varies: bool = True) -> tuple[Found, ...]:
    """Every workload, rate and order.

    Parameters
    ----------
    varies
        Whether lengths vary exponentially; otherwise all are the default.
    """
    return tuple(
        _found(workload, rate_rps, order, draws, varies)
        for workload in TIMES_MS
        for rate_rps in RATES_RPS
        for order in ORDERS
    )


def drawn(workload: str, rate_rps: float, number: int, *, varies: bool = True) -> Draw:
    """Requests of one draw; orders and workloads share arrivals and lengths."""
    generator = np.random.default_rng(42 + 10 * int(rate_rps) + 1000 * number)
    arrived_s = np.cumsum(generator.exponential(1.0 / rate_rps, size=REQUESTS))
    tokens = np.full(REQUESTS, MEAN_TOKENS)
    if varies:
        tokens = np.ceil(generator.exponential(MEAN_TOKENS, size=REQUESTS))
    ttft_s, token_s = (value / MS_PER_S for value in TIMES_MS[workload])
    return Draw(arrived_s, tokens.astype(np.int64), ttft_s, token_s)


def scheduled(draw: Draw, order: str) -> Outcomes:
    """What becomes of the requests of a draw; the first token is made TTFT after arrival."""
    count, none = len(draw.tokens), np.zeros(len(draw.tokens))
    group = np.zeros(count, dtype=np.int64)
    requests = Requests(
        release_s=draw.arrived_s + draw.ttft_s,
        prompt=np.ones(count, dtype=np.int64),
        output=draw.tokens,
        expected=draw.tokens.astype(float),
        deadline_s=draw.arrived_s + DEADLINE * draw.predicted_s,
        token_s=np.full(count, draw.token_s),
        priority=group,
        ttft_s=np.full(count, np.inf),
        tpot_s=np.full(count, np.inf),
        group=group,
        draw=none,
    )
    first = np.zeros(1, dtype=np.int64)
    controls = Controls(np.zeros(1), first, np.full(1, OPEN), np.ones(1))
    serves = np.ones((1, 1), dtype=np.bool_)
    routes = Routes(np.ones((1, 1, 1)), serves, np.zeros((1, 1, 1)), FOREVER_S)
    return run(requests, _workers(draw.token_s), controls, routes, _rules(order), 1)


def _found(workload: str, rate_rps: float, order: str, draws: int, varies: bool) -> Found:
    values = [
        _measured(draw, scheduled(draw, order))
        for draw in (
            drawn(workload, rate_rps, number, varies=varies) for number in range(draws)
        )
    ]
    return Found(workload, rate_rps, order, *np.mean(values, axis=0).tolist())


def _measured(draw: Draw, outcomes: Outcomes) -> tuple[float, float, float, float]:
    """Breaches, mean TTFT, mean largest gap, fairness."""
    latency_s = outcomes.done_s - draw.arrived_s
    ttft_s = outcomes.first_s - draw.arrived_s
    clients = clients_in_turn(len(draw.tokens), CLIENTS)
    served = Served(clients, draw.arrived_s, outcomes.first_s, outcomes.done_s, draw.tokens)
    return (
        float((latency_s > BREACH * draw.predicted_s).mean()),
        float(ttft_s.mean()),
        float(np.maximum(ttft_s, outcomes.longest_gap_s).mean()),
        service_gap(served).fairness,
    )


def _workers(token_s: float) -> Kinds:
    """One replica with a place for each; its iterations are alike, prompts cost nothing."""
    one, single = np.ones(1), np.zeros(1, dtype=np.int64)
    tables = np.full((1, 1, WORKERS + 1, 2), token_s)
    prompts = np.zeros((1, 1, 2))
    return Kinds(
        role=np.full(1, MIXED),
        first=single,
        last=single + 1,
        slots=single + WORKERS,
        room_tokens=single + np.iinfo(np.int64).max // 2,
        before_s=np.zeros(1),
        before_s_per_token=np.zeros(1),
        admission_s=np.zeros(1),
        moved_s_per_token=np.zeros(1),
        lowest_clock=one,
        highest_clock=one,
        decode_s=tables,
        decode_kw=np.zeros_like(tables),
        alone_s=prompts + token_s,
        work_s=prompts,
        work_kj=prompts,
        context_scale=one,
        prompt_scale=one,
    )


def _rules(order: str) -> Rules:
    return Rules(
        order=ORDERS[order],
        preempts=order != "fcfs",
        chunk_tokens=0,
        routing=PLANNED,
        adapts=False,
        raise_by=1.0,
        lower_by=0.0,
        control_s=1.0,
        risk_share=1.0,
        minute_s=FOREVER_S,
        keeps_cache=True,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(prog="python -m carbonplan.replay.freesh_study")
    parser.add_argument("--draws", type=int, default=DRAWS, help="of each point")
    parser.add_argument("--alike", action="store_true", help="all requests have 128 tokens")
    parser.add_argument("--page", type=Path, help="file to write instead of printing")
    given = parser.parse_args(arguments)
    varies = not given.alike
    found = study(given.draws, varies=varies)
    text = page(found, TIMES_MS, given.draws, varies=varies)
    if given.page is None:
        print(text)
    else:
        given.page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
