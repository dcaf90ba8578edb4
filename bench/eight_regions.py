"""(b) A large program: into HiGHS against plain Pyomo, to its optimum against linopy."""

from __future__ import annotations

import math
from functools import partial

from bench.cases import Clock, gathered, loaded_by_stamping, problem_of, sizes
from bench.places import EIGHT_REGIONS
from bench.runner import Run, fresh, interleaved
from bench.section import (
    Section,
    Target,
    amount,
    at_least,
    count_of,
    medians,
    percent,
    recorded,
    same_optimum,
)

FASTER, LESS_MEMORY = 15.0, 3.0
LINOPY_LIMIT_S = 1800.0
STAMPED = "one slot compiled, stamped"
APPSI = "plain Pyomo, `appsi` HiGHS"
CONTRIB = "plain Pyomo, `contrib.solver` HiGHS"
OURS, LINOPY = "carbonplan, to its optimum", "linopy + HiGHS, not pruned"


def measure(*, quick: bool) -> Section:
    """Run all ways; a quick measurement plans one day."""
    overrides = ["horizon.hours=24"] if quick else []
    way = partial(fresh, overrides=overrides)
    into_highs = interleaved(
        {
            STAMPED: partial(way, "bench.eight_regions:stamped"),
            APPSI: partial(way, "bench.eight_regions:plain", interface="appsi"),
            CONTRIB: partial(way, "bench.eight_regions:plain", interface="contrib"),
        },
        enough_s=300.0,
    )
    to_optimum = interleaved(
        {
            OURS: partial(way, "bench.eight_regions:planned"),
            LINOPY: partial(way, "bench.eight_regions:linopy_planned"),
        }
    )
    runs = into_highs | to_optimum
    middle = medians(runs)
    program = middle[STAMPED].result["sizes"]
    return Section(
        key="b",
        size=f"eight-regions-week{' (first day)' if quick else ''}: {count_of(program)}",
        columns=("way", "s", "configurations s", "peak MB", "gap", "carbon [kgCO2e]"),
        rows=tuple(row(name, run) for name, run in middle.items()),
        targets=targets(middle),
        runs=recorded(runs),
    )


def stamped(overrides: list[str]) -> dict[str, object]:
    """From the problem to a loaded HiGHS, as carbonplan does."""
    problem, configurations_s = problem_at(overrides)
    clock = Clock()
    with clock.running():
        program, _ = loaded_by_stamping(problem)
    return {
        "seconds": clock.seconds,
        "configurations_s": configurations_s,
        "sizes": sizes(program),
    }


def plain(overrides: list[str], interface: str) -> dict[str, object]:
    """From the same problem to a loaded HiGHS: the horizon as one plain Pyomo model."""
    from carbonplan.formulation.build import horizon

    if interface == "appsi":
        from pyomo.contrib.appsi.solvers import Highs
    else:
        from pyomo.contrib.solver.solvers.highs import Highs
    problem, configurations_s = problem_at(overrides)
    build, load = Clock(), Clock()
    with build.running():
        m = horizon(problem)
    with load.running():
        Highs().set_instance(m)
    return {
        "seconds": build.seconds + load.seconds,
        "build_s": build.seconds,
        "load_s": load.seconds,
        "configurations_s": configurations_s,
    }


def planned(overrides: list[str]) -> dict[str, object]:
    """From the inputs to a plan at the scenario's gap, as carbonplan does."""
    from carbonplan.program.stamping import stamp
    from carbonplan.solve import Limits, solve

    inputs = gathered(str(EIGHT_REGIONS), overrides)
    solver = inputs.scenario.solver
    clock, enumeration = Clock(), Clock()
    with clock.running():
        with enumeration.running():
            problem = problem_of(inputs)
        solution = solve(stamp(problem), Limits(solver.gap, solver.time_limit_s))
    return {
        "seconds": clock.seconds,
        "configurations_s": enumeration.seconds,
        "gap": solution.gap,
        "asked_gap": solver.gap,
        "objective": solution.objective,
        "steps": list(solution.steps),
    }


def linopy_planned(overrides: list[str]) -> dict[str, object]:
    """From the inputs to a plan at the scenario's gap: linopy, every configuration kept."""
    from bench.in_linopy import stated

    inputs = gathered(str(EIGHT_REGIONS), overrides)
    clock, enumeration, build = Clock(), Clock(), Clock()
    with clock.running():
        with enumeration.running():
            problem = problem_of(inputs, prune=False)
        with build.running():
            m = stated(problem)
        m.solve(
            solver_name="highs",
            io_api="direct",
            mip_rel_gap=inputs.scenario.solver.gap,
            time_limit=LINOPY_LIMIT_S,
            threads=1,
            output_flag=False,
        )
    bound = m.solver_model.getInfo().mip_dual_bound
    objective = m.objective.value
    has_plan = objective is not None and math.isfinite(objective)
    return {
        "seconds": clock.seconds,
        "configurations_s": enumeration.seconds,
        "build_s": build.seconds,
        "gap": (objective - bound) / abs(objective) if has_plan else None,
        "objective": float(objective) if has_plan else None,
        "columns": int(m.nvars),
        "rows": int(m.ncons),
    }


def problem_at(overrides: list[str]):
    """The pruned problem, and what enumerating its configurations took [s]."""
    inputs = gathered(str(EIGHT_REGIONS), overrides)
    clock = Clock()
    with clock.running():
        problem = problem_of(inputs)
    return problem, clock.seconds


def targets(middle: dict[str, Run]) -> tuple[Target, ...]:
    """Each against the best of its rivals."""
    rivals = (middle[APPSI], middle[CONTRIB])
    seconds = min(run.seconds for run in rivals) / middle[STAMPED].seconds
    memory = min(run.peak_mb for run in rivals) / middle[STAMPED].peak_mb
    faster = middle[LINOPY].seconds / middle[OURS].seconds
    plans = {"carbonplan": middle[OURS], "linopy": middle[LINOPY]}
    return (
        at_least("into HiGHS, faster than plain Pyomo", seconds, FASTER, "×"),
        at_least("into HiGHS, less memory than plain Pyomo", memory, LESS_MEMORY, "×"),
        at_least("to the optimum, faster than linopy", faster, 1.0, "×"),
        same_optimum(
            {name: run.result["objective"] for name, run in plans.items()},
            float(middle[OURS].result["asked_gap"]),
        ),
    )


def row(name: str, run: Run) -> tuple[str, ...]:
    """A line of the table."""
    solved = "objective" in run.result
    return (
        name,
        f"{run.seconds:.2f}",
        f"{run.result['configurations_s']:.2f}",
        f"{run.peak_mb:.0f}",
        percent(run.result["gap"]) if solved else "–",
        amount(run.result["objective"]) if solved else "–",
    )
