"""The example over two stages of half a year, planned by the program and not by hand.

A second SKU has other accelerators in the same host. Accelerators live for half a year and
hosts for a year, so that those of the first stage are dead in the second, and their hosts are
not. One server stands; its making would be 87.6 kgCO2e for the host and 43.8 for each of two
accelerators.
"""

from __future__ import annotations

from dataclasses import replace

from carbonplan.catalogue.inputs import Inputs
from carbonplan.catalogue.records import Part, Server
from carbonplan.plan import Plan, make_plan
from carbonplan.problem import Problem
from carbonplan.solve import Limits, solve
from carbonplan.steps import Stopwatch, formulate
from tests.plan import example
from tests.plan.example import ORIGIN

STAGES = [{"name": "2024", "years": 0.5}, {"name": "2025", "years": 0.5}]
FLEET = {
    "skus": ["box", "box-2"],
    "existing": [{"sku": "box", "region": "north", "servers": 1}],
    "precisions": ["bf16"],
    "tensor_parallel": [1],
    "clock_fractions": [1.0],
    "start_costs": False,
}


def inputs(fleet: dict | None = None, **changes: object) -> Inputs:
    """The example's inputs with stages and a second SKU; changes are those of the scenario."""
    sections = {"stages": STAGES, "renewal": {"upgrades": True, "moves": True}, "bounds": []}
    sections |= {"embodied": {"coefficient_set": "round", "charge": "purchase"}} | changes
    of = example.inputs(fleet=FLEET | (fleet or {}), **sections)
    profiles = (*of.profiles, *(replace(one, sku="box-2") for one in of.profiles))
    return replace(of, servers=(*of.servers, second(of.servers[0])), profiles=profiles)


def second(first: Server) -> Server:
    """The same host with other accelerators that are like the first ones."""
    chips = Part(item="chip-2", part="die", technology="", quantity=1, unit="piece", **ORIGIN)
    other = {"accelerator": "chip-2"}
    return replace(
        first,
        sku=first.sku.model_copy(update={"sku": "box-2", **other}),
        accelerator=first.accelerator.model_copy(update=other),
        power=first.power.model_copy(update=other),
        price=first.price.model_copy(update={"sku": "box-2"}),
        parts=(first.parts[0], chips),
    )


def problem(of: Inputs) -> Problem:
    """The problem of some inputs."""
    return formulate(of, Stopwatch())[1]


def plan(of: Inputs) -> Plan:
    """The best plan of some inputs."""
    configurations, _, program = formulate(of, Stopwatch())
    solution = solve(program, Limits(gap=1e-6, time_limit_s=30.0), isolated=False)
    return make_plan(of, configurations, program, solution, timings={"solve": 0.1})
