"""Tables of host CPUs and of memory: consistent with each other and with data sheets."""

from __future__ import annotations

import shutil

import pytest

from carbonplan.catalogue.hardware import read_servers, servers, sku_names
from carbonplan.catalogue.library import Library
from carbonplan.catalogue.provenance import records_of_hosts
from carbonplan.catalogue.shipped import data_root
from carbonplan.errors import InvalidInput
from carbonplan.scenario.fleet import Fleet

SERVERS = servers(sku_names())


@pytest.fixture
def folder(tmp_path):
    """A copy of the tables that a test may damage."""
    shutil.copytree(data_root() / "hardware", tmp_path / "hardware")
    return tmp_path


def changed(folder, name: str, old: str, new: str) -> None:
    path = folder / "hardware" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_sockets_are_physical(server):
    cpu, host = server.cpu, server.host
    assert cpu.cores * host.sockets == host.cores
    assert cpu.memory_type == host.dram_type
    assert cpu.lowest_clock_mhz < cpu.sustained_clock_mhz
    if cpu.memory_type != "lpddr5x":
        read_gb_per_s = cpu.memory_channels * cpu.memory_mt_per_s * 8 / 1e3
        assert cpu.memory_bandwidth_gb_per_s == pytest.approx(read_gb_per_s, rel=1e-3)
    assert (cpu.socket_link_gb_per_s is None) <= (host.sockets == 1)


@pytest.mark.parametrize(
    "server",
    [s for s in SERVERS if s.accelerator.kind == "cpu"],
    ids=lambda server: server.name,
)
def test_a_cpu_that_is_an_accelerator_has_the_same_figures(server):
    cpu, chip = server.cpu, server.accelerator
    names = ("memory_bandwidth_gb_per_s", "fp16_tflops", "bf16_tflops", "int8_tops", "tdp_w")
    assert [getattr(cpu, name) for name in names] == [getattr(chip, name) for name in names]
    assert cpu.socket_link_gb_per_s == chip.scale_up_bandwidth_gb_per_s
    assert cpu.sustained_clock_mhz == chip.boost_clock_mhz


def test_every_problem_of_the_tables_is_told(folder):
    changed(folder, "hosts.csv", "AMD EPYC 9554", "AMD EPYC 9555")
    changed(folder, "memory_options.csv", "dgx-h100,dram,2048", "dgx-h100,dram,4096")
    changed(folder, "memory_options.csv", "mi250-4u,ssd", "mi250-9u,ssd")
    with pytest.raises(InvalidInput) as caught:
        read_servers(Library(folder))
    told = "\n".join(caught.value.problems)
    assert 'hosts.csv (epyc-9554-2u), cpu: "AMD EPYC 9555" has no row in' in told
    assert 'nearest: "AMD EPYC 9554"' in told
    assert "(dgx-h100, dram): the largest size is 4096 GB, expected the 2048 GB" in told
    assert 'memory_options.csv, host: "mi250-9u" is no host; nearest: "mi250-4u"' in told


def test_cells_that_are_wrong_are_told_with_those_of_other_tables(folder):
    changed(
        folder,
        "host_cpus.csv",
        "AMD EPYC 9554,AMD,Zen 4,2022,64",
        "AMD EPYC 9554,AMD,Zen 4,2022,x",
    )
    changed(folder, "memory_parts.csv", "ssd,nvme,0.0011", "ssd,nvme,")
    with pytest.raises(InvalidInput) as caught:
        read_servers(Library(folder))
    told = "\n".join(caught.value.problems)
    assert "cores" in told
    assert "idle_w_per_gb" in told


def used(**levers) -> list:
    return records_of_hosts(SERVERS[:2], Fleet(skus=["t4-1"], **levers))


def test_rows_count_as_used_only_where_a_fleet_uses_them():
    assert used() == []
    assert [one.cpu for one in used(host_reuse=True)] == [s.host.cpu for s in SERVERS[:2]]
    kinds = {type(one).__name__ for one in used(host_memory="chosen")}
    assert kinds == {"MemoryOption", "MemoryPart"}
