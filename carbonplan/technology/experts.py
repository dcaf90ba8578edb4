"""How many of the routed experts a step over some tokens reads."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.shapes import LlmFigures

LARGEST_OF_TWO = 0.57  # standard normal numbers, on average


def evenly_spread(tokens: ArrayLike, evenness: ArrayLike) -> NDArray[np.float64]:
    r"""Tokens that would meet as many experts if they chose evenly, (..., replica) [1].

    .. math:: 1 + e\,(n - 1)

    The first one meets its k experts whatever the others do.
    """
    count = np.asarray(tokens, dtype=float)
    return np.minimum(count, 1.0) + evenness * np.maximum(count - 1.0, 0.0)


def expert_coverage(tokens: ArrayLike, llm: LlmFigures) -> NDArray[np.float64]:
    r"""Share of the routed experts that a step over some tokens reads, (..., replica) [1].

    .. math:: 1 - (1 - k / E)^n

    if tokens choose their k of E experts independently and evenly.
    """
    missed = np.log1p(-np.minimum(llm.experts_per_token / llm.experts, 1.0 - 1e-12))
    return -np.expm1(np.asarray(tokens) * missed)


def fullest_coverage(tokens: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    r"""Share of its experts that the fullest of the groups reads, (..., replica) [1].

    .. math:: \min\Bigl(1, c + g \sqrt{c\,(1 - c)\,G / E}\Bigr), \quad
        g = 0.57\,(\log_2 G)^{0.8}

    Of E experts, of which a step reads the share c, each of G groups of ranks holds E / G
    whole; the others wait for the one that has most of them to read. g is the expected largest
    of G standard normal numbers, within 4 % of it up to 64.
    """
    covered, groups = expert_coverage(tokens, replica.llm), replica.expert_parallel
    deviation = np.sqrt(covered * (1.0 - covered) * groups / replica.llm.experts)
    return np.minimum(covered + LARGEST_OF_TWO * np.log2(groups) ** 0.8 * deviation, 1.0)
