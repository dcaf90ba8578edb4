r"""Power of a replica at the load that it has, of several request classes at once.

A replica that serves class k at a rate :math:`\lambda_k` computes its prompts and holds on
average

.. math:: b = \frac{\sum_k \lambda_k n_k}{1 - \sum_k \lambda_k t_{work,k}}\,t_{dec}(b, \bar c)

sequences, :math:`\bar c` their mean context. Requests come at random, so that it has some in
work for a share :math:`1 - e^{-b}` of the time that prompts leave it, and then
:math:`b / (1 - e^{-b})` of them. Each step reads all weights, whatever it has in work: power
falls far more slowly than load. Pipeline stages without a sequence stay idle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.batching import settled
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.memory import memory_batch
from carbonplan.technology.performance import decode_step, prompt_work
from carbonplan.technology.power import above_idle_kw

LEAST_BATCH = 1e-9
LEAST_FREE = 1e-3  # of the time, that prompts leave to sequences

Floats = NDArray[np.float64]


def serving_power_kw(
    input_tokens: Floats,
    output_tokens: Floats,
    rates_rps: Floats,
    replica: ReplicaFigures,
    *,
    computes_prompts: bool,
) -> Floats:
    """Power above that of an idle replica, (place,) [kW].

    Parameters
    ----------
    input_tokens, output_tokens
        Of each class, (class,).
    rates_rps
        Requests of each class to one replica, (class, place).
    replica
        One replica.
    computes_prompts
        Whether it does; otherwise it gets their caches.
    """
    prompts_kw, free = np.zeros(rates_rps.shape[1]), np.ones(rates_rps.shape[1])
    if computes_prompts:
        work = prompt_work(input_tokens[:, None], replica)
        prompts_kw = (rates_rps * above_idle_kw(work, replica) * work.total_s).sum(axis=0)
        free = np.maximum(1.0 - (rates_rps * work.total_s).sum(axis=0), LEAST_FREE)
    tokens = rates_rps * output_tokens[:, None]
    in_all = tokens.sum(axis=0)
    contexts = input_tokens + output_tokens / 2.0
    context = np.maximum(contexts @ tokens / np.maximum(in_all, LEAST_BATCH), 1.0)
    batch = _running(in_all / free, context[:, None], replica)
    batch = np.maximum(batch, LEAST_BATCH)
    at_work = -np.expm1(-batch)
    in_work = batch / at_work
    step = decode_step(in_work[:, None], context[:, None], replica)
    stages_busy = np.minimum(in_work / replica.pipeline_parallel, 1.0)
    sequences_kw = above_idle_kw(step, replica)[:, 0] * stages_busy * at_work * free
    return prompts_kw + np.where(in_all > 0.0, sequences_kw, 0.0)


def _running(tokens_per_s: Floats, context: Floats, replica: ReplicaFigures) -> Floats:
    """Mean sequences in work, (place,): the batch that reproduces itself."""

    def after(batch: Floats) -> Floats:
        return tokens_per_s * decode_step(batch[:, None], context, replica).total_s[:, 0]

    return settled(after, memory_batch(context, replica)[:, 0])
