"""The commands around a plan, with a pipeline that answers at once."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import carbonplan
from carbonplan.cli import plans
from carbonplan.cli.main import run
from carbonplan.errors import InvalidInput
from carbonplan.plan.records import ImpactTotal, Plan
from carbonplan.verify import Verification

GOOD = Verification(
    (), {"carbon": ImpactTotal(7.0, "kgCO2e", {}, {})}, {"demand_is_routed": 24}
)
BAD = Verification(("demand_is_routed[chat]: 3 rps found, 4 needed",), {}, {})


@dataclass(frozen=True)
class Options:
    """The options of ``pipeline.run``, by its own names."""

    gap: float | None
    time_limit_s: float | None
    threads: int | None
    seed: int | None
    out: Path
    overwrite: bool
    baselines: tuple[str, ...]
    ablation: bool
    allow_range: bool
    myopic: bool


@pytest.fixture
def pipeline(monkeypatch, tmp_path):
    """A pipeline that records how it was called and answers with a written summary.

    The working folder is empty: plans that stand in the checkout's do not matter.
    """
    empty = tmp_path / "work"
    empty.mkdir()
    monkeypatch.chdir(empty)
    fake = ModuleType("carbonplan.pipeline")
    fake.Options = Options
    fake.status, fake.solver, fake.verification = "optimal", {}, GOOD

    def solved(loaded, options, on_progress, render):
        fake.loaded, fake.options = loaded, options
        on_progress(SimpleNamespace(seconds=1.0, objective=7.0, bound=7.0, gap=0.0, nodes=1))
        (tmp_path / "plan.json").write_text('{"schema_version": 1}')
        plan = Plan("week", None, {}, {"status": fake.status, "solver": fake.solver})
        assert render(plan) == {"report.html": b"<html>"}
        return SimpleNamespace(plan=plan, folder=tmp_path, verification=fake.verification)

    fake.run = solved
    monkeypatch.setitem(sys.modules, "carbonplan.pipeline", fake)
    monkeypatch.setattr(carbonplan, "pipeline", fake, raising=False)
    files = {"report.html": b"<html>"}
    monkeypatch.setattr("carbonplan.report.files", lambda _plan: files, raising=False)
    monkeypatch.setattr("carbonplan.report.text", lambda _plan: "the report", raising=False)
    scenario = SimpleNamespace(scenario=SimpleNamespace(name="demo/week"))
    monkeypatch.setattr(plans, "load", lambda *_arguments: scenario)
    return fake


@pytest.mark.usefixtures("pipeline")
def test_solve_prints_the_report_to_stdout_and_words_to_stderr(capsys, tmp_path):
    assert run(["solve", "week"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "the report\n"
    assert "gap 0 %" in printed.err
    assert f"plan: {tmp_path}" in printed.err


@pytest.mark.usefixtures("pipeline")
def test_quiet_leaves_the_result_alone(capsys):
    run(["solve", "week", "--quiet"])
    assert capsys.readouterr() == ("the report\n", "")


@pytest.mark.usefixtures("pipeline")
def test_solve_with_json_prints_the_summary_and_the_folder(capsys, tmp_path):
    assert run(["solve", "week", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {"folder": str(tmp_path), "schema_version": 1}


def test_options_reach_the_pipeline(pipeline):
    given = "--gap 0.02 --time-limit 5 --threads 2 --seed 3 --out there --overwrite"
    run(
        [
            "solve",
            "week",
            *given.split(),
            "--baselines",
            "no-shift, single-sku",
            "--allow-range",
        ]
    )
    assert pipeline.options == Options(
        0.02, 5.0, 2, 3, Path("there"), True, ("no-shift", "single-sku"), False, True, False
    )


def test_what_is_not_given_is_the_scenarios_own(pipeline):
    run(["solve", "week"])
    assert pipeline.options == Options(
        None, None, None, None, Path("plans/demo-week"), False, (), False, False, False
    )


def test_a_folder_that_exists_is_refused_before_the_work(pipeline, tmp_path, capsys):
    assert run(["solve", "week", "--out", str(tmp_path)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert not hasattr(pipeline, "options")


def test_a_variant_has_a_folder_of_its_own(pipeline):
    run(["solve", "week", "--variant", "cheap"])
    assert pipeline.options.out == Path("plans/demo-week-cheap")


@pytest.mark.parametrize("stance", ["pessimistic", "optimistic"])
def test_a_stance_is_an_override_with_a_folder_of_its_own(stance, pipeline, monkeypatch):
    scenario = SimpleNamespace(scenario=SimpleNamespace(name="week"))
    asked = []
    monkeypatch.setattr(plans, "load", lambda *given: asked.append(given) or scenario)
    assert run(["solve", "week", f"--{stance}"]) == 0
    assert asked[0][-1] == stance
    assert pipeline.options.out == Path(f"plans/week-{stance}")


@pytest.mark.usefixtures("pipeline")
def test_the_two_ends_of_a_band_exclude_each_other(capsys):
    assert run(["solve", "week", "--pessimistic", "--optimistic"]) == 2
    assert "exclude each other" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "code"), [("optimal", 0), ("feasible", 5), ("interrupted", 130)]
)
def test_the_exit_code_follows_the_status(status, code, pipeline):
    pipeline.status = status
    assert run(["solve", "week"]) == code


def test_a_terminated_solve_is_143(pipeline):
    pipeline.status, pipeline.solver = "interrupted", {"interrupted_by": "SIGTERM"}
    assert run(["solve", "week"]) == 143


def test_a_plan_that_does_not_hold_is_11(pipeline):
    pipeline.verification = BAD
    assert run(["solve", "week"]) == 11


@pytest.fixture
def written(pipeline, monkeypatch, tmp_path):
    """A plan folder, and a verification of it as ``pipeline.verification`` says."""
    (tmp_path / "plan.json").write_text('{"schema_version": 1, "gap": null}')
    pipeline.reload = lambda folder: SimpleNamespace(folder=folder)
    pipeline.changed_inputs = lambda _folder, _inputs: []
    monkeypatch.setattr("carbonplan.plan.read", lambda _folder: "plan", raising=False)
    monkeypatch.setattr("carbonplan.catalogue.gather.gather", lambda _loaded: "inputs")
    monkeypatch.setattr(
        "carbonplan.verify.verify", lambda _inputs, _plan: pipeline.verification
    )
    monkeypatch.setattr("carbonplan.report.html", lambda _plan: "<html>", raising=False)
    return tmp_path


def test_verify_says_what_was_checked(written, capsys):
    assert run(["verify", str(written)]) == 0
    assert capsys.readouterr().out == (
        "the plan holds: 1 statements at 24 places, no violation\n"
    )


def test_verify_lists_the_violations(written, pipeline, capsys):
    pipeline.verification = BAD
    assert run(["verify", str(written)]) == 11
    assert BAD.violations[0] in capsys.readouterr().out


def test_verify_with_json(written, pipeline, capsys):
    assert run(["verify", str(written), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["holds"] is True
    assert document["impacts"]["carbon"]["value"] == 7.0
    pipeline.verification = BAD
    assert run(["verify", str(written), "--json"]) == 11
    assert json.loads(capsys.readouterr().out)["violations"] == list(BAD.violations)


def test_overrides_without_a_scenario_mean_nothing(written, capsys):
    assert run(["verify", str(written), "--set", "a=1"]) == 2
    assert "--scenario" in capsys.readouterr().err


def test_report_as_text_html_and_summary(written, capsys):
    for options, printed in (
        ([], "the report\n"),
        (["--format", "html"], "<html>\n"),
        (["--json"], '{\n  "schema_version": 1,\n  "gap": null\n}\n'),
    ):
        assert run(["report", str(written), *options]) == 0
        assert capsys.readouterr().out == printed


def test_report_into_a_file_replaces_none_unasked(written):
    target = written / "report.html"
    into = ["report", str(written), "--format", "html", "--out", str(target)]
    assert run(into) == 0
    assert target.read_text() == "<html>"
    target.write_text("mine")
    assert run(into) == 2
    assert target.read_text() == "mine"
    assert run([*into, "--overwrite"]) == 0
    assert target.read_text() == "<html>"


def test_a_damaged_folder_is_3(written, monkeypatch, capsys):
    def damaged(folder):
        raise InvalidInput(str(folder), ["plan.nc: changed after it was written"])

    monkeypatch.setattr("carbonplan.plan.read", damaged)
    assert run(["report", str(written)]) == 3
    assert "plan.nc" in capsys.readouterr().err
