"""The front of a scenario on the command line."""

import csv
import json

import numpy as np
import pytest

from carbonplan.cli.main import run
from carbonplan.errors import MissingDependency, UsageError
from carbonplan.solve import evolution

FRONT = ["pareto", "one-hour", "--over", "carbon,cost", "--points", "4", "--quiet"]


def test_the_front_is_one_document(capsys):
    assert run([*FRONT, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    impacts = np.array([list(point["impacts"].values()) for point in found["points"]])
    assert found["impacts"] == ["carbon", "cost"]
    assert len(impacts) >= 2
    assert (np.diff(impacts[:, 0]) > 0).all()
    assert (np.diff(impacts[:, 1]) < 0).all()
    assert [point["balanced"] for point in found["points"]].count(True) == 1
    assert {point["status"] for point in found["points"]} == {"optimal"}
    assert all(point["gap"] <= 1e-3 + 1e-6 for point in found["points"])


def test_the_folder_has_points_figure_and_a_verified_balanced_plan(tmp_path, capsys):
    out = tmp_path / "front"
    assert run([*FRONT, "--out", str(out), "--figure", "--balanced"]) == 0
    shown = capsys.readouterr().out
    assert "balanced" in shown
    with (out / "points.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    (chosen,) = [row for row in rows if row["balanced"]]
    plan = json.loads((out / "balanced" / "plan.json").read_text(encoding="utf-8"))
    assert plan["verification"]["violations"] == []
    for name, unit in (("carbon", "kgCO2e"), ("cost", "USD")):
        value = plan["impacts"][name]["value"]
        assert value <= float(chosen[f"{name} [{unit}]"]) * 1.002
    assert (out / "pareto.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert (out / "pareto.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--over", "carbn,cost"], 'nearest: "carbon"'),
        (["--over", "carbon"], "expected two or three impacts"),
        (["--over", "carbon,cost,carbon"], "carbon is given twice"),
        (["--over", "carbon,cost,water,energy"], "expected two or three impacts"),
        (["--figure"], "--figure and --balanced need --out"),
    ],
)
def test_what_has_no_meaning_is_refused_with_the_nearest_name(arguments, words, capsys):
    assert run(["pareto", "one-hour", *arguments]) == UsageError.exit_code
    assert words in capsys.readouterr().err


def test_a_missing_pymoo_is_told_before_the_work(monkeypatch, capsys):
    monkeypatch.setattr(evolution, "find_spec", lambda _name: None)
    code = run([*FRONT, "--against", "evolutionary"])
    assert code == MissingDependency.exit_code
    assert "pip install carbonplan[pymoo]" in capsys.readouterr().err


@pytest.mark.filterwarnings("default")
def test_both_searches_are_compared_from_one_reference(capsys):
    pytest.importorskip("pymoo", reason="pymoo is not installed")
    size = ["--population", "4", "--generations", "2"]
    assert run([*FRONT, "--against", "evolutionary", *size, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["evolutionary"]
    assert found["algorithm"] == "NSGA-II"
    assert 0 <= found["hypervolume"] <= found["exact_hypervolume"] * 1.01
    assert found["evaluations"] > 0
    assert set(found["reference_point"]) == {"carbon", "cost"}


def test_an_order_of_impacts_is_solved_and_listed(tmp_path, capsys):
    levels = "objective.lexicographic=[{impact: cost, slack: 0.05}, {impact: carbon}]"
    folder = tmp_path / "plan"
    given = ["--set", "objective.minimise=null", "--set", levels]
    assert run(["solve", "one-hour", *given, "--out", str(folder), "--quiet", "--json"]) == 0
    objective = json.loads(capsys.readouterr().out)["objective"]
    cost, carbon = objective["levels"]
    assert (cost["impact"], carbon["impact"]) == ("cost", "carbon")
    assert cost["at_most"] == pytest.approx(cost["value"] * 1.05, rel=1e-12)  # the gap is 0
    assert objective["value"] == pytest.approx(carbon["value"])
    assert (objective["impact"], objective["unit"]) == ("carbon", "kgCO2e")
