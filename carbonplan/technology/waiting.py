"""Waiting before the first token: for a place in the batch, and for the prompts ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.latency import (
    wait_of_waiting_s,
    wait_percentile_s,
    wait_probability,
)

PREFILL_VARIATION = 1.0  # prompts of a class vary in length: exponential, the cautious choice
DECODE_VARIATION = 1.0
LOAD_BISECTIONS = 12

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Limits:
    """Classes as columns, (class, 1); an absent limit is infinite."""

    input_tokens: NDArray[np.float64]
    output_tokens: NDArray[np.float64]
    ttft_s: NDArray[np.float64]  # without network
    tpot_s: NDArray[np.float64]
    percentile: NDArray[np.float64]

    @property
    def context_tokens(self) -> NDArray[np.float64]:
        """Mean context of a sequence while it is decoded."""
        return self.input_tokens + self.output_tokens / 2.0


@dataclass(frozen=True)
class Queue:
    """Waiting before the first token: for a free place in the batch, and for prompts ahead."""

    limits: Limits
    prefill_s: NDArray[np.float64]
    work_s: NDArray[np.float64]
    step_alone_s: NDArray[np.float64]  # decode step of one sequence
    step_s: NDArray[np.float64]  # at the largest batch
    tpot_s: NDArray[np.float64]
    batch: NDArray[np.float64]
    rate_rps: NDArray[np.float64]

    def ttft_percentile_s(self, load: NDArray[np.float64]) -> NDArray[np.float64]:
        """TTFT at the class's percentile: the step in progress, both waits, the prompt [s]."""
        prompts = load * self.rate_rps * self.work_s
        ahead_s = wait_percentile_s(
            wait_probability(prompts), self._ahead_s(prompts), self.limits.percentile
        )
        place_s = wait_percentile_s(
            self._full(load), self._place_s(load), self.limits.percentile
        )
        return self.step_s + ahead_s + place_s + self.prefill_s

    def ttft_s(
        self, load: NDArray[np.float64], running_step_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Mean TTFT; half of a step is in progress on average [s]."""
        prompts = load * self.rate_rps * self.work_s
        ahead_s = wait_probability(prompts) * self._ahead_s(prompts)
        place_s = self._full(load) * self._place_s(load)
        return running_step_s / 2.0 + ahead_s + place_s + self.prefill_s

    def _ahead_s(self, prompts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Wait for prompts ahead, of those that find one [s]."""
        return wait_of_waiting_s(prompts, self.work_s, PREFILL_VARIATION)

    def _place_s(self, load: NDArray[np.float64]) -> NDArray[np.float64]:
        """Wait for a place in the batch, of those that find it full [s]."""
        stay_s = self.limits.output_tokens * self.tpot_s
        return wait_of_waiting_s(load, stay_s, DECODE_VARIATION, self.batch)

    def _full(self, load: NDArray[np.float64]) -> NDArray[np.float64]:
        r"""Probability that the batch is full [1].

        A smaller batch is faster, so fewer places are taken than the load suggests: Little's
        law with a step that grows linearly from one sequence to the largest batch gives

        .. math:: b = \frac{\lambda n_{out} (t_1 - s)}{1 - \lambda (t_{work} + n_{out} s)}
        """
        slope_s = (self.step_s - self.step_alone_s) / np.maximum(self.batch - 1.0, 1.0)
        tokens_per_s = load * self.rate_rps * self.limits.output_tokens
        idle = 1.0 - load * self.rate_rps * self.work_s - tokens_per_s * slope_s
        running = tokens_per_s * (self.step_alone_s - slope_s) / np.maximum(idle, 1e-9)
        return wait_probability(np.minimum(running / self.batch, load), self.batch)

    def load_limit(self, utilisation_limit: float) -> NDArray[np.float64]:
        """Largest utilisation up to the limit at which the percentile holds [1]."""
        most = np.full_like(self.rate_rps, utilisation_limit)
        return largest_load(self.ttft_percentile_s, self.limits.ttft_s, most)


@dataclass(frozen=True)
class Line:
    """Requests that are served one after another.

    Attributes
    ----------
    service_s
        What one waits for at least if another is ahead [s].
    busy
        Share of the time in service at full load [1].
    """

    service_s: Floats
    busy: Floats

    def wait_s(self, load: Floats) -> Floats:
        """Mean wait at a share of the full load [s]."""
        waiting_s = wait_of_waiting_s(load * self.busy, self.service_s, PREFILL_VARIATION)
        return wait_probability(load * self.busy) * waiting_s

    def wait_percentile_s(self, load: Floats, percentile: Floats) -> Floats:
        """Wait that a share of the requests does not exceed [s]."""
        waiting_s = wait_of_waiting_s(load * self.busy, self.service_s, PREFILL_VARIATION)
        return wait_percentile_s(wait_probability(load * self.busy), waiting_s, percentile)


def largest_load(
    percentile_s: Callable[[Floats], Floats], limit_s: Floats, most: Floats
) -> Floats:
    """Largest utilisation, up to a most, at which a percentile holds its limit [1]."""
    high = most
    low = np.where(percentile_s(high) <= limit_s, high, 0.0)
    if np.array_equal(low, high):
        return low
    for _ in range(LOAD_BISECTIONS):
        middle = (low + high) / 2.0
        inside = percentile_s(middle) <= limit_s
        low = np.where(inside, middle, low)
        high = np.where(inside, high, middle)
    return low
