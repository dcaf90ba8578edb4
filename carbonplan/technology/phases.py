r"""Operating points of replicas that serve one phase only, and hand over the KV cache.

A prefill replica computes the prompts that wait for it together, P at most, while they fit one
step of the engine. With S pipeline stages it sustains

.. math:: \lambda = \min\bigl(P S / t(P),\; 1 / t_{send}\bigr)

and a prompt waits for the steps ahead, is computed, waits for the link and is sent. A decode
replica receives caches one after another and decodes a batch that nothing interrupts:

.. math:: \lambda = \min\bigl(B / (n_{out}\,t_{dec}(B)),\; 1 / t_{recv}\bigr)

A request waits there for the link, for a place in the batch and for the step in progress. Both
sides add to the first token, which the decode replica returns; each keeps its percentile
inside its share of the TTFT limit (``TTFT_SHARES``), so that any two may work together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.technology.batching import batch_inside, decode_kj, running_batch
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.latency import (
    wait_of_waiting_s,
    wait_percentile_s,
    wait_probability,
)
from carbonplan.technology.memory import PREFILL_CHUNK_TOKENS, largest_batch
from carbonplan.technology.performance import PhaseTime, decode_step, prefill
from carbonplan.technology.points import (
    CONTEXT,
    LEAST_LOAD,
    MEMORY,
    OK,
    TPOT,
    TTFT,
    TTFT_SHARES,
)
from carbonplan.technology.power import above_idle_kw
from carbonplan.technology.transfer import prompt_cache_gb, transfer_kj, transfer_s
from carbonplan.technology.waiting import PREFILL_VARIATION, Limits, Queue, largest_load
from carbonplan.units import MS_PER_S

PROMPT_BATCHES = (1.0, 2.0, 4.0, 8.0)  # prompts of one step that are looked at
PROMPTS_KEPT = (
    2.0  # caches that a prefill replica holds of each prompt in work: it and one sent
)

Floats = NDArray[np.float64]
Columns = dict[str, NDArray]


@dataclass(frozen=True)
class Line:
    """Requests that are served one after another.

    Attributes
    ----------
    service_s
        What one waits for at least if another is ahead [s].
    busy
        Share of the time in service at full load [1].
    """

    service_s: Floats
    busy: Floats

    def wait_s(self, load: Floats) -> Floats:
        """Mean wait at a share of the full load [s]."""
        waiting_s = wait_of_waiting_s(load * self.busy, self.service_s, PREFILL_VARIATION)
        return wait_probability(load * self.busy) * waiting_s

    def wait_percentile_s(self, load: Floats, percentile: Floats) -> Floats:
        """Wait that a share of the requests does not exceed [s]."""
        waiting_s = wait_of_waiting_s(load * self.busy, self.service_s, PREFILL_VARIATION)
        return wait_percentile_s(wait_probability(load * self.busy), waiting_s, percentile)


def prompt_step(
    input_tokens: Floats, replica: ReplicaFigures, prompts: Floats | float
) -> PhaseTime:
    """Time that prompts computed together keep a replica busy, (class, replica).

    That of a prefill without what a request spends before it, which other prompts fill; each
    costs the engine its admission.
    """
    c = replica.coefficients
    together = prefill(input_tokens, replica, prompts)
    before_ms = c.request_overhead_ms * np.asarray(prompts) ** c.request_overhead_growth
    admission_ms = c.admission_ms * prompts
    return replace(together, total_s=together.total_s + (admission_ms - before_ms) / MS_PER_S)


def prefill_pairs(limits: Limits, replica: ReplicaFigures, utilisation_limit: float) -> Columns:
    """Columns of ``OperatingPoints`` of replicas that only do prefill."""
    best: Columns = {}
    for prompts in PROMPT_BATCHES:
        found = _prefill_pairs(limits, replica, prompts, utilisation_limit)
        if not best:
            best = found
        better = found["rate_rps"] > best["rate_rps"]
        best = {name: np.where(better, found[name], best[name]) for name in best}
    return best


def _prefill_pairs(
    limits: Limits, replica: ReplicaFigures, prompts: float, utilisation_limit: float
) -> Columns:
    """The same with so many prompts in a step at most; one that is too long stands alone."""
    stages = replica.pipeline_parallel
    together = np.maximum(np.minimum(prompts, PREFILL_CHUNK_TOKENS // limits.input_tokens), 1.0)
    step_s = prompt_step(limits.input_tokens, replica, together).total_s
    before_s = replica.coefficients.request_overhead_ms / MS_PER_S
    cache_gb = prompt_cache_gb(limits.input_tokens, replica)
    send_s = transfer_s(cache_gb, replica)
    rate = np.minimum(together * stages / step_s, 1.0 / send_s)
    steps = Line(step_s / stages, rate * step_s / (together * stages))
    link = Line(send_s, rate * send_s)

    def percentile_s(load: Floats) -> Floats:
        ahead_s = steps.wait_percentile_s(load, limits.percentile)
        return (
            before_s
            + step_s
            + send_s
            + ahead_s
            + link.wait_percentile_s(load, limits.percentile)
        )

    alone_s = before_s + prompt_step(limits.input_tokens, replica, 1.0).total_s + send_s
    room = largest_batch(limits.input_tokens, np.zeros_like(limits.input_tokens), replica)
    rejection, load = _accepted(
        limits, replica, "prefill", room / (PROMPTS_KEPT * together * stages),
        alone_s, np.zeros_like(alone_s), percentile_s, utilisation_limit,
    )  # fmt: skip
    running, step = _running_prompts(limits, replica, together, step_s, load * rate)
    prompt_kj = above_idle_kw(step, replica) * step.total_s / (running * stages)
    sent_kj = transfer_kj(cache_gb, replica)
    mean_s = before_s + step.total_s + send_s + steps.wait_s(load) + link.wait_s(load)
    nothing = np.zeros_like(rate)
    return _served(
        rejection,
        alone={"best_ttft_s": alone_s, "best_tpot_s": nothing, "best_step_s": alone_s},
        max_rate_rps=rate,
        load_limit=load,
        rate_rps=rate * load,
        batch=together + nothing,
        running_batch=running,
        prefill_s=before_s + step_s,
        tpot_s=nothing,
        ttft_s=mean_s,
        ttft_percentile_s=percentile_s(load),
        energy_kj_per_request=prompt_kj + sent_kj,
        prefill_kj_per_request=prompt_kj,
        decode_kj_per_request=nothing,
        transfer_kj_per_request=sent_kj,
        transfer_s=send_s,
    )


def _running_prompts(
    limits: Limits, replica: ReplicaFigures, together: Floats, step_s: Floats, rate_rps: Floats
) -> tuple[Floats, PhaseTime]:
    r"""Mean prompts in a step at a rate, and that step.

    Those that arrive during one step are computed in the next: with steps that last
    :math:`a + b m` over S stages, :math:`m = \lambda a / (S - \lambda b)`, at least one.
    """
    one_s = prompt_step(limits.input_tokens, replica, 1.0).total_s
    each_s = (step_s - one_s) / np.maximum(together - 1.0, 1.0)
    idle = np.maximum(replica.pipeline_parallel - rate_rps * each_s, 1e-9)
    running = np.clip(rate_rps * (one_s - each_s) / idle, 1.0, together)
    return running, prompt_step(limits.input_tokens, replica, running)


def decode_pairs(limits: Limits, replica: ReplicaFigures, utilisation_limit: float) -> Columns:
    """Columns of ``OperatingPoints`` of replicas that only decode."""
    receive_s = transfer_s(prompt_cache_gb(limits.input_tokens, replica), replica)
    own = replace(limits, ttft_s=TTFT_SHARES["decode"] * limits.ttft_s)
    nothing = np.zeros_like(receive_s)
    room = largest_batch(limits.input_tokens, limits.output_tokens, replica)
    batch = batch_inside(own, replica, receive_s, nothing, np.maximum(room, 1.0))
    step_s = decode_step(batch, limits.context_tokens, replica).total_s
    one_s = decode_step(1.0, limits.context_tokens, replica).total_s
    rate = np.minimum(batch / (limits.output_tokens * step_s), 1.0 / receive_s)
    link = Line(receive_s, rate * receive_s)
    places = Queue(own, receive_s, nothing, one_s, step_s, step_s, batch, rate)

    def percentile_s(load: Floats) -> Floats:
        return places.ttft_percentile_s(load) + link.wait_percentile_s(load, limits.percentile)

    rejection, load = _accepted(
        limits, replica, "decode", room, receive_s + one_s, one_s, percentile_s,
        utilisation_limit,
    )  # fmt: skip
    running, step = running_batch(limits, replica, nothing, batch, load * rate)
    tokens_kj = decode_kj(limits, replica, running, step)
    return _served(
        rejection,
        alone={
            "best_ttft_s": receive_s + one_s, "best_tpot_s": one_s, "best_step_s": one_s
        },
        max_rate_rps=rate,
        load_limit=load,
        rate_rps=rate * load,
        batch=batch,
        running_batch=running,
        prefill_s=nothing,
        tpot_s=step_s,
        ttft_s=places.ttft_s(load, step.total_s) + link.wait_s(load),
        ttft_percentile_s=percentile_s(load),
        energy_kj_per_request=tokens_kj,
        prefill_kj_per_request=nothing,
        decode_kj_per_request=tokens_kj,
        transfer_kj_per_request=nothing,
        transfer_s=receive_s,
    )  # fmt: skip


def _accepted(
    limits: Limits,
    replica: ReplicaFigures,
    role: str,
    room: Floats,
    alone_ttft_s: Floats,
    alone_tpot_s: Floats,
    percentile_s: Callable[[Floats], Floats],
    utilisation_limit: float,
) -> tuple[NDArray[np.int64], Floats]:
    """Codes of rejection, and the load at which the percentile holds."""
    allowed_s = TTFT_SHARES[role] * limits.ttft_s
    too_long = limits.input_tokens + limits.output_tokens > replica.llm.context_tokens
    codes = np.select(
        [room < 1, too_long, alone_ttft_s > allowed_s, alone_tpot_s > limits.tpot_s],
        [MEMORY, CONTEXT, TTFT, TPOT],
        OK,
    )
    most = np.full_like(alone_ttft_s, utilisation_limit)
    load = largest_load(percentile_s, allowed_s, most)
    return np.where((codes == OK) & (load < LEAST_LOAD), TTFT, codes), load


def _served(rejection: NDArray[np.int64], alone: Columns, **pairs: Floats) -> Columns:
    """Columns of all pairs; zero where the class is not served."""
    served = rejection == OK
    columns = {name: np.where(served, values, 0.0) for name, values in pairs.items()}
    return {**columns, **alone, "rejection": rejection}
