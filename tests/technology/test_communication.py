from dataclasses import replace

import numpy as np
import pytest

from carbonplan.technology.communication import (
    allreduce_s,
    expert_exchange_s,
    link_bytes_per_s,
    pipeline_s,
    tensor_parallel_s,
    tensor_parallel_traffic_s,
)
from carbonplan.technology.subjects import link_name
from tests.technology.example_records import DEEPSEEK, LLAMA_70B, T4_4
from tests.technology.example_replicas import CALIBRATION, figures, plain


def test_ring_moves_its_share_of_the_message_twice():
    # 10 us + 3 · 2 us + 2 · 3/4 · 1 GB / 100 GB/s
    assert allreduce_s(1e9, 4, 100e9, 10, 2) == pytest.approx(16e-6 + 0.015)


def test_one_accelerator_talks_to_nobody():
    alone = figures({})
    assert tensor_parallel_s(1000, alone) == 0
    assert tensor_parallel_traffic_s(1000, alone) == 0
    assert expert_exchange_s(1000, alone) == 0
    assert pipeline_s(1000, alone) == 0


def test_tokens_go_to_their_experts_and_back():
    """58 layers of experts, 8 for a token; three other groups, once to each that it meets."""
    one = plain({"llm": DEEPSEEK, "tensor_parallel": 2}, allreduce_base_us=10.0)
    part = replace(one, data_parallel=np.full(1, 4.0))
    part = replace(part, coefficients=replace(part.coefficients, allreduce_hop_us=np.ones(1)))
    sent_bytes = 64 * 7168 * 2 * 3 * (1 - 0.75**8)
    once_s = (10 + 3 * 1) * 1e-6 + sent_bytes / 2 / 450e9
    assert expert_exchange_s(64, part) == pytest.approx(2 * 58 * once_s)
    assert expert_exchange_s(64, one) == 0


def test_stages_hand_over_once_each():
    part = plain({"llm": LLAMA_70B, "pipeline_parallel": 4}, allreduce_base_us=10.0)
    assert pipeline_s(64, part) == pytest.approx(4 * (10e-6 + 64 * 8192 * 2 / 450e9))


def test_contention_lowers_the_bandwidth_of_more_than_two():
    part = plain({}, link_efficiency=0.8, link_contention=0.5)
    reached = [link_bytes_per_s(peers, part)[0] for peers in (1, 2, 8)]
    assert reached == pytest.approx([0.8 * 450e9, 0.8 * 450e9, 0.4 * 450e9])


def test_layers_reduce_twice():
    part = figures({"tensor_parallel": 8})
    c = part.coefficients
    one = allreduce_s(
        64 * 4096 * 2,
        8,
        link_bytes_per_s(8, part),
        c.allreduce_base_us,
        c.allreduce_hop_us,
    )
    assert tensor_parallel_s(64, part) == pytest.approx(2 * 32 * one)


def test_traffic_is_what_remains_without_latency():
    part = figures({"tensor_parallel": 8})
    rise = tensor_parallel_s(2e6, part) - tensor_parallel_s(1e6, part)
    assert tensor_parallel_traffic_s(1e6, part) == pytest.approx(rise)


def test_peers_on_a_host_bus_share_it():
    switched, bus = {"tensor_parallel": 4}, {"server": T4_4, "tensor_parallel": 4}
    two, four = (link_bytes_per_s(peers, figures(switched, bus)) for peers in (2, 4))
    assert four[0] / two[0] > 0.9
    assert four[1] / two[1] < 0.5


def test_the_fifth_generation_of_the_host_bus_is_a_link_of_its_own():
    names = [
        link_name(T4_4.accelerator.model_copy(update={"scale_up_link": f"PCIe {one} x16"}))
        for one in ("3.0", "4.0", "5.0")
    ]
    assert names == ["pcie", "pcie", "pcie 5.0"]


def test_measured_messages(shared_data):
    """Of NCCL alone, among the eight accelerators of an H100 board: 16 us for 16 kB."""
    import pandas as pd

    table = pd.read_csv(shared_data / "performance" / "collectives_nccl_latency.csv")
    table = table[(table["op_name"] == "all_reduce") & (table["nccl_dtype"] == "half")]
    table = table[(table["system"] == "h100_sxm") & (table["num_gpus"] == 8)]
    links = {key: row for key, row in CALIBRATION.rows.items() if key[1] in ("kind", "link")}
    part = figures({"tensor_parallel": 8}, calibration=replace(CALIBRATION, rows=links))
    c = part.coefficients
    predicted = allreduce_s(
        2.0 * table["message_elements"].to_numpy(),
        8,
        link_bytes_per_s(8, part),
        c.allreduce_base_us,
        c.allreduce_hop_us,
    )
    assert np.median(np.abs(predicted * 1e3 / table["latency_ms"] - 1)) < 0.2
