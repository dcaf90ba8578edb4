"""An LLM's parameters, bytes and attention work, counted from the shape on its card."""

from __future__ import annotations

from dataclasses import dataclass

from carbonplan.catalogue.records import ModelCard
from carbonplan.units import PARAMETERS_PER_BILLION

STATE_WIDTH = 2.0  # of a recurrent state, in 32 bits, over 16 bits
ACTIVATION_BYTES = 2.0  # activations and KV cache stay in 16 bits
# a product of attention in one head is written in 16 bits, widened to 32, read and written by
# the softmax, narrowed to 16 and read: 2 + 6 + 8 + 6 + 2
STORED_PAIR_BYTES = 24.0
BYTES_PER_PARAMETER = {
    "fp16": 2.0,
    "bf16": 2.0,
    "fp8": 1.0,
    "int8": 1.0,
    "int4": 0.53,  # 4 bits and a 16-bit scale for every 128, as AWQ and GPTQ store them
    "fp4": 0.53,  # 4 bits and an 8-bit scale for every 32: the OCP format MXFP4
}


@dataclass(frozen=True)
class LlmFigures:
    """An LLM in one precision; counts, parameters and bytes of all its layers together."""

    layers: float
    expert_layers: float
    hidden_size: float
    intermediate_size: float
    context_tokens: float
    core_parameters: float  # multiplied with every token: attention, dense and shared MLP
    wide_parameters: float  # of these, kept in 16 bits by checkpoints of fewer
    head_parameters: float  # output projection, multiplied with every sampled token
    expert_parameters: float  # routed experts, all of them
    experts: float  # in one layer; 1 without experts
    experts_per_token: float
    weight_bytes: float  # resident
    core_bytes: float  # read by every step, the output projection included
    expert_bytes: float  # routed experts, all of them
    full_layers: float  # attending to the whole context
    windowed_layers: float
    window_tokens: float
    state_tokens: float  # of a recurrent layer instead: its state, kept and written whole
    kv_bytes_per_token_layer: float
    kv_shards: float  # over how many tensor-parallel ranks the cache can be split
    latent_attention: float  # 1 where the cache is latent
    prefill_pair_flops: float  # of a query and a cached token in one layer, all heads
    decode_pair_flops: float
    stored_pair_bytes: float  # moved for such a pair in a prompt where attention is not fused

    @property
    def active_expert_parameters(self) -> float:
        """Of routed experts, those that one token is multiplied with."""
        return self.expert_parameters * self.experts_per_token / self.experts


def llm_figures(llm: ModelCard, precision: str) -> LlmFigures:
    """What one precision makes of a model card.

    The embeddings stay in 16 bits, and so does what a checkpoint of that precision keeps
    (``kept_in_16_bits`` of the card).
    """
    embedding = float(llm.vocabulary * llm.hidden_size)
    routed = _routed_parameters(llm)
    core = _core_parameters(llm, routed, embedding)
    width = BYTES_PER_PARAMETER[precision]
    wide = _wide_parameters(llm, precision, core)
    core_bytes = (core - wide) * width + wide * ACTIVATION_BYTES
    embeddings_bytes = (
        llm.parameters_b * PARAMETERS_PER_BILLION - routed - core
    ) * ACTIVATION_BYTES
    full = llm.layers if llm.sliding_window_tokens is None else llm.full_attention_layers
    full = llm.layers if full is None else full
    return LlmFigures(
        layers=llm.layers,
        expert_layers=llm.layers - llm.moe.dense_layers if llm.moe else 0,
        hidden_size=llm.hidden_size,
        intermediate_size=llm.intermediate_size,
        context_tokens=llm.context_tokens,
        core_parameters=core,
        wide_parameters=wide,
        head_parameters=embedding,
        expert_parameters=routed,
        experts=llm.moe.experts if llm.moe else 1,
        experts_per_token=llm.moe.experts_per_token if llm.moe else 1,
        weight_bytes=core_bytes + routed * width + embeddings_bytes,
        core_bytes=core_bytes + embedding * ACTIVATION_BYTES,
        expert_bytes=routed * width,
        full_layers=full,
        windowed_layers=llm.layers - full,
        window_tokens=llm.sliding_window_tokens or llm.context_tokens,
        state_tokens=STATE_WIDTH * llm.recurrent * (llm.sliding_window_tokens or 0),
        kv_bytes_per_token_layer=_kv_values(llm) * ACTIVATION_BYTES,
        kv_shards=1 if llm.mla else llm.kv_heads,
        latent_attention=float(llm.mla is not None),
        prefill_pair_flops=2.0 * llm.attention_heads * _prefill_width(llm),
        decode_pair_flops=2.0 * llm.attention_heads * _decode_width(llm),
        stored_pair_bytes=STORED_PAIR_BYTES * llm.attention_heads,
    )


def _routed_parameters(llm: ModelCard) -> float:
    """Parameters of all routed experts: three matrices each."""
    if llm.moe is None:
        return 0.0
    layers = llm.layers - llm.moe.dense_layers
    return 3.0 * layers * llm.moe.experts * llm.hidden_size * llm.moe.expert_intermediate_size


def _core_parameters(llm: ModelCard, routed: float, embedding: float) -> float:
    """Parameters between the embeddings.

    A card does not say whether input and output embeddings are one table; they are two where
    that leaves at least the attention and MLP matrices that its shapes ask for.
    """
    rest = llm.parameters_b * PARAMETERS_PER_BILLION - routed
    shaped = _matrix_parameters(llm)
    return (
        rest - 2.0 * embedding if rest - 2.0 * embedding >= 0.98 * shaped else rest - embedding
    )


def _wide_parameters(llm: ModelCard, precision: str, core: float) -> float:
    """Parameters between the embeddings that a checkpoint keeps in 16 bits."""
    kept = getattr(llm.kept_in_16_bits, precision, None)
    if kept == "attention":
        return core - _mlp_parameters(llm)
    return core if kept == "all but experts" else 0.0


def _matrix_parameters(llm: ModelCard) -> float:
    """Attention and dense MLP matrices by their shapes; latent attention counts as none."""
    attention = 0.0
    if llm.mla is None:
        heads = 2.0 * llm.attention_heads + 2.0 * llm.kv_heads
        attention = llm.layers * llm.hidden_size * llm.head_dim * heads
    return attention + _mlp_parameters(llm)


def _mlp_parameters(llm: ModelCard) -> float:
    """Dense layers and shared experts: three matrices each."""
    if llm.moe is None:
        return 3.0 * llm.layers * llm.hidden_size * llm.intermediate_size
    shared = llm.moe.shared_experts * llm.moe.expert_intermediate_size
    expert_layers = llm.layers - llm.moe.dense_layers
    dense = llm.moe.dense_layers * llm.intermediate_size + expert_layers * shared
    return 3.0 * llm.hidden_size * dense


def _kv_values(llm: ModelCard) -> float:
    """Numbers cached for a token in one layer."""
    if llm.mla is not None:
        return llm.mla.kv_lora_rank + llm.mla.rope_head_dim
    return 2.0 * llm.kv_heads * llm.head_dim


def _prefill_width(llm: ModelCard) -> float:
    """Length of query-key and attention-value products of one head."""
    if llm.mla is not None:
        return llm.mla.nope_head_dim + llm.mla.rope_head_dim + llm.mla.v_head_dim
    return 2.0 * llm.head_dim


def _decode_width(llm: ModelCard) -> float:
    """As in prefill; latent attention decodes in the latent space."""
    if llm.mla is not None:
        return 2.0 * llm.mla.kv_lora_rank + llm.mla.rope_head_dim
    return 2.0 * llm.head_dim
