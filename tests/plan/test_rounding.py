"""What continuous replicas hide, in the example of ``example.py``."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp

from carbonplan.configurations import Configurations
from carbonplan.plan.rounding import RoundingGap, rounding_gap
from carbonplan.program import Layout, Program
from tests.answers import optimum
from tests.plan import example
from tests.tiny import E_ONE, E_TWO, ONE, TWO, tiny


def fractional() -> np.ndarray:
    """The example with 2.5 replicas in the north, as they would be planned continuously."""
    values = example.values()
    values[example.columns()["Replicas"].positions[0]] = 2.5
    return values


def test_whole_replicas_hide_nothing():
    of = example.inputs()
    found = rounding_gap(of, example.configurations(of), example.program(of), example.values())
    assert found == RoundingGap(0.0)


def test_half_a_replica_more_in_each_slot():
    """0.5 replicas · 0.05 kW · 4 h · 0.1 kgCO2e/kWh, servers are at hand."""
    of = example.inputs()
    program = example.program(of, whole=False)
    values = fractional()
    found = rounding_gap(of, example.configurations(of), program, values)
    assert found.gap == pytest.approx(0.5 * 0.05 * 4 * 0.1 / float(program.cost @ values))


def test_a_server_more_where_replicas_need_it():
    """4.5 replicas fill 2.25 servers: a third is bought and powered in that slot."""
    of = example.inputs()
    program = example.program(of, whole=False)
    values = example.values()
    north = program.columns["Replicas"].positions[0]
    values[north] = 4.5, 3.0
    values[program.columns["Starts"].positions[0]] = 1.5, 0.0
    start_kwh = float(example.configurations(of).table["start_energy_kwh"][0])
    idle = 0.5 * 0.05 * 2 * 0.1
    powered = (0.29 * 2 + 0.01 * 4) * 0.1
    started = 0.5 * start_kwh * 2 * 0.1
    found = rounding_gap(of, example.configurations(of), program, values)
    rise = found.gap * float(program.cost @ values)
    assert rise == pytest.approx(idle + powered + started + 0.12)


def with_a_row(program: Program, family: str, layout: Layout) -> Program:
    """The program with a single row: at most 2.7 of the first replicas."""
    row = np.zeros((1, len(program.cost)))
    row[0, program.columns["Replicas"].positions[0, 0]] = 1.0
    return replace(
        program,
        matrix=sp.csc_array(row),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([2.7]),
        rows={family: layout},
    )


def test_rounding_that_breaks_a_row_says_which():
    of = example.inputs()
    program = example.program(of, whole=False)
    layout = Layout(("region",), (("north",),), np.array([[0]]))
    limited = with_a_row(program, "few_replicas", layout)
    found = rounding_gap(of, example.configurations(of), limited, fractional())
    assert found.gap is None
    assert "few_replicas[north,0]" in found.reason


def test_rounding_that_passes_a_limit_of_the_stock_says_by_how_much():
    """Three replicas where the row allows 2.7: a tenth of them too many."""
    of = example.inputs()
    program = example.program(of, whole=False)
    layout = Layout(("sku",), (("box",),), np.array([0]))
    limited = with_a_row(program, "purchases_within_stock", layout)
    found = rounding_gap(of, example.configurations(of), limited, fractional())
    assert found.gap > 0
    assert found.reason == "if purchases_within_stock[box] gives way by 10.0%"


def test_servers_that_stay_on_are_all_powered():
    of = example.inputs()
    fleet = of.scenario.fleet.model_copy(update={"switch_off": False})
    always_on = replace(of, scenario=of.scenario.model_copy(update={"fleet": fleet}))
    program = example.program(of, whole=False)
    values = fractional()
    values[program.columns["Powered"].positions] = 2.0
    found = rounding_gap(always_on, example.configurations(of), program, values)
    assert found.gap * float(program.cost @ values) == pytest.approx(0.5 * 0.05 * 4 * 0.1)


@pytest.mark.parametrize("ends", ["cyclic", "closed"])
def test_a_rounded_plan_keeps_every_row_of_a_real_program(ends):
    """The optimum of the tiny problem with continuous replicas, and with whole ones."""
    previous = {"cyclic": [1, 0], "closed": [-1, 0]}[ends]
    changes = {"previous": previous, "demand_rps": [[[42.0, 23.0]], [[0.0, 0.0]]]}
    best = optimum(tiny(changes))
    relaxed = optimum(tiny(changes, whole_replicas=False))
    program, values = relaxed.program, relaxed.solution.values.copy()
    replicas = program.columns["Replicas"].positions
    if ends == "closed":  # as many as are needed before the first slot, and no more
        opening = len(values) - 1 - len(replicas)
        values[opening:-1] = values[replicas[:, 0]]
    assert program.cost @ values == pytest.approx(relaxed.total)
    found = rounding_gap(*tiny_inputs(previous), program, values)
    assert 0 < best.total / relaxed.total - 1 <= found.gap + 1e-9
    assert found.gap < 0.5


def tiny_inputs(previous: list[int]):
    """What rounding reads of the inputs and configurations of the tiny problem."""
    kept = tuple(
        SimpleNamespace(
            name=name, engine=engine, llm="llm", sku="box", accelerators=count, role="mixed"
        )
        for name, engine, count in ((ONE, E_ONE, 1), (TWO, E_TWO, 2))
    )
    fleet = SimpleNamespace(availability=1.0, switch_off=True)
    box = SimpleNamespace(name="box", sku=SimpleNamespace(accelerators=8))
    inputs = SimpleNamespace(
        series=tiny({"previous": previous})
        .data[["previous", "region_open"]]
        .assign(stage=("slot", ["now", "now"])),
        scenario=SimpleNamespace(fleet=fleet),
        servers=(box,),
    )
    table = tiny().data.assign(host_share=("engine", [0.0, 0.0]))
    return inputs, Configurations(kept, (), table, False)
