"""A plan small enough to be worked out in the head, with its inputs and its program.

Two regions, two slots of two like hours each, one SKU of two accelerators. A replica serves 10
requests/s (12.5 measured, at most 0.8 of it used) at 1 kJ a request:

==============  ====================  ====================
                north                 south
==============  ====================  ====================
grid, PUE       0.1 kgCO2e/kWh, 1.0   0.5 kgCO2e/kWh, 1.2
servers         1 existing, 1 bought  1 bought, 1 existing (switched off)
powered         2 in both slots       1 in both slots
replicas        3 in both slots       1 in both slots
chat [rps]      10, 15                0, 5
night [rps]     0, 10                 0, 0
==============  ====================  ====================

Chat asks for 10 and 20 rps from the west, night (batch, due within 2 hours) for 5 rps always.
A powered server draws 0.2 + 2 · 0.05 kW, an idle replica 0.05 kW above that, a server that is
off 0.01 kW. IT power is therefore 10.75 and 25.75 kW in the north, 0.36 and 5.36 in the south.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
import xarray as xr

from carbonplan.catalogue.courses import with_courses
from carbonplan.catalogue.inputs import InputFile, Inputs, MeasuredProfile, WorkloadClass
from carbonplan.catalogue.records import (
    Accelerator,
    AcceleratorPower,
    EmbodiedCoefficient,
    Host,
    ModelCard,
    Part,
    Price,
    Region,
    RequestClass,
    Server,
    Sku,
    Source,
)
from carbonplan.configurations import Configuration, Configurations
from carbonplan.plan import Plan, make_plan
from carbonplan.program import Layout, Program
from carbonplan.scenario.schema import Scenario
from carbonplan.solve.solution import Solution, Status
from carbonplan.technology.calibration import load_calibration
from carbonplan.technology.operating import ClassLimits, Replica, operating_points

ORIGIN = {"evidence": "assumed", "source": "example"}
CONFIGURATION = Configuration("tiny", "box", 1, 1, "bf16", 1.0)
SPARE = Configuration("tiny", "box", 2, 1, "bf16", 1.0)
IMPACTS = {
    "operational_carbon": 7.3 + 6.864,
    "embodied_carbon": 0.24,  # 2 servers, 0.03 kg/h, 4 h
    "carbon": 14.404,
    "energy": 73.0 + 13.728,
    "cost": 16.0 + 7.3 + 2.7456,  # 2 servers at 2 USD/h, energy at 0.1 and 0.2 USD/kWh
    "onsite_water": 73.0 + 22.88,
    "offsite_water": 219.0 + 54.912,
    "water": 369.792,
    "latency": 2.6 / 30 + 0.2,
}


def scenario(**changes: object) -> Scenario:
    """The example's scenario; a change replaces a top-level section."""
    sections = {
        "carbonplan": 1,
        "name": "example",
        "horizon": {"start": "2024-04-16T00:00:00Z", "hours": 2},
        "signal": {"kind": "average", "scope": "location", "basis": "lifecycle"},
        "regions": [
            {"region": "north", "power_limit_kw": 30.0, "server_limit": 3},
            {"region": "south"},
        ],
        "fleet": {
            "skus": ["box"],
            "existing": [
                {"sku": "box", "region": "north", "servers": 1},
                {"sku": "box", "region": "south", "servers": 1},
            ],
            "stock": [
                {"sku": "box", "servers": 3},
                {"sku": "box", "region": "south", "servers": 2},
            ],
            "precisions": ["bf16"],
            "clock_fractions": [1.0],
            "start_costs": True,
        },
        "workloads": [
            {
                "name": "chat",
                "kind": "online",
                "llm": "tiny",
                "classes": [
                    {"name": "short", "input_tokens": 100, "output_tokens": 50, "share": 1}
                ],
                "arrivals": {"mean_rps": 15},
                "origins": [{"origin": "west", "share": 1.0}],
                "ttft_s": 1.0,
                "tpot_s": 0.2,
            },
            {
                "name": "night",
                "kind": "batch",
                "llm": "tiny",
                "classes": [
                    {"name": "long", "input_tokens": 200, "output_tokens": 100, "share": 1}
                ],
                "arrivals": {"mean_rps": 5},
                "deadline_hours": 2,
                "regions": ["north"],
            },
        ],
        "objective": {"minimise": "carbon"},
        "bounds": [{"impact": "energy", "at_most": 100.0}],
        "embodied": {"coefficient_set": "round"},
    }
    return Scenario.model_validate(sections | changes)


def server() -> Server:
    """A server in round figures."""
    return Server(
        sku=Sku(
            sku="box", host="frame", accelerator="chip", accelerators=2,
            host_lifetime_years=1.0, accelerator_lifetime_years=0.5, nic_gb_per_s=10.0,
            **ORIGIN,
        ),
        host=Host(
            host="frame", cpu="cpu", sockets=1, cores=8, dram_gb=64, dram_type="ddr5",
            ssd_gb=1000, idle_w=200, load_w=0, off_w=10, **ORIGIN,
        ),
        accelerator=Accelerator(
            accelerator="chip", kind="gpu", vendor="v", architecture="none", launch_year=2020,
            memory_type="hbm", memory_gb=80, memory_bandwidth_gb_per_s=2000, fp16_tflops=300,
            bf16_tflops=300, fp8_tflops=None, int8_tops=None, fp4_tflops=None, tdp_w=400,
            boost_clock_mhz=1500, lowest_clock_mhz=300, scale_up_link="NVLink 3",
            scale_up_bandwidth_gb_per_s=300, **ORIGIN,
        ),
        power=AcceleratorPower(accelerator="chip", idle_w=100, parked_w=50, **ORIGIN),
        price=Price(
            sku="box", purchase_usd=8760, rental_usd_per_hour=5, low_purchase_usd=8000,
            high_purchase_usd=9000, **ORIGIN,
        ),
        parts=(
            Part(item="frame", part="board", technology="", quantity=1, unit="piece", **ORIGIN),
            Part(item="chip", part="die", technology="", quantity=1, unit="piece", **ORIGIN),
        ),
    )  # fmt: skip


def llm() -> ModelCard:
    """An LLM of one billion parameters."""
    return ModelCard(
        llm="tiny", family="tiny", publisher="p", parameters_b=1.2, active_parameters_b=1.2,
        layers=16, hidden_size=2048, intermediate_size=8192, attention_heads=32, kv_heads=8,
        head_dim=64, vocabulary=32000, context_tokens=8192, native_precision="bf16", **ORIGIN,
    )  # fmt: skip


def region(name: str, pue: float, price: float, wue: float, ewif: float) -> Region:
    return Region(
        region=name, name=name, provider="p", zone=name, latitude_deg=0, longitude_deg=0,
        pue=pue, wue_l_per_kwh=wue, ewif_l_per_kwh=ewif, price_usd_per_kwh=price, **ORIGIN,
    )  # fmt: skip


def made_of(part: str, kgco2e: float) -> EmbodiedCoefficient:
    return EmbodiedCoefficient(
        coefficient_set="round", part=part, technology="", unit="piece", kgco2e_per_unit=kgco2e,
        low_kgco2e_per_unit=kgco2e / 2, high_kgco2e_per_unit=kgco2e * 2, **ORIGIN,
    )  # fmt: skip


def series(previous: tuple[int, int]) -> xr.Dataset:
    """Two slots, each of them standing for two hours."""
    by_site = {
        "intensity_kgco2e_per_kwh": (0.1, 0.5),
        "pue": (1.0, 1.2),
        "price_usd_per_kwh": (0.1, 0.2),
        "wue_l_per_kwh": (1.0, 2.0),
        "ewif_l_per_kwh": (3.0, 4.0),
    }
    arrivals = np.zeros((2, 2, 2))
    arrivals[0, 0] = 10.0, 20.0
    arrivals[1, 1] = 5.0, 5.0
    return xr.Dataset(
        {
            **{
                name: (("region", "slot"), np.repeat([values], 2, axis=0).T)
                for name, values in by_site.items()
            },
            "arrivals_rps": (("workload", "origin", "slot"), arrivals),
            "share": (("request_class", "slot"), np.ones((2, 2))),
            "contract_profile": (("contract", "slot"), np.ones((0, 2))),
            "time_utc": ("slot", np.array(["2024-04-16T00", "2024-04-16T01"], "M8[ns]")),
            "weight": ("slot", [2.0, 2.0]),
            "previous": ("slot", list(previous)),
            "run": ("slot", [0, 0]),
            "slot_hours": ("slot", [1.0, 1.0]),
        },
        coords={
            "region": ["north", "south"],
            "request_class": ["chat/short", "night/long"],
            "workload": ["chat", "night"],
            "origin": ["west", "anywhere"],
            "slot": [0, 1],
        },
    )


def inputs(previous: tuple[int, int] = (1, 0), **changes: object) -> Inputs:
    """The example's inputs; a change replaces a section of the scenario."""
    asked = scenario(**changes)
    all_slots, nodes = with_courses(asked, series(previous))
    return Inputs(
        scenario=asked,
        servers=(server(),),
        llms=(llm(),),
        regions=(region("north", 1.0, 0.1, 1.0, 3.0), region("south", 1.2, 0.2, 2.0, 4.0)),
        classes=tuple(
            WorkloadClass(
                workload,
                RequestClass(
                    service=workload.name,
                    request_class=given.name,
                    input_tokens=given.input_tokens,
                    output_tokens=given.output_tokens,
                    share=given.share,
                    **ORIGIN,
                ),
            )
            for workload in asked.workloads
            for given in workload.classes
        ),
        series=all_slots,
        nodes=nodes,
        rtt_s=xr.DataArray(
            [[0.1, 0.02], [0.0, 0.0]],
            {"origin": ["west", "anywhere"], "region": ["north", "south"]},
            ("origin", "region"),
        ),
        embodied_coefficients=(made_of("board", 87.6), made_of("die", 43.8)),
        profiles=tuple(
            MeasuredProfile("tiny", "box", 1, 1, "bf16", 1.0, name, 12.5, 1000.0, 0.2, "bench")
            for name in ("short", "long")
        ),
        sources=(
            Source(key="example", title="Figures of the example", publisher="-", year=2024,
                   url="", licence="-"),
        ),
        files=(),
    )  # fmt: skip


def configurations(of: Inputs, *, whole: bool = True) -> Configurations:
    """The configuration that is planned with, and one more that is never used."""
    kept = (CONFIGURATION, SPARE)
    points = operating_points(
        [Replica(of.servers[0], of.llms[0], c.tensor_parallel, 1, "bf16", 1.0) for c in kept],
        [ClassLimits(100, 50, 1.0, 0.2, 0.99, 0.1), ClassLimits(200, 100, None, None)],
        of.scenario.fleet.utilisation_limit,
        load_calibration(),
    )
    rate, energy, ttft = points.rate_rps, points.energy_kj_per_request, points.ttft_s
    rate[:, 0], energy[:, 0], ttft[:, 0] = 10.0, 1.0, 0.2
    pair = ("request_class", "configuration")
    table = xr.Dataset(
        {
            "rate_rps": (pair, rate),
            "energy_kj_per_request": (pair, energy),
            "ttft_s": (pair, ttft),
            "accelerators": ("engine", [1.0, 2.0]),
            "loaded_kw": ("engine", points.loaded_kw),
            "working_kw": ("engine", [0.0, 0.0]),
            "start_hours": ("engine", points.start_hours),
            "start_fraction": ("engine", points.start_hours),
            "start_energy_kwh": ("engine", points.start_energy_kwh),
            "host_share": ("engine", [0.0, 0.0]),
            "host_dram_gb": ("engine", [0.0, 0.0]),
        },
        {
            "request_class": [one.name for one in of.classes],
            "configuration": [c.name for c in kept],
            "engine": [c.engine for c in kept],
            "sku": ("configuration", ["box", "box"]),
            "llm": ("configuration", ["tiny", "tiny"]),
            "role": ("configuration", ["mixed", "mixed"]),
            "on_host": ("configuration", [False, False]),
            "configuration_engine": ("configuration", [c.engine for c in kept]),
        },
    )
    return Configurations(kept, (), table, whole)


def decisions() -> dict[str, tuple[tuple[tuple[str, ...], ...], list]]:
    """Labels and values of each family of the example's plan."""
    north, south = (CONFIGURATION.engine, "north"), (CONFIGURATION.engine, "south")
    name = CONFIGURATION.name
    return {
        "Servers": ((("now", "box", "north"), ("now", "box", "south")), [2, 2]),
        "Purchased": ((("now", "box", "north"), ("now", "box", "south")), [1, 1]),
        "Kept": (
            (("now", "stood", "box", "north"), ("now", "stood", "box", "south")),
            [1, 1],
        ),
        "Powered": ((("box", "north"), ("box", "south")), [[2, 2], [1, 1]]),
        "Replicas": ((north, south), [[3, 3], [1, 1]]),
        "Starts": ((north, south), [[0, 0], [0, 0]]),
        "Load_rps": (
            (
                ("chat/short", name, "north"),
                ("chat/short", name, "south"),
                ("night/long", name, "north"),
            ),
            [[10, 15], [0, 5], [0, 10]],
        ),
        "Flow_rps": (
            (("chat/short", "west", "north"), ("chat/short", "west", "south")),
            [[10, 15], [0, 5]],
        ),
        "Backlog_krequests": ((("night/long",),), [[18, 0]]),
    }


DIMS = {
    "Servers": ("stage", "sku", "region"),
    "Purchased": ("stage", "sku", "region"),
    "Kept": ("stage", "cohort", "sku", "region"),
    "Powered": ("sku", "region"),
    "Replicas": ("engine", "region"),
    "Starts": ("engine", "region"),
    "Load_rps": ("request_class", "configuration", "region"),
    "Flow_rps": ("request_class", "origin", "region"),
    "Backlog_krequests": ("request_class",),
}


def columns() -> dict[str, Layout]:
    layouts, start = {}, 0
    for family, (labels, values) in decisions().items():
        shape = np.shape(values)
        count = int(np.prod(shape))
        positions = np.arange(start, start + count).reshape(shape)
        layouts[family] = Layout(DIMS[family], labels, positions)
        start += count
    return layouts


def values() -> np.ndarray:
    """The example's plan as the solver's vector."""
    parts = [np.ravel(value) for _, value in decisions().values()]
    return np.concatenate(parts).astype(float)


def program(of: Inputs, *, whole: bool = True) -> Program:
    """A program without rows whose impacts are those of the example."""
    layouts, count = columns(), len(values())
    impacts = {
        name: (vector, 0.0) for name, vector in impact_vectors(of, layouts, count).items()
    }
    integer = np.zeros(count, dtype=bool)
    families = ("Servers", "Powered", "Replicas") if whole else ("Servers",)
    for family in families:
        integer[layouts[family].positions] = True
    return Program(
        matrix=sp.csc_array((0, count)),
        row_lower=np.empty(0),
        row_upper=np.empty(0),
        column_lower=np.zeros(count),
        column_upper=np.full(count, 100.0),
        integer=integer,
        cost=impacts["carbon"][0],
        offset=0.0,
        impacts=impacts,
        columns=layouts,
        rows={},
    )


def impact_vectors(of: Inputs, layouts: dict[str, Layout], count: int) -> dict[str, np.ndarray]:
    """Impacts by column, written out for the one SKU of the example."""
    start_energy_kwh = float(configurations(of).table["start_energy_kwh"][0])
    kw = {
        "Servers": 0.01,
        "Powered": 0.29,
        "Replicas": 0.05,
        "Starts": start_energy_kwh,
        "Load_rps": 1.0,
    }
    north_south = {
        "operational_carbon": (0.1, 0.6),
        "energy": (1.0, 1.2),
        "cost": (0.1, 0.24),
        "onsite_water": (1.0, 2.0),
        "offsite_water": (3.0, 4.8),
    }
    vectors = {name: np.zeros(count) for name in (*north_south, "embodied_carbon", "latency")}
    for name, by_region in north_south.items():
        factor = dict(zip(("north", "south"), by_region, strict=True))
        for family, power in kw.items():
            hours = 4.0 if family == "Servers" else 2.0
            for label, at in zip(
                layouts[family].labels, layouts[family].positions, strict=True
            ):
                vectors[name][at] = power * hours * factor[label[-1]]
    vectors["embodied_carbon"][layouts["Purchased"].positions] = 0.12
    vectors["cost"][layouts["Purchased"].positions] = 8.0
    asked = 60.0
    vectors["latency"][layouts["Flow_rps"].positions] = np.array([[0.1], [0.02]]) * 2.0 / asked
    vectors["latency"][layouts["Load_rps"].positions[:2]] = 0.2 * 2.0 / asked
    vectors["carbon"] = vectors["operational_carbon"] + vectors["embodied_carbon"]
    vectors["water"] = vectors["onsite_water"] + vectors["offsite_water"]
    return vectors


def solution(**changes: object) -> Solution:
    found = Solution(
        status=Status.OPTIMAL,
        values=values(),
        objective=14.404,
        bound=14.4,
        gap=0.004 / 14.404,
        violated_rows=(),
        nodes=1,
        seconds=0.1,
        steps=("audit", "solve", "polish"),
        solver="HiGHS 1.15.1",
    )
    return replace(found, **changes)


def plan(of: Inputs | None = None, **changes: object) -> Plan:
    """The example as a plan."""
    of = inputs() if of is None else of
    return make_plan(
        of, configurations(of), program(of), solution(**changes), timings={"solve": 0.1}
    )


def input_file(path) -> InputFile:
    return InputFile(path, "0" * 64)
