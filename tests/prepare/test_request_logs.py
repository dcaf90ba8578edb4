import gzip
import json

import numpy as np
import pytest

from carbonplan.errors import InvalidInput
from carbonplan.prepare.request_logs import blocks, read_requests
from carbonplan.prepare.request_logs.layouts import Clock

HOUR_S = 3600


def file_of(folder, text, name="log.csv"):
    path = folder / name
    path.write_text(text)
    return path


def counted(path, **options):
    found, clock, formats = read_requests([path], **options)
    return found, clock, next(iter(formats.values()))


AZURE_2023 = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:15:46.6805900,374,44
2023-11-16 18:15:50.9951690,396,109
"""
AZURE_2024 = """TIMESTAMP,ContextTokens,GeneratedTokens
2024-05-10 00:00:00.009930+00:00,2162,5
2024-05-10 00:00:30+00:00,2399,6
"""
BURSTGPT = """Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,1087,230,1317,Conversation log
118,GPT-4,417,0,417,API log
119,GPT-4,500,20,520,API log
"""
MOONCAKE = """{"timestamp": 0, "input_length": 6755, "output_length": 500, "hash_ids": [0, 1]}
{"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [0]}
"""
PLAIN = """time_utc,workload,input_tokens,output_tokens,user
2024-01-01T00:00:00Z,chat,100,50,"a, b"
2024-01-01T00:00:01.5Z,code,2000,10,c
"""


@pytest.mark.parametrize(
    ("text", "name", "wanted", "clock", "tokens"),
    [
        (AZURE_2023, "a.csv", "azure", Clock.UTC, {"": [[374, 44], [396, 109]]}),
        (AZURE_2024, "a.csv", "azure", Clock.UTC, {"": [[2162, 5], [2399, 6]]}),
        (
            BURSTGPT,
            "b.csv",
            "burstgpt",
            Clock.START,
            {"API log": [[500, 20]], "Conversation log": [[472, 18], [1087, 230]]},
        ),
        (MOONCAKE, "m.jsonl", "mooncake", Clock.START, {"": [[6755, 500], [6955, 52]]}),
        (PLAIN, "p.csv", "csv", Clock.UTC, {"chat": [[100, 50]], "code": [[2000, 10]]}),
    ],
)
def test_public_shapes_are_told_by_their_columns(tmp_path, text, name, wanted, clock, tokens):
    found, counts_from, format_found = counted(file_of(tmp_path, text, name))
    assert (format_found, counts_from) == (wanted, clock)
    assert {name: one.tokens.tolist() for name, one in found.items()} == tokens


def test_requests_without_output_are_no_load(tmp_path):
    found, _, _ = counted(file_of(tmp_path, BURSTGPT))
    assert found["API log"].dropped == 0.5
    assert found["Conversation log"].dropped == 0


def test_only_the_workloads_asked_for(tmp_path):
    found, _, _ = counted(file_of(tmp_path, PLAIN), workloads=["code"])
    assert list(found) == ["code"]
    with pytest.raises(InvalidInput, match='nearest: "code"'):
        counted(file_of(tmp_path, PLAIN), workloads=["cod"])


def test_hours_are_those_that_the_log_covers_wholly(tmp_path):
    """From 00:30 to 03:10: two whole hours, one of them without a request."""
    seconds = [1800, 3600, 5400, 3 * HOUR_S + 600]
    rows = "".join(f"{second},10,20\n" for second in seconds)
    found, _, _ = counted(file_of(tmp_path, f"time_s,input_tokens,output_tokens\n{rows}"))
    assert found[""].first_hour == 1
    assert found[""].rps.tolist() == [2 / HOUR_S, 0]
    assert found[""].span_s == 2.5 * HOUR_S + 600
    assert found[""].mean_rps == pytest.approx(4 / found[""].span_s)


def test_rates_of_zero_are_gaps(tmp_path):
    rows = [(0, 2), (1800, 4), (3600, 0), (5400, 0), (7200, 6), (9000, 6)]
    text = "t_s,requests_per_s\n" + "".join(f"{t},{rate}\n" for t, rate in rows)
    found, clock, name = counted(file_of(tmp_path, text))
    assert (name, clock) == ("servegen-rates", Clock.START)
    assert found[""].rps == pytest.approx([3, np.nan, 6], nan_ok=True)


def test_histograms_are_independent_and_joined_with_rates(tmp_path):
    lengths = file_of(
        tmp_path,
        "workload,field,requests_frac,mean_tokens_in_bin\n"
        "a,input_tokens,0.25,100\na,input_tokens,0.75,1000\na,output_tokens,1,10\n"
        "image,output_tokens,1,5\n",
    )
    rates = file_of(tmp_path, "workload,t_s,requests_per_s\na,0,2\na,3600,2\n", "rates.csv")
    found, _, _ = read_requests([lengths, rates])
    assert list(found) == ["a"]
    assert found["a"].tokens.tolist() == [[100, 10], [1000, 10]]
    assert found["a"].requests == pytest.approx([0.25, 0.75])
    assert found["a"].mean_rps == 2


def test_a_block_ends_where_a_line_does(tmp_path, monkeypatch):
    rows = "".join(f"{i},{i % 7 + 1},{i % 3 + 1}\n" for i in range(500))
    path = file_of(tmp_path, f"time_s,input_tokens,output_tokens\n{rows}")
    whole, _, _ = counted(path)
    short = blocks.read_blocks
    monkeypatch.setattr(
        "carbonplan.prepare.request_logs.csv_rows.read_blocks",
        lambda path: short(path, block_bytes=64),
    )
    parts, _, _ = counted(path)
    assert parts[""].tokens.tolist() == whole[""].tokens.tolist()
    assert parts[""].requests.tolist() == whole[""].requests.tolist()
    lines = path.read_text().splitlines()
    for block in short(path, block_bytes=64):
        assert block.lines[0] == lines[block.first_line - 1]


def test_gzip_carriage_returns_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "log.csv.gz"
    text = "\ufeffinput_tokens,output_tokens\r\n10,20\r\n\r\n10,20"
    path.write_bytes(gzip.compress(text.encode()))
    found, clock, _ = counted(path)
    assert clock is None
    assert found[""].requests.tolist() == [2]


def test_a_column_of_another_name(tmp_path):
    text = "when,prompt,completion\n1700000000,10,20\n1700003700,10,30\n"
    named = {"time_unix_s": "when", "input_tokens": "prompt", "output_tokens": "completion"}
    found, clock, _ = counted(file_of(tmp_path, text), renamed=named)
    assert clock is Clock.UTC
    assert len(found[""].requests) == 2
    with pytest.raises(InvalidInput, match='nearest: "time_utc"'):
        counted(file_of(tmp_path, text), renamed={"time_ut": "when"})


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("TIMESTAMP,ContextToken,GeneratedTokens\n", ['nearest: "ContextToken"', "azure:"]),
        ("input_tokens,output_tokens\n1,2,3\nx,2\n", ["line 2: 3 fields", "line 3, input_tok"]),
        ("input_tokens,output_tokens\n-1,2\n", ["line 2, input_tokens: found -1"]),
        ("input_tokens,output_tokens\n1,\n", ["line 2, output_tokens: is empty"]),
        ("input_tokens,output_tokens\n1,inf\n", ["expected a finite number"]),
        ("input_tokens,input_tokens,output_tokens\n1,1,2\n", ["stands twice"]),
        ("input_tokens,output_tokens\n", ["no rows below the header"]),
        ("", ["is empty"]),
        ("time_utc,input_tokens,output_tokens\n2024-01-01T00:00:00,1,2\n", ["ends in Z"]),
        ("time_utc,input_tokens,output_tokens\n2024-02-30T00:00:00Z,1,2\n", ["no such time"]),
        ("time_utc,input_tokens,output_tokens\n01/02/2024,1,2\n", ["ISO 8601"]),
        ("time_s,input_tokens,output_tokens\n-5,1,2\n", ["since the log began"]),
        ('{"timestamp": 1, "input_length": 2}\n', ["line 1", '"output_length" is missing']),
        ('{"timestamp": 1, "input_length": 2, "output_length": "3"}\n', ["found", "number"]),
        ('{"timestamp": 1, "input_length": 2,\n', ["is no JSON"]),
        ("input_tokens,output_tokens\n1,\x00\n", ["NUL byte"]),
        ('input_tokens,output_tokens\n"1,2\n', ["unexpected end of data"]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, problems):
    with pytest.raises(InvalidInput) as caught:
        counted(file_of(tmp_path, text))
    for words in problems:
        assert words in str(caught.value)


def test_a_bomb_stops_at_the_limit(tmp_path):
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(b"input_tokens,output_tokens\n" + b"1,2\n" * 100_000))
    with pytest.raises(InvalidInput, match=r"more than 0.1 MB"):
        list(blocks.read_blocks(path, block_bytes=10_000, limit_bytes=100_000))
    path.write_bytes(gzip.compress(gzip.compress(b"x")))
    with pytest.raises(InvalidInput, match="gzip inside gzip"):
        list(blocks.read_blocks(path))


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "LONGEST_LINE_BYTES", 1000)
    with pytest.raises(InvalidInput, match="line 1: longer than"):
        list(blocks.read_blocks(file_of(tmp_path, "x" * 5000), block_bytes=500))


def test_clocks_are_not_mixed(tmp_path):
    paths = [file_of(tmp_path, AZURE_2023, "a.csv"), file_of(tmp_path, MOONCAKE, "m.jsonl")]
    with pytest.raises(InvalidInput, match="read them apart"):
        read_requests(paths)


def test_an_unknown_format(tmp_path):
    with pytest.raises(InvalidInput, match='nearest: "mooncake"'):
        counted(file_of(tmp_path, PLAIN), wanted="moncake")


SCRAPE = """# HELP vllm:request_prompt_tokens Number of prefill tokens processed.
# TYPE vllm:request_prompt_tokens histogram
vllm:request_prompt_tokens_bucket{engine="0",le="100.0",model_name="m"} 3.0
vllm:request_prompt_tokens_bucket{engine="0",le="200.0",model_name="m"} 4.0
vllm:request_prompt_tokens_bucket{engine="0",le="+Inf",model_name="m"} 4.0
vllm:request_prompt_tokens_sum{engine="0",model_name="m"} 250.0
vllm:request_generation_tokens_bucket{engine="0",le="10.0",model_name="m"} 4.0
vllm:request_generation_tokens_bucket{engine="0",le="+Inf",model_name="m"} 4.0
vllm:request_generation_tokens_sum{engine="0",model_name="m"} 20.0
vllm:num_requests_running{engine="0",model_name="m"} NaN
"""


def test_buckets_of_a_scrape_keep_the_mean_of_its_sum(tmp_path):
    found, clock, name = counted(file_of(tmp_path, SCRAPE, "metrics.txt"))
    assert (name, clock) == ("vllm-metrics", None)
    one = found["m"]
    assert one.requests == pytest.approx([3, 1])
    assert np.average(one.tokens, axis=0, weights=one.requests) == pytest.approx([62.5, 5])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SCRAPE.replace('le="200.0"', 'le="wide"'), "expected le"),
        (
            SCRAPE.replace("generation_tokens_bucket", "other"),
            "generation_tokens_bucket is mis",
        ),
        (SCRAPE + "vllm:x{a=b} 1\n", "line 11"),
    ],
)
def test_a_scrape_that_cannot_be_read(tmp_path, text, words):
    with pytest.raises(InvalidInput, match=words):
        counted(file_of(tmp_path, text, "metrics.txt"))


def answer(*series):
    result = [
        {"metric": metric, "values": [[t, str(v)] for t, v in values]}
        for metric, values in series
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def test_a_counter_rises_falls_and_is_restarted(tmp_path):
    base = 1_704_067_200
    counter = {"__name__": "vllm:request_success_total", "model_name": "m"}
    values = [(base + 1800 * i, v) for i, v in enumerate([100, 1900, 3700, 10, 3610])]
    path = file_of(tmp_path, answer((counter, values)), "answer.json")
    found, clock, name = counted(path)
    assert (name, clock) == ("prometheus-query", Clock.UTC)
    assert found["m"].first_hour == base // HOUR_S
    assert found["m"].rps == pytest.approx([1.0, (10 + 3600) / HOUR_S])


def test_a_rate_without_a_name_counts_requests_per_second(tmp_path):
    values = [(HOUR_S * i, 2.5) for i in range(4)]
    found, _, _ = counted(file_of(tmp_path, answer(({}, values)), "answer.json"))
    assert found[""].rps == pytest.approx([2.5] * 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"status": "error", "data": {"resultType": "matrix"}}', "expected success"),
        ('{"status": "success", "data": {}}', "no answer of query_range"),
        (answer(({}, [(0, 1), (7200, 1)])), "an hour apart at most"),
        (answer(({}, [(0, "nan"), (60, 1)])), "no finite number"),
        (answer(({"__name__": "up"}, [(0, 1), (60, 1)])), "metrics found: up"),
        ('{"status": "success", ' + "[" * 100_000, "JSON|deeply"),
    ],
)
def test_an_answer_that_cannot_be_read(tmp_path, text, words):
    with pytest.raises(InvalidInput, match=words):
        counted(file_of(tmp_path, text, "answer.json"))
