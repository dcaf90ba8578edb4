"""The carbon of a prompt: E = P t, C_op = E I, C_em = t / L M, and what batching does."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.technology.prompt_carbon import (
    PromptCarbon,
    prompt_carbon,
    ratios,
    smallest_replica,
)
from tests.technology.example_records import H100_8, LLAMA_8B, LLAMA_70B, T4_4
from tests.technology.example_replicas import CALIBRATION, replica

LENGTHS = (128.0, 128.0)
T4 = {"server": T4_4, "tensor_parallel": 4}


def study(*changes: dict, largest: int = 16, made_kg: float = 800.0) -> PromptCarbon:
    replicas = [replica(**change) for change in changes or ({},)]
    return prompt_carbon(
        replicas,
        [made_kg] * len(replicas),
        lifetime_years=[4.0] * len(replicas),
        lengths=LENGTHS,
        largest=largest,
        calibration=CALIBRATION,
    )


@pytest.mark.parametrize("phase", ["prefill", "decode"])
def test_identities(phase):
    """One accelerator of eight is charged an eighth of 800 kg over four years."""
    found = getattr(study({}, T4), phase)
    batch = np.array([1.0, 2.0, 4.0, 8.0, 16.0])[:, None]
    assert found.energy_j == pytest.approx(found.power_w * found.time_s / batch)
    assert found.operational_g(360.0) == pytest.approx(found.energy_j * 1e-4)
    share = np.array([1 / 8, 1.0])
    lifetime_s = 4 * 8_760 * 3_600
    made_g = found.time_s / lifetime_s * 800_000 * share / batch
    assert found.embodied_g == pytest.approx(made_g)


def test_total_is_both_phases_and_the_making():
    found = study()
    parts = (found.prefill, found.decode)
    used = sum(part.operational_g(261.0) + part.embodied_g for part in parts)
    assert found.total_g(261.0) == pytest.approx(used)
    assert found.total_g(0.0) == pytest.approx(found.embodied_g)


def test_power_lies_between_idle_and_limit_with_the_share_of_the_host():
    found = study()
    for phase in (found.prefill, found.decode):
        assert np.all(phase.power_w > 110 + 400 / 8)
        assert np.all(phase.power_w <= 700 + 400 / 8 + 400 / 8)


def test_a_batch_takes_longer_and_each_of_its_prompts_less():
    found = study({}, T4)
    for phase in (found.prefill, found.decode):
        assert np.all(np.diff(phase.time_s, axis=0) > 0)
    assert np.all(np.diff(found.energy_j, axis=0) < 0)
    assert np.all(np.diff(found.embodied_g, axis=0) < 0)


def test_only_batches_that_memory_holds_count():
    found = study({"server": T4_4, "tensor_parallel": 2}, {}, largest=1024)
    assert found.batches[-1] == 1024
    assert found.fits[0].all()
    held = found.fits.sum(axis=0)
    assert held[0] < held[1]
    assert np.all(np.diff(found.fits.astype(int), axis=0) <= 0)


def test_the_smallest_replica_that_holds_a_request():
    def accelerators(server, llm):
        return smallest_replica(server, llm, "bf16", LENGTHS, CALIBRATION).accelerators

    assert accelerators(H100_8, LLAMA_8B) == 1
    assert accelerators(T4_4, LLAMA_8B) == 2
    assert accelerators(H100_8, LLAMA_70B) in (2, 4)
    assert accelerators(T4_4, LLAMA_70B) == 4  # which do not hold it either
    none = study({**T4, "llm": LLAMA_70B})
    assert not none.fits.any()


def test_ratios_by_hand():
    found = study({}, {})
    quantity = np.column_stack([[8.0, 3.0, 2.0, 1.0, 0.5], [4.0, 4.0, 2.0, 2.0, 2.0]])
    both = ratios(found, quantity, 0, 1)
    assert (both.alone, both.largest, both.best) == (2.0, 0.25, 0.25)
    assert both.less_from == 8  # at batch 2 it is less, at 4 it is not
    assert ratios(found, quantity, 1, 0).less_from is None
    assert (
        ratios(found, np.column_stack([quantity[:, 1] / 2, quantity[:, 1]]), 0, 1).less_from
        == 1
    )


def test_no_ratio_to_what_cannot_be_served():
    found = study({}, {**T4, "llm": LLAMA_70B})
    assert ratios(found, found.energy_j, 0, 1) is None
