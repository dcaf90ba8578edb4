"""``solve --certify``: plan, replay, plan again, and an exit code that says how it ended."""

from __future__ import annotations

import functools
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from carbonplan import pipeline
from carbonplan.catalogue.gather import gather
from carbonplan.cli.certify import search_of
from carbonplan.cli.loading import load
from carbonplan.cli.main import run
from carbonplan.errors import InvalidInput, MissingDependency, PlanDoesNotHold, UsageError
from carbonplan.plan import read
from carbonplan.replay.records import Options
from carbonplan.report.certification import replayed
from carbonplan.verify import verify

FULL = (  # five replicas that are busy for 95 % of their rate
    *("--set", "fleet.skus=[h100-sxm-8]", "--set", "fleet.clock_fractions=[0.8]"),
    *("--set", "workloads[chat].arrivals.mean_rps=80"),
)


@pytest.fixture(autouse=True)
def _replays_a_minute(monkeypatch):
    short = functools.partial(Options, window_s=60.0)
    monkeypatch.setattr("carbonplan.replay.records.Options", short)


def written(path, output_mean, shortest_prompt=1):
    """A log of requests at random, with answers of some mean length."""
    draw = np.random.default_rng(0)
    times = np.cumsum(draw.exponential(0.2, 1000)).round(3)
    prompts = np.minimum(np.exp(draw.normal(6.7, 0.8, 1000)), 6000).astype(int)
    outputs = np.exp(draw.normal(np.log(output_mean), 0.6, 1000)).astype(int)
    rows = zip(times, prompts + shortest_prompt, outputs + 1, strict=True)
    lines = ["time_s,input_tokens,output_tokens", *(f"{t},{p},{o}" for t, p, o in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_answers_longer_than_planned_are_met_with_head_room(tmp_path, capsys):
    """Three times as long: half of the first tokens are late, until there is more room."""
    trace = written(tmp_path / "long.csv", 450)
    folder = tmp_path / "plan"
    asked = ["solve", "one-hour", *FULL, "--certify", "--trace", trace, "--out", str(folder)]
    assert run([*asked, "--certify-rounds", "2", "--progress", "plain"]) == 0
    shown = capsys.readouterr()
    assert "PROMISES ON A TRACE" in shown.out
    assert "round 1: head-room chat 1, objective" in shown.err
    plan = read(folder)
    found = plan.summary["certification"]
    assert found["certified"]
    assert found["rounds"][0]["replayed"]["promises"][0]["share"] < 0.9
    (override,) = found["overrides"]
    assert override in shown.out
    (trace_source,) = found["traces"]
    assert trace_source["path"].endswith("long.csv")
    assert len(trace_source["sha256"]) == 64
    cost = found["cost"]["carbon"]
    saved = cost["last"] - cost["first"]
    assert 0 < cost["at_least"] * (1.0 - 1e-9) <= saved <= cost["at_most"] * (1.0 + 1e-9)
    loaded = pipeline.reload(folder)
    assert loaded.scenario.workloads[0].headroom == found["headroom"]["chat"] > 1
    assert verify(gather(loaded), plan).ok


def test_lengths_may_be_fitted_and_a_share_be_chosen(tmp_path):
    loaded = load("one-hour")
    files = [("", Path(written(tmp_path / "long.csv", 450)))]
    how = {"on_progress": None, "quiet": True}
    search = search_of(
        pipeline.Options(), files, loaded, 5, share="0.4", fits_lengths=True, **how
    )
    assert (search.judge.options.share, search.judge.options.fits_lengths) == (0.4, True)
    (source,) = search.judge.sources
    assert source.fits_lengths
    last = {"requests": 9, "replica_share": 0.4, "slots": 1, "window_s": 60.0}
    found = {"rounds": [{"replayed": last}], "round": 1, "traces": [asdict(source)], "seed": 0}
    assert "long.csv with lengths as planned, seed 0; 40" in replayed(found)
    plain = search_of(
        pipeline.Options(), files, loaded, 5, share=None, fits_lengths=False, **how
    )
    assert plain.judge.options.share is None
    with pytest.raises(UsageError, match='--share "2"'):
        search_of(pipeline.Options(), files, loaded, 5, share="2", fits_lengths=False, **how)


def test_what_head_room_does_not_help_is_written_and_said(tmp_path, capsys):
    """Prompts that take longer than the limit by themselves."""
    trace = written(tmp_path / "huge.csv", 100, shortest_prompt=50_000)
    folder = tmp_path / "plan"
    asked = ["solve", "one-hour", *FULL, "--certify", "--trace", trace, "--out", str(folder)]
    assert run([*asked, "--quiet", "--json"]) == PlanDoesNotHold.exit_code
    shown = capsys.readouterr()
    found = json.loads(shown.out)["certification"]
    assert not found["certified"]
    assert "by themselves" in found["reasons"][0]
    assert len(found["rounds"]) == 1
    assert not shown.err
    assert read(folder).summary["verification"]["holds"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--certify",), "--certify: needs --trace FILE"),
        (("--trace", "x.csv"), "--trace: needs --certify"),
        (("--share", "0.5"), "--share: needs --certify"),
        (("--fit-lengths",), "--fit-lengths: needs --certify"),
        (("--certify", "--trace", "x.csv", "--ablation"), "--ablation and --certify exclude"),
        (("--certify", "--trace", "x.csv", "--trace", "y.csv"), "has two traces"),
    ],
)
def test_what_has_no_meaning_is_refused(options, words, tmp_path, capsys):
    code = run(["solve", "one-hour", *options, "--out", str(tmp_path / "plan")])
    assert code == UsageError.exit_code
    assert words in capsys.readouterr().err


def test_a_trace_that_is_not_there(tmp_path, capsys):
    asked = ["solve", "one-hour", "--certify", "--trace", str(tmp_path / "none.csv")]
    assert run([*asked, "--out", str(tmp_path / "plan")]) == InvalidInput.exit_code
    assert "none.csv" in capsys.readouterr().err
    assert not (tmp_path / "plan").exists()


def test_without_numba_there_is_a_hint_before_the_work(tmp_path, monkeypatch, capsys):
    def missing(*_):
        raise MissingDependency("a replay needs numba: pip install 'carbonplan[replay]'")

    monkeypatch.setattr("carbonplan.replay.engine.ready", missing)
    asked = ["solve", "one-hour", "--certify", "--trace", "x.csv", "--out", str(tmp_path / "p")]
    assert run(asked) == MissingDependency.exit_code
    assert "carbonplan[replay]" in capsys.readouterr().err
