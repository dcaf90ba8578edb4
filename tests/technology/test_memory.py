from dataclasses import replace

import numpy as np
import pytest

from carbonplan.catalogue.records import KeptIn16Bits
from carbonplan.technology.memory import (
    SEQUENCE_LIMIT,
    USABLE_FRACTION,
    activations_gb,
    kv_bytes_per_sequence,
    kv_room_gb,
    largest_batch,
    memory_batch,
    weights_gb,
)
from tests.technology.example_records import DEEPSEEK, LLAMA_70B, MIXTRAL, T4_4, llm
from tests.technology.example_replicas import figures

KV_LLAMA_70B = 2 * 8 * 128 * 2 * 80  # keys and values, 8 heads of 128, 2 bytes, 80 layers


def test_sixteen_bit_weights_are_two_bytes_for_every_parameter():
    weights = weights_gb(figures({}, {"llm": LLAMA_70B}, {"llm": MIXTRAL}))
    assert weights == pytest.approx([2 * 8.03, 2 * 70.55, 2 * 46.7])


def test_narrow_weights_leave_the_embeddings_in_sixteen_bits():
    embeddings = 2 * 128256 * 4096 / 1e9
    weights = weights_gb(figures({"precision": "fp8"}, {"precision": "int4"}))
    assert weights == pytest.approx(
        [8.03 + embeddings, 0.53 * (8.03 - embeddings) + 2 * embeddings]
    )


def test_what_a_checkpoint_keeps_stays_in_sixteen_bits():
    """Attention of 70B, with 64 query and 8 cached heads: another byte for each parameter. Of
    Mixtral all but its experts: one and a half bytes more than four bits and a scale take."""
    dense = LLAMA_70B.model_copy(
        update={"llm": "kept", "kept_in_16_bits": KeptIn16Bits(fp8="attention")}
    )
    mixed = MIXTRAL.model_copy(
        update={"llm": "mixed", "kept_in_16_bits": KeptIn16Bits(int4="all but experts")}
    )
    runs = [{"llm": one, "precision": "fp8"} for one in (LLAMA_70B, dense)]
    runs += [{"llm": one, "precision": "int4"} for one in (MIXTRAL, mixed)]
    weights = weights_gb(figures(*runs, {"llm": dense, "precision": "int4"}, {"llm": dense}))
    attention = 80 * 8192 * 128 * (2 * 64 + 2 * 8) / 1e9
    core = 46.7 - 32 * 8 * 3 * 4096 * 14336 / 1e9 - 2 * 32000 * 4096 / 1e9
    assert weights[1] - weights[0] == pytest.approx(attention, rel=1e-3)
    assert weights[3] - weights[2] == pytest.approx(core * (2 - 0.53))
    assert weights[5] == pytest.approx(2 * 70.55)  # nothing to keep


def test_attention_of_latent_caches_is_what_experts_and_dense_layers_leave():
    kept = DEEPSEEK.model_copy(
        update={"llm": "kept", "kept_in_16_bits": KeptIn16Bits(fp4="attention")}
    )
    runs = [{"llm": one, "precision": "fp4"} for one in (DEEPSEEK, kept)]
    narrow, wide = weights_gb(figures(*runs))
    mlp = 3 * 7168 * (3 * 18432 + 58 * 2048)
    routed = 3 * 58 * 256 * 7168 * 2048
    attention = 671e9 - routed - mlp - 2 * 129280 * 7168
    assert wide - narrow == pytest.approx(attention * (2 - 0.53) / 1e9)


def test_cache_of_grouped_queries_is_split_over_tensor_parallel_ranks_up_to_its_heads():
    parts = figures(*({"llm": LLAMA_70B, "tensor_parallel": tp} for tp in (1, 4, 8, 16)))
    expected = [KV_LLAMA_70B / split for split in (1, 4, 8, 8)]
    assert kv_bytes_per_sequence(1000, parts) == pytest.approx(np.multiply(expected, 1000))


def test_latent_cache_is_copied_to_every_rank_and_split_over_stages():
    one, many = figures(
        {"llm": DEEPSEEK}, {"llm": DEEPSEEK, "tensor_parallel": 8, "pipeline_parallel": 2}
    ).accelerators
    assert (one, many) == (1, 16)
    cache = kv_bytes_per_sequence(
        1,
        figures(
            {"llm": DEEPSEEK},
            {"llm": DEEPSEEK, "tensor_parallel": 8},
            {"llm": DEEPSEEK, "pipeline_parallel": 2},
        ),
    )
    token = (512 + 64) * 2 * 61
    assert cache == pytest.approx([token, token, token / 2])


def test_window_limits_the_cache_of_its_layers():
    windowed = llm(
        "windowed",
        parameters_b=1,
        layers=4,
        hidden_size=64,
        intermediate_size=64,
        attention_heads=2,
        kv_heads=1,
        head_dim=32,
        vocabulary=100,
        context_tokens=4096,
        sliding_window_tokens=100,
        full_attention_layers=1,
    )
    cache = kv_bytes_per_sequence(1000, figures({"llm": windowed}))
    assert cache == pytest.approx([2 * 32 * 2 * (1000 + 3 * 100)])


def test_room_is_what_weights_and_activations_leave():
    part = figures({"llm": LLAMA_70B, "tensor_parallel": 4})
    left = USABLE_FRACTION * 80 - 141.1 / 4 - activations_gb(part)
    assert kv_room_gb(part) == pytest.approx(left)


def test_groups_of_data_parallelism_hold_all_but_the_experts_each():
    one = figures({"llm": MIXTRAL, "tensor_parallel": 2})
    four = replace(one, data_parallel=np.full(1, 4.0))
    routed_gb = one.llm.expert_bytes / 1e9
    assert kv_room_gb(four) - kv_room_gb(one) == pytest.approx(routed_gb * (1 - 1 / 4) / 2)
    each = memory_batch(1000, four) / 4
    assert each == pytest.approx(kv_room_gb(four) * 1e9 / kv_bytes_per_sequence(1000, four))


def test_eight_billion_sixteen_bit_parameters_do_not_fit_a_t4():
    plain, narrow = kv_room_gb(figures({"server": T4_4}, {"server": T4_4, "precision": "int4"}))
    assert plain < 0 < narrow


def test_batch_fills_the_room_at_the_mean_context():
    part = figures({"llm": LLAMA_70B, "tensor_parallel": 4})
    room = kv_room_gb(part)[0] * 1e9
    expected = room // (KV_LLAMA_70B / 4 * (8000 + 1000 / 2))
    assert largest_batch(8000, 1000, part) == pytest.approx([expected])


def test_batch_is_zero_without_room_and_capped_with_much():
    assert largest_batch(100, 100, figures({"server": T4_4}, {})).tolist() == [
        0,
        SEQUENCE_LIMIT,
    ]
