"""``export``: a planned scenario becomes a folder, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from carbonplan.cli.main import run
from carbonplan.plan import write
from tests.plan import example

POOL = "llama-3-1-8b-h100-sxm-8-tp2-fp8-b9abbd2e"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    of = example.inputs()
    return write(example.plan(of), tmp_path_factory.mktemp("plans") / "example"), of


@pytest.fixture
def plan(written, monkeypatch) -> Path:
    """The example's plan in a folder, whose scenario is at hand without a file of it."""
    folder, of = written
    monkeypatch.setattr("carbonplan.pipeline.reload", lambda _folder: None)
    monkeypatch.setattr("carbonplan.pipeline.changed_inputs", lambda *_: ["skus.csv"])
    monkeypatch.setattr("carbonplan.catalogue.gather.gather", lambda _loaded: of)
    return folder


def test_a_planned_scenario_in_all_targets(tmp_path, capsys):
    solved, out = tmp_path / "plan", tmp_path / "rollout"
    assert run(["solve", "one-hour", "--out", str(solved), "--quiet"]) == 0
    capsys.readouterr()
    assert run(["export", str(solved), "--out", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["folder"] == str(out)
    assert sorted(document["files"]) == sorted(
        str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()
    )
    assert f"vllm/{POOL}.yaml" in document["files"]
    assert {"target", "what", "why", "of"} == set(document["notes"][0])


def test_what_is_missing_is_given_on_the_command_line(plan, tmp_path, capsys):
    out = tmp_path / "rollout"
    given = ["--image", "vllm/vllm-openai:v0.33.0", "--model", "tiny=org/tiny"]
    assert run(["export", str(plan), "--to", "kubernetes", "--out", str(out), *given]) == 0
    shown = capsys.readouterr()
    assert str(out / "kubernetes") in shown.out
    assert "see" in shown.err
    (base,) = (out / "kubernetes" / "base").iterdir()
    assert 'image: "vllm/vllm-openai:v0.33.0"' in (base / "workload.yaml").read_text()
    assert "model: org/tiny" in (base / "config.yaml").read_text()
    assert sorted(path.name for path in out.iterdir()) == ["EXPORT.md", "kubernetes"]


def test_an_input_that_has_changed_is_named(plan, tmp_path):
    out = tmp_path / "rollout"
    assert run(["export", str(plan), "--to", "terraform", "--out", str(out)]) == 0
    assert "an input is not the plan's (`skus.csv`)" in (out / "EXPORT.md").read_text()


def test_what_lies_there_is_not_replaced_unasked(plan, tmp_path):
    out = tmp_path / "rollout"
    out.mkdir()
    (out / "mine").write_text("kept")
    assert run(["export", str(plan), "--out", str(out)]) == 2
    assert (out / "mine").read_text() == "kept"
    assert run(["export", str(plan), "--out", str(out), "--overwrite"]) == 0
    assert not (out / "mine").exists()


def test_a_failure_leaves_nothing_behind(plan, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert run(["export", str(plan), "--out", str(tmp_path / "rollout")]) == 9
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong",
    [
        ["--model", "tiny"],
        ["--model", "tiny=--trust-remote-code"],
        ["--image", "a b"],
        ["--image", "x\nkind: Secret"],
        ["--node-class", "Not A Name"],
        ["--slot", "24"],
        ["--to", "helm"],
    ],
)
def test_wrong_usage_is_said_and_writes_nothing(plan, tmp_path, wrong):
    assert run(["export", str(plan), "--out", str(tmp_path / "rollout"), *wrong]) == 2
    assert not (tmp_path / "rollout").exists()


def test_a_folder_that_is_no_plan(tmp_path):
    assert run(["export", str(tmp_path), "--out", str(tmp_path / "rollout")]) == 3
