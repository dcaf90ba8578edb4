"""What a server needs of its DRAM and SSD, and what smaller ones save, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbonplan.catalogue.hardware import embodied_coefficients, servers
from carbonplan.technology.host_memory import (
    SWAP_GB,
    dram_need_gb,
    free_dram_gb,
    memory_sizes,
    ssd_need_gb,
)

H100, GH200, XEON, T4 = servers(["h100-sxm-8", "gh200-1", "xeon-8480-2", "t4-1"])
ESERVE = embodied_coefficients("eserve-2025")  # 0.29 kg/GB of DRAM, 0.010 of SSD
CHECKPOINTS_GB = (16.0, 141.0)


def sizes(server, checkpoints_gb=CHECKPOINTS_GB):
    return {one.name: one for one in memory_sizes(server, ESERVE, checkpoints_gb)}


def test_needs_by_hand():
    """32 GB of system, 8 processes with 8 GB and 4 GiB of swap, the larger checkpoint."""
    assert pytest.approx(4.294967) == SWAP_GB
    assert dram_need_gb(H100, CHECKPOINTS_GB) == pytest.approx(32 + 8 * 12.294967 + 141)
    assert ssd_need_gb(CHECKPOINTS_GB) == 200 + 157
    assert free_dram_gb(H100, CHECKPOINTS_GB) == pytest.approx(2048 - 271.359738)
    assert free_dram_gb(T4, CHECKPOINTS_GB) == 0.0


def test_sizes_below_the_need_are_no_choice():
    assert list(sizes(H100))[:3] == ["dram-512", "dram-1024", "dram-2048"]
    assert "dram-256" in sizes(H100, (16.0,))
    assert "ssd-960" not in sizes(H100, (800.0,))


def test_savings_by_hand():
    """Of 2048 to 512 GB: 1536 GB less, at 0.29 kg, 5 USD and 0.074 W each."""
    small = sizes(H100)["dram-512"]
    assert small.saved_kgco2e == pytest.approx(1536 * 0.29)
    assert small.saved_usd == pytest.approx(1536 * 5)
    assert small.saved_idle_kw == pytest.approx(1536 * 0.074 / 1e3)
    assert sizes(H100)["ssd-30720"].saved_kgco2e == pytest.approx(3840 * 0.010)


def test_as_sold_saves_nothing_and_is_always_a_choice():
    sold = sizes(H100)["dram-2048"]
    assert (sold.saved_kgco2e, sold.saved_usd, sold.saved_idle_kw) == (0.0, 0.0, 0.0)
    assert "dram-128" in sizes(T4)  # too small for the larger checkpoint, yet what is sold


@pytest.mark.parametrize(
    ("server", "dram"), [(GH200, "dram-480"), (XEON, "dram-1024")], ids=["soldered", "cpu"]
)
def test_memory_that_cannot_be_chosen_stays(server, dram):
    assert [name for name in sizes(server) if name.startswith("dram")] == [dram]


def test_without_tables_everything_stays_as_sold():
    bare = replace(H100, memory_options=(), memory_parts=())
    assert list(sizes(bare)) == ["dram-2048", "ssd-34560"]
