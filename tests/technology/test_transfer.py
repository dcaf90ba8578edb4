"""A KV cache on its way: bytes, time and energy, worked out by hand."""

import pytest

from carbonplan.technology.transfer import prompt_cache_gb, transfer_kj, transfer_s
from tests.technology.example_records import DEEPSEEK, LLAMA_70B
from tests.technology.example_replicas import CALIBRATION, figures, plain


def test_the_cache_of_a_prompt():
    """Llama 8B keeps 2 x 8 heads x 128 x 2 bytes in each of 32 layers: 131072 a token."""
    assert prompt_cache_gb(1000.0, plain())[0] == pytest.approx(0.131072)


def test_parallel_replicas_keep_one_copy_together():
    split = figures({"tensor_parallel": 4}, {"tensor_parallel": 2, "pipeline_parallel": 2})
    assert prompt_cache_gb(1000.0, split) == pytest.approx([0.131072, 0.131072])


def test_a_latent_cache_is_small():
    """DeepSeek keeps 512 + 64 numbers a token and layer, Llama 70B 2 x 8 x 128."""
    part = figures({"llm": DEEPSEEK, "tensor_parallel": 8}, {"llm": LLAMA_70B})
    latent_gb, heads_gb = prompt_cache_gb(1000.0, part)
    assert latent_gb / DEEPSEEK.layers == pytest.approx(576 * 2 * 1000 / 1e9)
    assert heads_gb / LLAMA_70B.layers == pytest.approx(2048 * 2 * 1000 / 1e9)


def test_time_over_the_share_of_the_adapters():
    """25 GB/s for eight accelerators: 3.125 GB/s for one, all of it reached."""
    part = plain({}, {"tensor_parallel": 4})
    assert transfer_s(0.131072, part) == pytest.approx([0.131072 / 3.125, 0.131072 / 12.5])


def test_transfers_reach_a_part_of_the_bandwidth():
    part = plain(transfer_efficiency=0.5)
    assert transfer_s(1.0, part)[0] == pytest.approx(1 / 1.5625)


def test_energy_of_the_path():
    """2.2 J for each GB; the shipped figure stands in its band."""
    assert transfer_kj(10.0, plain(transfer_j_per_gb=2.2))[0] == pytest.approx(0.022)
    row = CALIBRATION.rows["transfer_j_per_gb", "kind", "gpu"]
    assert row.low < row.value < row.high
