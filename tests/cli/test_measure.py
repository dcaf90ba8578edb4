import json
import sys

import pytest

from carbonplan.catalogue.measurements import read_measurements
from carbonplan.cli.main import run
from carbonplan.profile import cuda
from carbonplan.technology.own_calibration import read_coefficients
from tests.profile.fake_device import FakeDevice
from tests.technology.calibrate.benchmarks import documents

HEADER = (
    "accelerator,llm,precision,tensor_parallel,batch,input_tokens,output_tokens,quantity,value"
)
ROWS = [
    f"h100-sxm,llama-3.1-8b,bf16,1,{b},1024,0,step_s,{0.008 + b / 8000}" for b in (1, 8, 64)
]
PROFILE = ("profile", "--sizes", "llama-3.2-1b", "--batches", "1,4", "--contexts", "64,256")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text("\n".join([HEADER, *ROWS]) + "\n")
    return tmp_path


@pytest.fixture
def gpu(monkeypatch):
    device = FakeDevice()
    monkeypatch.setattr(cuda, "CudaDevice", lambda: device)
    return device


def test_calibrate_writes_a_table_that_a_plan_can_read(folder, capsys):
    assert run(["calibrate", "own.csv", "--out", "mine.csv"]) == 0
    printed = capsys.readouterr().out
    assert "wrote mine.csv" in printed
    assert "step_s" in printed
    rows = read_coefficients(folder / "mine.csv")
    assert {row.source for row in rows} == {"own.csv"}
    assert {row.name for row in rows} == {"h100-sxm"}


def test_calibrate_as_one_document(capsys):
    assert run(["calibrate", "own.csv", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["file"] == "calibration.csv"
    (error,) = document["errors"]
    assert error["quantity"] == "step_s"
    assert error["after"] < error["before"]
    assert {"coefficient", "value", "low", "high"} <= document["coefficients"][0].keys()


def test_calibrate_takes_the_result_of_a_benchmark(folder, capsys):
    (folder / "run.json").write_text(json.dumps(documents.vllm(request_throughput=9.0)))
    command = ["calibrate", "run.json", "--accelerator", "h100-sxm", "--precision", "bf16"]
    assert run(command) == 3
    assert "give --tensor-parallel" in capsys.readouterr().err
    assert run([*command, "--tensor-parallel", "1"]) == 0
    assert "TTFT of 1 runs left out" in capsys.readouterr().err


def test_calibrate_replaces_nothing_unasked(capsys):
    assert run(["calibrate", "own.csv"]) == 0
    assert run(["calibrate", "own.csv"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run(["calibrate", "own.csv", "--overwrite"]) == 0


@pytest.mark.parametrize(
    ("option", "value", "nearest"),
    [
        ("--accelerator", "h100-smx", "h100-sxm"),
        ("--llm", "llama-3.1-8bb", "llama-3.1-8b"),
        ("--precision", "bf32", "bf16"),
    ],
)
def test_calibrate_tells_an_unknown_name_with_the_nearest(option, value, nearest, capsys):
    assert run(["calibrate", "own.csv", option, value]) == 2
    assert f'nearest: "{nearest}"' in capsys.readouterr().err


def test_calibrate_tells_wrong_cells_and_writes_nothing(folder, capsys):
    (folder / "own.csv").write_text(f"{HEADER}\n{ROWS[0]}x\n")
    assert run(["calibrate", "own.csv"]) == 3
    assert "line 2 (h100-sxm), value" in capsys.readouterr().err
    assert not (folder / "calibration.csv").exists()


def test_profile_without_a_gpu_is_8(monkeypatch, folder, capsys):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert run(["profile"]) == 8
    assert "carbonplan[profile]" in capsys.readouterr().err
    assert list(folder.glob("profile.*")) == []


def test_profile_writes_a_table_and_its_description(gpu, folder, capsys):
    assert run([*PROFILE, "--prompts", "64", "--clocks", "1,0.6"]) == 0
    out = capsys.readouterr()
    assert "wrote profile.csv: 20 rows, described in profile.json" in out.out
    assert "llama-3.2-1b at clock 0.6: 5 of 5 runs fit" in out.err
    rows = read_measurements(folder / "profile.csv")
    assert {row.clock_fraction for row in rows} == {1.0, 0.6}
    assert {row.accelerator for row in rows} == {"h100-sxm"}
    described = json.loads((folder / "profile.json").read_text())
    assert described["gpu"] == "NVIDIA H100 80GB HBM3"
    assert described["clocks"] == [1.0, 0.6]
    assert described["rows"] == 20
    assert gpu.said[-1] == "unlock"


def test_profile_as_one_document_and_quietly(gpu, capsys):
    assert run([*PROFILE, "--json", "--quiet"]) == 0
    out = capsys.readouterr()
    assert out.err == ""
    assert json.loads(out.out)["description"] == "profile.json"
    assert gpu.said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--sizes", "mixtral-8x7b"), "mixtral-8x7b has experts"),
        (("--sizes", "llama-3.2-1c"), 'nearest: "llama-3.2-1b"'),
        (("--batches", "1,x"), "--batches"),
        (("--clocks", "1.5"), "at most 1"),
        (("--precision", "fp8"), "bf16 or fp16"),
    ],
)
def test_profile_tells_a_plan_that_cannot_be_run(gpu, options, said, capsys):
    assert run(["profile", *options]) == 2
    assert said in capsys.readouterr().err
    assert gpu.said == []


def test_profile_replaces_neither_table_nor_description(gpu, folder, capsys):
    (folder / "profile.json").write_text("{}")
    assert run([*PROFILE]) == 2
    assert "profile.json exists already" in capsys.readouterr().err
    assert gpu.said == []


def test_what_was_profiled_can_be_calibrated_with(gpu, capsys):
    assert run([*PROFILE, "--prompts", "64,1024"]) == 0
    assert run(["calibrate", "profile.csv"]) == 0
    assert gpu.said
    assert "prefill_power_w" in capsys.readouterr().out
