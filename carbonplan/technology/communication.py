"""Communication between the accelerators of a replica: latency and bandwidth of a link."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.shapes import ACTIVATION_BYTES
from carbonplan.units import BYTES_PER_GB, US_PER_S

ALLREDUCES_PER_LAYER = 2.0  # megatron-lm-2019: after attention and after the MLP
EXCHANGES_PER_LAYER = 2.0  # tokens to their experts, and back


def allreduce_s(
    message_bytes: ArrayLike,
    peers: ArrayLike,
    link_bytes_per_s: ArrayLike,
    base_us: ArrayLike,
    hop_us: ArrayLike,
) -> NDArray[np.float64]:
    r"""Time of one all-reduce among p peers; zero for one alone [s].

    .. math:: \alpha_0 + \alpha_1 (p - 1) + 2 \frac{p - 1}{p} \frac{n}{B}

    Parameters
    ----------
    message_bytes
        :math:`n`, what every peer contributes [bytes].
    link_bytes_per_s
        :math:`B`, reached by one peer in one direction [bytes/s].
    base_us, hop_us
        :math:`\alpha_0, \alpha_1`, latency of the call and of each peer [us].

    Source
    ------
    ``thakur-2005``, ring all-reduce; latencies and efficiency fitted on NCCL.
    """
    others = np.asarray(peers, dtype=float) - 1.0
    latency = (np.asarray(base_us) + np.asarray(hop_us) * others) / US_PER_S
    traffic = 2.0 * others / (others + 1.0) * np.asarray(message_bytes) / link_bytes_per_s
    return np.where(others > 0, latency + traffic, 0.0)


def link_bytes_per_s(peers: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    r"""Bandwidth that each of p peers reaches on the scale-up link, (replica,) [bytes/s].

    .. math:: B\,\eta\,(2 / p)^{\kappa}

    Links of their own or a switch keep their bandwidth (:math:`\kappa = 0`); on a host bus the
    peers share one.
    """
    peak = replica.hardware.link_gb_per_s * BYTES_PER_GB * replica.coefficients.link_efficiency
    crowding = np.maximum(np.asarray(peers) / 2.0, 1.0)
    return np.asarray(peak / crowding**replica.coefficients.link_contention)


def tensor_parallel_s(tokens: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    """All-reduces of every layer for a step over some tokens, (..., replica) [s]."""
    one = allreduce_s(
        _hidden_bytes(tokens, replica),
        replica.tensor_parallel,
        link_bytes_per_s(replica.tensor_parallel, replica),
        replica.coefficients.allreduce_base_us,
        replica.coefficients.allreduce_hop_us,
    )
    return ALLREDUCES_PER_LAYER * replica.llm.layers * one


def tensor_parallel_traffic_s(
    tokens: ArrayLike, replica: ReplicaFigures
) -> NDArray[np.float64]:
    """What further tokens add to the all-reduces of a step, (..., replica) [s]."""
    bandwidth = link_bytes_per_s(replica.tensor_parallel, replica)
    hidden = _hidden_bytes(tokens, replica)
    one = allreduce_s(hidden, replica.tensor_parallel, bandwidth, 0.0, 0.0)
    return ALLREDUCES_PER_LAYER * replica.llm.layers * one


def expert_exchange_s(tokens: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    r"""Sending every group's tokens to their experts and back, (..., replica) [s].

    .. math:: 2 L_e \Bigl(\alpha_0 + (g - 1) \Bigl(\alpha_1
        + \bigl(1 - (1 - 1 / g)^k\bigr) \frac{n}{TP\,B}\Bigr)\Bigr)

    among g groups of data parallelism, of which each holds a part of the experts; k of them
    for a token, which is sent once to each group that has any of these.
    """
    c, groups = replica.coefficients, replica.data_parallel
    latency = (c.allreduce_base_us + c.allreduce_hop_us * (groups - 1.0)) / US_PER_S
    exchanges = EXCHANGES_PER_LAYER * replica.llm.expert_layers
    called = np.where(groups > 1, exchanges * latency, 0.0)
    return called + expert_traffic_s(tokens, replica)


def expert_traffic_s(tokens: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    """What further tokens of each group add to that, (..., replica) [s]."""
    groups, ranks = replica.data_parallel, replica.tensor_parallel
    met = 1.0 - (1.0 - 1.0 / groups) ** replica.llm.experts_per_token
    sent = _hidden_bytes(tokens, replica) * (groups - 1.0) * met / ranks
    exchanges = EXCHANGES_PER_LAYER * replica.llm.expert_layers
    return exchanges * sent / link_bytes_per_s(groups * ranks, replica)


def pipeline_s(tokens: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    r"""Handing a step from stage to stage, once round the pipeline, (..., replica) [s].

    .. math:: PP\,(\alpha_0 + n / B) \quad \text{for } PP > 1
    """
    latency = replica.coefficients.allreduce_base_us / US_PER_S
    hop = latency + _hidden_bytes(tokens, replica) / link_bytes_per_s(2.0, replica)
    return np.where(replica.pipeline_parallel > 1, replica.pipeline_parallel * hop, 0.0)


def _hidden_bytes(tokens: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    return np.asarray(tokens) * replica.llm.hidden_size * ACTIVATION_BYTES
