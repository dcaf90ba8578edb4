r"""Fairness among clients: by the service that they receive while they wait, and Jain's index.

A client is backlogged while a request of its has arrived and is not done. An epoch is a time
in which the set Q of backlogged clients stays the same. Client q has received service
:math:`s_q(t)`, two for each output token, since the epoch began, :math:`S_q` in all, and

.. math::

    g &= \max_t \bigl( \max_{q \in Q(t)} s_q(t) - \min_{q \in Q(t)} s_q(t) \bigr) \\
    f &= \max\bigl(0,\ 1 - g / \bar S \bigr)

where t runs over the times at which a request comes, begins to be answered or is done, so that
g is true to a token. This is not Jain's index

.. math:: J = \frac{(\sum_q x_q)^2}{n \sum_q x_q^2}

which is 1 where all n receive the same and 1/n where one receives all.

Source
------
``freesh``: the gap, as in its simulation; ``jain-1984``: the index.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import Floats, Integers

PER_OUTPUT_TOKEN = 2.0  # service that a token counts for


class Served(NamedTuple):
    """Requests that are done, (request,), in any order.

    Attributes
    ----------
    client
        Whose it is, numbered from 0.
    first_s, done_s
        Its first and its last token; the others are taken to lie evenly between.
    """

    client: Integers
    arrived_s: Floats
    first_s: Floats
    done_s: Floats
    tokens: Integers


class ServiceGap(NamedTuple):
    """Fairness by service [1]; the largest gap, and what a client received in the mean."""

    fairness: float
    largest_gap: float
    mean_service: float


def clients_in_turn(count: int, clients: int = 4) -> Integers:
    """Clients of requests that are dealt to them one by one, (request,)."""
    return np.arange(count) % clients


def service_gap(served: Served) -> ServiceGap:
    """Fairness by the largest gap of service among backlogged clients; 1 where none is served.

    A client without a request counts for nothing.
    """
    clients = np.unique(served.client)
    if not len(clients):
        return ServiceGap(1.0, 0.0, 0.0)
    each = [
        Served(*(column[served.client == client] for column in served)) for client in clients
    ]
    times = np.unique(np.concatenate([served.arrived_s, served.first_s, served.done_s]))
    service = np.stack([_service_until(one, times) for one in each])
    is_waiting = np.stack([_covered(_backlogged(one), times) for one in each])
    received = service[:, 1:] - service[:, _begins(is_waiting)]
    most = np.where(is_waiting, received, -np.inf).max(axis=0)
    least = np.where(is_waiting, received, np.inf).min(axis=0)
    gap = float(np.max(most - least, initial=0.0, where=is_waiting.any(axis=0)))
    mean = PER_OUTPUT_TOKEN * float(served.tokens.sum()) / len(clients)
    return ServiceGap(max(0.0, 1.0 - gap / mean), gap, mean)


def jain_index(received: Floats) -> float:
    """Jain's index of what each client received, (client,) [1]; 1 where nobody received any."""
    squares = float(np.sum(np.square(received)))
    return float(np.sum(received)) ** 2 / (len(received) * squares) if squares > 0 else 1.0


def _backlogged(served: Served) -> tuple[Floats, Floats]:
    """Beginnings and ends of the spans in which a client has requests that are not done."""
    order = np.argsort(served.arrived_s, kind="stable")
    begins, ends = served.arrived_s[order], np.maximum.accumulate(served.done_s[order])
    opens = np.append(True, begins[1:] > ends[:-1])
    return begins[opens], ends[np.append(opens[1:], True)]


def _covered(spans: tuple[Floats, Floats], times: Floats) -> NDArray[np.bool_]:
    """Whether spans hold what lies between each time and the next, (interval,)."""
    begins, ends = spans
    at = np.searchsorted(begins, times[:-1], side="right") - 1
    return (at >= 0) & (times[:-1] < ends[np.maximum(at, 0)])


def _begins(is_waiting: NDArray[np.bool_]) -> Integers:
    """Number of the interval with which the epoch of each interval begins, (interval,)."""
    changes = (is_waiting[:, 1:] != is_waiting[:, :-1]).any(axis=0)
    numbers = np.arange(is_waiting.shape[1])
    return np.maximum.accumulate(np.where(np.append(True, changes), numbers, 0))


def _service_until(served: Served, times: Floats) -> Floats:
    """Service that a client has received by each of some times, (time,)."""
    span_s = served.done_s - served.first_s
    more = (served.tokens - 1) * (span_s > 0)
    pace = more / np.where(span_s > 0, span_s, 1.0)
    begun, done = _sums(served.first_s, pace, times), _sums(served.done_s, pace, times)
    firsts = _sums(served.first_s, served.tokens - more, times)[0]
    tokens = firsts + (begun[0] - done[0]) * times - (begun[1] - done[1])
    return PER_OUTPUT_TOKEN * tokens


def _sums(at_s: Floats, values: Floats, times: Floats) -> tuple[Floats, Floats]:
    """Sums of values, and of values times their times, of all that lie at or before a time."""
    order = np.argsort(at_s, kind="stable")
    counts = np.searchsorted(at_s[order], times, side="right")
    sums = np.append(0.0, np.cumsum(values[order]))
    moments = np.append(0.0, np.cumsum(values[order] * at_s[order]))
    return sums[counts], moments[counts]
