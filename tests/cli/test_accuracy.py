"""``carbonplan accuracy`` from its arguments to its exit code."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import carbonplan.technology.calibrate.run as run_of_fits
from carbonplan.cli.main import run
from carbonplan.technology.calibrate.accuracy import judge
from carbonplan.technology.calibrate.run import NEEDED, Calibrated
from carbonplan.technology.calibration import load_calibration
from tests.technology.calibrate.example_tables import STEADY, steady_runs, write


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    steady_runs(data)
    return data


def test_what_is_shipped_is_told_without_data(capsys):
    assert run(["accuracy"]) == 0
    out = capsys.readouterr().out
    assert "mlenergy-v3" in out
    assert "roofline_median_%" in out


def test_a_folder_is_judged_and_what_is_left_out_is_listed(folder, capsys):
    write(folder, "mlenergy_v2_vllm", [_older(gpu="Abacus-9")])
    assert run(["accuracy", "--data", str(folder)]) == 0
    table, _, left_out = capsys.readouterr().out.partition("left out:")
    assert "step_s" in table
    assert '"Abacus-9" is no accelerator of the catalogue' in left_out


def test_json_is_one_document(folder, capsys):
    assert run(["accuracy", "--data", str(folder), "--by", "accelerator", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["tables"] == ["mlenergy_v3_vllm.csv"]
    assert {row["name"] for row in document["errors"]} == {"h100-sxm", "b200-sxm"}
    assert {row["line"] for row in document["errors"]} == {"model", "roofline", "neighbour"}


def test_figures_rows_and_page_are_written(folder, capsys):
    page = Path("page.md")
    page.write_text("# Accuracy\n\n## Against the goals\n")
    options = ["--figures", "figures", "--rows", "rows.csv", "--page", "page.md"]
    assert run(["accuracy", "--data", str(folder), *options]) == 0
    assert Path("figures/accuracy-step-s.svg").is_file()
    assert "accuracy-step-s.svg" in page.read_text()
    assert Path("rows.csv").read_text().count("step_s") == 12
    assert "wrote rows.csv" in capsys.readouterr().err
    assert run(["accuracy", "--data", str(folder), "--rows", "rows.csv"]) == 2


def test_a_refit_leaves_pairs_out_and_says_that_it_takes_time(folder, capsys, monkeypatch):
    found = judge(folder, load_calibration())
    rows = found.rows.assign(crossvalidated=found.rows["model"])
    fitted = Calibrated({}, (), replace(found, rows=rows))
    monkeypatch.setattr(run_of_fits, "calibrate", lambda *_: fitted)
    for stem in NEEDED:
        (folder / f"{stem}.csv").touch()
    options = ["--cross-validate", "--by", "llm", "--json"]
    assert run(["accuracy", "--data", str(folder), *options]) == 0
    printed = capsys.readouterr()
    lines = {row["line"] for row in json.loads(printed.out)["errors"]}
    assert lines == {"crossvalidated", "model", "roofline", "neighbour"}
    assert "this takes minutes" in printed.err


def test_a_refit_names_the_tables_that_it_lacks(folder, capsys):
    assert run(["accuracy", "--data", str(folder), "--cross-validate"]) == 3
    told = capsys.readouterr().err
    assert "collectives_nccl_latency.csv, which a refit needs" in told
    assert "mlenergy_v3_vllm" not in told


def test_a_refit_and_given_coefficients_exclude_each_other(folder, capsys):
    options = ["--cross-validate", "--calibration", str(folder)]
    assert run(["accuracy", "--data", str(folder), *options]) == 2
    assert "--cross-validate refits" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [("--figures", "x"), ("--rows", "x"), ("--calibration", "x"), ("--cross-validate",)],
)
def test_options_that_need_a_folder_say_so(option, capsys):
    assert run(["accuracy", *option]) == 2
    assert "need --data" in capsys.readouterr().err


def test_a_misspelt_column_is_3_and_has_a_nearest_name(folder, capsys):
    wrong = {k if k != "avg_batch_size" else "avg_batch": v for k, v in STEADY.items()}
    write(folder, "mlenergy_v3_vllm", [wrong])
    assert run(["accuracy", "--data", str(folder)]) == 3
    assert 'nearest: "avg_batch_size"' in capsys.readouterr().err


def test_an_empty_folder_is_3(tmp_path, capsys):
    assert run(["accuracy", "--data", str(tmp_path)]) == 3
    assert "holds no CSV file" in capsys.readouterr().err


def _older(**changes) -> dict:
    names = ("gpu_family", "model_family", "model_id", "gpu", "avg_batch_size")
    kept = {name: STEADY[name] for name in names}
    figures = {"avg_output_tokens": 300, "output_tokens_per_s": 900, "tpot_mean_ms": 60}
    figures |= {"energy_per_output_token_j": 0.3, "avg_power_per_gpu_w": 250}
    degrees = {"tensor_parallel": 1, "pipeline_parallel": 1}
    return {**kept, "task": "llm_text_generation/chat", **degrees, **figures, **changes}


def test_kernels_are_told_of_what_is_shipped(capsys):
    assert run(["accuracy", "--kernels", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["kernels"]
    assert {row["kernel"] for row in rows} >= {"gemm", "decode attention"}
