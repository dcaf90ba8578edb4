"""``replay``: words or one JSON document, a folder, and an exit code that judges."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest

from carbonplan import api
from carbonplan.cli.main import run
from carbonplan.errors import (
    EnvironmentFailed,
    InvalidInput,
    MissingDependency,
    PlanDoesNotHold,
    UsageError,
)
from carbonplan.replay.records import Options
from carbonplan.replay.traces import read_trace

SMALL = ("--set", "fleet.skus=[h100-sxm-8]", "--set", "fleet.clock_fractions=[0.8]")
SHORT = ("--window", "60", "--quiet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("plans") / "one-hour"
    assert run(["solve", "one-hour", *SMALL, "--out", str(out), "--quiet"]) == 0
    return str(out)


def written(path, prompts, outputs):
    """A log of requests, one every 0.2 s."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("time_s", "input_tokens", "output_tokens"))
    rows.writerows(
        (round(0.2 * i, 3), int(p), int(o))
        for i, (p, o) in enumerate(zip(prompts, outputs, strict=True))
    )
    path.write_bytes(gzip.compress(text.getvalue().encode()))
    return str(path)


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    draw = np.random.default_rng(0)
    prompts = np.minimum(np.exp(draw.normal(6.7, 0.8, 2000)), 6000) + 1
    outputs = np.exp(draw.normal(5.0, 0.6, 2000)) + 1
    return written(tmp_path_factory.mktemp("traces") / "random.csv.gz", prompts, outputs)


def test_words(folder, trace, capsys):
    assert run(["replay", folder, "--trace", trace, *SHORT]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("one-hour KEEPS ITS PROMISES\n")
    for part in ("random.csv.gz", "WHAT USERS HAD", "WHAT REPLICAS DID", "per 1000 requests"):
        assert part in shown.out
    assert not shown.err


def test_one_document_and_a_folder(folder, trace, tmp_path, capsys):
    out = tmp_path / "replayed"
    asked = ["replay", folder, "--trace", trace, *SHORT, "--out", str(out)]
    assert run([*asked, "--json"]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert json.loads((out / "replay.json").read_text(encoding="utf-8")) == found
    assert (found["schema"], found["schema_version"]) == ("carbonplan-replay", 1)
    assert found["holds"]
    assert {one["measure"] for one in found["promises"]} == {"ttft", "tpot"}
    for impact in ("energy", "carbon", "water", "cost"):
        parts = sum(part["replayed"][impact] for part in found["impacts"]["parts"])
        assert parts == pytest.approx(found["impacts"]["replayed"][impact])
    names = {path.name for path in out.iterdir()}
    figures = {"latency.svg", "attainment.svg", "power.svg"}
    assert names == {"replay.json", "requests.csv", "minutes.csv", *figures}
    minutes = (out / "minutes.csv").read_text(encoding="utf-8").splitlines()
    assert minutes[0] == "policy,region,slot,second,serving_kw"
    assert len(minutes) == 2
    assert run(asked) == UsageError.exit_code
    assert "exists already" in capsys.readouterr().err


def test_what_is_missed_is_said_and_ends_with_its_code(folder, tmp_path, capsys):
    """Prompts that no replica has memory for are never answered."""
    few = np.where(np.arange(500) % 10 == 0, 4_000_000, 500)
    huge = written(tmp_path / "huge.csv.gz", few, np.full(500, 100))
    code = run(["replay", folder, "--trace", huge, *SHORT])
    assert code == PlanDoesNotHold.exit_code
    shown = capsys.readouterr().out
    assert shown.startswith("one-hour DOES NOT KEEP ITS PROMISES")
    assert "chat: time to first token 0.5 s was kept by" in shown
    assert "in aws-us-east-1" in shown


def test_policies_side_by_side(folder, trace, tmp_path, capsys):
    asked = ["replay", folder, "--trace", trace, *SHORT, "--compare", "fcfs,srtf"]
    out = tmp_path / "compared"
    assert run([*asked, "--clock", "planned,miad", "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    policies = [(one["policy"]["order"], one["policy"]["clock"]) for one in found["policies"]]
    assert policies == [
        *(("fcfs", "planned"), ("fcfs", "miad"), ("srtf", "planned"), ("srtf", "miad"))
    ]
    assert (out / "energy_attainment.svg").exists()
    assert run(asked) == 0
    assert "fcfs, planned clock" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--share", "2"), "expected a number in (0, 1], or auto"),
        (("--slots", "4..1"), "expected A..B"),
        (("--slots", "7"), "the plan has slots 0..0, found 7"),
        (("--clock", "miad,planned"), "several clocks need --compare"),
        (("--clock", "mad"), 'expected planned, miad; nearest: "miad"'),
        (("--trace", "x.csv"), "all workloads has two traces"),
        (("--compare", "fcfs,sfrt"), "expected fcfs, srtf, edf, llf"),
    ],
)
def test_what_has_no_meaning_is_refused(folder, trace, options, words, capsys):
    assert run(["replay", folder, "--trace", trace, *options, "--quiet"]) == 2
    assert words in capsys.readouterr().err


def test_a_trace_that_is_not_there(folder, tmp_path, capsys):
    code = run(["replay", folder, "--trace", str(tmp_path / "none.csv"), "--quiet"])
    assert code in (InvalidInput.exit_code, EnvironmentFailed.exit_code)
    assert "none.csv" in capsys.readouterr().err


def test_without_numba_there_is_a_hint(folder, trace, monkeypatch, capsys):
    def missing(*_):
        raise MissingDependency("a replay needs numba: pip install 'carbonplan[replay]'")

    monkeypatch.setattr("carbonplan.replay.engine.ready", missing)
    code = run(["replay", folder, "--trace", trace, *SHORT])
    assert code == MissingDependency.exit_code
    assert "carbonplan[replay]" in capsys.readouterr().err


def test_python_says_what_the_command_says(folder, trace, capsys):
    assert run(["replay", folder, "--trace", trace, *SHORT, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    log = read_trace(Path(trace))
    found = api.replay(folder, {"chat": log}, Options(window_s=60.0))
    assert found.holds == said["holds"]
    assert found.replay.count == said["sampling"]["requests"]
    assert found.impacts.replayed == pytest.approx(said["impacts"]["replayed"])


def test_what_tells_nothing_of_steps_is_refused(folder, trace, monkeypatch, capsys):
    def measured(*_):
        raise UsageError("m was measured as a whole: its steps are not known")

    monkeypatch.setattr("carbonplan.replay.run.engines_of", measured)
    assert run(["replay", folder, "--trace", trace, *SHORT]) == 2
    assert "steps are not known" in capsys.readouterr().err
