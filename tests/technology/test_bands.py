from dataclasses import fields, replace

import numpy as np
import pytest

from carbonplan.technology.bands import UNFAVOURABLE, calibration_at
from carbonplan.technology.coefficients import Coefficients
from carbonplan.technology.figures import ReplicaFigures, replica_figures
from carbonplan.technology.performance import decode_step, prefill, prompt_work
from carbonplan.technology.power import above_idle_kw
from tests.technology.example_records import H100_8, LLAMA_70B, T4_4
from tests.technology.example_replicas import CALIBRATION, figures, replica

ENDS = {name: end for name, end in UNFAVOURABLE.items() if end is not None}
STEP = 1.1  # by which a coefficient is moved; small enough to stay where it means something


def test_every_coefficient_has_its_bad_end_or_none():
    assert set(UNFAVOURABLE) == {field.name for field in fields(Coefficients)}


def test_every_coefficient_is_at_its_end_of_the_band():
    bad, good = (calibration_at(CALIBRATION, end) for end in ("pessimistic", "optimistic"))
    central = CALIBRATION.evidence(H100_8.accelerator)
    pessimistic, optimistic = (one.evidence(H100_8.accelerator) for one in (bad, good))
    for name, known in central.items():
        end = UNFAVOURABLE[name]
        if end is None:
            assert pessimistic[name].value == optimistic[name].value == known.value
        else:
            other = "high" if end == "low" else "low"
            assert bad.ends[name] == end
            assert good.ends[name] == other


def test_a_step_and_its_power_are_scaled_by_their_bands():
    """All efficiencies and overheads at their ends give the time at its end."""
    figures_at = [
        replica_figures([replica()], calibration_at(CALIBRATION, stance))
        for stance in ("central", "pessimistic")
    ]
    central, worse = (decode_step(16.0, 900.0, part).total_s[0] for part in figures_at)
    row = CALIBRATION.rows["step_overhead_ms", "kind", "gpu"]
    assert worse / central == pytest.approx(row.high / row.value, rel=0.03)


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
