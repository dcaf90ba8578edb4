r"""Prefill and decode as a calibrated roofline.

A step multiplies matrices that it reads once, attends to cached tokens, talks to its peers and
is launched:

.. math::

    t = \sqrt{t_{flops}^2 + t_{weights}^2} + \sqrt{t_{pairs}^2 + t_{cache}^2}
        + t_{comm} + t_{launch}

The root of squares is a smooth maximum: near the ridge neither hides the other completely.
Compute follows the clock; memory feels it weakly; links and launches do not.

With pipeline stages the batch is cut into as many micro-batches: every stage works on one of
them, so a token takes as long as one micro-batch needs through all layers, and a prompt
occupies each stage for its share of the layers only.

Source
------
``williams-2009`` (roofline); ``pope-2022`` for the inference cost of transformers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.technology.communication import (
    pipeline_s,
    tensor_parallel_s,
    tensor_parallel_traffic_s,
)
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.memory import cached_token_layers, kv_split
from carbonplan.technology.shapes import LlmFigures
from carbonplan.units import BYTES_PER_GB, FLOPS_PER_TFLOPS, MS_PER_S, US_PER_S

FLOPS_PER_PARAMETER = 2.0  # a multiplication and an addition for every token


@dataclass(frozen=True)
class PhaseTime:
    """Time of a step, and of what keeps the accelerator busy in it, (..., replica)."""

    total_s: NDArray[np.float64]
    compute_s: NDArray[np.float64]
    memory_s: NDArray[np.float64]
    sampling_s: NDArray[np.float64]  # sampling and bookkeeping of the sequences

    @property
    def compute_fraction(self) -> NDArray[np.float64]:
        return np.minimum(self.compute_s / self.total_s, 1.0)

    @property
    def memory_fraction(self) -> NDArray[np.float64]:
        return np.minimum(self.memory_s / self.total_s, 1.0)

    @property
    def sampling_fraction(self) -> NDArray[np.float64]:
        return np.minimum(self.sampling_s / self.total_s, 1.0)


def prefill(input_tokens: ArrayLike, replica: ReplicaFigures) -> PhaseTime:
    """Time from the admission of one prompt to its first token, (class, replica)."""
    tokens = np.asarray(input_tokens, dtype=float)
    step = _step(
        tokens=tokens,
        sampled=1.0,
        attention_flops=attended_pairs(tokens, replica.llm) * replica.llm.prefill_pair_flops,
        cached_layer_tokens=cached_token_layers(tokens, replica.llm),
        replica=replica,
    )
    total_s = step.total_s + _admission_s(replica)
    return replace(step, total_s=total_s)


def prompt_work(input_tokens: ArrayLike, replica: ReplicaFigures) -> PhaseTime:
    r"""What a prompt adds to the steps of a busy replica, (class, replica).

    Prompts enter in chunks beside the sequences that are being decoded: the weights are read
    and the step is launched anyway, so a prompt adds its arithmetic and its traffic only.
    Every pipeline stage does its share of that while the others do theirs.

    .. math:: (t_{flops} + t_{pairs} + t_{traffic}) / PP
    """
    tokens = np.asarray(input_tokens, dtype=float)
    pairs = attended_pairs(tokens, replica.llm) * replica.llm.prefill_pair_flops
    compute_s = _flops_s(tokens, 1.0, replica) + _pairs_s(pairs, replica)
    total_s = compute_s + tensor_parallel_traffic_s(tokens, replica)
    stages = replica.pipeline_parallel
    none = np.zeros_like(compute_s)
    return PhaseTime(total_s / stages, compute_s / stages, none, none)


def decode_step(
    batch: ArrayLike, context_tokens: ArrayLike, replica: ReplicaFigures
) -> PhaseTime:
    """Time in which every sequence of a batch gains one token, (class, replica)."""
    sequences = np.maximum(np.asarray(batch, dtype=float) / replica.pipeline_parallel, 1.0)
    cached = sequences * cached_token_layers(context_tokens, replica.llm)
    return _step(
        tokens=sequences,
        sampled=sequences,
        attention_flops=cached * replica.llm.decode_pair_flops,
        cached_layer_tokens=cached,
        replica=replica,
    )


def attended_pairs(tokens: NDArray[np.float64], llm: LlmFigures) -> NDArray[np.float64]:
    r"""Pairs of a query and an earlier token in all layers of a prompt, (class, replica).

    .. math:: L_{full} n^2 / 2 + L_{window} (n m - m^2 / 2), \quad m = \min(n, w)
    """
    window = np.minimum(tokens, llm.window_tokens)
    windowed = tokens * window - window**2 / 2.0
    return llm.full_layers * tokens**2 / 2.0 + llm.windowed_layers * windowed


def expert_coverage(tokens: ArrayLike, llm: LlmFigures) -> NDArray[np.float64]:
    r"""Share of the routed experts that a step over some tokens reads, (..., replica) [1].

    .. math:: 1 - (1 - k / E)^n

    if tokens choose their k of E experts independently and evenly.
    """
    missed = np.log1p(-np.minimum(llm.experts_per_token / llm.experts, 1.0 - 1e-12))
    return -np.expm1(np.asarray(tokens) * missed)


def _step(
    *,
    tokens: NDArray[np.float64],
    sampled: ArrayLike,
    attention_flops: NDArray[np.float64],
    cached_layer_tokens: NDArray[np.float64],
    replica: ReplicaFigures,
) -> PhaseTime:
    """One pass of a tensor-parallel group through all layers."""
    flops_s = _flops_s(tokens, sampled, replica)
    weights_s = _weights_s(tokens, replica)
    pairs_s = _pairs_s(attention_flops, replica)
    cache_s = _cache_s(cached_layer_tokens, replica)
    busy_s = np.hypot(flops_s, weights_s) + np.hypot(pairs_s, cache_s)
    communication_s = tensor_parallel_s(tokens, replica) + pipeline_s(tokens, replica)
    sampling_s = np.asarray(sampled) * replica.coefficients.sequence_overhead_us / US_PER_S
    total_s = busy_s + communication_s + _launch_s(replica) + sampling_s
    return PhaseTime(total_s, flops_s + pairs_s, weights_s + cache_s, sampling_s)


def _flops_s(
    tokens: NDArray[np.float64], sampled: ArrayLike, replica: ReplicaFigures
) -> NDArray[np.float64]:
    """Multiplying tokens with the weights [s]."""
    llm, efficiency = replica.llm, replica.coefficients.expert_efficiency
    parameters = llm.core_parameters + _active_expert_parameters(llm) / efficiency
    flops = FLOPS_PER_PARAMETER * (
        parameters * tokens + llm.head_parameters * np.asarray(sampled)
    )
    return flops / (replica.tensor_parallel * _flops_per_s(replica))


def _weights_s(tokens: NDArray[np.float64], replica: ReplicaFigures) -> NDArray[np.float64]:
    """Reading the weights that a step over these tokens needs [s]."""
    llm = replica.llm
    experts = llm.expert_bytes * expert_coverage(tokens, llm)
    read = llm.core_bytes + experts / replica.coefficients.expert_efficiency
    return read / (replica.tensor_parallel * _bytes_per_s(replica))


def _pairs_s(
    attention_flops: NDArray[np.float64], replica: ReplicaFigures
) -> NDArray[np.float64]:
    """Multiplying queries with cached tokens, in 16 bits [s]."""
    c = replica.coefficients
    peak = replica.hardware.attention_tflops * FLOPS_PER_TFLOPS * relative_rate(replica)
    rate = peak * c.compute_efficiency * c.attention_efficiency
    return attention_flops / (replica.tensor_parallel * rate)


def _cache_s(
    cached_layer_tokens: NDArray[np.float64], replica: ReplicaFigures
) -> NDArray[np.float64]:
    """Reading the KV cache [s]."""
    rate = _bytes_per_s(replica) * replica.coefficients.attention_efficiency
    cache_bytes = cached_layer_tokens * replica.llm.kv_bytes_per_token_layer
    return cache_bytes / (kv_split(replica) * rate)


def _launch_s(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Scheduling a step and launching its layers, (replica,) [s]."""
    llm, c = replica.llm, replica.coefficients
    layers_us = llm.layers * c.layer_overhead_us + llm.expert_layers * c.expert_overhead_us
    return c.step_overhead_ms / MS_PER_S + layers_us / US_PER_S


def _admission_s(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Admission of a prompt, and launching its layers outside a graph [s]."""
    llm, c = replica.llm, replica.coefficients
    dense_us = llm.layers * c.prefill_layer_overhead_us
    routed_us = llm.expert_layers * c.prefill_expert_overhead_us
    return c.request_overhead_ms / MS_PER_S + (dense_us + routed_us) / US_PER_S


def _active_expert_parameters(llm: LlmFigures) -> NDArray[np.float64]:
    return np.asarray(llm.expert_parameters * llm.experts_per_token / llm.experts)


def _flops_per_s(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Matrix throughput of one accelerator at the replica's clock, (replica,) [1/s]."""
    c = replica.coefficients
    narrow = 1.0 - replica.hardware.narrow * (1.0 - c.narrow_efficiency)
    peak = replica.hardware.peak_tflops * FLOPS_PER_TFLOPS
    return peak * c.compute_efficiency * narrow * relative_rate(replica)


def relative_rate(replica: ReplicaFigures) -> NDArray[np.float64]:
    r"""Matrix throughput over that without a limit on the clock, (replica,) [1].

    .. math:: \min(f, f_s) / f_s

    At full load the power limit holds the clock at :math:`f_s` anyway, so a limit above it
    changes nothing.
    """
    sustained = replica.coefficients.sustained_clock
    return np.asarray(np.minimum(replica.clock_fraction, sustained) / sustained)


def _bytes_per_s(replica: ReplicaFigures) -> NDArray[np.float64]:
    r"""Memory throughput of one accelerator, (replica,) [bytes/s].

    .. math:: B\,\eta / (1 + s\,(1/f - 1))
    """
    c = replica.coefficients
    slowing = 1.0 + c.memory_clock_sensitivity * (1.0 / replica.clock_fraction - 1.0)
    peak = replica.hardware.bandwidth_gb_per_s * BYTES_PER_GB
    return np.asarray(peak * c.bandwidth_efficiency / slowing)
