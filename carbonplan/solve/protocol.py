"""From a program to a solution: check, scale, audit, attempt, judge, unscale."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import InvalidInput
from carbonplan.solve.arrays import Arrays, Floats, arrays_of
from carbonplan.solve.audit import Names, audit
from carbonplan.solve.job import Report
from carbonplan.solve.ladder import Runner, Verdict, climb
from carbonplan.solve.limits import Limits, Progress, relative_gap
from carbonplan.solve.scaling import Scaling, scaling_of
from carbonplan.solve.signals import Flag, caught_signals
from carbonplan.solve.solution import Solution, Status

if TYPE_CHECKING:
    from carbonplan.program import Program

SUBJECT = "the program of this scenario"
LIMITS = Limits()


def solve(
    program: Program,
    limits: Limits = LIMITS,
    *,
    on_progress: Report | None = None,
    folder: Path | None = None,
    isolated: bool = True,
    start: Floats | None = None,
) -> Solution:
    """Solve a program and return values, bound and status together.

    Parameters
    ----------
    on_progress
        Told how the solve stands, a few times a second, in the objective's unit.
    folder
        Where log, arrays and the best plan so far are kept; a temporary one if not given.
    isolated
        Solve in a worker process, which may crash, hang or run out of memory without harm;
        otherwise in this process, without a watchdog: for small programs.
    start
        Values of a plan that is known, (column,): the answer is not worse than it. One that
        breaks a row, a bound or a whole number is ignored.

    Raises
    ------
    MalformedProgram
        The arrays are no program: a fault of what built them.
    InvalidInput
        There is nothing to decide, or the numbers span a range that no solver is reliable in.
    """
    started = time.monotonic()
    original = arrays_of(program)
    if original.columns_count == 0:
        raise InvalidInput(SUBJECT, ["there is nothing to decide: it has no columns"])
    scaling = scaling_of(original)
    arrays = scaling.apply(original)
    problems = audit(original, arrays, Names(program.row_name, program.column_name))
    if problems and not limits.allow_range:
        raise InvalidInput(SUBJECT, problems)
    report = None if on_progress is None else _in_original_units(on_progress, scaling)
    with caught_signals() as flag, _runner(limits, report, folder, isolated, flag) as runner:
        known = scaling.scaled_values(start)
        verdict = climb(arrays, limits, runner, cross_check=bool(problems), start=known)
    steps = [f"warning: {problem}" for problem in problems]
    if flag:
        steps.append(f"stopped by {flag.name}")
    solution = _solution(original, scaling, verdict, time.monotonic() - started)
    return replace(
        solution,
        steps=(_size(original), *steps, *solution.steps),
        interrupted_by=flag.name if solution.status is Status.INTERRUPTED else None,
    )


def relaxation(program: Program, limits: Limits = LIMITS) -> float | None:
    """Objective of the program without whole numbers; None if it has no optimum."""
    original = arrays_of(program)
    scaling = scaling_of(original)
    from carbonplan.solve.in_process import InProcess

    runner = InProcess(None, None, Flag())
    verdict = climb(
        scaling.apply(original).relaxed(), replace(limits, gap=0.0), runner, cross_check=False
    )
    if verdict.status is not Status.OPTIMAL:
        return None
    return verdict.outcome.objective / scaling.objective


def _runner(
    limits: Limits,
    report: Report | None,
    folder: Path | None,
    isolated: bool,
    flag: Flag,
) -> Runner:
    if isolated:
        from carbonplan.solve.supervise import Workers

        return Workers(limits.memory_gb, report, folder, flag)
    from carbonplan.solve.in_process import InProcess

    return InProcess(report, folder, flag)


def _in_original_units(on_progress: Report, scaling: Scaling) -> Report:
    def report(progress: Progress) -> None:
        on_progress(
            replace(
                progress,
                objective=_divided(progress.objective, scaling.objective),
                bound=_divided(progress.bound, scaling.objective),
            )
        )

    return report


def _solution(original: Arrays, scaling: Scaling, verdict: Verdict, seconds: float) -> Solution:
    outcome = verdict.outcome
    values = outcome.values
    bound = _divided(outcome.bound, scaling.objective)
    objective = None
    if values is not None:
        values = scaling.original_values(values)
        objective = original.objective(values)
        bound = None if bound is None else min(bound, objective)
    rows = outcome.relaxed_rows or ()
    return Solution(
        status=verdict.status,
        values=values,
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        violated_rows=tuple((row, amount / float(scaling.rows[row])) for row, amount in rows),
        nodes=outcome.nodes,
        seconds=seconds,
        steps=verdict.steps,
        solver=f"HiGHS {outcome.solver_version}".strip(),
    )


def _size(arrays: Arrays) -> str:
    return (
        f"{arrays.rows_count} rows, {arrays.columns_count} columns "
        f"({int(arrays.integer.sum())} whole), {len(arrays.coefficients)} entries"
    )


def _divided(value: float | None, factor: float) -> float | None:
    return None if value is None else value / factor
