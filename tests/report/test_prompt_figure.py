"""The figure of the prompt study: a panel for each LLM and grid, units, the same bytes."""

from __future__ import annotations

import pytest

from carbonplan.catalogue.grids import Grid
from carbonplan.report.figures import svg
from carbonplan.report.figures.prompt_carbon import prompt_figure
from carbonplan.technology.prompt_carbon import prompt_carbon
from tests.technology.example_records import LLAMA_70B, T4_4
from tests.technology.example_replicas import CALIBRATION, replica

GRIDS = (Grid("CA-QC", 28.5), Grid("dirty", 663.0))
REPLICAS = (
    replica(),
    replica(server=T4_4, tensor_parallel=4),
    replica(llm=LLAMA_70B, tensor_parallel=4),
    replica(llm=LLAMA_70B, server=T4_4, tensor_parallel=4),
)


@pytest.fixture(scope="module")
def study():
    return prompt_carbon(
        REPLICAS,
        [800.0] * 4,
        lifetime_years=[4.0] * 4,
        lengths=(128.0, 128.0),
        largest=32,
        calibration=CALIBRATION,
    )


def test_a_column_for_each_llm_and_a_row_for_energy_and_each_grid(study):
    figure = prompt_figure(study, GRIDS, "a caption")
    titles = [axes.get_title("left") for axes in figure.axes[:2]]
    assert titles == ["llama-3.1-8b", "llama-3.1-70b"]
    assert [axes.get_ylabel() for axes in figure.axes[::2]] == [
        "Energy [J/prompt]",
        "CA-QC\n28.5 g/kWh\n[mgCO2e/prompt]",
        "dirty\n663 g/kWh\n[mgCO2e/prompt]",
    ]
    assert "a caption" in [text.get_text() for text in figure.texts]


def test_lines_show_the_batches_that_memory_holds(study):
    first, second = prompt_figure(study, GRIDS, "").axes[:2]
    for axes, k in ((first, 0), (second, 2)):
        whole, part = axes.get_lines()[:2]
        assert list(whole.get_ydata()) == list(study.energy_j[study.fits[:, k], k])
        assert list(part.get_ydata()) == list(study.prefill.energy_j[study.fits[:, k], k])
    nowhere = second.get_lines()[2]
    assert len(nowhere.get_xdata()) == 0


def test_same_study_same_bytes(study):
    first, second = (svg(prompt_figure(study, GRIDS, "a caption")) for _ in range(2))
    assert first == second
