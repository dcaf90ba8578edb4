"""Traces: the shapes of public logs, and what scaling, warping and cutting keep."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from carbonplan.errors import InvalidInput, UsageError
from carbonplan.replay.traces import read_trace, scaled, truncated, warped
from carbonplan.replay.traffic import Trace

AZURE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.5000000,374,44
2023-11-16 18:15:50.7500000,396,109
2023-11-16 18:15:48.5000000,879,55
"""
BURSTGPT = """Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,1087,0,1087,Conversation log
118,GPT-4,417,276,693,API log
"""
MOONCAKE = """{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}
{"timestamp": 3052, "input_length": 7322, "output_length": 490, "hash_ids": [0]}
"""
OWN = """time_s,input_tokens,output_tokens,workload
10,100,20,chat
12.5,4000,5,code
"""
RATES = """workload,t_s,requests_per_s
chat,0,20
chat,600,0
chat,1200,5
other,0,1
other,600,1
"""
LENGTHS = """workload,field,mean_tokens_in_bin,requests_frac
chat,input_tokens,100,0.75
chat,input_tokens,300,0.25
chat,output_tokens,10.4,1
"""


def written(folder, text, name="trace.csv"):
    path = folder / name
    path.write_text(text)
    return path


def a_trace(count=1000, seconds=100.0):
    time_s = np.sort(np.random.default_rng(1).random(count)) * seconds
    numbers = np.arange(count)
    return Trace(time_s, numbers + 1, numbers % 7 + 1, 0 * numbers, ("chat",), "made")


def test_azure_in_order_of_time_from_the_first(tmp_path):
    trace = read_trace(written(tmp_path, AZURE))
    np.testing.assert_allclose(trace.time_s, [0.0, 2.0, 4.25], atol=1e-6)
    assert trace.prompt.tolist() == [374, 879, 396]
    assert trace.output.tolist() == [44, 55, 109]
    assert (trace.prompt.dtype, trace.output.dtype) == (np.int32, np.int32)
    assert set(trace.workload) == {""}


def test_compressed_logs_are_the_same(tmp_path):
    packed = tmp_path / "trace.csv.gz"
    packed.write_bytes(gzip.compress(AZURE.encode()))
    plain = read_trace(written(tmp_path, AZURE))
    np.testing.assert_array_equal(read_trace(packed).time_s, plain.time_s)


def test_burstgpt_without_failed_requests(tmp_path):
    trace = read_trace(written(tmp_path, BURSTGPT))
    assert trace.time_s.tolist() == [0.0, 113.0]
    assert trace.workload.tolist() == ["Conversation log", "API log"]
    assert trace.code.dtype == np.uint8
    assert trace.is_of("API log", "").tolist() == [False, True]
    only = read_trace(tmp_path / "trace.csv", workloads=["API log"])
    assert only.prompt.tolist() == [417]


def test_mooncake_and_own_columns(tmp_path):
    trace = read_trace(written(tmp_path, MOONCAKE, "trace.jsonl"))
    assert (trace.time_s.tolist(), trace.prompt.tolist()) == ([0.0, 3.052], [6758, 7322])
    own = read_trace(written(tmp_path, OWN))
    assert (own.time_s.tolist(), own.workload.tolist()) == ([0.0, 2.5], ["chat", "code"])


def test_rates_become_requests_of_their_windows(tmp_path):
    rates = written(tmp_path, RATES)
    lengths = written(tmp_path, LENGTHS, "lengths.csv")
    trace = read_trace(rates, lengths=lengths, workloads=["chat"], seed=3)
    count = len(trace.time_s)
    assert abs(count - 15_000) < 5 * np.sqrt(15_000)
    inside = np.histogram(trace.time_s, [0, 600, 1200, 1800])[0]
    assert inside[1] <= 5  # nothing but what begins late
    assert abs(inside[2] - 3000) < 5 * np.sqrt(3000)
    assert abs((trace.prompt == 100).mean() - 0.75) < 0.02
    assert set(trace.output) == {10}
    again = read_trace(rates, lengths=lengths, workloads=["chat"], seed=3)
    np.testing.assert_array_equal(trace.time_s, again.time_s)
    short = read_trace(rates, lengths=lengths, workloads=["chat"], seconds=60.0)
    assert short.time_s[-1] < 60.0
    assert abs(len(short.time_s) - 1200) < 5 * np.sqrt(1200)


def test_what_is_missing_is_said(tmp_path):
    rates = written(tmp_path, RATES)
    lengths = written(tmp_path, LENGTHS, "lengths.csv")
    with pytest.raises(InvalidInput, match="expected lengths beside it"):
        read_trace(rates)
    with pytest.raises(InvalidInput, match='workload "other" has no lengths'):
        read_trace(rates, lengths=lengths)
    with pytest.raises(InvalidInput, match=r'no workload "chatt".*nearest: "chat"'):
        read_trace(rates, lengths=lengths, workloads=["chatt"])
    with pytest.raises(InvalidInput, match="says no times"):
        read_trace(written(tmp_path, "input_tokens,output_tokens\n3,4\n", "no-time.csv"))
    many = RATES.replace("chat,0,20", "chat,0,200000")
    with pytest.raises(InvalidInput, match="20,000,000 at most: ask for fewer seconds"):
        read_trace(written(tmp_path, many), lengths=lengths, workloads=["chat"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (OWN.replace("4000", "many"), 'line 3, input_tokens: found "many"'),
        (OWN.replace("12.5", "-1"), "line 3, time_s: found -1"),
        (OWN.replace(",5,code", ",0,code").replace("20", "0"), "no request with input and out"),
        (OWN.replace("4000", "4e15"), "found 4e.15 tokens"),
    ],
)
def test_faults_name_the_line(tmp_path, text, problem):
    with pytest.raises(InvalidInput, match=problem):
        read_trace(written(tmp_path, text))


def test_scaled_keeps_the_span_and_the_lengths():
    trace = a_trace()
    more = scaled(trace, 3.4, seed=5)
    assert abs(len(more.time_s) - 3400) < 5 * np.sqrt(400)
    assert abs(more.seconds / trace.seconds - 1.0) < 0.01
    assert (np.diff(more.time_s) >= 0).all()
    assert (np.bincount(more.prompt)[1:] >= 3).all()
    np.testing.assert_array_equal(more.time_s, scaled(trace, 3.4, seed=5).time_s)
    assert set(scaled(trace, 0.5).prompt) < set(trace.prompt)
    same = scaled(trace, 1.0)
    np.testing.assert_allclose(same.time_s, trace.time_s - trace.time_s[0])


def test_warped_brings_the_rates_of_the_curve_in_order():
    trace = a_trace()
    curve = [30.0, 0.0, 5.0]
    found = warped(trace, curve, 100.0)
    counts = np.histogram(found.time_s, [0, 100, 200, 300])[0]
    assert counts[:2].tolist() == [3000, 0]
    assert abs(counts[2] - 500) < 50
    assert found.prompt[:1000].tolist() == trace.prompt.tolist()
    assert (np.diff(found.time_s) >= 0).all()
    even = warped(trace, [len(trace.time_s) / trace.seconds], trace.seconds)
    np.testing.assert_allclose(even.time_s, trace.time_s - trace.time_s[0], atol=1e-9)


def test_truncated_counts_from_the_first_that_is_left():
    trace = a_trace()
    cut = truncated(trace, 10.0, start_s=20.0)
    assert cut.time_s[0] == 0.0
    assert cut.time_s[-1] < 10.0
    with pytest.raises(UsageError, match="has no request in 10 s"):
        truncated(trace, 10.0, start_s=500.0)


@pytest.mark.parametrize("factor", [0.0, -1.0, np.inf, np.nan])
def test_a_factor_is_above_zero(factor):
    with pytest.raises(UsageError, match="expected a number above 0"):
        scaled(a_trace(), factor)


@pytest.mark.parametrize("rates", [[0.0, 0.0], [1.0, -1.0], [np.nan]])
def test_a_curve_has_rates(rates):
    with pytest.raises(UsageError, match="expected rates of 0 or more"):
        warped(a_trace(), rates, 60.0)


def test_public_traces(shared_data):
    traces = shared_data / "traces"
    conversation = read_trace(traces / "azure_llm_2023_conv.csv.gz")
    assert len(conversation.time_s) == 19_366
    assert conversation.prompt.mean() == pytest.approx(1154.7, abs=0.1)
    assert len(read_trace(traces / "mooncake_synthetic.csv.gz").time_s) == 3993
    served = read_trace(
        traces / "servegen_request_rate_10min.csv.gz",
        lengths=traces / "servegen_length_histogram.csv.gz",
        workloads=["language/m-large"],
        seconds=60.0,
    )
    assert abs(len(served.time_s) / 60.0 / 212.78 - 1.0) < 0.05
