from dataclasses import fields, replace

import numpy as np
import pytest

from carbonplan.technology.bands import UNFAVOURABLE, calibration_at
from carbonplan.technology.calibration import Coefficients
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.performance import decode_step, prefill, prompt_work
from carbonplan.technology.power import above_idle_kw
from tests.technology.example_records import LLAMA_70B, T4_4
from tests.technology.example_replicas import CALIBRATION, figures

ENDS = {name: end for name, end in UNFAVOURABLE.items() if end is not None}
STEP = 1.1  # by which a coefficient is moved; small enough to stay where it means something


def test_every_coefficient_has_its_bad_end_or_none():
    assert set(UNFAVOURABLE) == {field.name for field in fields(Coefficients)}


def test_every_row_is_at_its_end_of_the_band():
    bad, good = (calibration_at(CALIBRATION, end) for end in ("pessimistic", "optimistic"))
    for key, row in CALIBRATION.rows.items():
        end = UNFAVOURABLE[row.coefficient]
        if end is None:
            assert bad.rows[key] == good.rows[key] == row
        else:
            other = "high" if end == "low" else "low"
            assert bad.rows[key].value == getattr(row, end)
            assert good.rows[key].value == getattr(row, other)
            assert (bad.rows[key].low, bad.rows[key].high) == (row.low, row.high)


def test_the_central_stance_moves_nothing():
    assert calibration_at(CALIBRATION, "central") is CALIBRATION


def replicas() -> ReplicaFigures:
    """Whole and slowed clocks, one accelerator and four, wide and narrow numbers."""
    return figures(
        {},
        {"clock_fraction": 0.7},
        {"llm": LLAMA_70B, "tensor_parallel": 4, "precision": "fp8", "clock_fraction": 0.7},
        {"server": T4_4, "precision": "fp16", "clock_fraction": 0.8},
    )


def times_and_energies(part: ReplicaFigures) -> list[np.ndarray]:
    """Of a prompt alone, of what it adds to steps, and of a step over 16 sequences."""
    phases = prefill(800.0, part), prompt_work(800.0, part), decode_step(16.0, 900.0, part)
    times = [phase.total_s for phase in phases]
    return times + [phase.total_s * above_idle_kw(phase, part) for phase in phases]


@pytest.mark.parametrize("name", ENDS)
def test_towards_its_bad_end_nothing_is_quicker_or_thriftier(name):
    part = replicas()
    moved = getattr(part.coefficients, name) * (STEP if ENDS[name] == "high" else 1 / STEP)
    worse = replace(part, coefficients=replace(part.coefficients, **{name: moved}))
    for before, after in zip(times_and_energies(part), times_and_energies(worse), strict=True):
        assert np.all(after >= before * (1 - 1e-9))
