"""Closed loops worked out by hand, and the event loop beside what was measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.replay import truth
from carbonplan.replay.benchmarks import BENCHMARKS, Run
from carbonplan.replay.closed_loop import ClosedLoop, closed_loop
from carbonplan.replay.engine import run
from carbonplan.replay.engine_settings import (
    inferencex_rules,
    places_of,
    rules_of,
    usable_share,
)
from carbonplan.technology.calibrate.serving import read_known
from carbonplan.technology.calibration import load_calibration
from tests.replay.regions import Like, all_open, kinds_of, one_way, requests_of

RUNS, IDLE_RUNS = 40, 80  # of each table, and of those with few in the system, replayed here
HIGHEST = {  # medians of the size of the error: what is reached over all runs, and some room
    ("inferencex", "tpot_s"): 0.15,
    ("inferencex", "ttft_s"): 0.20,
    ("inferencex", "ttft_load_s"): 0.25,
    ("mlenergy-v2", "tpot_s"): 0.16,
    ("mlenergy-v2", "output_tokens_per_s"): 0.15,
    ("mlenergy-v2", "energy_per_output_token_j"): 0.15,
    ("mlenergy-v3", "step_s"): 0.15,
    ("mlenergy-v3", "output_tokens_per_s"): 0.15,
    ("mlenergy-v3", "energy_per_output_token_j"): 0.15,
}


def test_four_requests_two_at_a_time():
    kinds = kinds_of([Like(slots=2, fixed_s=1.0, alone_s=1.0, kw=3.0)])
    found = closed_loop(np.full(4, 3), np.array([2, 3, 4, 1]), 2, kinds, rules_of(0))
    # 0 and 1 begin together; 2 follows 0 at 2 s and joins after the step until 3 s, in which
    # 1 is done; 3 follows it and joins after the step until 4 s.
    assert found.sent_s.tolist() == [0.0, 0.0, 2.0, 3.0]
    assert found.done_s.tolist() == [2.0, 3.0, 7.0, 5.0]
    assert found.ttft_s.tolist() == [1.0, 1.0, 2.0, 2.0]
    assert found.tpot_s[:3].tolist() == [1.0, 1.0, 1.0]
    assert np.isnan(found.tpot_s[3])  # one token only
    assert found.tokens.sum() == (2 + 3 + 4 + 1) - 4
    assert found.energy_kj.sum() == pytest.approx(3.0 * 5.0)  # steps that decode


def test_what_comes_before_a_prompt_delays_its_request_only():
    kinds = kinds_of([Like(slots=1, fixed_s=1.0, alone_s=1.0)])
    kinds = kinds._replace(before_s=[0.25])
    found = closed_loop(np.full(2, 3), np.array([1, 1]), 1, kinds, rules_of(0))
    assert found.sent_s.tolist() == [0.0, 1.25]
    assert found.ttft_s.tolist() == [1.25, 1.25]


def test_who_comes_together_comes_in_one_after_the_other():
    kinds = kinds_of([Like(slots=3, alone_s=1.0)])
    kinds = kinds._replace(before_s=[0.25], before_s_per_token=[0.125])
    found = closed_loop(np.array([2, 4, 2]), np.full(3, 1), 3, kinds, rules_of(0), 1.0)
    # In at 0.5 s, at 1.75 s and, its turn being over at 2 s, at 2.5 s; each is computed alone.
    assert found.sent_s.tolist() == [0.0, 0.0, 0.0]
    assert found.ttft_s.tolist() == [1.5, 2.75, 3.75]


def test_a_closed_loop_is_an_open_one_with_its_own_times():
    kinds = kinds_of(
        [Like(slots=4, room=300, fixed_s=0.02, per_sequence_s=0.003, per_prompt_s=1e-4)]
    )._replace(before_s=np.array([0.0123]))
    generator = np.random.default_rng(0)
    prompt, output = generator.integers(1, 90, 60), generator.integers(1, 40, 60)
    rules = rules_of(64)
    loop = closed_loop(prompt, output, 5, kinds, rules)
    requests = requests_of((loop.sent_s + 0.0123).tolist(), prompt.tolist(), output.tolist())
    again = run(requests, kinds, all_open(kinds), one_way(kinds), rules, 1)
    np.testing.assert_allclose(again.done_s, loop.done_s)
    np.testing.assert_allclose(again.energy_kj.sum(), loop.energy_kj.sum())
    at_once = [
        ((loop.sent_s <= t) & (loop.done_s > t)).sum() for t in loop.sent_s[:-5].tolist()
    ]
    assert set(at_once) == {5}


def test_measures_of_a_steady_time():
    loop = ClosedLoop(
        ttft_s=np.array([1.0, 1.0, 1.0, 1.0]),
        tpot_s=np.array([0.5, 0.5, 0.7, 0.5]),
        sent_s=np.array([0.0, 0.0, 2.0, 8.0]),
        done_s=np.array([2.0, 4.0, 8.0, 12.0]),
        step_s=np.array([0.1, 0.5, 0.7, 9.0]),
        steps=np.ones(4),
        tokens=np.array([50.0, 4.0, 6.0, 90.0]),
        ends_s=np.array([1.0, 5.0, 8.0, 12.0]),
        energy_kj=np.array([5.0, 0.25, 0.25, 5.0]),
    )
    steady = Run(loop, concurrency=2, idle_kw=0.125)  # from 4 s to 8 s
    found = {name: of(steady) for name, of in BENCHMARKS["mlenergy-v3"].measures.items()}
    assert found["step_s"] == 0.7
    assert found["output_tokens_per_s"] == pytest.approx(10.0 / 4.0)
    assert found["energy_per_output_token_j"] == pytest.approx(1000.0 * (0.5 + 0.5) / 10.0)
    assert BENCHMARKS["inferencex"].measures["tpot_s"](steady) == pytest.approx(0.55)


def test_lengths_of_benchmarks():
    generator = np.random.default_rng(0)
    told = {"input_tokens": 1000.0, "output_tokens": 10.0, "concurrency": 64.0}
    prompt, output = BENCHMARKS["inferencex"].drawn(pd.Series(told), generator)
    assert (prompt.min(), prompt.max()) == (800, 1000)
    assert (output.min(), output.max(), len(output)) == (8, 10, 640)
    told = {"input_tokens": 80.0, "output_tokens": 400.0, "concurrency": 1024.0}
    prompt, output = BENCHMARKS["mlenergy-v3"].drawn(pd.Series(told), generator)
    assert (set(prompt), len(output)) == ({80}, 4096)
    assert output.mean() == pytest.approx(400.0, rel=0.05)
    chat = pd.Series({**told, "task": "llm_text_generation/chat"})
    prompt, output = BENCHMARKS["mlenergy-v2"].drawn(chat, generator)
    assert (set(prompt), len(output), output.max()) == ({230}, 2048, 1024)
    assert output.mean() == pytest.approx(400.0, rel=0.05)


def test_a_mean_over_iterations_counts_what_prompts_before_them_took():
    loop = ClosedLoop(
        ttft_s=np.array([1.0, 1.0, 3.0]),
        tpot_s=np.zeros(3),
        sent_s=np.array([0.0, 0.0, 1.0]),
        done_s=np.array([2.0, 6.0, 6.0]),
        step_s=np.array([1.0, 1.0, 2.0, 0.5]),  # prompts, a step, a prompt, four steps
        steps=np.array([1.0, 1.0, 1.0, 4.0]),
        tokens=np.array([0.0, 2.0, 0.0, 8.0]),
        ends_s=np.array([1.0, 2.0, 4.0, 6.0]),
        energy_kj=np.zeros(4),
    )
    of = BENCHMARKS["mlenergy-v2"].measures["tpot_s"]
    # The step after the second prompt: one of two sequences has waited for it.
    assert of(Run(loop, concurrency=2, idle_kw=0.0)) == pytest.approx(
        (1.0 + 4 * 0.5 + 2.0 / 2) / 5
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, {"chunk_tokens": 8192}),
        (
            {"engine": "sglang-2025", "llm": "deepseek-v3", "precision": "fp4"},
            {"chunk_tokens": 16384, "prompts_apart": True, "looks_every": 30},
        ),
        (
            {"engine": "tensorrt-llm-2025"},
            {
                "chunk_tokens": 2048,
                "prompts_whole": True,
                "holds_steps": 20,
                "holds_tokens": 1843,
            },
        ),
        (
            {"engine": "tensorrt-llm-2025", "llm": "qwen3-32b"},
            {"chunk_tokens": 8192, "prompts_whole": True},
        ),
        ({"llm": "minimax-m2.5", "version": "0.19.0"}, {"chunk_tokens": 2048}),
        ({"llm": "minimax-m2.5", "version": "0.17.0"}, {"chunk_tokens": 8192}),
        (
            {"engine": "tensorrt-llm-2025", "llm": "deepseek-v3", "version": "1.2.0rc6"},
            {
                "chunk_tokens": 8192,
                "prompts_whole": True,
                "holds_steps": 40,
                "holds_tokens": 6554,
            },
        ),
        (
            {"engine": "tensorrt-llm-2025", "llm": "deepseek-v3", "version": "1.1.0rc2"},
            {"chunk_tokens": 8192, "prompts_whole": True, "holds_tokens": 6554},
        ),
        (  # each of four groups has a request at random after 4 (1 + 1/2 + 1/3 + 1/4) of them
            {"engine": "tensorrt-llm-2025", "llm": "deepseek-v3", "data_parallel": 4.0},
            {
                "chunk_tokens": 4 * 8192,
                "prompts_whole": True,
                "holds_steps": 60,
                "holds_tokens": 7680,
            },
        ),
    ],
)
def test_engines_run_as_they_were_started(told, expected):
    given = {
        "engine": "vllm-2026",
        "version": "",
        "llm": "llama-3.1-70b",
        "accelerator": "b200-sxm",
        "precision": "fp8",
        "tensor_parallel": 4.0,
        "data_parallel": 1.0,
        "concurrency": 64.0,
        "input_tokens": 1024.0,
        "output_tokens": 1024.0,
    }
    found = inferencex_rules(pd.Series({**given, **told}))
    assert found == rules_of(**expected)


@pytest.mark.parametrize("most", [1, 2, 3, 7, 10, 50])
def test_so_many_runs_of_each_table(most):
    runs = np.repeat(np.arange(20), 2)
    rows = pd.DataFrame({"run": runs, "dataset": np.where(runs < 4, "small", "large")})
    found = truth.sampled(rows, most)
    counts = found.drop_duplicates("run").groupby("dataset").size()
    assert counts.to_dict() == {"small": min(most, 4), "large": min(most, 16)}
    assert (found.groupby("run").size() == 2).all()


def test_errors_by_table_and_quantity():
    rows = pd.DataFrame(
        {
            "dataset": "inferencex",
            "engine": ["one", "one", "other", "other"],
            "quantity": "tpot_s",
            "value": [1.0, 1.0, 1.0, 1.0],
            "replayed": [0.9, 1.2, 0.95, np.nan],
            "formulas": [1.01, 1.02, 1.03, 5.0],
        }
    )
    (one,) = truth.accuracies(rows)
    assert (one.rows, one.dataset, one.quantity) == (3, "inferencex", "tpot_s")
    assert one.median == pytest.approx(0.1)
    assert one.signed == pytest.approx(-0.05)
    assert one.formulas == pytest.approx(0.02)
    one, other = truth.accuracies(rows, by_engine=True)
    assert (one.engine, one.rows, other.engine, other.rows) == ("one", 2, "other", 1)
    assert other.median == pytest.approx(0.05)


@pytest.fixture(scope="module")
def some(shared_data):
    known = read_known(data_root())
    rows = truth.measured_rows(shared_data / "performance", known)
    idle = rows.loc[rows["quantity"] == "ttft_s", "run"]
    few = truth.sampled(rows[rows["run"].isin(idle)], IDLE_RUNS)["run"]
    chosen = rows["run"].isin(truth.sampled(rows, RUNS)["run"]) | rows["run"].isin(few)
    return truth.replayed_rows(rows[chosen], known, load_calibration())


def test_replayed_runs_are_like_measured_ones(some):
    found = truth.accuracies(some)
    assert {(one.dataset, one.quantity) for one in found} == set(HIGHEST)
    for one in found:
        assert one.median <= HIGHEST[one.dataset, one.quantity], one


def test_hardly_any_run_does_not_fit(some):
    assert some["replayed"].isna().mean() < 0.05


def test_the_same_runs_give_the_same(shared_data, some):
    known = read_known(data_root())
    rows = truth.measured_rows(shared_data / "performance", known)
    rows = rows[rows["run"].isin(some["run"].unique()[::20])].reset_index(drop=True)
    again = truth.replayed_rows(rows, known, load_calibration())
    first = some[some["run"].isin(again["run"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, first)


def test_the_module_prints_a_table(shared_data, capsys):
    truth.main([str(shared_data / "performance"), "--runs", "1"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["table", "quantity"]
    assert len(lines) > 5


@pytest.mark.parametrize(
    ("engine", "llm", "concurrency", "places"),
    [
        ("sglang-2025", "qwen3.5-397b-a17b", 256, 128),
        ("sglang-2025", "qwen3.5-397b-a17b", 64, 64),
        ("tensorrt-llm-2025", "llama-3.1-8b", 8, 7),
        ("tensorrt-llm-2025", "llama-3.1-8b", 1, 1),
        ("tensorrt-llm-2025", "llama-3.1-70b", 8, 8),
        ("vllm-2026", "llama-3.1-8b", 8, 8),
    ],
)
def test_places_are_those_of_scripts_but_one_waits_in_a_vendors_runs(
    engine, llm, concurrency, places
):
    b200 = {"accelerator": "b200-sxm", "precision": "fp8", "tensor_parallel": 8.0}
    run = pd.Series({"engine": engine, "llm": llm, "concurrency": concurrency, **b200})
    assert places_of(run) == places


@pytest.mark.parametrize(("version", "share"), [("0.17.0", 0.95), ("0.19.0", 0.9)])
def test_memory_is_filled_as_the_script_of_the_version_says(version, share):
    run = {"engine": "vllm-2026", "llm": "minimax-m2.5", "version": version}
    run |= {"accelerator": "b200-sxm", "precision": "fp8"}
    assert (
        usable_share(pd.Series({**run, "input_tokens": 1024, "output_tokens": 1024})) == share
    )
