"""Parts of replicas find room beside others, in the tiny problem with continuous replicas.

An engine of one accelerator carries 10 chats/s a replica, one of two accelerators 25.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.plan.merging import Engines, merged, operated, with_replicas_that_load
from carbonplan.program import Program
from carbonplan.program.stamping import stamp
from tests.tiny import CHAT, E_ONE, E_TWO, NIGHT, ONE, TWO, tiny

ENGINES = Engines(
    engine_of={ONE: E_ONE, TWO: E_TWO},
    pool_of={E_ONE: ("llm",), E_TWO: ("llm",)},
    sku_of={E_ONE: "box", E_TWO: "box"},
    server_share={E_ONE: 1 / 8, E_TWO: 2 / 8},
    host_share={E_ONE: 0.0, E_TWO: 0.0},
    start_fraction={E_ONE: 0.05, E_TWO: 0.05},
    rate_rps={(CHAT, ONE): 10.0, (NIGHT, ONE): 5.0, (CHAT, TWO): 25.0, (NIGHT, TWO): 0.0},
)
CLEAN = "clean"


@pytest.fixture(scope="module")
def program() -> Program:
    return stamp(tiny(whole_replicas=False))


def filled(program: Program, **engines: tuple[float, float, float]) -> np.ndarray:
    """Values with so many replicas and such a load in the first slot of the clean region."""
    values = np.zeros(len(program.cost))
    for name, (replicas, chat_rps, night_rps) in engines.items():
        engine, configuration = {"one": (E_ONE, ONE), "two": (E_TWO, TWO)}[name]
        values[operated(program, "Replicas")[engine, CLEAN][0]] = replicas
        values[operated(program, "Load_rps")[CHAT, configuration, CLEAN][0]] = chat_rps
        if night_rps:
            values[operated(program, "Load_rps")[NIGHT, configuration, CLEAN][0]] = night_rps
    return values


def found(program: Program, values: np.ndarray) -> dict[str, float]:
    """Replicas and chats in the first slot of the clean region."""
    replicas, loads = operated(program, "Replicas"), operated(program, "Load_rps")
    return {
        "one": values[replicas[E_ONE, CLEAN][0]],
        "two": values[replicas[E_TWO, CLEAN][0]],
        "one_rps": values[loads[CHAT, ONE, CLEAN][0]],
        "two_rps": values[loads[CHAT, TWO, CLEAN][0]],
    }


def test_a_part_moves_where_there_is_room(program):
    """0.1 of the large engine is 2.5 chats/s, 0.25 of a small one: 2.5 become 2.75."""
    values = filled(program, one=(2.5, 25.0, 0), two=(0.1, 2.5, 0))
    assert found(program, merged(ENGINES, program, values)) == pytest.approx(
        {"one": 2.75, "two": 0.0, "one_rps": 27.5, "two_rps": 0.0}
    )


def test_of_many_replicas_only_the_part_moves(program):
    """4.2 large engines carry 105 chats/s; 5 of them take half a small replica."""
    values = filled(program, one=(5.4, 54.0, 0), two=(4.2, 105.0, 0))
    assert found(program, merged(ENGINES, program, values)) == pytest.approx(
        {"one": 5.9, "two": 4.0, "one_rps": 59.0, "two_rps": 100.0}
    )


@pytest.mark.parametrize(
    "engines",
    [
        {"one": (2.9, 29.0, 0), "two": (0.8, 20.0, 0)},  # 2 into 0.1, or 0.36 into 0.2
        {"one": (2.0, 20.0, 0), "two": (0.1, 2.5, 0)},  # no room in whole replicas
        {"one": (0.1, 0.0, 0.5), "two": (1.5, 37.5, 0)},  # the large one does no night work
    ],
)
def test_what_does_not_fit_stays(program, engines):
    values = filled(program, **engines)
    kept = found(program, values)
    assert found(program, merged(ENGINES, program, values)) == pytest.approx(kept)


def test_nothing_moves_at_a_loss(program):
    """Chats at the small engine cost more than a replica saves; the night work must stay."""
    cost = program.cost.copy()
    cost[operated(program, "Load_rps")[CHAT, ONE, CLEAN]] += 1.0
    values = filled(program, one=(2.5, 20.0, 2.5), two=(0.1, 2.5, 0))
    assert found(program, merged(ENGINES, program, values))["two"] == 0.0
    dear = replace(program, cost=cost)
    assert np.array_equal(merged(ENGINES, dear, values), values)


def test_nothing_moves_between_phases(program):
    """A prefill replica has room, but those that decode cannot hand their load to it."""
    apart = replace(ENGINES, pool_of={E_ONE: ("llm", "fp8", "prefill"), E_TWO: ("llm",)})
    values = filled(program, one=(2.5, 25.0, 0), two=(0.1, 2.5, 0))
    assert found(program, merged(ENGINES, program, values))["two"] == 0.0
    assert np.array_equal(merged(apart, program, values), values)


def test_replicas_that_load_are_made_up_for(program):
    """Two replicas start at once, 0.1 of a replica loads: 2 busy ones need a third."""
    values = filled(program, one=(2.0, 20.0, 0))
    with_replicas_that_load(ENGINES, program, values, np.array([1, 0]))
    first = {name: operated(program, name)[E_ONE, CLEAN][0] for name in ("Replicas", "Starts")}
    assert values[first["Replicas"]] == 3.0
    assert values[first["Starts"]] == 3.0


def test_where_a_closed_run_begins_nothing_starts(program):
    values = filled(program, one=(2.0, 20.0, 0))
    with_replicas_that_load(ENGINES, program, values, np.array([-1, 0]))
    assert values[operated(program, "Replicas")[E_ONE, CLEAN][0]] == 2.0
    assert not values[program.columns["Starts"].positions].any()
