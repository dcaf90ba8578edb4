"""Plans that say what is not so: each lie is named with its quantity and its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from carbonplan.catalogue.inputs import Inputs
from carbonplan.plan import Plan
from carbonplan.verify import verify
from tests.plan import example

RUN, RUNS = example.CONFIGURATION.name, example.CONFIGURATION.engine
NORTH = {"region": "north", "slot": 0}
CHAT = {"request_class": "chat/short"}
NIGHT = {"request_class": "night/long"}


@pytest.fixture(scope="module")
def of() -> Inputs:
    return example.inputs()


@pytest.fixture(scope="module")
def plan(of) -> Plan:
    return example.plan(of)


def put(name: str, change: float, **place: object) -> Callable[[Plan], Plan]:
    """Add to a variable of the plan at a place."""

    def lie(plan: Plan) -> Plan:
        data = plan.data.copy(deep=True)
        data[name].loc[place] = data[name].loc[place] + change
        return replace(plan, data=data)

    return lie


def name(variable: str, names: list[str]) -> Callable[[Plan], Plan]:
    """Put other names into a variable of the plan."""

    def lie(plan: Plan) -> Plan:
        dims = plan.data[variable].dims
        return replace(plan, data=plan.data.assign({variable: (dims, names)}))

    return lie


def say(**changes: object) -> Callable[[Plan], Plan]:
    """Change the summary."""
    return lambda plan: replace(plan, summary={**plan.summary, **changes})


def claim(impact: str, **changes: object) -> Callable[[Plan], Plan]:
    """Change an impact total."""

    def lie(plan: Plan) -> Plan:
        total = replace(plan.impacts[impact], **changes)
        return replace(plan, impacts={**plan.impacts, impact: total})

    return lie


def both(*lies: Callable[[Plan], Plan]) -> Callable[[Plan], Plan]:
    def lie(plan: Plan) -> Plan:
        for one in lies:
            plan = one(plan)
        return plan

    return lie


LIES = {
    "a request is not routed": (
        put("flow_rps", -0.1, **CHAT, origin="west", **NORTH),
        "demand_is_served[chat/short, west, slot 0 (2024-04-16T00:00Z)]: requests/s routed: "
        "9.9 found, 10 expected",
    ),
    "a flow below zero": (
        both(
            put("flow_rps", -1.0, **CHAT, origin="west", region="south", slot=0),
            put("flow_rps", 1.0, **CHAT, origin="west", **NORTH),
        ),
        "demand_is_served[chat/short, west, south, slot 0 (2024-04-16T00:00Z)]: requests/s "
        "routed: -1 found, at least 0 needed",
    ),
    "an origin that the class does not have": (
        put("flow_rps", 0.5, **CHAT, origin="anywhere", **NORTH),
        "requests_go_where_they_may[chat/short, anywhere, north, slot 0 (2024-04-16T00:00Z)]: "
        "requests/s on a route that is not allowed: 0.5 found",
    ),
    "batch work abroad": (
        put("load_rps", 1.0, **NIGHT, configuration=RUN, region="south", slot=1),
        "requests_go_where_they_may[night/long, south, slot 1 (2024-04-16T01:00Z)]: requests/s "
        "in a region that is not allowed: 1 found, at most 0 allowed",
    ),
    "routed and not served": (
        put("load_rps", -2.0, **CHAT, configuration=RUN, **NORTH),
        "routed_requests_are_served[chat/short, north, slot 0 (2024-04-16T00:00Z)]: requests/s "
        "served: 8 found, 10 expected",
    ),
    "load below zero": (
        put("load_rps", -0.5, **CHAT, configuration=RUN, region="south", slot=0),
        f"load_is_within_throughput[chat/short, {RUN}, south, slot 0 (2024-04-16T00:00Z)]: "
        "requests/s served: -0.5 found, at least 0 needed",
    ),
    "more load than replicas carry": (
        put("replicas", -1.0, engine=RUNS, region="north"),
        f"load_is_within_throughput[{RUNS}, north, slot 1 (2024-04-16T01:00Z)]: busy replicas: "
        "2.5 found, at most 2 allowed",
    ),
    "starting replicas that carry load": (
        put("starts", 100.0, engine=RUNS, region="south", slot=1),
        f"load_is_within_throughput[{RUNS}, south, slot 1 (2024-04-16T01:00Z)]: busy replicas",
    ),
    "a trickle through no replica": (
        both(
            put("replicas", -1.0, engine=RUNS, region="south"),
            put("load_rps", -4.99999, **CHAT, configuration=RUN, region="south", slot=1),
        ),
        f"load_is_within_throughput[{RUNS}, south, slot 1 (2024-04-16T01:00Z)]: requests/s "
        "without a replica: 1e-05 found, at most 0 allowed",
    ),
    "less batch work than arrives": (
        put("load_rps", -1.0, **NIGHT, configuration=RUN, region="north", slot=1),
        "batch_work_is_done_in_time[night/long, slot 1 (2024-04-16T01:00Z)]: 1000 requests "
        "waiting: 0 found, 3.6 expected",
    ),
    "a backlog that is not what waits": (
        put("backlog_krequests", 1.0, **NIGHT, slot=0),
        "batch_work_is_done_in_time[night/long, slot 0 (2024-04-16T00:00Z)]: 1000 requests "
        "waiting: 19 found, 18 expected",
    ),
    "carbon that nobody caused": (
        put("idle_impact", 0.5, impact="operational_carbon", state="ready", region="north"),
        "attribution_adds_up: operational_carbon owed: 14.664 found, 14.164 expected",
    ),
    "hours of accelerators that do not stand": (
        put("idle_accelerator_hours", 1.0, state="off", region="south"),
        "attribution_adds_up[box, south]: accelerator hours: 17 found, 16 expected",
    ),
    "a class that holds what others do": (
        both(
            put("served_accelerator_hours", 1.0, **NIGHT, phase="input", region="north"),
            put("served_accelerator_hours", -1.0, **CHAT, phase="input", region="north"),
        ),
        "attribution_adds_up[night/long, box, north]: accelerator hours: 3 found, 2 expected",
    ),
    "prompts that take more than all of the time": (
        put("prompt_time_share", 2.0, **NIGHT, configuration=RUN),
        f"prompts_have_shares[night/long, {RUN}]: prompt_time_share: 2.",
    ),
    "a backlog of an online class": (
        put("backlog_krequests", 1.0, **CHAT, slot=0),
        "batch_work_is_done_in_time[chat/short, slot 0 (2024-04-16T00:00Z)]: 1000 online",
    ),
    "batch work after its deadline": (
        put("backlog_krequests", 1.0, **NIGHT),
        "batch_work_is_done_in_time[night/long, slot 0 (2024-04-16T00:00Z)]: 1000 requests "
        "done since the run began: 0 found, at least 1 needed",
    ),
    "batch work before it arrives": (
        put("backlog_krequests", -19.0, **NIGHT),
        "batch_work_is_done_in_time[night/long, slot 0 (2024-04-16T00:00Z)]: 1000 requests "
        "done since the run began: 0 found, at most -1 allowed",
    ),
    "a server from nowhere": (
        put("servers", 1.0, sku="box", region="north"),
        "servers_are_owned[now, box, north]: servers: 3 found, 2 expected",
    ),
    "servers that vanish": (
        put("purchased_servers", -2.0, sku="box", region="north"),
        "servers_are_owned[purchased]: servers purchased: -1 found, at least 0 needed",
    ),
    "more than the stock of a region": (
        put("purchased_servers", 2.0, sku="box", region="south"),
        "purchases_are_within_stock[now, box, south]: servers bought: 3 found, at most 2 ",
    ),
    "more than the stock of all regions": (
        put("purchased_servers", 2.0, sku="box", region="north"),
        "purchases_are_within_stock[now, box, all regions]: servers bought: 4 found, at most 3",
    ),
    "more than the site has room for": (
        put("servers", 2.0, sku="box", region="north"),
        "servers_fit_in_sites[now, north]: servers: 4 found, at most 3 allowed",
    ),
    "more powered than stand": (
        put("powered_servers", 1.0, sku="box", **NORTH),
        "powered_servers_stand[box, north, slot 0 (2024-04-16T00:00Z)]: powered servers: 3 "
        "found, at most 2 allowed",
    ),
    "powered servers below zero": (
        put("powered_servers", -3.0, sku="box", **NORTH),
        "powered_servers_stand[box, north, slot 0 (2024-04-16T00:00Z)]: powered servers: -1",
    ),
    "more accelerators than are powered": (
        put("powered_servers", -1.0, sku="box", **NORTH),
        "replicas_fit_in_servers[box, north, slot 0 (2024-04-16T00:00Z)]: accelerators in use: "
        "3 found, at most 2 allowed",
    ),
    "a replica that nobody started": (
        put("replicas", 1.0, engine=RUNS, region="south", slot=1),
        f"replicas_are_started[{RUNS}, south, slot 1 (2024-04-16T01:00Z)]: starts: 0 found, at "
        "least 1 needed",
    ),
    "replicas below zero": (
        put("replicas", -5.0, engine=RUNS, **NORTH),
        f"replicas_are_started[{RUNS}, north, slot 0 (2024-04-16T00:00Z)]: replicas: -2 found",
    ),
    "half a server": (
        put("servers", 0.5, sku="box", region="north"),
        "counts_are_whole[now, box, north]: servers: 2.5 found, 2 expected",
    ),
    "half a replica": (
        put("replicas", 0.5, engine=RUNS, **NORTH),
        f"counts_are_whole[{RUNS}, north, slot 0 (2024-04-16T00:00Z)]: replicas: 3.5 found",
    ),
    "half a powered server": (
        put("powered_servers", -0.5, sku="box", **NORTH),
        "counts_are_whole[box, north, slot 0 (2024-04-16T00:00Z)]: powered servers: 1.5 found",
    ),
    "more power than the site is given": (
        put("load_rps", 10.0, **NIGHT, configuration=RUN, region="north", slot=1),
        "site_power_holds[north, slot 1 (2024-04-16T01:00Z)]: kW: 35.75 found, at most 30",
    ),
    "a faster replica": (
        put("rate_rps", 1.0, **CHAT, configuration=RUN),
        f"coefficients_hold[chat/short, {RUN}]: rate_rps: 11 found, 10 expected",
    ),
    "a thriftier request": (
        put("energy_kj_per_request", -1e-5, **CHAT, configuration=RUN),
        f"coefficients_hold[chat/short, {RUN}]: energy_kj_per_request: 0.99999 found, 1",
    ),
    "a quicker token": (
        put("ttft_s", -0.1, **CHAT, configuration=RUN),
        f"coefficients_hold[chat/short, {RUN}]: ttft_s: 0.1 found, 0.2 expected",
    ),
    "a replica that idles for less": (
        put("loaded_kw", -0.01, engine=RUNS),
        f"coefficients_hold[{RUNS}]: loaded_kw: 0.04 found, 0.05 expected",
    ),
    "a replica that draws more at any load": (
        put("working_kw", 0.01, engine=RUNS),
        f"coefficients_hold[{RUNS}]: working_kw: 0.01 found, 0 expected",
    ),
    "a replica that starts for nothing": (
        put("start_energy_kwh", -1e-5, engine=RUNS),
        f"coefficients_hold[{RUNS}]: start_energy_kwh",
    ),
    "an impact that is too low": (
        claim("carbon", value=14.4),
        "impacts_are_as_stated: carbon [kgCO2e]: 14.4 found, 14.404 expected",
    ),
    "an impact in another region": (
        claim("energy", by_region={"north": 13.728, "south": 73.0}),
        "impacts_are_as_stated[north]: energy [kWh] by_region: 13.728 found, 73 expected",
    ),
    "an impact that nobody has": (
        claim("water", by_sku={}),
        "impacts_are_as_stated[box]: water [L] by_sku: 0 found, 369.792 expected",
    ),
    "an impact in another unit": (
        claim("energy", unit="MWh"),
        "impacts_are_as_stated: energy is in MWh, kWh expected",
    ),
    "an impact that is left out": (
        lambda plan: replace(
            plan, impacts={k: v for k, v in plan.impacts.items() if k != "cost"}
        ),
        "impacts_are_as_stated: cost is missing",
    ),
    "an impact that is none": (
        lambda plan: replace(plan, impacts={**plan.impacts, "joy": plan.impacts["cost"]}),
        "impacts_are_as_stated: joy is unknown",
    ),
    "another objective": (
        say(objective={"impact": "carbon", "unit": "kgCO2e", "value": 14.0}),
        "proof_is_sound: objective: 14 found, 14.404 expected",
    ),
    "a bound above the objective": (
        say(bound=14.5),
        "proof_is_sound[objective]: bound: 14.5 found, at most 14.404 allowed",
    ),
    "a gap that is too small": (say(gap=0.0), "proof_is_sound: gap: 0 found, 0.0002777"),
    "an objective without a value": (
        say(objective={"impact": "carbon"}),
        "proof_is_sound: objective: nan found, 14.404 expected",
    ),
    "figures at another end of their bands": (
        say(stance={"end": "pessimistic", "moved": [], "kept": []}),
        "stance_is_stated: pessimistic found, central expected",
    ),
    "a term that is left out": (
        say(evidence={"shares": {"measured": 1.0}, "terms": [{"value": 14.0}]}),
        "evidence_adds_up: terms: 14 found, 14.404 expected",
    ),
    "shares of more than everything": (
        say(evidence={"shares": {"measured": 1.5}, "terms": [{"value": 14.404}]}),
        "evidence_adds_up: shares: 1.5 found, 1 expected",
    ),
    "evidence of nothing": (
        say(evidence={"shares": {}, "terms": []}),
        "evidence_adds_up: objective without terms: 0 found, 14.404 expected",
    ),
    "another list of servers": (
        say(servers=[{"stage": "now", "sku": "box", "region": "north", "count": 5}]),
        "servers_are_listed[now, box, north]: servers in the summary: 5 found, 2 expected",
    ),
    "a cleaner grid": (
        put("intensity_kgco2e_per_kwh", -0.05, region="south"),
        "copies_are_true[south, slot 0 (2024-04-16T00:00Z)]: intensity_kgco2e_per_kwh: 0.45",
    ),
    "less demand": (
        put("demand_rps", -1.0, **CHAT, origin="west", slot=0),
        "copies_are_true[chat/short, west, slot 0 (2024-04-16T00:00Z)]: demand_rps: 9 found",
    ),
    "shorter hours": (
        put("weight", -1.0, slot=0),
        "copies_are_true[slot 0 (2024-04-16T00:00Z)]: hours: 1 found, 2 expected",
    ),
    "less power": (
        put("it_power_kw", -1.0, sku="box", **NORTH),
        "power_is_as_stated[box, north, slot 0 (2024-04-16T00:00Z)]: it_power_kw: 9.75 found",
    ),
    "less energy": (
        put("energy_kwh", -1.0, use="hosts", sku="box", region="north"),
        "power_is_as_stated[box, north]: energy_kwh: 72 found, 73 expected",
    ),
    "not a number": (
        put("load_rps", np.nan, **CHAT, configuration=RUN, **NORTH),
        "structure: load_rps holds what is not a finite number",
    ),
    "a variable that is left out": (
        lambda plan: replace(plan, data=plan.data.drop_vars("starts")),
        "structure: the plan has no starts",
    ),
    "another region": (
        lambda plan: replace(plan, data=plan.data.assign_coords(region=["north", "east"])),
        "structure: the plan's region are ['north', 'east'], the scenario has "
        "['north', 'south']",
    ),
    "a configuration twice": (
        lambda plan: replace(plan, data=plan.data.assign_coords(configuration=[RUN, RUN])),
        f"structure: configuration '{RUN}' stands twice",
    ),
    "an engine twice": (
        lambda plan: replace(plan, data=plan.data.assign_coords(engine=[RUNS, RUNS])),
        f"structure: engine '{RUNS}' stands twice",
    ),
    "a configuration of another engine": (
        name("configuration_engine", [example.SPARE.engine] * 2),
        f"structure: configuration '{RUN}' is of engine '{example.SPARE.engine}'",
    ),
    "a configuration of no engine": (
        lambda plan: replace(plan, data=plan.data.assign_coords(engine=["a", "b"])),
        f"structure: configuration '{RUN}' is of engine '{RUNS}'",
    ),
    "an engine on another SKU": (
        name("engine_sku", ["crate", "box"]),
        f"structure: engine '{RUNS}' is of LLM 'tiny' and SKU 'crate'",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_named(of, plan, lie):
    change, words = LIES[lie]
    found = verify(of, change(plan))
    assert not found.ok
    assert any(line.startswith(words) for line in found.violations), found.violations


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tiny@box:odd:100%", "the name is not one of a configuration"),
        ("tiny@box:tp1:fp8:100%", "precision 'fp8' is not in the fleet's"),
        ("tiny@box:tp1:bf16:55%", "clock 55 % is not in the fleet's"),
        ("tiny@box:tp3:bf16:100%", "parallelism 3 x 1 is not in the fleet's"),
        ("tiny@box:tp1pp2:bf16:100%", "parallelism 1 x 2 is not in the fleet's"),
        ("tiny@box:tp4:bf16:100%", "4 accelerators do not divide the server's 2"),
        ("tiny@crate:tp1:bf16:100%", "SKU 'crate' is not in the fleet"),
        ("huge@box:tp1:bf16:100%", "no workload asks for LLM 'huge'"),
    ],
)
def test_a_configuration_that_is_not_allowed_is_named(of, plan, name, words):
    engine = name.rpartition(":")[0]
    found = verify(of, called(plan, name, engine))
    if engine != RUNS:
        assert f"engines_are_allowed[{engine}]: {words}" in found.violations
    assert f"configurations_are_allowed[{name}]: {words}" in found.violations


def called(plan: Plan, configuration: str, engine: str) -> Plan:
    """The plan with its configuration and engine under other names."""
    llm, _, rest = engine.partition("@")
    data = plan.data.assign_coords(
        configuration=[configuration, example.SPARE.name], engine=[engine, example.SPARE.engine]
    )
    data = data.assign(
        configuration_engine=("configuration", [engine, example.SPARE.engine]),
        engine_sku=("engine", [rest.partition(":")[0], "box"]),
        engine_llm=("engine", [llm, "tiny"]),
    )
    return replace(plan, data=data)


def test_engines_that_run_without_load_are_looked_at(of, plan):
    data = plan.data.copy(deep=True)
    data["replicas"].loc[{"engine": example.SPARE.engine, **NORTH}] = 1.0
    found = verify(of, replace(plan, data=data)).violations
    assert any(
        line.startswith(f"replicas_are_started[{example.SPARE.engine}, north, slot 0")
        for line in found
    )
    assert any("accelerators in use: 5 found" in line for line in found)
    fleet = of.scenario.fleet.model_copy(update={"tensor_parallel": [1]})
    narrow = replace(of, scenario=of.scenario.model_copy(update={"fleet": fleet}))
    found = verify(narrow, replace(plan, data=data)).violations
    words = "parallelism 2 x 1 is not in the fleet's"
    assert f"engines_are_allowed[{example.SPARE.engine}]: {words}" in found


def test_clocks_of_an_engine_share_its_replicas(of):
    """Half of chat in the north at 80 %: the same three replicas carry both halves."""
    slow = replace(example.CONFIGURATION, clock_fraction=0.8)
    fleet = of.scenario.fleet.model_copy(update={"clock_fractions": [1.0, 0.8]})
    both_clocks = replace(
        of,
        scenario=of.scenario.model_copy(update={"fleet": fleet}),
        profiles=(*of.profiles, *(replace(p, clock_fraction=0.8) for p in of.profiles)),
    )
    plan = example.plan(of)
    data = plan.data.copy(deep=True)
    names = [example.CONFIGURATION.name, slow.name]
    data = data.assign_coords(configuration=names)
    data["configuration_engine"] = "configuration", [RUNS, RUNS]
    for one in ("rate_rps", "energy_kj_per_request", "ttft_s"):
        data[one].loc[{"configuration": slow.name}] = data[one].sel(configuration=RUN)
    half = {**CHAT, "region": "north"}
    data["load_rps"].loc[{**half, "configuration": slow.name}] = np.array([5.0, 7.5])
    data["load_rps"].loc[{**half, "configuration": RUN}] = np.array([5.0, 7.5])
    assert verify(both_clocks, replace(plan, data=data)).violations == ()
    data["load_rps"].loc[{**half, "configuration": slow.name, "slot": 1}] += 10.0
    found = verify(both_clocks, replace(plan, data=data)).violations
    assert any("busy replicas: 3.5 found, at most 3 allowed" in line for line in found)


def test_load_of_another_llm_is_named(of, plan):
    """The same replicas, but the night's requests ask for another LLM."""
    other = of.llms[0].model_copy(update={"llm": "other"})
    night = of.classes[1].workload.model_copy(update={"llm": "other"})
    changed = replace(
        of,
        llms=(*of.llms, other),
        classes=(of.classes[0], replace(of.classes[1], workload=night)),
    )
    found = verify(changed, plan).violations
    assert any("requests/s of a class that it cannot serve: 10 found" in line for line in found)


def test_the_slo_is_looked_at_with_the_network(of, plan):
    """TTFT 0.2 s and 0.1 s of round trip do not fit 0.25 s."""
    chat = of.classes[0].workload.model_copy(update={"ttft_s": 0.25, "max_rtt_s": 0.2})
    hurried = replace(of, classes=(replace(of.classes[0], workload=chat), of.classes[1]))
    found = verify(hurried, plan).violations
    assert found == (
        f"latency_holds[chat/short, {RUN}, north]: ttft_s: 0.3 found, at most 0.25 allowed",
    )


def test_a_route_beyond_the_longest_round_trip_is_named(of, plan):
    chat = of.classes[0].workload.model_copy(update={"max_rtt_s": 0.05})
    nearby = replace(of, classes=(replace(of.classes[0], workload=chat), of.classes[1]))
    found = verify(nearby, plan).violations
    assert any(
        line.startswith("requests_go_where_they_may[chat/short, west, north, slot 1")
        for line in found
    )


def test_many_violations_are_counted_not_listed(of, plan):
    data = plan.data.copy(deep=True)
    data["flow_rps"].loc[{"request_class": "night/long"}] = 1.0
    found = verify(of, replace(plan, data=data)).violations
    assert "requests_go_where_they_may: and at 1 more" in found


def test_arrays_in_another_order_are_the_same_plan(of, plan):
    turned = plan.data.isel(region=[1, 0], request_class=[1, 0]).transpose()
    assert verify(of, replace(plan, data=turned)).violations == ()
