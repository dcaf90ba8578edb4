import csv
import io
import json
from xml.etree import ElementTree

import pytest

from carbonplan.cli.main import run

STUDY = ["prompt-carbon", "t4", "rtx-6000-ada"]


def studied(capsys, *arguments: str) -> dict:
    assert run([*STUDY, *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_identities_hold_in_every_row(capsys):
    rows = studied(capsys, "--lifetime-years", "5")["rows"]
    assert {row["phase"] for row in rows} == {"prefill", "decode"}
    for row in rows:
        energy_j = row["power_w"] * row["time_s"] / row["batch"]
        assert row["energy_j_per_prompt"] == pytest.approx(energy_j)
        operational_g = energy_j / 3.6e6 * row["intensity_g_per_kwh"]
        assert row["operational_g_per_prompt"] == pytest.approx(operational_g)


def test_a_batch_that_memory_does_not_hold_has_no_row(capsys):
    rows = studied(capsys, "--llm", "llama-2-7b")["rows"]
    most = {
        name: max(row["batch"] for row in rows if row["machine"] == name)
        for name in ("t4", "rtx-6000-ada")
    }
    assert most["t4"] < most["rtx-6000-ada"]


def test_a_clean_grid_leaves_the_making(capsys):
    """At 0 g/kWh the ratio of carbon is that of the making: of time, and of what was made."""
    found = studied(capsys, "--llm", "llama-3.2-1b", "--intensity", "0")
    energy, carbon = found["ratios"]
    assert (energy["of"], carbon["of"]) == ("energy", "carbon in 0")
    made = {
        name: sum(
            row["embodied_g_per_prompt"]
            for row in found["rows"]
            if (row["machine"], row["batch"]) == (name, 1)
        )
        for name in ("t4", "rtx-6000-ada")
    }
    assert carbon["batch_1"] == pytest.approx(made["rtx-6000-ada"] / made["t4"])


def test_what_does_not_fit_is_said(capsys):
    assert run([*STUDY, "--llm", "llama-2-7b,llama-2-13b"]) == 0
    assert "llama-2-13b in fp16 does not fit t4" in capsys.readouterr().out


def test_one_machine_is_compared_with_none(capsys):
    assert run(["prompt-carbon", "l4-1", "--llm", "llama-3.2-1b"]) == 0
    assert "over the first" not in capsys.readouterr().out


def test_table_and_figure_are_written_once(tmp_path, capsys):
    assert run([*STUDY, "--out", str(tmp_path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    text = (tmp_path / "prompt-carbon.csv").read_text(encoding="utf-8")
    assert len(list(csv.DictReader(io.StringIO(text)))) == len(rows)
    ElementTree.fromstring((tmp_path / "prompt-carbon.svg").read_bytes())
    assert run([*STUDY, "--out", str(tmp_path)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run([*STUDY, "--out", str(tmp_path), "--overwrite"]) == 0


def test_unknown_names_are_3_with_the_nearest(capsys):
    assert run(["prompt-carbon", "t5"]) == 3
    assert run([*STUDY, "--llm", "llama-2-7c"]) == 3
    assert 'nearest: "llama-2-7b"' in capsys.readouterr().err
