"""``explain``: words or one JSON document about a plan's folder."""

from __future__ import annotations

import json

import pytest

from carbonplan.cli.main import run
from carbonplan.errors import InvalidInput, StoppedAtLimit, UsageError

SMALL = ("--set", "fleet.skus=[h100-sxm-8, l4-8]", "--set", "fleet.clock_fractions=[1.0]")
H100, L4 = "h100-sxm-8@aws-us-east-1", "l4-8@aws-us-east-1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("plans") / "one-hour"
    assert run(["solve", "one-hour", *SMALL, "--out", str(out), "--quiet"]) == 0
    return str(out)


def test_json_is_one_document_and_is_written_whole(folder, tmp_path, capsys):
    out = tmp_path / "explanation.json"
    asked = ["explain", folder, "--json", "--quiet", "--out", str(tmp_path)]
    assert run([*asked, "--questions", "prices", "--why-not", L4]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert json.loads(out.read_text(encoding="utf-8")) == found
    assert not shown.err
    (one,) = found["why_not"]
    costs = one["with_them"]["costs"]
    assert 0 < costs["at_least"] <= costs["found"] <= costs["at_most"] + 1e-9
    assert {row["path"] for row in found["limits"]} >= {"regions[aws-us-east-1].power_limit_kw"}
    assert (found["flips"], found["not_reached"]) == (None, [])
    assert run([*asked, "--questions", "prices"]) == UsageError.exit_code
    assert "exists already" in capsys.readouterr().err


def test_words_say_why_and_why_not(folder, capsys):
    assert run(["explain", folder, "--why", H100, "--why-not", "l4@aws-us-east-1", "-q"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("WHY THIS PLAN\none-hour: carbon")
    assert f"WHY {H100.upper()}\n1 server, for 100 % of the requests." in told
    assert 'fleet.skus does not name l4; nearest: "l4-8"' in told
    assert "WHAT LIMITS IT" not in told


def test_without_enough_time_what_is_missing_is_named(folder, capsys):
    asked = ["explain", folder, "--questions", "flips", "--time-limit", "0.001", "--quiet"]
    assert run(asked) == StoppedAtLimit.exit_code
    told = capsys.readouterr().out
    assert "Not reached in the time" in told
    assert "carbon intensity in aws-us-east-1" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--questions", "price"], 'nearest: "prices"'),
        (["--why", "l4-8"], "expected SKU@REGION"),
        (["--why", L4], "the plan has no such servers"),
        (["--count", "0"], "--count"),
    ],
)
def test_what_has_no_meaning_is_refused(folder, arguments, words, capsys):
    assert run(["explain", folder, "--quiet", *arguments]) == UsageError.exit_code
    assert words in capsys.readouterr().err


def test_a_folder_that_is_no_plan_is_refused(tmp_path, capsys):
    assert run(["explain", str(tmp_path)]) == InvalidInput.exit_code
    assert "manifest.json" in capsys.readouterr().err
