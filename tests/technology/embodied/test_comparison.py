from __future__ import annotations

import pytest

from carbonplan.catalogue.hardware import coefficient_sets, embodied_coefficients
from carbonplan.technology.embodied import compared, embodied_footprint
from tests.technology.embodied.example_servers import server_named

SERVER = server_named("h100-sxm-8")


def test_totals_are_those_of_the_footprints():
    sets = [embodied_coefficients(name) for name in coefficient_sets()]
    for total, rows in zip(compared(SERVER, sets).totals, sets, strict=True):
        footprint = embodied_footprint(SERVER, rows)
        assert total.coefficient_set == footprint.coefficient_set
        assert total.host_kgco2e == pytest.approx(footprint.host_kgco2e)
        assert total.accelerators_kgco2e == pytest.approx(footprint.accelerators_kgco2e)
        assert total.accelerator_kgco2e == pytest.approx(footprint.accelerators_kgco2e / 8)
        assert total.server_kgco2e == pytest.approx(footprint.kgco2e)


def test_quantities_are_of_the_whole_server():
    quantities = {
        part.part: quantity
        for part, quantity in zip(SERVER.parts, compared(SERVER, []).quantities, strict=True)
    }
    assert quantities["dram"] == 2048
    assert quantities["memory"] == 8 * 80


def test_a_set_of_boards_alone_has_accelerators_and_no_server():
    boards = [row for row in embodied_coefficients("nvidia-pcf") if row.part != "dram"]
    (total,) = compared(SERVER, [boards]).totals
    assert total.host_kgco2e is None
    assert total.server_kgco2e is None
    assert total.accelerators_kgco2e == pytest.approx(1_312, rel=5e-4)
