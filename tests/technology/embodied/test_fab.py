from __future__ import annotations

import csv

import pytest

from carbonplan.catalogue.fabs import fab_grid, fab_grids, process_nodes
from carbonplan.catalogue.hardware import embodied_coefficients
from carbonplan.catalogue.provenance import sources_of
from carbonplan.technology.embodied import at_fab, embodied_footprint, logic_kgco2e_per_cm2
from tests.technology.embodied.example_servers import server_named

ACT = embodied_coefficients("act-2022")
TAIWAN_G_PER_KWH = 583.0
CPA = [  # kgCO2e/cm2 at 583 g/kWh, 97 % abatement, yield 0.875
    ("28nm", 1.328),
    ("14nm", 1.557),
    ("10nm", 1.777),
    ("8nm", 1.807),
    ("7nm", 2.318),
    ("5nm", 2.778),
    ("3nm", 3.163),
]


def cpa(node: str, gases: str, intensity_g_per_kwh: float, yield_fraction: float) -> float:
    row = process_nodes()[node]
    gases_g = {
        "95": row.gases_95_g_per_cm2,
        "97": (row.gases_95_g_per_cm2 + row.gases_99_g_per_cm2) / 2,
    }[gases]
    return logic_kgco2e_per_cm2(
        row.energy_kwh_per_cm2,
        gases_g,
        row.materials_g_per_cm2,
        intensity_g_per_kwh,
        yield_fraction,
    )


@pytest.mark.parametrize(("node", "kgco2e"), CPA)
def test_act_table_at_its_defaults(node, kgco2e):
    assert cpa(node, "97", TAIWAN_G_PER_KWH, 0.875) == pytest.approx(kgco2e, abs=6e-4)


def test_act_table_as_measured_from_its_code(shared_data):
    """The table beside the checkout is at 95 % abatement, before and after yield."""
    with (shared_data / "embodied" / "act_logic_process_node.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    column = "act_carbon_per_area_taiwan_grid"
    for row in rows:
        node = f"{row['process_node_nm']}nm"
        for yield_fraction, name in (
            (1.0, "kg_per_cm2_no_yield"),
            (0.875, "yield_0875_kg_per_cm2"),
        ):
            published = float(row[f"{column}_{name}"])
            found = cpa(node, "95", TAIWAN_G_PER_KWH, yield_fraction)
            assert found == pytest.approx(published, abs=6e-4)


def test_taiwan_is_the_set_itself():
    for row, there in zip(ACT, at_fab(ACT, process_nodes(), fab_grid("taiwan")), strict=True):
        assert there.coefficient_set == "act-2022@taiwan"
        assert there.kgco2e_per_unit == pytest.approx(row.kgco2e_per_unit, abs=1e-4)


@pytest.mark.parametrize("location", fab_grids())
def test_ranges_hold_and_sources_are_known(location):
    rows = at_fab(ACT, process_nodes(), fab_grid(location))
    for row in rows:
        assert row.low_kgco2e_per_unit <= row.kgco2e_per_unit <= row.high_kgco2e_per_unit
    keys = {source.key for source in sources_of(rows)}
    assert {"act-2022", "act-2022-nodes", "act-2022-fab-grids"} <= keys


def test_only_dies_change_and_by_hand():
    """7 nm in Iceland at a yield of 0.7: (28 × 2.15 + 275 + 500) / 0.7 g/cm2."""
    there = at_fab(ACT, process_nodes(), fab_grid("iceland"), 0.7)
    changed = {
        (new.part, new.technology): new.kgco2e_per_unit
        for old, new in zip(ACT, there, strict=True)
        if new.kgco2e_per_unit != old.kgco2e_per_unit
    }
    assert {part for part, _ in changed} == {"logic-die", "cpu-die"}
    assert changed["logic-die", "7nm"] == pytest.approx(835.2 / 0.7 / 1000)


@pytest.mark.parametrize(
    ("sku", "kgco2e"),
    [("a100-80-sxm-8", 19.15), ("h100-sxm-8", 22.61), ("v100-sxm2-8", 12.69), ("l4-1", 8.17)],
)
def test_act_dies(sku, kgco2e):
    server = server_named(sku)
    (die,) = [
        line for line in embodied_footprint(server, ACT).lines if line.part == "logic-die"
    ]
    assert die.kgco2e / server.sku.accelerators == pytest.approx(kgco2e, abs=0.006)
