import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from carbonplan.cli.main import run
from carbonplan.replay.traces import read_trace


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Two workloads, one request a second for an hour."""
    monkeypatch.chdir(tmp_path)
    rows = ["time_s,input_tokens,output_tokens,workload"]
    rows += [f"{i},{100 + i % 7},{10 + i % 3},{('chat', 'code')[i % 2]}" for i in range(3600)]
    Path("log.csv").write_text("\n".join(rows) + "\n")
    return Path("log.csv")


def made(capsys, *options):
    assert run(["data", "trace", "log.csv", "--json", "--overwrite", *options]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("log")
def test_what_is_written_is_read_again(capsys):
    found = made(capsys)
    assert found["requests"] == 3600
    assert found["file"] == "trace.csv.gz"
    before, after = read_trace(Path("log.csv")), read_trace(Path("trace.csv.gz"))
    np.testing.assert_array_equal(before.time_s, after.time_s)
    np.testing.assert_array_equal(before.prompt, after.prompt)
    assert before.workload.tolist() == after.workload.tolist()
    first = Path("trace.csv.gz").read_bytes()
    made(capsys)
    assert Path("trace.csv.gz").read_bytes() == first


@pytest.mark.usefixtures("log")
def test_cut_and_chosen(capsys):
    found = made(capsys, "--workload", "code", "--start", "600", "--seconds", "60")
    assert found["requests"] == 30
    assert found["requests_per_s"] == pytest.approx(0.5)
    text = gzip.decompress(Path("trace.csv.gz").read_bytes()).decode()
    assert text.splitlines()[:2] == [
        "time_s,input_tokens,output_tokens,workload",
        "0.000000,106,11,code",
    ]


@pytest.mark.usefixtures("log")
def test_made_up_scaled_and_warped(capsys):
    found = made(capsys, "--arrivals", "gamma")
    assert found["arrivals"] == {
        "kind": "Gamma",
        "rate_rps": pytest.approx(1.0),
        "variation": pytest.approx(0.0, abs=1e-9),
    }
    assert made(capsys, "--scale", "2")["requests"] == 7200
    Path("rates.csv").write_text("t_s,requests_per_s\n0,5\n60,0\n120,1\n")
    found = made(capsys, "--rates", "rates.csv", "--out", "warped.csv")
    assert found["requests"] == 360
    counts = np.histogram(read_trace(Path("warped.csv")).time_s, [0, 60, 120, 181])[0]
    assert counts.tolist() == [300, 0, 60]


@pytest.mark.usefixtures("log")
def test_seeds_decide(capsys):
    poisson = ("--arrivals", "poisson")
    one = made(capsys, *poisson, "--seed", "1")
    assert made(capsys, *poisson, "--seed", "1") == one
    assert made(capsys, *poisson, "--seed", "2") != one


@pytest.mark.usefixtures("log")
def test_words_say_what_was_written(capsys):
    assert run(["data", "trace", "log.csv"]) == 0
    expected = "wrote trace.csv.gz: 3,600 requests in 3,599 s, 1 a second, with 103 input"
    assert capsys.readouterr().out.startswith(expected)


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("options", "code", "problem"),
    [
        (["--arrivals", "gama"], 2, 'arrivals "gama": expected poisson, gamma, mmpp'),
        (["--workload", "caht"], 3, 'has no workload "caht"'),
        (["--start", "1e9"], 2, "has no request"),
        (["--rates", "log.csv"], 3, 'column "t_s" is missing'),
        (["--rates", "uneven.csv"], 3, "t_s: expected 0 and even steps from it"),
        (["--rates", "none.csv"], 3, "requests_per_s: expected rates of 0 or more"),
    ],
)
def test_faults_are_said(capsys, options, code, problem):
    Path("uneven.csv").write_text("t_s,requests_per_s\n0,1\n60,1\n180,1\n")
    Path("none.csv").write_text("t_s,requests_per_s\n0,0\n60,0\n")
    assert run(["data", "trace", "log.csv", *options]) == code
    assert problem in capsys.readouterr().err
    assert not Path("trace.csv.gz").exists()
