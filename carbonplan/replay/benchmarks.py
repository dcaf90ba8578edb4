"""How public tables of serving were measured: the load of a run, and what was told of it.

InferenceX
    Ten requests for each that is in the system, all counted, the first of them at once. Lengths
    are even between 80 and 100 % of what is told and a step holds 8,192 tokens, as its public
    scripts have it. Told are means.
ML.ENERGY
    Steady serving: what happens after as many requests are done as are in the system, and
    before the last is sent. Prompts are as long as their task's; outputs vary exponentially
    around their mean, which is assumed. Version 3, with the chunks of its engine, tells the
    median step, version 2, which computes prompts whole, the mean time per token.

Source
------
``inferencemax-2025``, ``ml-energy-2025``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import Integers
from carbonplan.replay.closed_loop import ClosedLoop
from carbonplan.technology.memory import PREFILL_CHUNK_TOKENS
from carbonplan.units import J_PER_KJ

LOWEST_SHARE = 0.8  # of the told length
LEAST_STEADY = 64  # requests of a steady run

Generator = np.random.Generator
Lengths = Callable[[float, float, int, Generator], tuple[Integers, Integers]]


@dataclass(frozen=True)
class Run:
    """What came of a run.

    Attributes
    ----------
    idle_kw
        Of all accelerators of the replica.
    """

    loop: ClosedLoop
    concurrency: int
    idle_kw: float

    @cached_property
    def steady_s(self) -> tuple[float, float]:
        """From when as many are done as are in the system, until the last is sent."""
        done_s = np.sort(self.loop.done_s)
        return float(done_s[self.concurrency - 1]), float(self.loop.sent_s[-1])

    def is_steady(self, ends_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """What ends in that time."""
        begin_s, end_s = self.steady_s
        return (ends_s > begin_s) & (ends_s <= end_s)


@dataclass(frozen=True)
class Benchmark:
    """How a table was measured.

    Attributes
    ----------
    requests_each
        For each that is in the system.
    measures
        What a run gives of each quantity.
    """

    chunk_tokens: int
    requests_each: int
    lengths: Lengths
    measures: Mapping[str, Callable[[Run], float]]

    def drawn(
        self, prompt: float, output: float, concurrency: int, generator: Generator
    ) -> tuple[Integers, Integers]:
        """Lengths of all requests of a run."""
        count = max(self.requests_each * concurrency, LEAST_STEADY)
        return self.lengths(prompt, output, count, generator)


def _even(
    prompt: float, output: float, count: int, generator: Generator
) -> tuple[Integers, Integers]:
    highest = np.array([prompt, output])
    low, high = (LOWEST_SHARE * highest).astype(int), highest.astype(int)
    drawn = np.maximum(generator.integers(low, high + 1, size=(count, 2)), 1)
    return drawn[:, 0].copy(), drawn[:, 1].copy()


def _exponential(
    prompt: float, output: float, count: int, generator: Generator
) -> tuple[Integers, Integers]:
    drawn = np.ceil(generator.exponential(output, size=count)).astype(np.int64)
    return np.full(count, max(round(prompt), 1)), np.maximum(drawn, 1)


def _mean_ttft_s(run: Run) -> float:
    return float(np.nanmean(run.loop.ttft_s))


def _mean_tpot_s(run: Run) -> float:
    return float(np.nanmean(run.loop.tpot_s))


def _steady_tpot_s(run: Run) -> float:
    return float(np.nanmean(run.loop.tpot_s[run.is_steady(run.loop.done_s)]))


def _median_step_s(run: Run) -> float:
    """Median time between two tokens of a sequence."""
    steady = run.is_steady(run.loop.ends_s)
    steps, tokens = run.loop.step_s[steady], run.loop.tokens[steady]
    order = np.argsort(steps)
    upto = np.cumsum(tokens[order])
    return float(steps[order][np.searchsorted(upto, upto[-1] / 2.0)])


def _steady_tokens(run: Run) -> float:
    """Output tokens made in the steady time: first ones and others."""
    first_s = run.loop.sent_s + run.loop.ttft_s
    others = run.loop.tokens[run.is_steady(run.loop.ends_s)].sum()
    return float(others) + float(np.count_nonzero(run.is_steady(first_s)))


def _tokens_per_s(run: Run) -> float:
    begin_s, end_s = run.steady_s
    return _steady_tokens(run) / (end_s - begin_s)


def _energy_j(run: Run) -> float:
    """Of all accelerators, for an output token."""
    begin_s, end_s = run.steady_s
    above_kj = float(run.loop.energy_kj[run.is_steady(run.loop.ends_s)].sum())
    return J_PER_KJ * (above_kj + run.idle_kw * (end_s - begin_s)) / _steady_tokens(run)


STEADY = {"output_tokens_per_s": _tokens_per_s, "energy_per_output_token_j": _energy_j}
BENCHMARKS = {
    "inferencex": Benchmark(8192, 10, _even, {"ttft_s": _mean_ttft_s, "tpot_s": _mean_tpot_s}),
    "mlenergy-v2": Benchmark(0, 4, _exponential, {"tpot_s": _steady_tpot_s, **STEADY}),
    "mlenergy-v3": Benchmark(
        int(PREFILL_CHUNK_TOKENS), 4, _exponential, {"step_s": _median_step_s, **STEADY}
    ),
}
