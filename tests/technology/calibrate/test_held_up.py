"""Steps and prompts that were slower than ones with more to do, by hand."""

import numpy as np
import pytest

from carbonplan.technology.calibrate.held_up import held_up, slow_prompts
from tests.technology.calibrate.example_rows import table


def steps(*pairs: tuple[float, float], **changes: object) -> list[dict]:
    """Steps of growing batches."""
    return [{"batch": batch, "value": value, **changes} for batch, value in pairs]


def prompts(*runs: tuple[str, float, float], **changes: object) -> list[dict]:
    """Prompts by precision and stages."""
    run = {"engine": "llama.cpp", "quantity": "prefill_s", **changes}
    return [
        {"precision": precision, "pipeline_parallel": stages, "value": value, **run}
        for precision, stages, value in runs
    ]


def test_prompts_far_slower_than_with_widened_weights_were_held_up():
    """Four accelerators are no excuse; those that have nothing beside them are believed."""
    one, four = ("fp16", 1.0, 0.9), ("fp16", 4.0, 0.12)
    rows = table(*prompts(("int4", 1.0, 0.1), one, ("int4", 4.0, 0.2), four))
    assert slow_prompts(rows).tolist() == [False, True, True, False]
    assert not slow_prompts(table(*prompts(one, four))).any()
    assert not slow_prompts(table(*prompts(("int4", 1.0, 0.1), one, engine="vllm-2025"))).any()


def test_a_step_longer_than_that_of_a_larger_batch_was_held_up():
    rows = table(*steps((1, 0.010), (8, 0.030), (16, 0.012), (32, 0.020)))
    assert held_up(rows).tolist() == [False, True, False, False]


def test_a_little_longer_is_no_more_than_noise():
    rows = table(*steps((1, 0.0105), (8, 0.010)))
    assert not held_up(rows).any()


def test_whatever_was_measured_of_such_a_run_is_marked():
    power = {"quantity": "power_w", "value": 300.0}
    rows = table(
        *steps((1, 0.030), (8, 0.010)),
        {"batch": 1.0, **power},
        {"batch": 8.0, **power},
        {"batch": 1.0, **power, "llm": "llama-3.1-70b"},
    )
    assert held_up(rows).tolist() == [True, False, True, False, False]


@pytest.mark.parametrize(
    "other",
    [
        {"llm": "llama-3.1-70b"},
        {"accelerator": "t4"},
        {"engine": "vllm-2024"},
        {"tensor_parallel": 2.0},
        {"precision": "fp8"},
        {"dataset": "e"},
        {"clock_fraction": 0.5},
        {"power_limit_fraction": 0.5},
        {"expert_parallel": 2.0},
    ],
)
def test_runs_of_something_else_hold_nobody_up(other):
    rows = table(*steps((1, 0.030)), *steps((8, 0.010), **other))
    assert not held_up(rows).any()


def test_a_larger_batch_of_another_task_counts_if_it_reads_as_much_of_the_cache():
    """8 times 600 tokens, 2 times 550 and 2 times 2600."""
    more = steps((8, 0.010), task="chat")
    less, as_much = {"input_tokens": 450.0}, {"input_tokens": 2500.0}
    rows = table(*more, *steps((2, 0.030), **less), *steps((2, 0.030), **as_much))
    assert held_up(rows).tolist() == [False, True, False]


def test_a_median_that_hides_longer_steps_holds_nobody_up():
    """At 100 sequences and 2,500 tokens a second a token takes 40 ms, whatever the median."""
    rate = {"batch": 100.0, "quantity": "output_tokens_per_s", "value": 2500.0}
    assert held_up(table(*steps((8, 0.030), (100, 0.010)))).tolist() == [True, False]
    assert not held_up(table(*steps((8, 0.030), (100, 0.010)), rate)).any()


def test_repeats_at_one_batch_hold_nobody_up():
    assert not held_up(table(*steps((8, 0.030), (8, 0.010)))).any()


def test_a_run_with_other_prompts_is_not_marked_with_it():
    other = {"batch": 1.0, "input_tokens": 8000.0, "quantity": "power_w", "value": 300.0}
    rows = table(*steps((1, 0.030), (8, 0.010)), other)
    assert held_up(rows).tolist() == [True, False, False]


def test_times_of_tokens_compare_at_like_lengths_only():
    """Prompts in between make a long input slower."""
    long = {"quantity": "tpot_s", "input_tokens": 8000.0}
    rows = table(*steps((1, 0.030), **long), *steps((8, 0.010), quantity="tpot_s"))
    assert not held_up(rows).any()


def test_runs_that_fill_memory_are_not_marked_with_others():
    """Their batch is not known."""
    filled = {"batch": np.nan, "quantity": "output_tokens_per_s", "value": 9.0}
    rows = table(*steps((1, 0.030), (8, 0.010)), filled)
    assert held_up(rows).tolist() == [True, False, False]
