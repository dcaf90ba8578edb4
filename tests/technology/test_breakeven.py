"""Break-even: by hand, by both sides of every threshold, and on published nodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.catalogue.hardware import embodied_coefficients, servers
from carbonplan.catalogue.records import Server
from carbonplan.technology.breakeven import (
    Machine,
    Replacement,
    crossover_g_per_kwh,
    embodied_g_per_hour,
    intensity_threshold,
    lifetime_threshold,
    operational_g_per_ktoken,
    utilisation_threshold,
)
from carbonplan.technology.embodied import embodied_footprint
from carbonplan.technology.work import Work


def machine(rate: float, active_kwh: float, idle_kw: float, made_kg: float, years: float):
    return Machine("m", Work(1, 1.0, rate, active_kwh, idle_kw), made_kg, years)


# A = 2 - 1 = 1 kWh; B = 1 / 1 - 1 / 2 = 0.5 kWh; E_new = 17,520 / 8,760 / 2 = 1 g
OLD = machine(1.0, 2.0, 1.0, 8.76, 2.0)
NEW = machine(2.0, 1.0, 1.0, 17.52, 1.0)
PAIR = Replacement(OLD, NEW)


def test_carbon_by_hand():
    assert operational_g_per_ktoken(OLD.work, 3.0, 0.5) == 3.0 * (2.0 + 1.0 / 0.5)
    assert PAIR.old_g_per_ktoken(3.0, 0.5) == 12.0  # its making is sunk
    assert PAIR.new_g_per_ktoken(3.0, 0.5) == pytest.approx(3.0 * (1.0 + 1.0) + 1.0 / 0.5)


def test_thresholds_by_hand():
    assert intensity_threshold(PAIR, 0.5).value == pytest.approx(1.0)  # 1 / (0.5 + 0.5)
    assert utilisation_threshold(PAIR, 1.0).value == pytest.approx(0.5)  # (1 / 1 - 0.5) / 1
    assert lifetime_threshold(PAIR, 1.0, 0.5).value == pytest.approx(1.0)  # 1 · 1 / 1


def test_charging_the_old_machine_lowers_every_threshold():
    """E_old = 8,760 / (8,760 · 2) / 1 = 0.5 g; E = 0.5 g."""
    both = replace(PAIR, charge_old=True)
    assert intensity_threshold(both, 0.5).value == pytest.approx(0.5)
    assert utilisation_threshold(both, 0.6).value == pytest.approx(0.5 / 0.6 - 0.5)
    assert lifetime_threshold(both, 1.0, 0.5).value == pytest.approx(1.0 / 1.5)


@pytest.mark.parametrize(
    ("new", "side", "word"),
    [
        (machine(2.0, 1.0, 1.0, 0.0, 1.0), "always", "no more making"),
        (machine(1.0, 2.0, 1.0, 1.0, 1.0), "never", "no less energy"),
        (machine(1.0, 3.0, 1.0, 1.0, 1.0), "never", "no less energy"),
    ],
)
def test_an_intensity_that_decides_nothing(new, side, word):
    found = intensity_threshold(Replacement(OLD, new), 1.0)
    assert (found.side, found.value) == (side, None)
    assert word in found.reason


def test_a_hungry_machine_that_is_cheap_to_make_repays_on_clean_grids():
    """It takes 1 kWh more and 0.5 - 0.1 = 0.4 g less."""
    cheap = machine(1.0, 3.0, 1.0, 0.876, 1.0)
    found = intensity_threshold(Replacement(OLD, cheap, charge_old=True), 1.0)
    assert found.side == "below"
    assert found.value == pytest.approx(0.4)


def test_utilisation_ends_at_one():
    assert utilisation_threshold(PAIR, 0.5).side == "never"  # 1 / 0.5 - 0.5 = 1.5
    assert utilisation_threshold(PAIR, 2.0).side == "always"  # 1 / 2 - 0.5 = 0
    assert utilisation_threshold(PAIR, 0.0).side == "never"


def test_no_age_repays_what_saves_nothing():
    found = lifetime_threshold(Replacement(OLD, machine(1.0, 2.0, 1.0, 1.0, 1.0)), 500.0, 1.0)
    assert (found.side, found.value) == ("never", None)


def random_pairs(count: int):
    random = np.random.default_rng(5)
    for _ in range(count):
        old, new = (machine(*random.uniform(0.1, 3.0, size=5)) for _ in range(2))
        yield Replacement(old, new, bool(random.integers(2))), *random.uniform(0.05, 1.0, 2)


def saved_g(
    pair: Replacement, intensity: float, utilisation: float, years: float | None = None
):
    new = pair.new if years is None else replace(pair.new, lifetime_years=years)
    aged = replace(pair, new=new)
    old_g = aged.old_g_per_ktoken(intensity, utilisation)
    return old_g - aged.new_g_per_ktoken(intensity, utilisation)


QUESTIONS = {  # threshold, what x saves, and the most that x may be
    "intensity": (
        lambda pair, _, u: intensity_threshold(pair, u),
        lambda x, pair, _, u: saved_g(pair, x, u),
        9.0,
    ),
    "utilisation": (
        lambda pair, i, _: utilisation_threshold(pair, i),
        lambda x, pair, i, _: saved_g(pair, i, x),
        1.0,
    ),
    "lifetime": (
        lifetime_threshold,
        lambda x, pair, i, u: saved_g(pair, i, u, x),
        9.0,
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_both_sides_of_every_threshold(question):
    """Below, at and above it the carbon of the two machines is ordered as it says."""
    threshold, saving_g, most = QUESTIONS[question]
    solved = 0
    for case in random_pairs(200):
        found = threshold(*case)
        if found.value is None:
            inside = np.array([saving_g(x, *case) for x in np.linspace(1e-3, most, 7)])
            assert np.all((inside >= -1e-9) == (found.side == "always"))
            continue
        solved += 1
        assert saving_g(found.value, *case) == pytest.approx(0, abs=1e-9 * (1 + found.value))
        assert (saving_g(found.value * 1.01, *case) > 0) == (found.side == "above")
        assert (saving_g(found.value * 0.99, *case) > 0) == (found.side == "below")
    assert solved > 20


YEARS = 4.0
INTENSITIES = {17: 80.9, 261: 1_242.4, 501: 2_384.8}  # and what the H100 node emits [g/h]
MEAN_POWER_KW = 5.95 * 0.8


def eserve_node(board: str, dram_gb: float, ssd_gb: float) -> Server:
    """Eight boards in the group's one host, which differs in DRAM and SSD only."""
    h100, boards = servers(["h100-sxm-8", board])
    changed = {"dram": dram_gb, "ssd": ssd_gb}
    host = [
        part.model_copy(update={"quantity": changed.get(part.part, part.quantity)})
        for part in h100.parts
        if part.item == h100.sku.host
    ]
    accelerators = [part for part in boards.parts if part.item == boards.sku.accelerator]
    sku = boards.sku.model_copy(update={"host": h100.sku.host})
    return replace(boards, sku=sku, parts=(*host, *accelerators))


def node_kgco2e(node: Server, host_set: str) -> float:
    """The group's first node has its first SSD coefficient, and boards of the second set."""
    host = embodied_footprint(node, embodied_coefficients(host_set)).host_kgco2e
    boards = embodied_footprint(node, embodied_coefficients("eserve-2025"))
    return host + boards.accelerators_kgco2e


@pytest.mark.parametrize(
    ("host_set", "kgco2e", "g_per_hour", "crossover"),
    [("eserve-2025", 1_907.7, 54.4, 11.4), ("eserve-2025-first", 4_179.4, 119.3, 25.1)],
)
def test_eserve_node_of_eight_h100(host_set, kgco2e, g_per_hour, crossover):
    """5.95 kW at 80 %; ``eserve-2025``."""
    made = node_kgco2e(eserve_node("h100-sxm-8", 2_000, 22_720), host_set)
    assert made == pytest.approx(kgco2e, abs=0.3)
    assert embodied_g_per_hour(made, YEARS) == pytest.approx(g_per_hour, abs=0.05)
    assert crossover_g_per_kwh(made, YEARS, MEAN_POWER_KW) == pytest.approx(crossover, abs=0.05)


def test_eserve_node_of_eight_a100():
    """1,900 GB and 6,400 GB; its power is not published, 3.3 kW at 80 % gives its 18.2."""
    node = eserve_node("a100-80-sxm-8", 1_900, 6_400)
    footprint = embodied_footprint(node, embodied_coefficients("eserve-2025"))
    assert footprint.host_kgco2e == pytest.approx(892, abs=0.6)
    assert footprint.accelerators_kgco2e / 8 == pytest.approx(99, abs=0.05)
    crossover = crossover_g_per_kwh(footprint.kgco2e, YEARS, 3.3 * 0.8)
    assert crossover == pytest.approx(18.2, abs=0.05)


@pytest.mark.parametrize(("intensity", "g_per_hour"), INTENSITIES.items())
def test_what_the_eserve_node_emits_at_work(intensity, g_per_hour):
    """A node that does 1,000 tokens an hour and draws 4.76 kW for them."""
    node = Work(1, 1.0, 1.0, MEAN_POWER_KW, 0.0)
    emitted = operational_g_per_ktoken(node, intensity, 1.0)
    assert emitted == pytest.approx(g_per_hour, abs=0.05)
    assert node.mean_power_kw(1.0) == MEAN_POWER_KW
