"""How alike clients were served, who send the online requests of a region in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carbonplan.replay.fairness import Served as Received
from carbonplan.replay.fairness import clients_in_turn, jain_index, service_gap
from carbonplan.replay.records import ReplayedRequests
from carbonplan.replay.run import Replay


@dataclass(frozen=True)
class Fairness:
    """How alike clients were served, who sent the online requests in turn; the worst region.

    Attributes
    ----------
    service
        By the largest gap of service between clients who wait, over what one received [1].
    jain
        Jain's index of the tokens that clients received for each second that they waited [1].
    """

    service: float
    jain: float


def fairness(replay: Replay) -> Fairness:
    """Fairness among logical clients, to whom requests are dealt one by one."""
    found = [_fairness(replay, region.requests) for region in replay.regions]
    return Fairness(min(one.service for one in found), min(one.jain for one in found))


def _fairness(replay: Replay, requests: ReplayedRequests) -> Fairness:
    is_online = np.array([not one.is_batch for one in replay.classes])[requests.group]
    mine = np.flatnonzero(requests.done & is_online)
    client = clients_in_turn(len(mine))
    sent_s, latency_s = requests.sent_s[mine], requests.latency_s[mine]
    tokens = requests.output[mine]
    received = Received(
        client, sent_s, sent_s + requests.ttft_s[mine], sent_s + latency_s, tokens
    )
    waited_s = np.maximum(np.bincount(client, weights=latency_s), 1e-12)
    pace = np.bincount(client, weights=tokens.astype(float)) / waited_s
    return Fairness(service_gap(received).fairness, jain_index(pace) if len(mine) else 1.0)
