import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.technology.performance import (
    attended_pairs,
    decode_step,
    expert_coverage,
    prefill,
    prompt_work,
)
from tests.technology.example_records import DEEPSEEK, LLAMA_8B, LLAMA_70B, MIXTRAL, T4_4
from tests.technology.example_replicas import figures

REPLICAS = st.sampled_from(
    [
        {},
        {"precision": "fp8"},
        {"server": T4_4, "precision": "int4"},
        {"llm": LLAMA_70B, "tensor_parallel": 4},
        {"llm": LLAMA_70B, "tensor_parallel": 2, "pipeline_parallel": 2},
        {"llm": MIXTRAL, "tensor_parallel": 2},
        {"llm": DEEPSEEK, "tensor_parallel": 8, "precision": "fp8"},
    ]
)
TOKENS = st.integers(min_value=1, max_value=30_000)
BATCH = st.integers(min_value=1, max_value=1000)
CLOCK = st.floats(min_value=0.2, max_value=1.0)


def test_decode_of_one_sequence_reads_the_weights_once():
    """7.5 billion multiplied parameters at 3,350 GB/s take 4.5 ms; nothing is faster."""
    part = figures({})
    read_s = 2 * 7.5e9 / 3350e9
    step = decode_step(1, 1, part)
    assert step.memory_s[0] == pytest.approx(
        read_s / part.coefficients.bandwidth_efficiency[0], rel=1e-3
    )
    assert read_s < step.total_s[0] < 2 * read_s


def test_prompt_arithmetic_is_two_operations_for_every_parameter_and_token():
    part = figures({})
    core = part.llm.core_parameters[0]
    rate = 989e12 * part.coefficients.compute_efficiency[0]
    rise_s = prompt_work(2000, part).compute_s - prompt_work(1000, part).compute_s
    pairs = (2000**2 - 1000**2) / 2 * 32 * 4 * 4096 / part.coefficients.attention_efficiency[0]
    assert rise_s[0] == pytest.approx((2 * core * 1000 + pairs) / rate)


def test_pairs_of_a_window_grow_linearly_beyond_it():
    class Window:
        full_layers, windowed_layers, window_tokens = 1.0, 1.0, 10.0

    # 20²/2 and, in the window, 10²/2 + 10 tokens of 10 pairs
    assert attended_pairs(np.array(20.0), Window) == pytest.approx(200 + 150)


def test_coverage_of_experts():
    mixtral = figures({"llm": MIXTRAL}).llm
    assert expert_coverage(1, mixtral) == pytest.approx(2 / 8)
    assert expert_coverage(4, mixtral) == pytest.approx(1 - (6 / 8) ** 4)
    assert expert_coverage(1000, mixtral) == pytest.approx(1)


def test_dense_and_full_coverage_agree():
    assert expert_coverage(1, figures({}).llm) == pytest.approx(1)


def test_absent_peak_falls_back_to_the_next_wider_one():
    plain, narrow = (
        figures(
            {"server": T4_4, "precision": "fp16"}, {"server": T4_4, "precision": "fp8"}
        ).hardware,
        figures({"precision": "fp8"}).hardware,
    )
    assert plain.peak_tflops.tolist() == [65, 65]
    assert plain.narrow.tolist() == [0, 0]
    assert narrow.peak_tflops.tolist() == [1979]
    assert narrow.narrow.tolist() == [1]


def test_weight_only_precision_saves_bytes_and_no_arithmetic():
    wide, narrow = (
        prompt_work(4000, figures({"precision": p})).compute_s for p in ("bf16", "int4")
    )
    assert wide == pytest.approx(narrow)
    wide, narrow = (
        decode_step(1, 100, figures({"precision": p})).total_s for p in ("bf16", "int4")
    )
    assert narrow < 0.6 * wide


def test_pipeline_stages_share_a_prompt_but_do_not_hasten_it():
    stages = [figures({"llm": LLAMA_70B, "pipeline_parallel": pp}) for pp in (1, 2)]
    one, two = (prefill(1000, part).total_s for part in stages)
    assert two > one
    one, two = (prompt_work(1000, part).total_s for part in stages)
    assert two == pytest.approx(one / 2)


def test_micro_batches_cross_all_stages():
    one = decode_step(32, 1000, figures({"llm": LLAMA_70B}))
    two = decode_step(64, 1000, figures({"llm": LLAMA_70B, "pipeline_parallel": 2}))
    assert two.total_s > one.total_s
    assert two.compute_s == pytest.approx(one.compute_s)


def test_published_decode_steps_of_an_h100():
    """ML.ENERGY v3: 7.3 ms for Llama-3.1-8B and 16.6 ms for 70B on four, batch 8."""
    parts = figures({}, {"llm": LLAMA_70B, "tensor_parallel": 4})
    assert decode_step(8, 350, parts).total_s == pytest.approx([0.0073, 0.0166], rel=0.25)


@settings(max_examples=40, deadline=None)
@given(REPLICAS, BATCH, TOKENS, CLOCK, CLOCK)
def test_more_clock_is_never_slower(change, batch, tokens, one, other):
    slow, fast = sorted([one, other])
    parts = figures(*({**change, "clock_fraction": clock} for clock in (slow, fast)))
    for phase in (decode_step(batch, tokens, parts), prefill(tokens, parts)):
        assert phase.total_s[1] <= phase.total_s[0] * (1 + 1e-12)


@settings(max_examples=40, deadline=None)
@given(REPLICAS, BATCH, TOKENS, TOKENS)
def test_longer_context_is_never_faster(change, batch, one, other):
    short, long = sorted([one, other])
    part = figures(change)
    for phase in (lambda n: decode_step(batch, n, part), lambda n: prefill(n, part)):
        assert phase(short).total_s <= phase(long).total_s * (1 + 1e-12)


@settings(max_examples=40, deadline=None)
@given(REPLICAS, BATCH, BATCH, TOKENS)
def test_larger_batch_never_lowers_throughput(change, one, other, tokens):
    small, large = sorted([one, other])
    part = figures(change)
    rates = [n / decode_step(n, tokens, part).total_s[0] for n in (small, large)]
    assert rates[1] >= rates[0] * (1 - 1e-12)


@settings(max_examples=20, deadline=None)
@given(REPLICAS, BATCH, TOKENS)
def test_busy_shares_are_shares(change, batch, tokens):
    part = figures(change)
    for phase in (decode_step(batch, tokens, part), prompt_work(tokens, part)):
        assert 0 <= phase.compute_fraction[0] <= 1
        assert 0 <= phase.memory_fraction[0] <= 1


def test_embeddings_are_counted_by_the_shape():
    """Llama-3.1-8B has two tables of embeddings; only the output one is multiplied."""
    llm = figures({"llm": LLAMA_8B}).llm
    table = 128256 * 4096
    assert llm.core_parameters[0] == pytest.approx(8.03e9 - 2 * table)
    assert llm.head_parameters[0] == table
