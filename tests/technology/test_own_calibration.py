import numpy as np
import pytest

from carbonplan.catalogue.measurements import accelerator_records
from carbonplan.catalogue.writing import table_text
from carbonplan.errors import InvalidInput
from carbonplan.technology.calibration import CoefficientRow, load_calibration
from carbonplan.technology.own_calibration import calibration_with
from tests.technology.test_calibration import alone, made

H100, H200 = (accelerator_records()[name] for name in ("h100-sxm", "h200-sxm"))
MINE = made("step_overhead_ms", "own", "h100-sxm", 0.5, low=0.4, high=0.6)


def written(folder, *rows):
    path = folder / "own.csv"
    path.write_text(table_text(rows, list(CoefficientRow.model_fields)))
    return path


def test_a_users_factor_holds_for_the_accelerator_alone(tmp_path):
    mine, shipped = calibration_with(written(tmp_path, MINE)), load_calibration()
    ratio = [
        mine.coefficients(alone(one)).step_overhead_ms
        / shipped.coefficients(alone(one)).step_overhead_ms
        for one in (H100, H200)
    ]
    assert np.ravel(ratio) == pytest.approx([0.5, 1.0])


def test_without_a_file_it_is_the_shipped_calibration():
    assert calibration_with(None).rows == load_calibration().rows


def test_every_row_that_means_nothing_is_told(tmp_path):
    wrong = [
        MINE.model_copy(update={"coefficient": "step_overhed_ms"}),
        MINE.model_copy(update={"name": "h100-smx"}),
        MINE.model_copy(update={"value": 5.0}),
        MINE,
        MINE.model_copy(update={"level": "architecture", "name": "hopper"}),
    ]
    with pytest.raises(InvalidInput) as error:
        calibration_with(written(tmp_path, *wrong))
    told = "\n".join(error.value.problems)
    assert len(error.value.problems) == 5
    assert 'nearest: "step_overhead_ms"' in told
    assert 'nearest: "h100-sxm"' in told
    assert "5 is outside 0.4" in told
    assert "given twice" in told
    assert 'level "architecture"; own factors have "own"' in told
