from dataclasses import fields
from pathlib import Path

import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.errors import InvalidInput
from carbonplan.technology.calibration import (
    TABLES,
    Coefficients,
    load_calibration,
)
from tests.technology.example_records import H100_8, T4, accelerator
from tests.technology.example_replicas import CALIBRATION


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in TABLES:
        text = (data_root() / "calibration" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_every_coefficient_holds_for_any_accelerator():
    unknown = accelerator("new", architecture="Rubin", scale_up_link="NVLink 6")
    socket = accelerator("socket", kind="cpu", architecture="Zen 9", scale_up_link="xGMI 9")
    for one in (H100_8.accelerator, T4, unknown, socket):
        found = CALIBRATION.coefficients(one)
        assert all(getattr(found, field.name) >= 0 for field in fields(Coefficients))


def test_most_specific_family_holds():
    hopper = CALIBRATION.row("bandwidth_efficiency", H100_8.accelerator)
    pooled = CALIBRATION.row("bandwidth_efficiency", accelerator("new", architecture="Rubin"))
    assert hopper.accelerator_family == "hopper"
    assert pooled.accelerator_family == "gpu"
    link = CALIBRATION.row("link_efficiency", H100_8.accelerator)
    assert link.accelerator_family == "nvlink 4"
    assert CALIBRATION.row("link_efficiency", T4).accelerator_family == "pcie"


def test_bands_hold_their_values_and_shares_are_shares():
    for row in CALIBRATION.rows.values():
        assert row.low <= row.value <= row.high
        if row.coefficient.endswith("_efficiency"):
            assert row.low > 0
            assert row.high <= 1


def test_evidence_names_the_row_behind_each_coefficient():
    rows = CALIBRATION.evidence(H100_8.accelerator)
    assert rows["compute_efficiency"].evidence == "derived"
    assert rows["compute_efficiency"].rows > 100


def test_faults_of_a_table_are_all_told(copied):
    with (copied / "assumed.csv").open("a", encoding="utf-8") as file:
        file.write("warp_speed,gpu,1,1,1,1,0,,assumed,x,2026-01-01\n")
        file.write("step_overhead_ms,cpu,9,1,5,ms,0,,assumed,x,2026-01-01\n")
    with pytest.raises(InvalidInput) as caught:
        load_calibration(copied)
    told = str(caught.value)
    assert "warp_speed[gpu] is no coefficient" in told
    assert "step_overhead_ms[cpu] is given twice" in told
    assert "step_overhead_ms[cpu]: 9 is outside 1 to 5" in told


def test_missing_pooled_value_is_told(copied):
    path = copied / "assumed.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("step_overhead_ms,cpu")]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="step_overhead_ms has no pooled value for cpu"):
        load_calibration(copied)
