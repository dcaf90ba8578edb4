from pathlib import Path

import numpy as np
import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.errors import InvalidInput
from carbonplan.technology.calibration import (
    TABLES,
    UNKNOWN,
    Calibration,
    CoefficientRow,
    load_calibration,
)
from carbonplan.technology.coefficients import MOST, NAMES, bounded
from carbonplan.technology.subjects import Subjects, names_by_level
from tests.technology.example_records import H100_8, T4, accelerator
from tests.technology.example_replicas import CALIBRATION

H100 = H100_8.accelerator
NEW = accelerator("new", architecture="Rubin", scale_up_link="NVLink 6")
SOCKET = accelerator("socket", kind="cpu", architecture="Zen 9", scale_up_link="xGMI 9")


def made(coefficient, level, name, value, low=None, high=None) -> CoefficientRow:
    return CoefficientRow(
        coefficient=coefficient,
        level=level,
        name=name,
        value=value,
        low=value if low is None else low,
        high=value if high is None else high,
        unit="1",
        rows=1,
        median_abs_error=None,
        evidence="derived",
        source="x",
        date="2026-01-01",
    )


def calibration(*rows: CoefficientRow, **options) -> Calibration:
    """The given rows, every other coefficient one."""
    table = [made(name, "kind", kind, 1.0) for name in NAMES for kind in ("gpu", "cpu")]
    return Calibration({row.key: row for row in [*table, *rows]}, **options)


def alone(one, engine="vllm-2026", precision="bf16", **features) -> Subjects:
    names = names_by_level(np.array([one]), np.array([engine]), np.array([precision]))
    shapes = {name: np.array([value]) for name, value in features.items()}
    return Subjects(names, np.zeros(1, dtype=int), shapes)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in TABLES:
        text = (data_root() / "calibration" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_every_coefficient_holds_for_any_accelerator():
    for one in (H100, T4, NEW, SOCKET):
        found = CALIBRATION.coefficients(alone(one))
        for name in NAMES:
            value = getattr(found, name)
            assert value.shape == (1,)
            assert 0 < value[0] <= MOST.get(name, np.inf)


def test_a_value_is_the_pooled_one_times_the_factors_of_all_its_names():
    some = calibration(
        made("step_overhead_ms", "kind", "gpu", 2.0),
        made("step_overhead_ms", "architecture", "hopper", 1.5),
        made("step_overhead_ms", "engine", "vllm-2026", 0.5),
        made("step_overhead_ms", "engine", "other", 9.0),
        made("step_overhead_ms", "shape", "tensor-parallel", 0.1),
    )
    value = some.coefficients(alone(H100, **{"tensor-parallel": 3.0})).step_overhead_ms[0]
    assert value == pytest.approx(2.0 * 1.5 * 0.5 * np.exp(0.3))
    assert some.coefficients(alone(NEW)).step_overhead_ms[0] == pytest.approx(2.0 * 0.5)


def test_factors_are_those_of_gpus():
    some = calibration(
        made("step_overhead_ms", "kind", "cpu", 7.0),
        made("step_overhead_ms", "engine", "vllm-2026", 0.5),
        made("step_overhead_ms", "own", "socket", 2.0),
    )
    assert some.coefficients(alone(SOCKET)).step_overhead_ms[0] == pytest.approx(14.0)


def test_values_are_smoothly_held_below_their_most():
    assert bounded("compute_efficiency", np.array([0.5]))[0] == pytest.approx(0.5, rel=1e-3)
    held = bounded("compute_efficiency", np.array([0.8, 1.0, 3.0, 100.0]))
    assert (np.diff(held) > 0).all()
    assert held[-1] <= 1.0
    assert bounded("step_overhead_ms", np.array([100.0]))[0] == 100.0


def test_ends_of_a_band_are_taken():
    row = made("step_overhead_ms", "kind", "gpu", 2.0, low=1.0, high=3.0)
    for end, value in (("low", 1.0), ("high", 3.0)):
        some = calibration(row, ends={"step_overhead_ms": end})
        assert some.coefficients(alone(H100)).step_overhead_ms[0] == pytest.approx(value)


def test_an_architecture_that_nobody_measured_has_a_wider_band():
    rows = (
        made("step_overhead_ms", "kind", "gpu", 2.0, low=2 / np.e**0.3, high=2 * np.e**0.3),
        made("step_overhead_ms", "architecture", "hopper", 1.0),
        made("step_overhead_ms", "architecture", UNKNOWN, 1.0, np.exp(-0.4), np.exp(0.4)),
    )
    known, new = (calibration(*rows).evidence(one)["step_overhead_ms"] for one in (H100, NEW))
    assert known.high == pytest.approx(2.0 * np.exp(0.3))
    assert new.high == pytest.approx(2.0 * np.exp(0.5))  # 0.3² + 0.4² = 0.5²
    assert new.low == pytest.approx(2.0 * np.exp(-0.5))


def test_a_users_own_band_goes_before_the_pooled_one():
    some = calibration(
        made("step_overhead_ms", "kind", "gpu", 2.0, low=1.0, high=4.0),
        made("step_overhead_ms", "own", "h100-sxm", 1.5, low=1.4, high=1.6),
    )
    found = some.evidence(H100)["step_overhead_ms"]
    assert (found.value, found.high) == pytest.approx((3.0, 3.2))
    assert found.told_by.level == "own"


def test_shipped_bands_hold_their_values():
    for row in CALIBRATION.rows.values():
        assert row.low <= row.value <= row.high
    for one in (H100, NEW, SOCKET):
        for known in CALIBRATION.evidence(one).values():
            assert known.low <= known.value * (1 + 1e-9)
            assert known.value <= known.high * (1 + 1e-9)


def test_evidence_names_the_rows_behind_each_coefficient():
    found = CALIBRATION.evidence(H100)["compute_efficiency"]
    assert found.rows[0].level == "kind"
    assert found.rows[0].rows > 1000
    assert found.told_by.name == "h100-sxm"
    assert found.evidence == "derived"
    assert CALIBRATION.evidence(SOCKET)["compute_efficiency"].evidence == "derived"
    assert CALIBRATION.evidence(SOCKET)["step_overhead_ms"].evidence == "assumed"


def test_faults_of_a_table_are_all_told(copied):
    with (copied / "assumed.csv").open("a", encoding="utf-8") as file:
        file.write("warp_speed,kind,gpu,1,1,1,1,0,,assumed,x,2026-01-01\n")
        file.write("step_overhead_ms,kind,cpu,9,1,5,ms,0,,assumed,x,2026-01-01\n")
        file.write("admission_ms,engine,new,0,0,0,1,0,,assumed,x,2026-01-01\n")
    with pytest.raises(InvalidInput) as caught:
        load_calibration(copied)
    told = str(caught.value)
    assert "warp_speed[gpu]: no coefficient" in told
    assert "step_overhead_ms[cpu] is given twice" in told
    assert "step_overhead_ms[cpu]: 9 is outside 1 to 5" in told
    assert "admission_ms[new]: 0 is no positive factor" in told


def test_missing_pooled_value_is_told(copied):
    path = copied / "assumed.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("step_overhead_ms,kind,cpu")]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="step_overhead_ms has no pooled value for cpu"):
        load_calibration(copied)
