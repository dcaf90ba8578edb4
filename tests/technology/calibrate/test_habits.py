"""What engines of benchmarks do otherwise: products with vectors, and cut prompts."""

import numpy as np
import pytest

from carbonplan.technology.calibrate.habits import cut_features
from carbonplan.technology.figures import accelerator_figures, stacked
from tests.technology.example_records import H100_8, T4_4


def test_vectors_do_not_fill_the_fastest_memories_and_cut_prompts_have_a_size():
    fast, slow = (
        accelerator_figures(one.accelerator, one.power, "fp16") for one in (H100_8, T4_4)
    )
    boards = stacked([fast, slow, fast, fast])
    families = np.array(["llama.cpp", "llama.cpp", "vllm", "llama.cpp"])
    vectors = np.array([True, True, False, False])
    features = cut_features(np.full(4, 0.7), boards, families, vectors)
    assert features["vector-memory"] == pytest.approx([np.log(3.35), 0, 0, 0])
    assert features["cut-slice"] == pytest.approx([0.7, 0.7, 0, 0.7])
