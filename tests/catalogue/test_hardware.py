from __future__ import annotations

import csv
import shutil

import pytest

from carbonplan.catalogue import hardware
from carbonplan.catalogue.cards import card_names, cards
from carbonplan.catalogue.hardware import (
    coefficient_sets,
    embodied_coefficients,
    hardware_files,
    read_servers,
    servers,
    sku_names,
)
from carbonplan.catalogue.library import Library
from carbonplan.catalogue.records import Source
from carbonplan.catalogue.shipped import data_root
from carbonplan.catalogue.tables import read_keyed
from carbonplan.errors import InvalidInput

SERVERS = servers(sku_names())
GPU_SERVERS = [server for server in SERVERS if server.accelerator.kind == "gpu"]
CPU_SERVERS = [server for server in SERVERS if server.accelerator.kind == "cpu"]


@pytest.fixture
def folder(tmp_path):
    """A copy of the tables that a test may damage."""
    for name in ("hardware", "embodied"):
        shutil.copytree(data_root() / name, tmp_path / name)
    return tmp_path


def replace(path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_size_of_the_catalogue():
    assert len(GPU_SERVERS) >= 16
    assert len({server.accelerator.accelerator for server in GPU_SERVERS}) >= 14
    assert len(CPU_SERVERS) >= 3


def test_servers_come_in_the_order_asked():
    assert [server.name for server in servers(["l4-1", "h100-sxm-8"])] == ["l4-1", "h100-sxm-8"]


def test_unknown_names_are_told_together():
    with pytest.raises(InvalidInput) as caught:
        servers(["h100-sxm8", "t4-1", "zzz"])
    first, second = caught.value.problems
    assert first == 'no SKU "h100-sxm8"; nearest: "h100-sxm-8"'
    assert second.startswith('no SKU "zzz"; known: t4-1, ')
    with pytest.raises(InvalidInput, match='no coefficient set "act"; nearest: "act-2022"'):
        embodied_coefficients("act")


def test_files_exist():
    assert all(path.is_file() for path in hardware_files())


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_records_are_physical(server):
    chip, power, host = server.accelerator, server.power, server.host
    assert power.parked_w <= power.idle_w < chip.tdp_w
    assert chip.lowest_clock_mhz < chip.boost_clock_mhz
    assert host.off_w < host.idle_w
    peaks = [chip.fp16_tflops, chip.fp8_tflops, chip.fp4_tflops]
    known = [peak for peak in peaks if peak is not None]
    assert known == sorted(known)
    price = server.price
    assert price.low_purchase_usd <= price.purchase_usd <= price.high_purchase_usd
    assert {part.item for part in server.parts} == {server.sku.host, chip.accelerator}


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_bill_agrees_with_the_tables(server):
    """What a bill of parts repeats of another table is the same there."""
    bill = {(part.item, part.part): part for part in server.parts}
    host = server.sku.host
    assert bill[host, "dram"].quantity == server.host.dram_gb
    assert bill[host, "dram"].technology == server.host.dram_type
    assert bill[host, "ssd"].quantity == server.host.ssd_gb
    if server.accelerator.kind == "gpu":
        memory = bill[server.sku.accelerator, "memory"]
        assert memory.quantity == server.accelerator.memory_gb
        assert memory.technology == server.accelerator.memory_type
        assert bill[server.sku.accelerator, "cooling"].quantity == server.accelerator.tdp_w
    else:
        share_gb = server.host.dram_gb / server.sku.accelerators
        assert 0.85 * share_gb < server.accelerator.memory_gb < share_gb
        assert server.sku.accelerators == server.host.sockets


@pytest.mark.parametrize(
    ("sku", "system_maximum_w"),
    [  # vendors' maxima of DGX A100, H100, H200 and B200
        ("a100-80-sxm-8", 6_500),
        ("h100-sxm-8", 10_200),
        ("h200-sxm-8", 10_200),
        ("b200-sxm-8", 14_300),
    ],
)
def test_full_load_is_near_what_nodes_draw(sku, system_maximum_w):
    """H100 nodes at work were measured at 76 to 83 % of the maximum; TDP is a little more."""
    (server,) = servers([sku])
    boards_w = server.sku.accelerators * server.accelerator.tdp_w
    full_w = boards_w + server.host.idle_w + server.host.load_w
    assert 0.78 < full_w / system_maximum_w < 0.9


def test_wall_power_of_mlperf_lies_inside(shared_data):
    """Measured systems draw more than an idle server and less than one at TDP."""
    of_family = {"H200": "h200-sxm-8", "B200": "b200-sxm-8"}
    with (shared_data / "performance" / "mlperf_inference_llm.csv").open() as file:
        measured = [row for row in csv.DictReader(file) if row["avg_system_power_w"]]
    assert len(measured) >= 8
    for row in measured:
        (server,) = servers([of_family[row["gpu_family"]]])
        number = server.sku.accelerators
        idle_w = server.host.idle_w + number * server.power.idle_w
        full_w = server.host.idle_w + server.host.load_w + number * server.accelerator.tdp_w
        assert idle_w < float(row["avg_system_power_w"]) < full_w


def test_dangling_names_are_told_together(folder):
    replace(folder / "hardware" / "skus.csv", "t4-1,epyc-7302p-1u,t4,", "t4-1,epyc-7302p,t5,")
    replace(folder / "hardware" / "prices.csv", "l4-8,", "l4-9,")
    with pytest.raises(InvalidInput) as caught:
        read_servers(Library(folder))
    told = "\n".join(caught.value.problems)
    assert 'skus.csv (t4-1), host: "epyc-7302p" has no row in hardware/hosts.csv' in told
    assert 'nearest: "epyc-7302p-1u"' in told
    assert 'skus.csv (t4-1), accelerator: "t5" has no row in hardware/accelerators.csv' in told
    assert 'skus.csv (l4-8), sku: "l4-8" has no row in hardware/prices.csv' in told


def test_problems_of_several_tables_are_told_together(folder):
    replace(folder / "hardware" / "hosts.csv", "dgx-h100,", "dgx-b200,")
    replace(folder / "hardware" / "accelerators.csv", "t4,gpu,", "t4,gpuu,")
    replace(folder / "hardware" / "parts.csv", "logic-die,12nm,5.45", "logic-die,12nm,x")
    with pytest.raises(InvalidInput) as caught:
        read_servers(Library(folder))
    assert len(caught.value.problems) == 3
    assert "accelerators.csv: line 2 (t4), kind: " in caught.value.problems[0]
    assert '"dgx-b200" stands on line' in caught.value.problems[1]
    assert "parts.csv: line 2 (t4), quantity: " in caught.value.problems[2]


def test_every_source_is_listed():
    known = read_keyed(data_root() / "sources.csv", Source)
    used = {row.source for name in coefficient_sets() for row in embodied_coefficients(name)}
    used |= {card.source for card in cards(card_names())}
    for server in SERVERS:
        rows = (server.sku, server.host, server.accelerator, server.power, server.price)
        used |= {row.source for row in (*rows, *server.parts)}
    assert used <= set(known)


def test_reading_is_pure(folder):
    assert read_servers(Library(folder)) == dict(hardware._shipped_servers())
