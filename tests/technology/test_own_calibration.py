import pytest

from carbonplan.catalogue.measurements import accelerator_records
from carbonplan.catalogue.writing import table_text
from carbonplan.errors import InvalidInput
from carbonplan.technology.calibration import CoefficientRow, load_calibration
from carbonplan.technology.own_calibration import calibration_with

H100 = accelerator_records()["h100-sxm"]
ROW = load_calibration().row("compute_efficiency", H100)
MINE = ROW.model_copy(update={"accelerator_family": "h100-sxm", "value": 0.5, "low": 0.4})


def written(folder, *rows):
    path = folder / "own.csv"
    path.write_text(table_text(rows, list(CoefficientRow.model_fields)))
    return path


def test_a_users_row_goes_before_the_shipped_one(tmp_path):
    calibration = calibration_with(written(tmp_path, MINE))
    assert calibration.coefficients(H100).compute_efficiency == 0.5
    others = accelerator_records()["h200-sxm"]
    assert calibration.coefficients(others) == load_calibration().coefficients(others)


def test_without_a_file_it_is_the_shipped_calibration():
    assert calibration_with(None).rows == load_calibration().rows


def test_every_row_that_means_nothing_is_told(tmp_path):
    wrong = [
        MINE.model_copy(update={"coefficient": "compute_eficiency"}),
        MINE.model_copy(update={"accelerator_family": "h100-smx"}),
        MINE.model_copy(update={"value": 5.0}),
        MINE,
    ]
    with pytest.raises(InvalidInput) as error:
        calibration_with(written(tmp_path, *wrong))
    told = error.value.problems
    assert len(told) == 4
    assert 'nearest: "compute_efficiency"' in told[0]
    assert 'nearest: "h100-sxm"' in told[1]
    assert "5 is outside 0.4" in told[2]
    assert "given twice" in told[3]


def test_what_belongs_to_a_link_is_not_looked_up_by_accelerator(tmp_path):
    link = MINE.model_copy(update={"coefficient": "link_efficiency"})
    with pytest.raises(InvalidInput, match="no accelerator, architecture or link"):
        calibration_with(written(tmp_path, link))
