"""What docs/measurements.md shows works as it stands, and names what there is."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.measurements import QUANTITIES, Measurement
from carbonplan.catalogue.shipped import scenarios_root
from carbonplan.cli.main import run
from carbonplan.configurations import enumerate_configurations
from carbonplan.scenario import load
from carbonplan.technology.calibrate.own import POWER_GROUPS, TIME_GROUPS

DOCUMENT = (Path(__file__).resolve().parents[1] / "docs" / "measurements.md").read_text(
    encoding="utf-8"
)


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, flags=re.DOTALL)


def commands(block):
    """Arguments of the carbonplan commands of a block."""
    started = (line.partition("$ carbonplan ")[2] for line in block.splitlines())
    return [line.split() for line in started if line]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the table that the document shows."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(scenarios_root() / "series", tmp_path / "series")
    (table,) = blocks("csv")
    (tmp_path / "own.csv").write_text(table)
    return tmp_path


def scenario_with(folder, fleet):
    """The scenario of one hour with what the document adds to its fleet."""
    text = (scenarios_root() / "one-hour.yaml").read_text(encoding="utf-8")
    added = "\n".join(line for line in fleet.splitlines()[1:] if "skus" not in line)
    path = folder / "one-hour.yaml"
    path.write_text(text.replace("fleet:\n", f"fleet:\n{added}\n"), encoding="utf-8")
    return load(path)


def test_the_table_calibrates_and_a_scenario_takes_the_result(folder):
    (command,) = commands(blocks("console")[0])
    assert run(command) == 0
    inputs = gather(scenario_with(folder, blocks("yaml")[0]))
    own = folder / "calibration-own.csv"
    assert inputs.calibration == own
    assert own in [file.path for file in inputs.files]


def test_the_table_serves_as_a_profile(folder):
    """Without the table one replica is modelled, with it interpolated; others do not change."""
    fleet = blocks("yaml")[1]
    table = enumerate_configurations(gather(scenario_with(folder, fleet)), prune=False).table
    plain = enumerate_configurations(gather(scenario_with(folder, "fleet:")), prune=False).table
    ratio = (table["rate_rps"] / plain["rate_rps"]).where(plain["rate_rps"] > 0)
    changed = ratio["configuration"].values[(abs(ratio - 1) > 1e-9).any("request_class")]
    assert list(changed) == [name for name in changed if "h100" in name]
    assert len(changed) == 1


def test_every_column_quantity_and_refitted_coefficient_is_named():
    named = set(re.findall(r"`(\w+)`", DOCUMENT))
    assert set(Measurement.model_fields) <= named
    assert set(QUANTITIES) <= named
    groups = (*TIME_GROUPS, *POWER_GROUPS)
    assert {name for group in groups for name in group.names} <= named


@pytest.mark.usefixtures("folder")
def test_the_options_of_the_profile_exist(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    (command,) = commands(blocks("console")[1])
    assert run(command) == 8
    assert "no such option" not in capsys.readouterr().err.lower()
