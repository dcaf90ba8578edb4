import pytest

from carbonplan.catalogue.hardware import embodied_coefficients, servers
from carbonplan.catalogue.machines import machines
from carbonplan.errors import InvalidInput
from carbonplan.technology.embodied import embodied_footprint


def test_a_sku_is_the_server_itself():
    assert machines(["t4-4"]) == servers(["t4-4"])


def test_an_accelerator_has_neither_power_nor_parts_of_a_host():
    (alone,) = machines(["t4"])
    assert (alone.name, alone.sku.accelerators) == ("t4", 1)
    assert (alone.host.idle_w, alone.host.load_w, alone.host.off_w) == (0, 0, 0)
    assert {part.item for part in alone.parts} == {"t4"}


@pytest.mark.parametrize("sku", ["t4-1", "t4-4"])
def test_an_accelerator_alone_is_made_like_one_of_a_server(sku):
    coefficients = embodied_coefficients("act-2022")
    alone, server = (embodied_footprint(one, coefficients) for one in machines(["t4", sku]))
    assert alone.host_kgco2e == 0
    assert alone.kgco2e == pytest.approx(server.accelerators_kgco2e / int(sku[-1]))


def test_unknown_names_are_told_together_with_the_nearest():
    with pytest.raises(InvalidInput) as caught:
        machines(["rtx-6000-adda", "t4", "h100-sxm-9"])
    assert [problem.partition("; ")[2] for problem in caught.value.problems] == [
        'nearest: "rtx-6000-ada"',
        'nearest: "h100-sxm-8"',
    ]
