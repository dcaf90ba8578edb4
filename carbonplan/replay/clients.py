"""How alike clients were served, to whom the online requests of a region are dealt in turn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from carbonplan.replay.arrays import Floats
from carbonplan.replay.fairness import Served, Service, Waiting, jain_index
from carbonplan.replay.tallies import ReplayedRequests

CLIENTS = 4


@dataclass(frozen=True)
class Fairness:
    """How alike clients were served.

    Attributes
    ----------
    service
        By the largest gap of service between clients who wait, over what one received [1].
    jain
        Jain's index of the tokens that clients received for each second that they waited [1].
    """

    service: float
    jain: float


@dataclass
class Clients:
    """Clients of a region's online requests, as part after part of these is replayed.

    Attributes
    ----------
    longest_network_s
        Longest round trip, by which a request is sent before it reaches the region.
    sent_s
        Before which all requests were sent of the part before, and those to come were not.
    waited_s
        Of each client's requests that were done, (client,).
    """

    longest_network_s: float
    sent_s: float = -np.inf
    service: Service = field(default_factory=lambda: Service(CLIENTS))
    waited_s: Floats = field(default_factory=lambda: np.zeros(CLIENTS))

    def add(self, done: ReplayedRequests, waiting: Waiting, reached_s: float) -> None:
        """Count online requests that were done, beside those that are not.

        Clients are compared until the oldest of these was sent; who was sent before the part
        before ended holds nothing up.

        Parameters
        ----------
        reached_s
            Before which no other request reaches the region.
        """
        first_s, done_s = done.sent_s + done.ttft_s, done.sent_s + done.latency_s
        served = Served(done.client, done.sent_s, first_s, done_s, done.output)
        self.waited_s += np.bincount(done.client, done.latency_s, CLIENTS)
        sent_s = reached_s - self.longest_network_s
        oldest_s = float(waiting.arrived_s.min(initial=sent_s))
        is_end = sent_s == np.inf
        self.service.add(served, waiting, sent_s if is_end else max(oldest_s, self.sent_s))
        self.sent_s = sent_s

    @property
    def fairness(self) -> Fairness:
        """Of all requests that were done."""
        tokens, waited_s = self.service.tokens, self.waited_s
        pace = tokens[tokens > 0] / np.maximum(waited_s[tokens > 0], 1e-12)
        return Fairness(self.service.gap.fairness, jain_index(pace) if len(pace) else 1.0)
