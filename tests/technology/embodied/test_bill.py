from __future__ import annotations

import pytest

from carbonplan.catalogue.hardware import (
    coefficient_sets,
    embodied_coefficients,
    sku_names,
)
from carbonplan.catalogue.records import Server
from carbonplan.errors import InvalidInput
from carbonplan.technology.embodied import embodied_footprint, owned_hour, priced_bill
from tests.technology.embodied.example_servers import (
    coefficient,
    part,
    server_named,
    with_bill,
)


@pytest.fixture
def tiny() -> Server:
    """A host with 100 GB of DRAM around eight accelerators with 2 cm2 of die each."""
    server = server_named("h100-sxm-8")
    parts = (
        part("dgx-h100", "dram", "ddr5", 100, "gb"),
        part("h100-sxm", "logic-die", "5nm", 2, "cm2"),
    )
    return with_bill(server, parts)


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


def test_what_a_set_does_not_price_is_left_open_beside_the_rest(tiny):
    bill = priced_bill(tiny, [DIE])
    missing, die = bill.lines
    assert missing is None
    assert die.kgco2e == 48.0
    assert bill.faults == ("dgx-h100, dram: the part has no coefficient",)


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


@pytest.mark.parametrize("coefficient_set", coefficient_sets())
def test_every_coefficient_lies_in_its_range(coefficient_set):
    for row in embodied_coefficients(coefficient_set):
        assert row.low_kgco2e_per_unit <= row.kgco2e_per_unit <= row.high_kgco2e_per_unit, row
