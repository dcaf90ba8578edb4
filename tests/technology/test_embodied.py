from __future__ import annotations

import pytest

from carbonplan.catalogue.hardware import (
    coefficient_sets,
    embodied_coefficients,
    servers,
    sku_names,
)
from carbonplan.catalogue.records import EmbodiedCoefficient, Part, Server
from carbonplan.errors import InvalidInput
from carbonplan.technology.embodied import (
    embodied_footprint,
    logic_kgco2e_per_cm2,
    owned_hour,
)
from carbonplan.units import G_PER_KG


def server_named(name: str) -> Server:
    (server,) = servers([name])
    return server


def per_accelerator_kgco2e(sku: str, coefficient_set: str) -> float:
    server = server_named(sku)
    footprint = embodied_footprint(server, embodied_coefficients(coefficient_set))
    return footprint.accelerators_kgco2e / server.sku.accelerators


def with_parts(server: Server, quantities: dict[str, float]) -> Server:
    """The server with other quantities of some parts of its host."""
    parts = tuple(
        part.model_copy(update={"quantity": quantities[part.part]})
        if part.item == server.sku.host and part.part in quantities
        else part
        for part in server.parts
    )
    return Server(
        server.sku, server.host, server.accelerator, server.power, server.price, parts
    )


def part(item: str, name: str, technology: str, quantity: float, unit: str) -> Part:
    return Part(
        item=item,
        part=name,
        technology=technology,
        quantity=quantity,
        unit=unit,
        evidence="assumed",
        source="a-test",
    )


def coefficient(name: str, technology: str, unit: str, kgco2e: float) -> EmbodiedCoefficient:
    return EmbodiedCoefficient(
        coefficient_set="own",
        part=name,
        technology=technology,
        unit=unit,
        kgco2e_per_unit=kgco2e,
        low_kgco2e_per_unit=kgco2e / 2,
        high_kgco2e_per_unit=kgco2e * 2,
        evidence="assumed",
        source="a-test",
    )


@pytest.fixture
def tiny() -> Server:
    """A host with 100 GB of DRAM around eight accelerators with 2 cm2 of die each."""
    server = server_named("h100-sxm-8")
    parts = (
        part("dgx-h100", "dram", "ddr5", 100, "gb"),
        part("h100-sxm", "logic-die", "5nm", 2, "cm2"),
    )
    return Server(
        server.sku, server.host, server.accelerator, server.power, server.price, parts
    )


DRAM = coefficient("dram", "ddr5", "gb", 0.5)
DIE = coefficient("logic-die", "5nm", "cm2", 3.0)


def test_by_hand(tiny):
    footprint = embodied_footprint(tiny, [DRAM, DIE])
    assert footprint.host_kgco2e == 50.0  # 100 GB × 0.5 kg/GB
    assert footprint.accelerators_kgco2e == 48.0  # 8 × 2 cm2 × 3 kg/cm2
    assert footprint.kgco2e == 98.0
    assert (footprint.low_host_kgco2e, footprint.high_host_kgco2e) == (25.0, 100.0)
    assert footprint.low_accelerators_kgco2e == 24.0
    assert footprint.high_accelerators_kgco2e == 96.0
    dram, die = footprint.lines
    assert (dram.item, dram.part, dram.quantity, dram.unit) == ("dgx-h100", "dram", 100, "gb")
    assert (die.quantity, die.kgco2e) == (16, 48.0)


def test_own_figure_of_an_item_goes_first_then_technology_then_any(tiny):
    any_die = coefficient("logic-die", "", "cm2", 1.0)
    own_die = coefficient("logic-die", "h100-sxm", "cm2", 5.0)
    for rows, expected in (
        ([any_die], 16.0),
        ([any_die, DIE], 48.0),
        ([any_die, DIE, own_die], 80.0),
    ):
        assert embodied_footprint(tiny, [DRAM, *rows]).accelerators_kgco2e == expected


def test_what_a_set_does_not_price_is_never_zero(tiny):
    other_node = coefficient("logic-die", "7nm", "cm2", 1.0)
    with pytest.raises(InvalidInput) as caught:
        embodied_footprint(tiny, [coefficient("drum", "ddr5", "gb", 1.0), other_node])
    assert caught.value.subject == "coefficient set own, SKU h100-sxm-8"
    assert caught.value.problems == (
        'dgx-h100, dram: the part has no coefficient; nearest: "drum"',
        'h100-sxm, logic-die: technology "5nm" has no coefficient; priced: 7nm',
    )


def test_units_must_agree(tiny):
    with pytest.raises(InvalidInput, match="the bill counts gb, the set prices kg"):
        embodied_footprint(tiny, [coefficient("dram", "ddr5", "kg", 1.0), DIE])


def test_rows_of_two_sets_are_refused(tiny):
    other = DIE.model_copy(update={"coefficient_set": "other"})
    with pytest.raises(InvalidInput, match="rows of one set are needed; found other, own"):
        embodied_footprint(tiny, [DRAM, other])
    with pytest.raises(InvalidInput, match="found none"):
        embodied_footprint(tiny, [])


def test_owned_hour_uses_two_lifetimes(tiny):
    hour = owned_hour(embodied_footprint(tiny, [DRAM, DIE]), 5.0, 2.0)
    assert hour.host_kgco2e_per_hour == pytest.approx(50.0 / (5 * 8760))
    assert hour.accelerators_kgco2e_per_hour == pytest.approx(48.0 / (2 * 8760))
    assert hour.kgco2e_per_hour == pytest.approx(
        hour.host_kgco2e_per_hour + hour.accelerators_kgco2e_per_hour
    )


@pytest.mark.parametrize("coefficient_set", coefficient_sets())
@pytest.mark.parametrize("sku", sku_names())
def test_every_set_prices_every_server(sku, coefficient_set):
    server = server_named(sku)
    footprint = embodied_footprint(server, embodied_coefficients(coefficient_set))
    assert len(footprint.lines) == len(server.parts)
    assert 0 < footprint.low_host_kgco2e <= footprint.host_kgco2e
    assert footprint.host_kgco2e <= footprint.high_host_kgco2e
    assert 0 < footprint.low_accelerators_kgco2e <= footprint.accelerators_kgco2e
    assert footprint.accelerators_kgco2e <= footprint.high_accelerators_kgco2e


@pytest.mark.parametrize(
    ("sku", "coefficient_set", "kgco2e"),
    [  # what EServe prints, or its formula on its own table of boards
        ("h100-sxm-8", "eserve-2025", 103.0),
        ("h100-sxm-8", "eserve-2025-first", 154.2),
        ("h100-pcie-4", "eserve-2025", 115.5),
        ("h100-pcie-4", "eserve-2025-first", 166.7),
        ("a100-80-sxm-8", "eserve-2025", 99.0),
        ("a100-80-sxm-8", "eserve-2025-first", 150.2),
        ("l4-1", "eserve-2025", 31.1),
        ("t4-1", "eserve-2025", 26.8),
        ("a40-4", "eserve-2025", 80.8),
        ("rtx-a6000-4", "eserve-2025", 80.8),
    ],
)
def test_eserve_boards(sku, coefficient_set, kgco2e):
    assert per_accelerator_kgco2e(sku, coefficient_set) == pytest.approx(kgco2e, abs=0.06)


@pytest.mark.parametrize(
    ("coefficient_set", "host_kgco2e", "node_kgco2e", "node_g_per_hour"),
    [("eserve-2025", 1_083.7, 1_907.7, 54.4), ("eserve-2025-first", 3_355.4, 4_179.4, 119.3)],
)
def test_eserve_host(coefficient_set, host_kgco2e, node_kgco2e, node_g_per_hour):
    """Its H100 host has 2,000 GB of DRAM and 22,720 GB of SSD; its boards have 103 kg."""
    host = with_parts(server_named("h100-sxm-8"), {"dram": 2_000, "ssd": 22_720})
    footprint = embodied_footprint(host, embodied_coefficients(coefficient_set))
    assert footprint.host_kgco2e == pytest.approx(host_kgco2e, abs=0.1)
    boards = 8 * per_accelerator_kgco2e("h100-sxm-8", "eserve-2025")
    assert footprint.host_kgco2e + boards == pytest.approx(node_kgco2e, abs=0.3)
    hourly_g = owned_hour(footprint, 4, 4).host_kgco2e_per_hour * G_PER_KG
    hourly_g += boards / (4 * 8760) * G_PER_KG
    assert hourly_g == pytest.approx(node_g_per_hour, abs=0.05)


@pytest.mark.parametrize(
    ("sku", "board_kgco2e"), [("h100-sxm-8", 1_312), ("b200-sxm-8", 2_274)]
)
def test_vendor_footprints(sku, board_kgco2e):
    """HGX boards of eight, cradle to gate."""
    assert 8 * per_accelerator_kgco2e(sku, "nvidia-pcf") == pytest.approx(
        board_kgco2e, rel=5e-4
    )


@pytest.mark.parametrize(
    ("sku", "kgco2e"), [("h100-sxm-8", 412.6), ("a100-40-sxm-8", 219.2), ("l4-1", 97.8)]
)
def test_boavizta_boards(sku, kgco2e):
    """Its own sums lack packages and count other board areas and casings."""
    assert per_accelerator_kgco2e(sku, "boavizta") == pytest.approx(kgco2e, rel=0.1)


def test_published_total_of_an_a100_lies_in_the_default_range():
    """A life cycle assessment with tear-down found 127.6 kg for A100 SXM4 40 GB."""
    server = server_named("a100-40-sxm-8")
    footprint = embodied_footprint(server, embodied_coefficients("act-2022"))
    assert footprint.low_accelerators_kgco2e < 8 * 127.6 < footprint.high_accelerators_kgco2e


FAB_GRID_G_PER_KWH = 583.0
NODES = [  # EPA, GPA at 95 and 99 % abatement, CPA; materials 500 g/cm2, yield 0.875
    ("28nm", 0.90, 175, 100, 1.328),
    ("14nm", 1.20, 200, 125, 1.557),
    ("10nm", 1.475, 240, 150, 1.777),
    ("8nm", 1.52, 240, 150, 1.807),
    ("7nm", 2.15, 350, 200, 2.318),
    ("5nm", 2.75, 430, 225, 2.778),
    ("3nm", 3.25, 470, 275, 3.163),
]


@pytest.mark.parametrize(("node", "energy", "gases_95", "gases_99", "cpa"), NODES)
def test_act_table(node, energy, gases_95, gases_99, cpa):
    gases = (gases_95 + gases_99) / 2
    computed = logic_kgco2e_per_cm2(energy, gases, 500, FAB_GRID_G_PER_KWH, 0.875)
    assert computed == pytest.approx(cpa, abs=6e-4)
    shipped = {
        row.technology: row.kgco2e_per_unit
        for row in embodied_coefficients("act-2022")
        if row.part in ("logic-die", "cpu-die")
    }
    if node in shipped:
        assert shipped[node] == pytest.approx(computed, abs=1e-4)


@pytest.mark.parametrize(
    ("sku", "kgco2e"),
    [("a100-80-sxm-8", 19.15), ("h100-sxm-8", 22.61), ("v100-sxm2-8", 12.69), ("l4-1", 8.17)],
)
def test_act_dies(sku, kgco2e):
    server = server_named(sku)
    footprint = embodied_footprint(server, embodied_coefficients("act-2022"))
    (die,) = [line for line in footprint.lines if line.part == "logic-die"]
    assert die.kgco2e / server.sku.accelerators == pytest.approx(kgco2e, abs=0.006)
