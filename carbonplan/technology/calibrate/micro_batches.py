r"""Micro-batches of one prompt on several accelerators, as a single thread submits them.

llama.cpp cuts a prompt into micro-batches and spreads layers over accelerators, which may work
on different micro-batches at once. One thread launches everything, stage after stage, and
accelerators queue a limited number of launches: where a stage's launches do not fit, the
thread waits for the first stage to work before it can wake the next one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MICRO_BATCH_TOKENS = 512.0  # llama.cpp: default of n_ubatch
MICRO_BATCHES = 4.0  # in work at once; llama.cpp: GGML_SCHED_MAX_COPIES
QUEUED_LAUNCHES = 1024.0  # that CUDA holds for one accelerator
MATRICES = 7.0  # of a layer: queries, keys, values, output, and three of the MLP
LAUNCHES = 3.0  # of a matrix: tokens into 16 bits, product, product into 32 bits
DEQUANTISED = 1.0  # one more where its weights are widened first
OTHER_LAUNCHES = 26.0  # of a layer: norms, rotations, cache, unfused attention, gates, sums


def stage_launches(layers: Floats, narrow: NDArray[np.bool_]) -> Floats:
    """Launches of one micro-batch on a stage of so many layers, weights narrow or not [1]."""
    matrix = LAUNCHES + np.where(narrow, DEQUANTISED, 0.0)
    return layers * (OTHER_LAUNCHES + MATRICES * matrix)


def overlapped_share(count: Floats, stages: Floats, launches: Floats) -> Floats:
    r"""Time of n micro-batches on m stages over that of one stage after another [1].

    With q micro-batches queued on a stage (:math:`q = Q / k`, at most one less than may be in
    work), :math:`b = \lfloor q \rfloor + 1` follow each other at once. Then the thread has to
    wait until the last stage has worked off what its queue does not hold:

    .. math::

        \frac{1}{n\,m}\Bigl(m + \lfloor (n - 1) / b \rfloor \max(b,\, m + b - 1 - q)
            + (n - 1) \bmod b\Bigr)

    One that fits no queue (:math:`q < 1`) is followed after :math:`m - q`: stages take turns.

    Parameters
    ----------
    count
        Micro-batches, at least one.
    launches
        Of one micro-batch on one stage.
    """
    queued = np.minimum(QUEUED_LAUNCHES / launches, MICRO_BATCHES - 1.0)
    group = np.floor(queued) + 1.0
    following = np.maximum(count - 1.0, 0.0)
    groups = np.floor(following / group)
    every = np.maximum(group, stages + group - 1.0 - queued)
    return (stages + groups * every + following - groups * group) / (count * stages)
