r"""Arrivals that are made up with moments of a trace: Poisson, Gamma, Markov-modulated.

Poisson
    Independent requests at the mean rate :math:`\rho`.
Gamma
    Times between requests are independent and Gamma distributed, with the mean
    :math:`1 / \rho` and the coefficient of variation c of the trace's.
Markov-modulated Poisson
    A Poisson process whose rate is :math:`\rho + a_1` or :math:`\rho + a_2`, changing between
    the two at random. With v the variance of the rate, :math:`s` the sum of both rates of
    change and :math:`x = s t`, the index of dispersion of the counts of windows of t is

    .. math:: I(t) = 1 + \frac{2 v}{\rho s} \Bigl(1 - \frac{1 - e^{-x}}{x}\Bigr)

    Its values at two lengths of windows give s and v. Since :math:`y^2 = v + \kappa y` for
    either deviation y, :math:`\kappa = a_1 + a_2`, the third cumulant of the counts is

    .. math::

        \kappa_3(t) = \rho t + 3 \rho t (I(t) - 1)
            + \frac{6 \kappa v}{s^3} \bigl(x - 2 + (x + 2) e^{-x}\bigr)

    which gives :math:`\kappa` at the longer windows, and :math:`a = (\kappa \pm \sqrt{\kappa^2
    + 4 v}) / 2`. Where the lower rate would be negative it is zero, and :math:`a_1 = v / \rho`.

Slow changes of a trace's load count as bursts at the scale of the longer windows. Lengths, and
the workload with them, are those of requests of the trace, drawn with replacement and
independently of when they come.

Source
------
``heffes-1986`` for the process and the index of dispersion; the fit is written out above.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from carbonplan.errors import UsageError, nearest
from carbonplan.replay.arrays import Floats
from carbonplan.replay.traffic import Trace

Name = Literal["poisson", "gamma", "mmpp"]
Generator = np.random.Generator

NAMES: tuple[Name, ...] = get_args(Name)
SHORT_REQUESTS = 10.0  # mean number in the shorter windows
LONG_WINDOWS = 100.0  # of the longer, in a trace
APART = 5.0  # the longer windows over the shorter, at least
SHIFTS = 8  # beginnings of the first window, over which moments are averaged
LEAST_EXCESS = 1e-9  # of an index of dispersion above that of a Poisson process
LONGEST, SHORTEST = 1e-3, 1e3  # rate of change times the shorter windows, in reach
BISECTIONS = 80
MARGIN = 1.1  # more is drawn at once than is needed on average


@dataclass(frozen=True)
class Poisson:
    """Independent requests."""

    rate_rps: float

    def times_s(self, seconds: float, generator: Generator) -> Floats:
        """Times of requests in order."""
        count = generator.poisson(self.rate_rps * seconds)
        return np.sort(generator.random(count)) * seconds


@dataclass(frozen=True)
class Gamma:
    """Independent times between requests; ``variation`` is their coefficient of variation."""

    rate_rps: float
    variation: float

    def times_s(self, seconds: float, generator: Generator) -> Floats:
        """Times of requests in order, the first a whole time after the beginning.

        Without variation they come at even distances from the beginning on.
        """
        if self.variation == 0.0:
            return np.arange(np.ceil(self.rate_rps * seconds)) / self.rate_rps
        shape = self.variation**-2
        parts, end_s = [], 0.0
        while end_s < seconds:
            count = int(self.rate_rps * (seconds - end_s) * MARGIN) + 1
            gaps_s = generator.gamma(shape, 1.0 / (shape * self.rate_rps), size=count)
            parts.append(end_s + np.cumsum(gaps_s))
            end_s = float(parts[-1][-1])
        times_s = np.concatenate(parts)
        return times_s[times_s < seconds]


@dataclass(frozen=True)
class MarkovModulated:
    """A Poisson process of two rates.

    Attributes
    ----------
    rates_rps
        In either state.
    leaving_per_s
        At which either state is left.
    """

    rates_rps: tuple[float, float]
    leaving_per_s: tuple[float, float]

    @property
    def rate_rps(self) -> float:
        """Mean over time."""
        (low, high), (rise, fall) = self.rates_rps, self.leaving_per_s
        return (low * fall + high * rise) / (rise + fall)

    def times_s(self, seconds: float, generator: Generator) -> Floats:
        """Times of requests in order; the first state is drawn as often as it is held."""
        rise, fall = self.leaving_per_s
        first = int(generator.random() < rise / (rise + fall))
        starts, states = self._stays(first, seconds, generator)
        lengths = np.diff(np.append(starts, seconds))
        counts = generator.poisson(np.array(self.rates_rps)[states] * lengths)
        inside = generator.random(int(counts.sum())) * np.repeat(lengths, counts)
        return np.sort(np.repeat(starts, counts) + inside)

    def _stays(
        self, first: int, seconds: float, generator: Generator
    ) -> tuple[Floats, np.ndarray]:
        """Beginnings of stays in a state, and which it is."""
        pair_s = sum(1.0 / rate for rate in self.leaving_per_s)
        parts, end_s, state = [np.zeros(1)], 0.0, first
        while end_s < seconds:
            pairs = int((seconds - end_s) / pair_s * MARGIN) + 1
            means = 1.0 / np.array([self.leaving_per_s[state], self.leaving_per_s[1 - state]])
            ends = end_s + np.cumsum(generator.exponential(np.tile(means, pairs)))
            parts.append(ends)
            end_s = float(ends[-1])
        starts = np.concatenate(parts)
        starts = starts[starts < seconds]
        return starts, (first + np.arange(len(starts))) % 2


Process = Poisson | Gamma | MarkovModulated
WORDS = {Poisson: "Poisson", Gamma: "Gamma", MarkovModulated: "Markov-modulated Poisson"}


def fitted(trace: Trace, name: str) -> Process:
    """The process of a name with the moments of a trace.

    Raises
    ------
    UsageError
        There is no such process, or the trace is too short for its moments.
    """
    if name not in NAMES:
        known = ", ".join(NAMES)
        raise UsageError(f'arrivals "{name}": expected {known}{nearest(name, NAMES)}')
    rate_rps = len(trace.time_s) / trace.seconds
    if name == "poisson":
        return Poisson(rate_rps)
    if len(trace.time_s) < LONG_WINDOWS:
        least = f"expected {LONG_WINDOWS:g} or more"
        raise UsageError(f"{trace.source} has {len(trace.time_s)} requests; {least} for {name}")
    if name == "gamma":
        gaps_s = np.diff(trace.time_s)
        return Gamma(rate_rps, float(gaps_s.std() / gaps_s.mean()))
    short_s = SHORT_REQUESTS / rate_rps
    return fitted_modulated(trace, short_s, max(trace.seconds / LONG_WINDOWS, APART * short_s))


def fitted_modulated(trace: Trace, short_s: float, long_s: float) -> MarkovModulated:
    """The Markov-modulated process with the moments of the counts of windows.

    Parameters
    ----------
    short_s, long_s
        Lengths of the windows; where the index of dispersion grows between them as no such
        process lets it, change comes as fast or as slowly as ``SHORTEST`` and ``LONGEST`` say.
    """
    rate = len(trace.time_s) / trace.seconds
    short = max(_cumulants(trace, short_s)[0] / (rate * short_s) - 1.0, LEAST_EXCESS)
    variance, third = _cumulants(trace, long_s)
    excess = max(variance / (rate * long_s) - 1.0, LEAST_EXCESS)
    change = _change(excess / short, short_s, long_s)
    x = change * long_s
    spread = excess * rate * change / (2.0 * _rounded(x))
    share = 6.0 * spread / change**3 * (x - 2.0 + (x + 2.0) * np.exp(-x))
    skew = (third - rate * long_s * (1.0 + 3.0 * excess)) / share
    return _with(rate, spread, skew, change)


def synthetic(trace: Trace, process: Process, seconds: float, seed: int = 0) -> Trace:
    """Requests that a process sends, with lengths and workloads of a trace's.

    Raises
    ------
    UsageError
        If none comes in the time.
    """
    generator = np.random.default_rng(seed)
    times_s = process.times_s(seconds, generator)
    if not len(times_s):
        raise UsageError(
            f"no request comes in {seconds:g} s at {process.rate_rps:g} requests/s"
        )
    row = generator.integers(len(trace.time_s), size=len(times_s))
    source = f"{WORDS[type(process)]} arrivals with lengths of {trace.source}"
    return replace(trace.at(row, times_s - times_s[0]), source=source)


def _cumulants(trace: Trace, window_s: float) -> tuple[float, float]:
    """Second and third cumulant of the counts of windows, over several beginnings."""
    offsets = trace.time_s - trace.time_s[0]
    found = []
    for shift_s in np.arange(SHIFTS) * window_s / SHIFTS:
        windows = int((offsets[-1] - shift_s) / window_s)
        edges = shift_s + window_s * np.arange(windows + 1)
        deviation = np.diff(np.searchsorted(offsets, edges)).astype(float)
        deviation -= deviation.mean()
        found.append(((deviation**2).mean(), (deviation**3).mean()))
    second, third = np.mean(found, axis=0).tolist()
    return second, third


def _rounded(x: float) -> float:
    r"""The function :math:`1 - (1 - e^{-x}) / x`, from x / 2 to 1."""
    return 1.0 + np.expm1(-x) / x


def _change(growth: float, short_s: float, long_s: float) -> float:
    """Sum of both rates of change at which dispersion grows so much between windows [1/s]."""
    low, high = np.log(LONGEST / short_s), np.log(SHORTEST / short_s)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        change = np.exp(middle)
        if _rounded(change * long_s) / _rounded(change * short_s) > growth:
            low = middle
        else:
            high = middle
    return float(np.exp((low + high) / 2.0))


def _with(rate: float, spread: float, skew: float, change: float) -> MarkovModulated:
    """The process of a mean rate, its variance and asymmetry, and the speed of change."""
    root = np.hypot(skew, 2.0 * np.sqrt(spread))
    below, above = (skew - root) / 2.0, (skew + root) / 2.0
    if below < -rate:
        below, above = -rate, spread / rate
    at_high = -below / (above - below)
    return MarkovModulated(
        (float(rate + below), float(rate + above)),
        (float(change * at_high), float(change * (1.0 - at_high))),
    )
