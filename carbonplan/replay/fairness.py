r"""Fairness among clients: by the service that they receive while they wait, and Jain's index.

A client is backlogged while a request of its has arrived and is not done. An epoch is a time
in which the set Q of backlogged clients stays the same. Client q has received service
:math:`s_q(t)`, two for each output token, since the epoch began, :math:`S_q` in all, and

.. math::

    g &= \max_t \bigl( \max_{q \in Q(t)} s_q(t) - \min_{q \in Q(t)} s_q(t) \bigr) \\
    f &= \max\bigl(0,\ 1 - g / \bar S \bigr)

where t runs over the times at which a request comes, begins to be answered or is done, so that
g is true to a token. Time is looked at in one direction, so that requests may come in parts and
only those are kept that are under way. This is not Jain's index

.. math:: J = \frac{(\sum_q x_q)^2}{n \sum_q x_q^2}

which is 1 where all n receive the same and 1/n where one receives all.

Source
------
``freesh``: the gap, as in its simulation; ``jain-1984``: the index.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from carbonplan.replay.arrays import Flags, Floats, Integers

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


class Waiting(NamedTuple):
    """Requests that are not done, (request,)."""

    client: Integers
    arrived_s: Floats


class ServiceGap(NamedTuple):
    """Fairness by service [1]; the largest gap, and what a client received in the mean."""

    fairness: float
    largest_gap: float
    mean_service: float


NOBODY_WAITS = Waiting(np.zeros(0, dtype=np.int64), np.zeros(0))
NOBODY_SERVED = Served(*NOBODY_WAITS, np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64))


def clients_in_turn(count: int, clients: int = 4, first: int = 0) -> Integers:
    """Clients of requests that are dealt to them one by one, from one on, (request,)."""
    return (first + np.arange(count)) % clients


def service_gap(served: Served) -> ServiceGap:
    """Fairness by the largest gap of service among backlogged clients; 1 where none is served.

    A client without a request counts for nothing.
    """
    service = Service(int(served.client.max(initial=-1)) + 1)
    service.add(served, NOBODY_WAITS, np.inf)
    return service.gap


def jain_index(received: Floats) -> float:
    """Jain's index of what each client received, (client,) [1]; 1 where nobody received any."""
    squares = float(np.sum(np.square(received)))
    return float(np.sum(received)) ** 2 / (len(received) * squares) if squares > 0 else 1.0


@dataclass
class Service:
    """What clients have received up to a time, and how large the gap was on the way.

    Attributes
    ----------
    clients
        How many there are.
    until_s
        The last time that was looked at; ``kept`` are the requests that were done after it.
    received, is_waiting
        Service since the epoch began, and who was backlogged until then, (client,).
    tokens
        Of each client's requests that are done, (client,).
    """

    clients: int
    until_s: float = -np.inf
    largest_gap: float = 0.0
    kept: Served = NOBODY_SERVED
    received: Floats = field(init=False)
    is_waiting: Flags = field(init=False)
    tokens: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.received, self.tokens = np.zeros(self.clients), np.zeros(self.clients)
        self.is_waiting = np.zeros(self.clients, dtype=np.bool_)

    @property
    def gap(self) -> ServiceGap:
        """Of all that was looked at."""
        served = int(np.count_nonzero(self.tokens))
        if not served:
            return ServiceGap(1.0, 0.0, 0.0)
        mean = PER_OUTPUT_TOKEN * float(self.tokens.sum()) / served
        return ServiceGap(max(0.0, 1.0 - self.largest_gap / mean), self.largest_gap, mean)

    def add(self, done: Served, waiting: Waiting, before_s: float) -> None:
        """Look at what happens before a time.

        Parameters
        ----------
        done
            Requests that were done since the last call.
        waiting
            All that have arrived and are not done.
        before_s
            Nothing else happens before it. Of a request that turns out to have begun before
            the last such time, tokens are counted from there on.
        """
        self.tokens += np.bincount(done.client, done.tokens, self.clients)
        from_s = np.nextafter(self.until_s, np.inf)
        done = done._replace(first_s=np.maximum(done.first_s, from_s))
        mine = Served(*(np.concatenate(pair) for pair in zip(self.kept, done, strict=True)))
        events = _events(mine, waiting, self.until_s, before_s)
        if len(events.time_s):
            self._follow(events)
        self.kept = Served(*(column[mine.done_s > self.until_s] for column in mine))

    def _follow(self, events: _Events) -> None:
        """Compare clients at every time at which something happens, but the first."""
        is_last = np.append(np.diff(events.time_s) > 0, True)  # of what happens at a time
        backlogs = [_backlog(events, q)[is_last] for q in range(self.clients)]
        is_waiting = np.stack(backlogs)[:, :-1] > 0
        self.until_s = float(events.time_s[-1])
        if not is_waiting.shape[1]:
            return
        begins = _begins(is_waiting, self.is_waiting)
        most, least = (np.full(is_waiting.shape[1], end) for end in (-np.inf, np.inf))
        for q, waits in enumerate(is_waiting):
            service = _service(events, q)[is_last]
            received = service[1:] - np.where(begins < 0, -self.received[q], service[begins])
            np.maximum(most, received, out=most, where=waits)
            np.minimum(least, received, out=least, where=waits)
            self.received[q] = received[-1]
        self.largest_gap = max(self.largest_gap, float(np.max(most - least)))
        self.is_waiting = is_waiting[:, -1]


class _Events(NamedTuple):
    """What happens, in order of time, (event,).

    Attributes
    ----------
    opens
        Change of the requests of the client that are not done.
    service, pace
        That the client receives at once, and the change of what it receives a second.
    """

    time_s: Floats
    client: Integers
    opens: Floats
    service: Floats
    pace: Floats


def _events(done: Served, waiting: Waiting, from_s: float, before_s: float) -> _Events:
    """What happens before a time; of what was before ``from_s`` only what goes on there."""
    span_s = done.done_s - done.first_s
    more = (done.tokens - 1) * (span_s > 0)
    pace = PER_OUTPUT_TOKEN * more / np.where(span_s > 0, span_s, 1.0)
    at_once = PER_OUTPUT_TOKEN * (done.tokens - more) * (done.first_s > from_s)
    begins_s = min(done.arrived_s.min(initial=np.inf), waiting.arrived_s.min(initial=np.inf))
    start_s = max(from_s, float(begins_s))
    parts = (
        _alike(np.array([start_s]), np.zeros(1, dtype=np.int64)),
        _alike(done.arrived_s, done.client, opens=1.0),
        _alike(waiting.arrived_s, waiting.client, opens=1.0),
        _alike(done.first_s, done.client, service=at_once, pace=pace),
        _alike(done.done_s, done.client, opens=-1.0, pace=-pace),
    )
    events = _Events(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    time_s = np.maximum(events.time_s, start_s)
    order = np.argsort(time_s, kind="stable")
    order = order[: np.searchsorted(time_s[order], before_s)]
    return _Events(*(column[order] for column in events._replace(time_s=time_s)))


def _alike(time_s: Floats, client: Integers, **changes: Floats | float) -> _Events:
    """Events that change the same."""
    columns = (
        np.broadcast_to(changes.get(name, 0.0), len(time_s))
        for name in ("opens", "service", "pace")
    )
    return _Events(time_s, client, *columns)


def _backlog(events: _Events, client: int) -> Floats:
    """Requests of a client that are not done, after each event."""
    return np.cumsum(np.where(events.client == client, events.opens, 0.0))


def _service(events: _Events, client: int) -> Floats:
    """Service that a client has received after each event, since the first of them."""
    mine = events.client == client
    pace = np.cumsum(np.where(mine, events.pace, 0.0))
    between = np.append(0.0, pace[:-1] * np.diff(events.time_s))
    return np.cumsum(np.where(mine, events.service, 0.0) + between)


def _begins(is_waiting: Flags, before: Flags) -> Integers:
    """Interval with which the epoch of each begins, (interval,); -1: it began before them.

    Parameters
    ----------
    is_waiting, before
        Who is backlogged in each interval, (client, interval), and in the one before.
    """
    changes = (np.diff(is_waiting, axis=1, prepend=before[:, None])).any(axis=0)
    return np.maximum.accumulate(np.where(changes, np.arange(len(changes)), -1))
