from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonplan.catalogue.records import KeptIn16Bits
from carbonplan.technology.experts import expert_coverage, fullest_coverage
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.performance import (
    PhaseTime,
    attended_pairs,
    decode_step,
    prefill,
    prompt_work,
)
from carbonplan.technology.rates import memory_time
from tests.technology.example_records import DEEPSEEK, LLAMA_8B, LLAMA_70B, MIXTRAL, T4_4
from tests.technology.example_replicas import (
    CALIBRATION,
    ENGINES,
    VARIETY,
    VLLM_2025,
    figures,
    plain,
)

PARTS = [field.name.removesuffix("_s") for field in fields(PhaseTime)][1:]
REPLICAS = st.sampled_from(VARIETY)
ENGINE = st.sampled_from([*ENGINES, "unheard-of"])
TOKENS = st.integers(min_value=1, max_value=30_000)
BATCH = st.integers(min_value=1, max_value=1000)
CLOCK = st.floats(min_value=0.1, max_value=1.0)
LESS = 1 - 1e-12  # room for the last bit


def of_engine(engine: str, *changes: dict) -> ReplicaFigures:
    return figures(*changes, calibration=replace(CALIBRATION, engine=engine))


def phases(batch: int, tokens: int, part: ReplicaFigures) -> tuple[PhaseTime, ...]:
    return decode_step(batch, tokens, part), prefill(tokens, part), prompt_work(tokens, part)


def test_decode_of_one_sequence_reads_the_weights_once():
    """7.5 billion multiplied parameters at 80 % of 3,350 GB/s take 5.6 ms."""
    step = decode_step(1, 1, plain({}, bandwidth_efficiency=0.8))
    assert step.memory_s[0] == pytest.approx(2 * 7.5e9 / 3350e9 / 0.8, rel=1e-3)
    assert step.total_s[0] == pytest.approx(step.memory_s[0], rel=1e-3)


def test_a_step_is_the_smooth_maximum_of_what_keeps_it_busy():
    """Matrices, then attention, each the root of the squares of compute and memory."""
    part = plain({})
    step = decode_step(256, 4000, part)
    cache_s = 256 * 4000 * 32 * 2 * 8 * 128 * 2 / 3350e9
    pairs_s = 256 * 4000 * 32 * 2 * 32 * 2 * 128 / 989e12
    assert step.cache_s[0] == pytest.approx(cache_s)
    matrices_s = np.hypot(step.compute_s[0] - pairs_s, step.memory_s[0])
    assert step.total_s[0] == pytest.approx(matrices_s + np.hypot(pairs_s, cache_s))


def test_launching_adds_to_work_or_hides_behind_it():
    """32 layers of 100 us: one after another they add, launched far ahead they hide."""
    bare = decode_step(8, 1000, plain({})).total_s[0]
    added = decode_step(8, 1000, plain({}, layer_overhead_us=100.0)).total_s[0]
    hidden = decode_step(8, 1000, plain({}, layer_overhead_us=100.0, launch_overlap=30.0))
    assert added == pytest.approx(bare + 32 * 100e-6)
    assert hidden.total_s[0] == pytest.approx(max(bare, 32 * 100e-6), rel=0.02)


def test_every_overhead_is_added_once():
    bare = decode_step(64, 1000, plain({})).total_s[0]
    slow = plain({}, step_overhead_ms=2.0, sequence_overhead_us=10.0)
    assert decode_step(64, 1000, slow).total_s[0] == pytest.approx(bare + 2e-3 + 64 * 10e-6)
    prompt = prefill(1000, plain({})).total_s[0]
    slow = plain(
        {}, request_overhead_ms=5.0, layer_overhead_us=10.0, prefill_layer_overhead_us=20.0
    )
    assert prefill(1000, slow).total_s[0] == pytest.approx(prompt + 5e-3 + 32 * 30e-6)


def test_prompts_that_come_together_are_worked_one_after_another():
    """Their arithmetic adds up; their admission grows with a power of their number."""
    part = plain({}, request_overhead_ms=5.0, request_overhead_growth=0.5)
    one, four = (prefill(2000, part, n) for n in (1, 4))
    assert four.prompt_s == pytest.approx(4 * one.prompt_s)
    assert four.memory_s == pytest.approx(one.memory_s)
    free = prefill(2000, plain({}), 4).total_s
    assert four.total_s == pytest.approx(free + 5e-3 * 2)


def test_prompt_arithmetic_is_two_operations_for_every_parameter_and_token():
    part = plain({}, compute_efficiency=0.5, attention_efficiency=0.8, prompt_cost=1.2)
    core = part.llm.core_parameters[0]
    rise_s = prompt_work(2000, part).prompt_s - prompt_work(1000, part).prompt_s
    pairs = (2000**2 - 1000**2) / 2 * 32 * 4 * 4096 / 0.8
    assert rise_s[0] == pytest.approx(1.2 * (2 * core * 1000 + pairs) / (0.5 * 989e12))


def test_what_is_kept_in_sixteen_bits_is_multiplied_at_their_rate():
    """FP8 multiplies twice as fast: each parameter kept adds what it takes there once more."""
    kept = LLAMA_8B.model_copy(
        update={"llm": "kept", "kept_in_16_bits": KeptIn16Bits(fp8="attention")}
    )
    runs = [{"llm": one, "precision": "fp8"} for one in (LLAMA_8B, kept)]
    part = plain(*runs)
    attention = 32 * 4096 * 128 * (2 * 32 + 2 * 8)
    (narrow_s, wide_s), decode = prompt_work(1000, part).prompt_s, decode_step(64, 100, part)
    fp8 = part.hardware.peak_tflops[0] * 1e12
    assert part.hardware.attention_tflops[0] * 1e12 == pytest.approx(fp8 / 2, rel=1e-3)
    assert wide_s - narrow_s == pytest.approx(2 * attention * 1000 / fp8, rel=1e-2)
    grown_s = decode.compute_s[1] - decode.compute_s[0]
    assert grown_s == pytest.approx(2 * attention * 64 / fp8, rel=1e-2)


def test_products_that_are_stored_cost_memory_where_attention_is_not_fused():
    """2000²/2 pairs of 32 layers, 768 bytes each; beside the work on them, a smooth maximum."""
    part = plain({}, bandwidth_efficiency=0.8)
    stored = replace(part, llm=replace(part.llm, stored_pair_bytes=np.array([768.0])))
    alone_s = 2000**2 / 2 * 32 * 4 * 4096 / 989e12
    moved_s = 2000**2 / 2 * 32 * 768 / (0.8 * 3350e9)
    rise_s = prompt_work(2000, stored).prompt_s - prompt_work(2000, part).prompt_s
    assert rise_s[0] == pytest.approx(np.hypot(alone_s, moved_s) - alone_s)


def test_experts_reach_less_in_prompts_than_in_steps():
    """At half of it the routed part of a prompt takes as long again, and a step as long."""
    alike, less = (
        plain({"llm": MIXTRAL}, prompt_expert_efficiency=e, prompt_cost=1.0) for e in (1.0, 0.5)
    )
    routed = alike.llm.expert_parameters * alike.llm.experts_per_token / alike.llm.experts
    rise_s = prompt_work(1000, less).prompt_s - prompt_work(1000, alike).prompt_s
    assert rise_s == pytest.approx(2 * 1000 * routed / 989e12)
    assert prompt_work(1000, less).stalled_prompt_s == pytest.approx(rise_s)
    assert prefill(1000, less, 3).stalled_prompt_s == pytest.approx(3 * rise_s)
    assert decode_step(16, 500, less).total_s == decode_step(16, 500, alike).total_s


def test_what_a_prompt_adds_to_steps_holds_its_admission():
    bare, slow = (prompt_work(500, plain({}, admission_ms=ms)).total_s[0] for ms in (0.0, 3.0))
    assert slow == pytest.approx(bare + 3e-3)


def test_scattered_experts_stall_compute_and_memory():
    """At half the efficiency the routed part takes as long again."""
    even, scattered = (
        decode_step(16, 500, plain({"llm": MIXTRAL}, expert_efficiency=e)) for e in (1.0, 0.5)
    )
    llm = plain({"llm": MIXTRAL}).llm
    routed_s = llm.expert_bytes * expert_coverage(16, llm) / 3350e9
    assert even.stalled_memory_s[0] == even.stalled_compute_s[0] == 0.0
    assert scattered.stalled_memory_s == pytest.approx(routed_s)
    assert scattered.memory_s == pytest.approx(even.memory_s)
    assert scattered.total_s > even.total_s


def test_one_token_meets_its_experts_however_uneven_others_are():
    """Those after it count by the evenness: seven of one half, 1 + 0.5 · 6, as four even."""
    even, uneven = (plain({"llm": MIXTRAL}, expert_evenness=share) for share in (1.0, 0.5))
    one, part = (decode_step(1, 500, of).memory_s for of in (even, uneven))
    assert one == pytest.approx(part)
    four, seven = (decode_step(n, 500, of).memory_s for n, of in ((4, even), (7, uneven)))
    assert seven == pytest.approx(four)


def test_scattered_experts_stall_prompts():
    """At half the efficiency 500 tokens through two of eight experts take as long again."""
    even, scattered = (
        prompt_work(500, plain({"llm": MIXTRAL}, expert_efficiency=e)) for e in (1.0, 0.5)
    )
    routed_s = 2 * plain({"llm": MIXTRAL}).llm.expert_parameters / 4 * 500 / 989e12
    assert even.stalled_prompt_s == pytest.approx(0)
    assert scattered.stalled_prompt_s == pytest.approx(routed_s)
    assert scattered.prompt_s == pytest.approx(even.prompt_s + routed_s)
    assert scattered.total_s == pytest.approx(even.total_s + routed_s)


def test_groups_of_data_parallelism_share_the_experts_and_a_batch():
    one = plain({"llm": DEEPSEEK, "precision": "fp8", "tensor_parallel": 2})
    four = replace(one, data_parallel=np.full(1, 4.0))
    assert four.accelerators.tolist() == [8]
    steps = decode_step(1024, 500, one), decode_step(4096, 500, four)
    # as many sequences in each group, which meet all experts and hold a quarter of them
    core_s = one.llm.core_bytes[0] / 2 / 3350e9
    assert steps[1].memory_s[0] - core_s == pytest.approx((steps[0].memory_s[0] - core_s) / 4)
    assert steps[1].cache_s == pytest.approx(steps[0].cache_s)


def test_a_narrow_path_slows_memory_below_its_knee():
    """At half the knee the path runs at 0.6 of it: 0.6 to the power of -2."""
    part = plain(
        {"clock_fraction": 0.25}, {"clock_fraction": 0.8}, memory_clock_knee_mhz=0.5 * 1980
    )
    assert memory_time(part) == pytest.approx([25 / 9, 1.0])
    assert decode_step(1, 1, part).memory_s[0] == pytest.approx(
        25 / 9 * decode_step(1, 1, plain({})).memory_s[0]
    )


def test_a_recurrent_state_is_read_and_written_whole_at_any_context():
    """In 32 bits: twice the window's numbers in 16, each way."""
    state = LLAMA_8B.model_copy(
        update={"sliding_window_tokens": 640, "full_attention_layers": 4, "recurrent": True}
    )
    short, long = (decode_step(8, n, plain({"llm": state})).cache_s[0] for n in (100, 1100))
    token_s = 8 * 4096 / 3350e9  # of a layer
    assert short == pytest.approx((4 * 100 + 28 * 4 * 640) * token_s)
    assert long - short == pytest.approx(4 * 1000 * token_s)


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


def test_the_fullest_of_several_groups_reads_more_than_their_mean():
    """Two of eight experts in groups of four or two: the fuller one has 10/7 or 8/7 of them."""
    groups = np.array([1.0, 2.0, 4.0])
    part = replace(figures(*[{"llm": MIXTRAL}] * 3), expert_parallel=groups)
    assert fullest_coverage(1, part) == pytest.approx([2 / 8, 10 / 7 / 4, 8 / 7 / 2], rel=0.05)
    assert fullest_coverage(1000, part) == pytest.approx(1)
    assert (np.diff(decode_step(1, 500, part).total_s) > 0).all()


@given(fewer=TOKENS, more=TOKENS, groups=st.sampled_from([2.0, 8.0, 64.0]))
def test_more_tokens_never_meet_fewer_experts(fewer, more, groups):
    part = replace(figures({"llm": DEEPSEEK}), expert_parallel=np.full(1, groups))
    read = [fullest_coverage(n, part)[0] for n in sorted((fewer, more))]
    assert expert_coverage(min(fewer, more), part.llm)[0] <= read[0] <= read[1] <= 1


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
    wide, narrow = (plain({"precision": p}) for p in ("bf16", "int4"))
    assert prompt_work(4000, wide).prompt_s == pytest.approx(prompt_work(4000, narrow).prompt_s)
    head = 128256 * 4096
    core = wide.llm.core_parameters[0]
    steps = [decode_step(1, 1, part).memory_s[0] for part in (wide, narrow)]
    share = (0.53 * core + 2 * head) / (2 * core + 2 * head)
    assert steps[1] == pytest.approx(share * steps[0])


def test_pipeline_stages_share_a_prompt_but_do_not_hasten_it():
    stages = [plain({"llm": LLAMA_70B, "pipeline_parallel": pp}) for pp in (1, 2)]
    one, two = (prefill(1000, part).total_s for part in stages)
    assert two > one
    one, two = (prompt_work(1000, part).total_s for part in stages)
    assert two == pytest.approx(one / 2)


def test_micro_batches_cross_all_stages():
    one = decode_step(32, 1000, plain({"llm": LLAMA_70B}))
    two = decode_step(64, 1000, plain({"llm": LLAMA_70B, "pipeline_parallel": 2}))
    assert two.total_s > one.total_s
    assert two.compute_s == pytest.approx(one.compute_s)
    assert two.sampling_s == pytest.approx(2 * one.sampling_s)


def test_published_decode_steps_of_an_h100():
    """ML.ENERGY v3: 7.3 ms for Llama-3.1-8B and 16.6 ms for 70B on four, batch 8."""
    parts = figures({}, {"llm": LLAMA_70B, "tensor_parallel": 4}, calibration=VLLM_2025)
    assert decode_step(8, 350, parts).total_s == pytest.approx([0.0073, 0.0166], rel=0.25)


@settings(max_examples=60, deadline=None)
@given(REPLICAS, ENGINE, BATCH, TOKENS, CLOCK, CLOCK)
def test_more_clock_is_never_slower(change, engine, batch, tokens, one, other):
    slow, fast = sorted([one, other])
    parts = of_engine(engine, *({**change, "clock_fraction": f} for f in (slow, fast)))
    for phase in phases(batch, tokens, parts):
        assert phase.total_s[0] >= phase.total_s[1] * LESS


@settings(max_examples=60, deadline=None)
@given(REPLICAS, ENGINE, BATCH, TOKENS, TOKENS)
def test_longer_context_is_never_faster(change, engine, batch, one, other):
    short, long = sorted([one, other])
    part = of_engine(engine, change)
    for less, more in zip(phases(batch, short, part), phases(batch, long, part), strict=True):
        assert more.total_s >= less.total_s * LESS


@settings(max_examples=60, deadline=None)
@given(REPLICAS, ENGINE, BATCH, BATCH, TOKENS, st.integers(1, 4000))
def test_larger_batch_never_lowers_throughput(change, engine, one, other, inputs, outputs):
    """Neither of steps alone nor with the prompts of the sequences in between."""
    small, large = sorted([one, other])
    part = of_engine(engine, change)
    work_s = prompt_work(inputs, part).total_s
    for between_s in (0.0, work_s / outputs):
        less, more = (
            n / (decode_step(n, inputs + outputs / 2, part).total_s + n * between_s)
            for n in (small, large)
        )
        assert more >= less * LESS


@settings(max_examples=60, deadline=None)
@given(REPLICAS, ENGINE, TOKENS, st.integers(1, 64), st.integers(1, 64))
def test_more_prompts_at_once_take_longer_and_less_each(change, engine, tokens, one, other):
    few, many = sorted([one, other])
    part = of_engine(engine, change)
    less, more = (prefill(tokens, part, n).total_s for n in (few, many))
    assert more >= less * LESS
    growth = part.coefficients.request_overhead_growth
    assert growth[0] <= 1.0
    assert more / many <= less / few / LESS


@settings(max_examples=60, deadline=None)
@given(REPLICAS, ENGINE, BATCH, TOKENS, CLOCK)
def test_busy_shares_are_shares(change, engine, batch, tokens, clock):
    part = of_engine(engine, {**change, "clock_fraction": clock})
    for phase in phases(batch, tokens, part):
        assert 0 < phase.total_s[0] < np.inf
        assert all(phase.share(name)[0] <= 1 for name in PARTS)
        # experts that reach more than the rest count as a stall below zero, within the rest
        assert phase.compute_s[0] + phase.stalled_compute_s[0] >= 0
        assert phase.memory_s[0] + phase.stalled_memory_s[0] >= 0
        assert all(phase.share(name)[0] >= 0 for name in PARTS if "stalled" not in name)


def test_embeddings_are_counted_by_the_shape():
    """Llama-3.1-8B has two tables of embeddings; only the output one is multiplied."""
    llm = figures({"llm": LLAMA_8B}).llm
    table = 128256 * 4096
    assert llm.core_parameters[0] == pytest.approx(8.03e9 - 2 * table)
    assert llm.head_parameters[0] == table
