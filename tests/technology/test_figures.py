"""Figures that models compute with: what the code of engines makes of hardware and LLMs."""

import numpy as np
import pytest

from carbonplan.technology.figures import accelerator_figures, as_engines_compute, stacked
from carbonplan.technology.shapes import llm_figures
from tests.technology.example_records import H100_8, LLAMA_8B


def test_sums_in_16_bits_reach_the_full_rate_of_geforce_boards():
    """Half the rate of eight bits; other boards have it anyway, or no such units."""
    geforce = H100_8.accelerator.model_copy(
        update={"fp16_tflops": 165.2, "bf16_tflops": 165.2, "int8_tops": 660.6}
    )
    volta = geforce.model_copy(update={"int8_tops": None})
    boards = (geforce, geforce, volta, geforce, H100_8.accelerator)
    precisions = ("int4", "bf16", "bf16", "fp8", "bf16")
    hardware = stacked(
        [
            accelerator_figures(b, H100_8.power, p)
            for b, p in zip(boards, precisions, strict=True)
        ]
    )
    llm = stacked([llm_figures(LLAMA_8B, one) for one in precisions])
    families = np.array(["llama.cpp", "vllm", "llama.cpp", "llama.cpp", "transformers"])
    stored, found = as_engines_compute(llm, hardware, families)
    fp8 = H100_8.accelerator.fp8_tflops
    assert found.peak_tflops == pytest.approx([330.3, 165.2, 165.2, fp8, 989])
    assert found.attention_tflops == pytest.approx([330.3, 165.2, 165.2, 330.3, 989])
    assert stored.stored_pair_bytes == pytest.approx([768, 0, 768, 768, 768])  # 32 heads of 24
