"""HiGHS by itself: arrays in, its own default options, one thread; no code of carbonplan."""

from __future__ import annotations

import time
from pathlib import Path


def save_arrays(
    scenario: str, overrides: list[str], file: str, prune: bool = True
) -> dict[str, object]:
    """Write the program of a scenario as arrays; its sizes and the gap that is asked for."""
    import numpy as np

    from bench.cases import gathered, problem_of, sizes
    from carbonplan.program.stamping import stamp

    inputs = gathered(scenario, overrides)
    program = stamp(problem_of(inputs, prune=prune))
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        file,
        starts=program.matrix.indptr,
        rows=program.matrix.indices,
        coefficients=program.matrix.data,
        row_lower=program.row_lower,
        row_upper=program.row_upper,
        lower=program.column_lower,
        upper=program.column_upper,
        integer=program.integer,
        cost=program.cost,
        offset=program.offset,
    )
    return {**sizes(program), "gap": inputs.scenario.solver.gap}


def solve(file: str, gap: float, time_limit_s: float) -> dict[str, object]:
    """Solve saved arrays; the clock runs from the arrays to the answer."""
    import highspy
    import numpy as np

    with np.load(file) as saved:
        a = dict(saved)
    started = time.perf_counter()
    highs = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": 1,
        "mip_rel_gap": gap,
        "time_limit": time_limit_s,
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(
        len(a["cost"]),
        len(a["row_lower"]),
        len(a["coefficients"]),
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        float(a["offset"]),
        a["cost"],
        a["lower"],
        a["upper"],
        a["row_lower"],
        a["row_upper"],
        a["starts"].astype(np.int32),
        a["rows"].astype(np.int32),
        a["coefficients"],
        a["integer"].astype(np.int32),
    )
    highs.run()
    seconds = time.perf_counter() - started
    info = highs.getInfo()
    objective, bound = info.objective_function_value, info.mip_dual_bound
    has_plan = info.primal_solution_status == int(
        highspy.SolutionStatus.kSolutionStatusFeasible
    )
    return {
        "seconds": seconds,
        "status": highs.modelStatusToString(highs.getModelStatus()),
        "objective": objective if has_plan else None,
        "bound": bound if np.isfinite(bound) else None,
        "gap": (objective - bound) / abs(objective) if has_plan and objective else None,
    }
