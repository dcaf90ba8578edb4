"""Own measurements on their way through a plan: interpolated, verified, named in it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.measurements import Measurement
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.catalogue.writing import table_text
from carbonplan.cli.main import run
from carbonplan.configurations import enumerate_configurations
from carbonplan.scenario import load
from tests.technology.example_measurements import row


def rows(step_s: float) -> list[Measurement]:
    """A grid that holds every class of the scenario; steps take the same at any context."""
    prompts = [row("prefill_s", n / 40_000, tokens=n) for n in (64, 8192)]
    steps = [
        row("step_s", step_s * batch**0.2, batch=batch, tokens=n)
        for batch in (1, 64)
        for n in (64, 8192)
    ]
    return [*prompts, *steps]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The scenario of one hour on one SKU, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(scenarios_root() / "series", tmp_path / "series")
    text = (scenarios_root() / "one-hour.yaml").read_text(encoding="utf-8")
    skus = "skus: [h100-sxm-8, a100-80-sxm-8, l40s-8, l4-8]"
    assert skus in text
    fleet = "skus: [h100-sxm-8]\n  profiles: grid.csv\n  precisions: [bf16]"
    (tmp_path / "own.yaml").write_text(text.replace(skus, fleet), encoding="utf-8")
    return tmp_path


def measured(folder: Path, step_s: float = 0.008) -> Path:
    (folder / "grid.csv").write_text(table_text(rows(step_s), list(Measurement.model_fields)))
    return folder / "own.yaml"


def test_a_plan_uses_verifies_and_names_what_was_measured(folder, capsys):
    scenario = measured(folder)
    assert run(["calibrate", "grid.csv", "--out", "fitted.csv"]) == 0
    command = ["solve", str(scenario), "--set", "fleet.calibration=fitted.csv", "--quiet"]
    assert run([*command, "--out", "plan"]) == 0
    assert run(["verify", "plan"]) == 0
    assert "no violation" in capsys.readouterr().out
    summary = json.loads((folder / "plan" / "plan.json").read_text())
    assert summary["verification"]["violations"] == []
    keys = [source["key"] for source in summary["sources"]]
    assert {"own.csv", "fitted.csv"} <= set(keys)
    manifest = json.loads((folder / "plan" / "manifest.json").read_text())
    hashes = {Path(one["path"]).name: one["sha256"] for one in manifest["inputs"]}
    for name in ("grid.csv", "fitted.csv"):
        assert hashes[name] == hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_a_replica_measured_as_too_slow_is_rejected_with_that_reason(folder):
    slow = enumerate_configurations(gather(load(measured(folder, step_s=0.1))), prune=False)
    reasons = {one.configuration.name: one.reason for one in slow.rejected}
    named = [
        name for name in reasons if reasons[name] == "too slow for its limits, as measured"
    ]
    assert len(named) == 1
    assert "h100-sxm-8" in named[0]
    fast = enumerate_configurations(gather(load(measured(folder))), prune=False)
    assert named[0] in [one.name for one in fast.kept]


def test_a_class_beyond_the_table_is_refused_with_what_to_do(folder, capsys):
    short = [one for one in rows(0.008) if one.input_tokens < 100]
    short += [one.model_copy(update={"input_tokens": 2000.0}) for one in short]
    scenario = measured(folder)
    (folder / "grid.csv").write_text(table_text(short, list(Measurement.model_fields)))
    assert run(["solve", str(scenario), "--quiet", "--out", "plan"]) == 3
    said = capsys.readouterr().err
    assert "only from 64 to 2000" in said
    assert "fleet.profiles_outside" in said
    widen = ["--set", "fleet.profiles_outside=widen"]
    assert run(["solve", str(scenario), "--quiet", "--out", "plan", *widen]) == 0
