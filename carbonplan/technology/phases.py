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
from carbonplan.technology.figures import ReplicaFigures, Role
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
from carbonplan.technology.waiting import Limits, Line, Queue, largest_load
from carbonplan.units import MS_PER_S

PROMPT_BATCHES = (1.0, 2.0, 4.0, 8.0)  # prompts of one step that are looked at
PROMPTS_KEPT = 2.0  # caches that a prefill replica holds for each prompt in work

Floats = NDArray[np.float64]
Columns = dict[str, NDArray]


@dataclass(frozen=True)
class PromptLine:
    """Prompts that are computed some at a time, and sent one after another.

    Attributes
    ----------
    together
        Prompts in a step at most [1].
    step_s, send_s
        A step with so many, and the transfer of one cache [s].
    """

    limits: Limits
    replica: ReplicaFigures
    together: Floats
    step_s: Floats
    send_s: Floats

    @property
    def rate_rps(self) -> Floats:
        """Prompts that are sustained [1/s]."""
        return np.minimum(self.at_once / self.step_s, 1.0 / self.send_s)

    @property
    def at_once(self) -> Floats:
        """Prompts in work: every pipeline stage has its own [1]."""
        return self.together * self.replica.pipeline_parallel

    @property
    def before_s(self) -> Floats:
        """Time of a request before its prompt is computed [s]."""
        return self.replica.coefficients.request_overhead_ms / MS_PER_S

    def percentile_s(self, load: Floats) -> Floats:
        """TTFT at the class's percentile, as far as this side adds to it [s]."""
        waits = (line.wait_percentile_s(load, self.limits.percentile) for line in self._lines)
        return self.before_s + self.step_s + self.send_s + sum(waits)

    def mean_s(self, load: Floats, running_step_s: Floats) -> Floats:
        """Mean of the same, with the step that runs at this load [s]."""
        waits = (line.wait_s(load) for line in self._lines)
        return self.before_s + running_step_s + self.send_s + sum(waits)

    @property
    def _lines(self) -> tuple[Line, Line]:
        steps = Line(
            self.step_s / self.replica.pipeline_parallel,
            self.rate_rps * self.step_s / self.at_once,
        )
        return steps, Line(self.send_s, self.rate_rps * self.send_s)


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
    together = np.maximum(np.minimum(prompts, PREFILL_CHUNK_TOKENS // limits.input_tokens), 1.0)
    together = together * np.ones_like(replica.tensor_parallel)
    cache_gb = prompt_cache_gb(limits.input_tokens, replica)
    step_s = prompt_step(limits.input_tokens, replica, together).total_s
    line = PromptLine(limits, replica, together, step_s, transfer_s(cache_gb, replica))
    one_s = prompt_step(limits.input_tokens, replica, 1.0).total_s
    held = largest_batch(limits.input_tokens, np.zeros_like(limits.input_tokens), replica)
    nothing = np.zeros_like(step_s)
    alone = _alone(line.before_s + one_s + line.send_s, nothing)
    room = held / (PROMPTS_KEPT * line.at_once)
    rejection, load = _accepted(
        limits, replica, "prefill", room, alone, line.percentile_s, utilisation_limit
    )
    running, step = _running_prompts(limits, replica, line, load * line.rate_rps)
    prompt_kj = above_idle_kw(step, replica) * step.total_s
    prompt_kj = prompt_kj / (running * replica.pipeline_parallel)
    return _columns(
        (rejection, alone, line.rate_rps, load),
        batch=(together, running),
        prefill_s=line.before_s + step_s,
        tpot_s=nothing,
        ttft=(line.mean_s(load, step.total_s), line.percentile_s(load)),
        phases_kj=(prompt_kj, nothing, transfer_kj(cache_gb, replica)),
        moved_s=line.send_s,
    )


def _running_prompts(
    limits: Limits, replica: ReplicaFigures, line: PromptLine, rate_rps: Floats
) -> tuple[Floats, PhaseTime]:
    r"""Mean prompts in a step at a rate, and that step.

    Those that arrive during one step are computed in the next: with steps that last
    :math:`a + b m` over S stages, :math:`m = \lambda a / (S - \lambda b)`, at least one.
    """
    one_s = prompt_step(limits.input_tokens, replica, 1.0).total_s
    each_s = (line.step_s - one_s) / np.maximum(line.together - 1.0, 1.0)
    idle = np.maximum(replica.pipeline_parallel - rate_rps * each_s, 1e-9)
    running = np.clip(rate_rps * (one_s - each_s) / idle, 1.0, line.together)
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

    alone = _alone(receive_s + one_s, one_s)
    rejection, load = _accepted(
        limits, replica, "decode", room, alone, percentile_s, utilisation_limit
    )
    running, step = running_batch(limits, replica, nothing, batch, load * rate)
    return _columns(
        (rejection, alone, rate, load),
        batch=(batch, running),
        prefill_s=nothing,
        tpot_s=step_s,
        ttft=(places.ttft_s(load, step.total_s) + link.wait_s(load), percentile_s(load)),
        phases_kj=(nothing, decode_kj(limits, replica, running, step), nothing),
        moved_s=receive_s,
    )


def _alone(ttft_s: Floats, step_s: Floats) -> Columns:
    """What one request alone adds to the first token, and its step [s]."""
    return {"best_ttft_s": ttft_s, "best_tpot_s": step_s, "best_step_s": step_s}


def _accepted(
    limits: Limits,
    replica: ReplicaFigures,
    role: Role,
    room: Floats,
    alone: Columns,
    percentile_s: Callable[[Floats], Floats],
    utilisation_limit: float,
) -> tuple[NDArray[np.int64], Floats]:
    """Codes of rejection, and the load at which the percentile holds."""
    allowed_s = TTFT_SHARES[role] * limits.ttft_s
    too_long = limits.input_tokens + limits.output_tokens > replica.llm.context_tokens
    too_late, too_slow = alone["best_ttft_s"] > allowed_s, alone["best_tpot_s"] > limits.tpot_s
    codes = np.select(
        [room < 1, too_long, too_late, too_slow], [MEMORY, CONTEXT, TTFT, TPOT], OK
    )
    most = np.full_like(alone["best_ttft_s"], utilisation_limit)
    load = largest_load(percentile_s, allowed_s, most)
    return np.where((codes == OK) & (load < LEAST_LOAD), TTFT, codes), load


def _columns(
    accepted: tuple[NDArray[np.int64], Columns, Floats, Floats],
    batch: tuple[Floats, Floats],
    prefill_s: Floats,
    tpot_s: Floats,
    ttft: tuple[Floats, Floats],
    phases_kj: tuple[Floats, Floats, Floats],
    moved_s: Floats,
) -> Columns:
    """Columns of all pairs; zero where the class is not served.

    Parameters
    ----------
    accepted
        Code of rejection, times of one request alone, sustained rate and load limit.
    batch
        At most, and on average.
    ttft
        Mean and percentile, as far as this side adds to them [s].
    phases_kj
        Of prefill, decode and transfer [kJ].
    moved_s
        Sending or receiving the cache [s].
    """
    rejection, alone, rate, load = accepted
    pairs = {
        "max_rate_rps": rate,
        "load_limit": load,
        "rate_rps": rate * load,
        "batch": batch[0],
        "running_batch": batch[1],
        "prefill_s": prefill_s,
        "tpot_s": tpot_s,
        "ttft_s": ttft[0],
        "ttft_percentile_s": ttft[1],
        "energy_kj_per_request": sum(phases_kj),
        "prefill_kj_per_request": phases_kj[0],
        "decode_kj_per_request": phases_kj[1],
        "transfer_kj_per_request": phases_kj[2],
        "transfer_s": moved_s,
    }
    served = {name: np.where(rejection == OK, values, 0.0) for name, values in pairs.items()}
    return {**served, **alone, "rejection": rejection}
