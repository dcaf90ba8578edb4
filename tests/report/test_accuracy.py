"""Errors as tables, page and figures."""

import numpy as np
import pytest

from carbonplan.report.accuracy import best_line, markdown, rewrite, table_rows
from carbonplan.report.figures.accuracy import Points, accuracy_figure, dataset_shades
from carbonplan.report.figures.sheet import svg
from carbonplan.technology.calibrate.accuracy import ErrorRow


def row(line: str, median: float, **changes) -> ErrorRow:
    return ErrorRow(
        **{
            "dataset": "runs",
            "quantity": "step_s",
            "part": "all",
            "name": "all",
            "line": line,
            "rows": 10,
            "median": median,
            "p90": 3 * median,
            "signed": -median,
        }
        | changes
    )


ERRORS = (row("crossvalidated", 0.123), row("model", 0.08), row("roofline", 0.6))


def test_lines_stand_side_by_side_in_percent():
    (told,) = table_rows(ERRORS, "all")
    assert (told["median_%"], told["p90_%"], told["signed_%"]) == (12, 37, -12)
    assert told["goal_%"] == "15/45"
    assert (told["in_sample_median_%"], told["roofline_median_%"]) == (8, 60)
    assert told["neighbour_median_%"] is None


def test_cross_validated_errors_come_first():
    assert best_line(ERRORS) == "crossvalidated"
    assert best_line(ERRORS[1:]) == "model"
    (told,) = table_rows(ERRORS[1:], "all")
    assert told["median_%"] == 8
    assert "in_sample_median_%" not in told


def test_a_part_has_its_name_and_a_quantity_without_a_goal_none():
    of_card = row("model", 0.1, part="accelerator", name="h100-sxm", quantity="ttft_load_s")
    (told,) = table_rows([of_card], "accelerator")
    assert (told["accelerator"], told["goal_%"]) == ("h100-sxm", "none")


def test_markdown_puts_numbers_to_the_right():
    text = markdown([{"name": "a", "rows": 3, "error": None}])
    assert text == "| name | rows | error |\n| --- | ---: | ---: |\n| a | 3 |  |\n"


def test_a_page_keeps_its_prose_and_shows_the_figures_beside_it(tmp_path):
    page = tmp_path / "accuracy.md"
    page.write_text("# Title\n\nProse.\n\n## Against the goals\nold\n", encoding="utf-8")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "accuracy-step-s.svg").write_text("<svg/>")
    rewrite(page, ERRORS)
    once = page.read_text(encoding="utf-8")
    assert once.startswith("# Title\n\nProse.\n\n## Against the goals\n")
    assert "old" not in once
    assert "![accuracy-step-s](figures/accuracy-step-s.svg)" in once
    assert (
        "| decode step, time per output token | 15 % | 45 % | 1 | 1 | 1 | 1 of 1 | 0 of 0 |"
        in once
    )
    rewrite(page, ERRORS)
    assert page.read_text(encoding="utf-8") == once


@pytest.mark.parametrize("datasets", [1, 20])
def test_a_figure_names_its_data_sets_and_is_the_same_every_time(datasets):
    values = np.geomspace(0.001, 10, 20)
    names = np.array([f"set-{i % datasets}" for i in range(20)])
    points = Points("Decode step [s]", values, values * 1.1, names)
    drawn = [
        svg(accuracy_figure(points, dataset_shades(names), "carbonplan accuracy"))
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert "Decode step [s]" in drawn[0]
    assert all(name in drawn[0] for name in names)
