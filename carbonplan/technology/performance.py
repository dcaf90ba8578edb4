r"""Prefill and decode as a calibrated roofline.

A step multiplies matrices that it reads once, attends to cached tokens, talks to its peers and
is launched:

.. math::

    t = \Bigl[\Bigl(\sqrt{t_{flops}^2 + t_{weights}^2} + \sqrt{t_{pairs}^2 + t_{cache}^2}
        + t_{comm}\Bigr)^p + t_{launch}^p\Bigr]^{1/p} + PP\,(t_{step} + n\,t_{sequence})

The root of squares is a smooth maximum: near the ridge neither hides the other completely. So
is that of p: an engine that launches its layers one after another adds their launching
(p = 1), one that launches ahead hides it behind the work of the last ones. Compute follows the
clock; memory feels it weakly; links and launches do not. What a checkpoint of fewer bits keeps
in 16 is read and multiplied as such.

With pipeline stages the batch is cut into as many micro-batches: every stage works on one of
them, so a token takes as long as one micro-batch needs through all layers and to be prepared by
every stage, and a prompt occupies each stage for its share of the layers only. Groups of data
parallelism attend to sequences of their own and share the experts.

Source
------
``williams-2009`` (roofline); ``pope-2022`` for the inference cost of transformers.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.technology.coefficients import Coefficients
from carbonplan.technology.communication import (
    expert_exchange_s,
    expert_traffic_s,
    pipeline_s,
    tensor_parallel_s,
    tensor_parallel_traffic_s,
)
from carbonplan.technology.experts import evenly_spread, fullest_coverage
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.memory import cached_token_layers, kv_split
from carbonplan.technology.rates import bytes_per_s, flops_per_s, wide_flops_per_s
from carbonplan.technology.shapes import LlmFigures
from carbonplan.units import MS_PER_S, US_PER_S

FLOPS_PER_PARAMETER = 2.0  # a multiplication and an addition for every token
LEAST_S = 1e-12  # what a smooth maximum of nothing is divided by

Seconds = NDArray[np.float64]


@dataclass(frozen=True)
class PhaseTime:
    """Time of a step, and of what keeps the accelerator busy in it, (..., replica) [s].

    Attributes
    ----------
    compute_s, prompt_s
        Matrix units at work for sequences, and for prompts.
    memory_s, cache_s
        Weights and KV cache being read.
    stalled_compute_s, stalled_memory_s, stalled_prompt_s
        What scattered experts add to the first; of prompts, what is theirs.
    link_s, sampling_s
        Talking to peers; sampling and bookkeeping of the sequences.
    """

    total_s: Seconds
    compute_s: Seconds
    prompt_s: Seconds
    memory_s: Seconds
    cache_s: Seconds
    stalled_compute_s: Seconds
    stalled_memory_s: Seconds
    stalled_prompt_s: Seconds
    link_s: Seconds
    sampling_s: Seconds

    def share(self, part: str) -> NDArray[np.float64]:
        """Share of the time that a part is busy, at most one [1]."""
        return np.minimum(getattr(self, f"{part}_s") / self.total_s, 1.0)


def prefill(
    input_tokens: ArrayLike, replica: ReplicaFigures, prompts: ArrayLike = 1.0
) -> PhaseTime:
    """Time from the admission of prompts that come at once to their first tokens.

    Parameters
    ----------
    input_tokens
        Of one prompt, (class, replica) or what broadcasts to it.
    prompts
        How many of them, alike.
    """
    tokens, count = np.asarray(input_tokens, dtype=float), np.asarray(prompts, dtype=float)
    c = replica.coefficients
    flops_s, pairs_s, waited_s = _prompt_s(tokens, replica)
    weights = _weights(tokens * count, replica)
    link_s = _links_s(tokens * count, replica)
    busy_s = np.hypot(count * flops_s, weights.plain_s + weights.stalled_s)
    launched = _launched(busy_s + count * pairs_s + link_s, _launch_s(replica, prompt=True), c)
    admission_s = c.request_overhead_ms / MS_PER_S * count**c.request_overhead_growth
    return _phase(
        launched + c.step_overhead_ms / MS_PER_S + admission_s,
        prompt_s=count * (flops_s + pairs_s),
        stalled_prompt_s=count * waited_s,
        memory_s=weights.plain_s,
        stalled_memory_s=weights.stalled_s,
        link_s=link_s,
    )


def prompt_work(input_tokens: ArrayLike, replica: ReplicaFigures) -> PhaseTime:
    r"""What a prompt adds to the steps of a busy replica, (class, replica).

    Prompts enter in chunks beside the sequences that are being decoded: the weights are read
    and the step is launched anyway, so a prompt adds its arithmetic, its traffic and its
    admission only. Every pipeline stage does its share of that while the others do theirs.

    .. math:: c\,(t_{flops} + t_{pairs} + t_{traffic}) / PP + t_{admission}
    """
    tokens = np.asarray(input_tokens, dtype=float)
    c = replica.coefficients
    flops_s, pairs_s, waited_s = _prompt_s(tokens, replica)
    share = c.prompt_cost / (replica.pipeline_parallel * replica.data_parallel)
    traffic_s = tensor_parallel_traffic_s(tokens, replica) + expert_traffic_s(tokens, replica)
    prompt_s, link_s = share * (flops_s + pairs_s), share * traffic_s
    total_s = prompt_s + link_s + c.admission_ms / MS_PER_S
    return _phase(total_s, prompt_s=prompt_s, stalled_prompt_s=share * waited_s, link_s=link_s)


def decode_step(
    batch: ArrayLike, context_tokens: ArrayLike, replica: ReplicaFigures
) -> PhaseTime:
    """Time in which every sequence of a batch gains one token, (class, replica)."""
    groups = replica.pipeline_parallel * replica.data_parallel
    sequences = np.maximum(np.asarray(batch, dtype=float) / groups, 1.0)
    cached = sequences * cached_token_layers(context_tokens, replica.llm)
    c = replica.coefficients
    work, weights = _flops(sequences, replica), _weights(sequences, replica)
    pairs_s = _pairs_s(cached * replica.llm.decode_pair_flops, replica)
    written = sequences * replica.llm.windowed_layers * replica.llm.state_tokens
    cache_s = _cache_s(cached + written, replica)
    link_s = _links_s(sequences, replica)
    matrices_s = np.hypot(work.plain_s + work.stalled_s, weights.plain_s + weights.stalled_s)
    busy_s = matrices_s + np.hypot(pairs_s, cache_s) + link_s
    stages = replica.pipeline_parallel  # of which each prepares every micro-batch
    sampling_s = stages * sequences * c.sequence_overhead_us / US_PER_S
    launched = _launched(busy_s, _launch_s(replica, prompt=False), c)
    return _phase(
        launched + stages * c.step_overhead_ms / MS_PER_S + sampling_s,
        compute_s=work.plain_s + pairs_s,
        memory_s=weights.plain_s,
        cache_s=cache_s,
        stalled_compute_s=work.stalled_s,
        stalled_memory_s=weights.stalled_s,
        link_s=link_s,
        sampling_s=sampling_s,
    )


def attended_pairs(tokens: NDArray[np.float64], llm: LlmFigures) -> NDArray[np.float64]:
    r"""Pairs of a query and an earlier token in all layers of a prompt, (class, replica).

    .. math:: L_{full} n^2 / 2 + L_{window} (n m - m^2 / 2), \quad m = \min(n, w)
    """
    window = np.minimum(tokens, llm.window_tokens)
    windowed = tokens * window - window**2 / 2.0
    return llm.full_layers * tokens**2 / 2.0 + llm.windowed_layers * windowed


@dataclass(frozen=True)
class _Split:
    """Time of what all tokens share, and what scattered experts add to it [s]."""

    plain_s: Seconds
    stalled_s: Seconds


def _phase(total_s: Seconds, **parts: Seconds) -> PhaseTime:
    """A phase, parts that are not given at zero."""
    none = np.zeros_like(total_s)
    names = [one.name for one in fields(PhaseTime)][1:]
    return PhaseTime(total_s, *(parts.get(name, none) for name in names))


def _launched(busy_s: Seconds, launch_s: Seconds, c: Coefficients) -> Seconds:
    """Work and launching, which overlap as far as the engine launches ahead [s]."""
    power = 1.0 + c.launch_overlap
    longest = np.maximum(np.maximum(busy_s, launch_s), LEAST_S)
    return longest * ((busy_s / longest) ** power + (launch_s / longest) ** power) ** (
        1.0 / power
    )


def _launch_s(replica: ReplicaFigures, *, prompt: bool) -> Seconds:
    """Launching the layers of a step, or those of a prompt outside a graph, (replica,) [s]."""
    llm, c = replica.llm, replica.coefficients
    layer_us, expert_us = c.layer_overhead_us, c.expert_overhead_us
    if prompt:
        layer_us = layer_us + c.prefill_layer_overhead_us
        expert_us = expert_us + c.prefill_expert_overhead_us
    return (llm.layers * layer_us + llm.expert_layers * expert_us) / US_PER_S


def _links_s(tokens: NDArray[np.float64], replica: ReplicaFigures) -> Seconds:
    """Talking to all peers in a step over some tokens of each group [s]."""
    return (
        tensor_parallel_s(tokens, replica)
        + expert_exchange_s(tokens, replica)
        + pipeline_s(tokens, replica)
    )


def _flops(sequences: NDArray[np.float64], replica: ReplicaFigures) -> _Split:
    """Multiplying one token of each sequence of a group with the weights [s]."""
    llm = replica.llm
    routed = FLOPS_PER_PARAMETER * llm.active_expert_parameters * sequences
    rate = replica.tensor_parallel * flops_per_s(replica)
    plain, stalled = _scattered(routed, replica)
    return _Split(_core_s(sequences, sequences, replica) + plain / rate, stalled / rate)


def _core_s(tokens: Seconds, sampled: Seconds | float, replica: ReplicaFigures) -> Seconds:
    """Multiplying tokens with what all of them pass, some with the output projection [s]."""
    llm = replica.llm
    narrow = (llm.core_parameters - llm.wide_parameters) * tokens
    narrow_s = (narrow + llm.head_parameters * sampled) / flops_per_s(replica)
    wide_s = llm.wide_parameters * tokens / wide_flops_per_s(replica)
    return FLOPS_PER_PARAMETER * (narrow_s + wide_s) / replica.tensor_parallel


def _weights(tokens: NDArray[np.float64], replica: ReplicaFigures) -> _Split:
    """Reading the weights that a step over these tokens of each group needs [s]."""
    llm, c = replica.llm, replica.coefficients
    seen = evenly_spread(tokens * replica.data_parallel, c.expert_evenness)
    routed = llm.expert_bytes * fullest_coverage(seen, replica) / replica.data_parallel
    rate = replica.tensor_parallel * bytes_per_s(replica)
    plain, stalled = _scattered(routed, replica)
    return _Split((llm.core_bytes + plain) / rate, stalled / rate)


def _scattered(
    routed: NDArray[np.float64], replica: ReplicaFigures
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Work of routed experts, and what waiting for them comes to in such work."""
    slowness = 1.0 / replica.coefficients.expert_efficiency
    return routed * np.minimum(slowness, 1.0), routed * np.maximum(slowness - 1.0, 0.0)


def _prompt_s(tokens: NDArray[np.float64], replica: ReplicaFigures) -> tuple[Seconds, ...]:
    """Weights times a prompt, its tokens times each other; of the first, waiting [s]."""
    llm, c = replica.llm, replica.coefficients
    rate = replica.tensor_parallel * flops_per_s(replica) * c.prefill_efficiency
    own_s = _core_s(tokens, 1.0, replica) / c.prefill_efficiency
    plain_s = FLOPS_PER_PARAMETER * llm.active_expert_parameters * tokens / rate
    routed_s = plain_s / (c.expert_efficiency * c.prompt_expert_efficiency)
    pairs = attended_pairs(tokens, llm)
    pairs_s = _pairs_s(pairs * llm.prefill_pair_flops, replica)
    stored = replica.tensor_parallel * bytes_per_s(replica) * c.pairs_efficiency
    attending_s = np.hypot(pairs_s, pairs * llm.stored_pair_bytes / stored)
    return own_s + routed_s, attending_s, np.maximum(routed_s - plain_s, 0.0)


def _pairs_s(attention_flops: NDArray[np.float64], replica: ReplicaFigures) -> Seconds:
    """Multiplying queries with cached tokens, in 16 bits [s]."""
    c = replica.coefficients
    rate = wide_flops_per_s(replica) * c.attention_efficiency
    return attention_flops / (replica.tensor_parallel * rate)


def _cache_s(cached_layer_tokens: NDArray[np.float64], replica: ReplicaFigures) -> Seconds:
    """Reading the KV cache [s]."""
    rate = bytes_per_s(replica) * replica.coefficients.attention_efficiency
    cache_bytes = cached_layer_tokens * replica.llm.kv_bytes_per_token_layer
    return cache_bytes / (kv_split(replica) * rate)
