"""To whom the impacts of the example are owed, worked out by hand; sums of any program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.formulation.impacts import SUMS as SUMS_OF_THE_PROGRAM
from carbonplan.plan import make_plan
from carbonplan.plan.accounts import RULES, SUMS, WAYS, accounts, total_account
from carbonplan.plan.idle import idle_weights
from tests.plan import example

CHAT, NIGHT = "chat/short", "night/long"


@pytest.fixture(scope="module")
def of():
    return example.inputs()


@pytest.fixture(scope="module")
def plan(of):
    return example.plan(of)


def owed(plan, impact, **place):
    """What classes are owed at a place, both phases together."""
    return float(plan.data["served_impact"].sel(impact=impact, **place).sum())


def idle(plan, impact, state, region):
    return float(plan.data["idle_impact"].sel(impact=impact, state=state, region=region).sum())


def test_energy_of_a_class_is_that_of_serving_and_of_what_it_holds(plan):
    """Chat in the north: 10 and 15 rps of 1 kJ, 1 and 1.5 replicas, of 4 accelerators.

    2 h · ((10 + 15) kW + (1 + 1.5) · 0.05 kW + (1 + 1.5) / 4 · 2 · 0.3 kW) = 51 kWh, and in the
    south 2 h · (5 + 0.5 · 0.05 + 0.5 / 2 · 0.3) kW · PUE 1.2 = 12.24 kWh.
    """
    assert owed(plan, "energy", request_class=CHAT, region="north") == pytest.approx(51.0)
    assert owed(plan, "energy", request_class=CHAT, region="south") == pytest.approx(12.24)
    assert owed(plan, "energy", request_class=NIGHT) == pytest.approx(20.4)


def test_what_serves_nobody_stands_apart(plan):
    """Of 3 replicas in the north 2 and 0.5 are ready, the fourth accelerator is parked.

    Ready: 2 h · 2.5 · (0.05 + 0.15) kW; parked: 2 h · 2 · 0.15 kW. In the south one of two
    servers is never powered: 4 h · 0.01 kW · 1.2.
    """
    assert idle(plan, "energy", "ready", "north") == pytest.approx(1.0)
    assert idle(plan, "energy", "parked", "north") == pytest.approx(0.6)
    assert idle(plan, "energy", "unused", "south") == pytest.approx(0.048)
    for state in ("resting", "off", "reserve"):
        assert not plan.data["idle_impact"].sel(state=state).any()


def test_making_and_cost_are_spread_over_the_hours_that_servers_stand(plan):
    """0.12 kg and 8 USD by server bought, one of two: chat has 5 of 16 accelerator hours."""
    chat = {"request_class": CHAT, "region": "north"}
    assert owed(plan, "embodied_carbon", **chat) == pytest.approx(0.12 * 5 / 16)
    assert owed(plan, "cost", **chat) == pytest.approx(8 * 5 / 16 + 0.1 * 51.0)
    assert idle(plan, "embodied_carbon", "unused", "south") == pytest.approx(0.06)


def test_accelerator_hours_are_all_somebodys(plan):
    hours = plan.data["served_accelerator_hours"].sum(("phase", "sku"))
    assert hours.sel(request_class=CHAT).values == pytest.approx([5.0, 1.0])
    assert hours.sel(request_class=NIGHT).values == pytest.approx([2.0, 0.0])
    every = float(hours.sum() + plan.data["idle_accelerator_hours"].sum())
    assert every == pytest.approx(2 * 2 * 2 * 4)  # regions, servers, accelerators, hours


def test_prompts_and_answers_part_by_energy_and_time(plan):
    """Serving by the energy of a request, what is held by the time of a replica."""
    pair = {"request_class": NIGHT, "configuration": example.CONFIGURATION.name}
    energy = float(plan.data["prompt_energy_share"].sel(pair))
    time = float(plan.data["prompt_time_share"].sel(pair))
    assert 0.0 < energy < 1.0
    assert 0.0 < time < 1.0
    prompts = owed(plan, "energy", request_class=NIGHT, phase="input")
    assert prompts == pytest.approx(20.0 * energy + 0.4 * time)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("by", WAYS)
def test_accounts_sum_to_the_impacts(plan, by, rule):
    found = accounts(plan.data, by, rule)
    for name, total in plan.impacts.items():
        if name != "latency":
            parts = sum(one.impacts[name] for one in found)
            assert parts == pytest.approx(total.value, rel=1e-9, abs=0.0)
            assert total_account(plan.data).impacts[name] == pytest.approx(total.value)


def test_loaded_accounts_of_places_are_the_impacts_of_places(plan):
    found = {one.name: one for one in accounts(plan.data, "region", "loaded")}
    for region, value in plan.impacts["cost"].by_region.items():
        assert found[region].impacts["cost"] == pytest.approx(value)
    assert not any(one.idle for one in found.values())


def test_nobody_is_owed_less_with_what_is_idle(plan):
    direct = {one.name: one.impacts for one in accounts(plan.data, "class", "direct")}
    for one in accounts(plan.data, "class", "loaded"):
        assert all(one.impacts[name] >= direct[one.name][name] for name in one.impacts)


def test_units_served(plan):
    """Chat: 4 h · 3600 s · 15 rps; its SCI counts what is idle in both regions."""
    chat = accounts(plan.data)[0]
    assert (chat.requests, chat.input_tokens) == (216000.0, 21.6e6)
    assert chat.per_request()["energy"] == pytest.approx(63.24 / 216000)
    phases = sum(
        chat.per_ktoken(phase)["energy"] * tokens / 1000
        for phase, tokens in (("input", chat.input_tokens), ("output", chat.output_tokens))
    )
    assert phases == pytest.approx(63.24)
    carbon_kg = 0.12 * 5 / 7 + 7.3 - 2.04 - 0.1 * 1.6 * 2 / 7 + 6.864 + 0.12
    assert chat.sci_g()["request"] == pytest.approx(1000 * carbon_kg / 216000)
    assert chat.sci_g()["1000_output_tokens"] == pytest.approx(1000 * carbon_kg / 10800)


def test_idle_is_borne_nearby_first():
    """By those on the SKU in the region, on other SKUs of the region, anywhere, or nobody."""
    hours = np.zeros((2, 1, 2, 3))  # class, phase, SKU, region
    hours[0, 0, 0, 0], hours[1, 0, 0, 0], hours[1, 0, 1, 1] = 3.0, 1.0, 2.0
    weights = idle_weights(hours)
    assert weights[:, 0, 0, 0].tolist() == [0.75, 0.25]
    assert weights[:, 0, 1, 0].tolist() == [0.75, 0.25]
    assert weights[:, 0, 0, 1].tolist() == [0.0, 1.0]
    assert weights[:, 0, 0, 2].tolist() == [0.5, 0.5]
    assert not idle_weights(np.zeros_like(hours)).any()


def test_servers_that_are_off_rest_or_wait(of):
    """Three of four servers in the north: on in one slot, off in the other, never on."""
    changed = with_fleet(of, servers=[4, 2], powered=[[2, 3], [1, 1]])
    hours = changed.data["idle_accelerator_hours"].sel(sku="box", region="north")
    found = dict(zip(hours["state"].values.tolist(), hours.values.tolist(), strict=True))
    assert found["off"] == pytest.approx(2 * 2)
    assert found["unused"] == pytest.approx(2 * 4)
    assert found["resting"] == pytest.approx(2 * 2)  # 3 replicas need two of three servers
    assert found["parked"] == pytest.approx(4)


def with_fleet(of, **changes):
    """The example with other numbers of servers, existing ones beside those bought."""
    program, values = example.program(of), example.values()
    servers = np.array(changes["servers"])
    values[program.columns["Servers"].positions] = servers
    values[program.columns["Kept"].positions] = 1
    values[program.columns["Purchased"].positions] = servers - 1
    values[program.columns["Powered"].positions] = changes["powered"]
    solution = replace(example.solution(), values=values)
    return make_plan(of, example.configurations(of), program, solution)


@pytest.mark.parametrize("seed", range(20))
def test_parts_sum_to_the_impacts_of_any_program(of, seed):
    """Random coefficients and decisions; columns of sites and of nobody among them."""
    random = np.random.default_rng(seed)
    program, values = example.program(of), example.values() * 1.0
    count = len(values)
    layouts = program.columns
    values[layouts["Servers"].positions] = random.integers(2, 6, 2)
    values[layouts["Powered"].positions] = random.integers(0, 3, (2, 2))
    values[layouts["Replicas"].positions] = random.uniform(0, 4, (2, 2))
    values[layouts["Starts"].positions] = random.uniform(0, 1, (2, 2))
    values[layouts["Load_rps"].positions] = random.uniform(0, 40, (3, 2))
    impacts = {
        name: (random.normal(1.0, 1.0, count), float(random.normal()))
        for name in program.impacts
        if name not in SUMS
    }
    for name, parts in SUMS.items():
        vectors, constants = zip(*(impacts[part] for part in parts), strict=True)
        impacts[name] = (np.sum(vectors, axis=0), sum(constants))
    changed = replace(program, impacts=impacts)
    solution = replace(example.solution(), values=values)
    plan = make_plan(of, example.configurations(of), changed, solution)
    for name, total in plan.impacts.items():
        if name == "latency":
            continue
        size = np.abs(impacts[name][0] * values).sum()
        for rule in RULES:
            parts = sum(one.impacts[name] for one in accounts(plan.data, "class", rule))
            assert abs(parts - total.value) <= 1e-9 * size


def test_sums_are_those_of_the_program():
    assert SUMS == SUMS_OF_THE_PROGRAM
