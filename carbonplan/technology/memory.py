"""Memory: does a replica fit, and how many sequences can it hold at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.shapes import ACTIVATION_BYTES, LlmFigures
from carbonplan.units import BYTES_PER_GB

USABLE_FRACTION = 0.9  # vllm-docs: default of gpu_memory_utilization
PREFILL_CHUNK_TOKENS = 2048.0  # vllm-docs: tokens of one step of chunked prefill
LIVE_HIDDEN_STATES = 4.0  # residual, normalised, attention and MLP output
LIVE_MLP_STATES = 3.0  # gate, up and their product
SEQUENCE_LIMIT = 1024  # vllm-docs: default of max_num_seqs on large accelerators


def weights_gb(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Weights of one replica on all its accelerators together, (replica,) [GB]."""
    return np.asarray(replica.llm.weight_bytes / BYTES_PER_GB)


def activations_gb(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Activations kept free on every accelerator of a replica, (replica,) [GB]."""
    return np.asarray(llm_activations_gb(replica.llm, replica.tensor_parallel))


def llm_activations_gb(llm: LlmFigures, tensor_parallel: ArrayLike) -> ArrayLike:
    r"""Activations kept free on every accelerator for one step [GB].

    .. math:: M_{act} = 2\,n_{chunk}\,(4 h + 3 i / TP)

    with hidden size h, MLP size i and the tokens of a prefill chunk.
    """
    hidden = LIVE_HIDDEN_STATES * llm.hidden_size
    states = hidden + LIVE_MLP_STATES * llm.intermediate_size / np.asarray(tensor_parallel)
    return PREFILL_CHUNK_TOKENS * ACTIVATION_BYTES * states / BYTES_PER_GB


def usable_gb(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Memory of one accelerator that an engine may fill, (replica,) [GB]."""
    return np.asarray(USABLE_FRACTION * replica.hardware.memory_gb)


def kv_room_gb(replica: ReplicaFigures) -> NDArray[np.float64]:
    r"""Room for the KV cache on one accelerator; negative where not even the weights fit [GB].

    .. math:: M_{kv} = 0.9 M - (W_{own} + W_{routed} / DP) / (TP \cdot PP) - M_{act}

    Groups of data parallelism share the routed experts, and hold all else each.
    """
    shared = replica.llm.expert_bytes * (1.0 - 1.0 / replica.data_parallel)
    weights = (replica.llm.weight_bytes - shared) / BYTES_PER_GB
    ranks = replica.tensor_parallel * replica.pipeline_parallel
    return usable_gb(replica) - weights / ranks - activations_gb(replica)


def cached_token_layers(context_tokens: ArrayLike, llm: LlmFigures) -> NDArray[np.float64]:
    r"""Tokens kept by all layers together for one sequence, (..., replica).

    .. math:: L_{full}\,c + L_{window} \max(\min(c, w), s)

    The state s of recurrent layers is as large from the first token on.
    """
    context = np.asarray(context_tokens, dtype=float)
    windowed = np.maximum(np.minimum(context, llm.window_tokens), llm.state_tokens)
    return np.asarray(llm.full_layers * context + llm.windowed_layers * windowed)


def kv_split(replica: ReplicaFigures) -> NDArray[np.float64]:
    """Over how many tensor-parallel ranks the cache of a layer is spread, (replica,) [1].

    Ranks beyond the KV heads hold copies; a latent cache is copied to every rank.
    """
    return np.minimum(replica.tensor_parallel, replica.llm.kv_shards)


def kv_bytes_per_sequence(
    context_tokens: ArrayLike, replica: ReplicaFigures
) -> NDArray[np.float64]:
    r"""KV cache of one sequence on one accelerator, (..., replica) [bytes].

    .. math:: 2 b\,n_{kv}\,d\;(L_{full} c + L_{window} \min(c, w)) / (\min(TP, n_{kv})\,PP)

    and with latent attention :math:`b\,(r_{kv} + d_{rope})` for a token and layer.

    Source
    ------
    ``ainslie-gqa-2023`` for grouped queries, ``deepseek-v2-2024`` section 2.1 for the latent.
    """
    tokens = cached_token_layers(context_tokens, replica.llm)
    split = kv_split(replica) * replica.pipeline_parallel
    return tokens * replica.llm.kv_bytes_per_token_layer / split


def memory_batch(context_tokens: ArrayLike, replica: ReplicaFigures) -> NDArray[np.float64]:
    """Sequences of a mean context whose cache fits, (class, replica); not whole [1]."""
    room = kv_room_gb(replica) * BYTES_PER_GB * replica.data_parallel
    return np.asarray(room / kv_bytes_per_sequence(context_tokens, replica))


def largest_batch(
    input_tokens: ArrayLike, output_tokens: ArrayLike, replica: ReplicaFigures
) -> NDArray[np.float64]:
    r"""Most sequences whose cache fits, (class, replica); zero where a single one does not.

    A sequence grows from its input to input + output while it is decoded, so many of them
    hold a mean context of input + output / 2; one alone must fit at its full length.
    """
    inputs, outputs = np.asarray(input_tokens, float), np.asarray(output_tokens, float)
    room = kv_room_gb(replica) * BYTES_PER_GB
    mean = np.floor(memory_batch(inputs + outputs / 2, replica))
    alone = kv_bytes_per_sequence(inputs + outputs, replica) <= room
    return np.where(alone, np.clip(mean, 1, SEQUENCE_LIMIT), 0.0)
