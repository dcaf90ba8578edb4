"""How many sequences a replica decodes at once: at most, and on average at a rate."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.performance import PhaseTime, decode_step
from carbonplan.technology.power import above_idle_kw
from carbonplan.technology.waiting import Limits

BATCH_BISECTIONS = 11  # a thousand sequences, halved to one
BATCH_ROUNDS = 3
STRAIGHT = 1e-9  # bend below which two steps have met already, as a share of the batch
STEP_SHARE = 0.5  # of what a prompt leaves of the TTFT limit; the rest is for queueing

Floats = NDArray[np.float64]


def batch_inside(
    limits: Limits, replica: ReplicaFigures, prompt_s: Floats, work_s: Floats, room: Floats
) -> Floats:
    """Largest whole batch inside memory and both limits, by bisection; at least one.

    Parameters
    ----------
    prompt_s
        Of the TTFT limit, what is gone without waiting [s].
    work_s
        What a prompt adds to the steps of the others [s].
    room
        Sequences that memory holds [1].
    """
    step_limit_s = STEP_SHARE * (limits.ttft_s - prompt_s)

    def holds(batch: Floats) -> NDArray[np.bool_]:
        step_s = decode_step(batch, limits.context_tokens, replica).total_s
        tpot_s = step_s + batch * work_s / limits.output_tokens
        return (tpot_s <= limits.tpot_s) & (step_s <= step_limit_s)

    low = np.where(holds(room), room, 1.0)
    high = room
    for _ in range(BATCH_BISECTIONS):
        middle = np.ceil((low + high) / 2.0)
        inside = holds(middle)
        low = np.where(inside, middle, low)
        high = np.where(inside, high, np.maximum(middle - 1.0, low))
        if np.array_equal(low, high):
            break
    return low


def running_batch(
    limits: Limits, replica: ReplicaFigures, work_s: Floats, batch: Floats, rate_rps: Floats
) -> tuple[Floats, PhaseTime]:
    r"""Mean batch at a rate λ, and its step: the fixed point of Little's law.

    .. math:: b = \lambda\,n_{out}\,t_{dec}(b) / (1 - \lambda\,t_{work})
    """
    tokens_per_s = rate_rps * limits.output_tokens / (1.0 - rate_rps * work_s)

    def after(running: Floats) -> Floats:
        return tokens_per_s * decode_step(running, limits.context_tokens, replica).total_s

    running = settled(after, batch)
    return running, decode_step(running, limits.context_tokens, replica)


def settled(after: Callable[[Floats], Floats], batch: Floats) -> Floats:
    r"""Batch that reproduces itself, from the largest down.

    Near full load g is almost parallel to b, so that iterating it would take hundreds of steps.
    It is nearly a straight line, though: two steps say where the line meets b (Aitken),

    .. math:: b \leftarrow g(g(b)) - \frac{(g(g(b)) - g(b))^2}{g(g(b)) - 2 g(b) + b}

    Parameters
    ----------
    after
        The batch g(b) that a batch b leads to.
    batch
        The largest that there may be.
    """
    running = batch
    for _ in range(BATCH_ROUNDS):
        first = np.minimum(after(running), batch)
        second = np.minimum(after(first), batch)
        bend = second - 2.0 * first + running
        is_bent = np.abs(bend) > STRAIGHT * batch
        jump = np.where(is_bent, (second - first) ** 2 / np.where(is_bent, bend, 1.0), 0.0)
        running = np.clip(second - jump, 0.0, batch)
    return running


def decode_kj(
    limits: Limits, replica: ReplicaFigures, running: Floats, step: PhaseTime
) -> Floats:
    """Energy of decoding a request, above that of an idle replica [kJ].

    Below one sequence a replica decodes them one by one; below one for each pipeline stage
    the stages without a sequence stay idle.
    """
    stages_busy = np.clip(running / replica.pipeline_parallel, 1 / replica.pipeline_parallel, 1)
    step_s = step.total_s * stages_busy / np.maximum(running, 1.0)
    return above_idle_kw(step, replica) * limits.output_tokens * step_s
