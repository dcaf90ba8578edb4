"""A solver that lies: nothing wrong is ever called optimal, infeasible or a plan.

HiGHS is replaced by one whose answers are altered. Whatever it says, the plan must keep rows,
bounds and whole numbers, its objective must be its own, and a status that claims a proof must
be true.
"""

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.solve import Limits, Status, solve
from carbonplan.solve.arrays import arrays_of
from carbonplan.solve.faults import plan_faults
from carbonplan.solve.highs import Model, SolverFault
from carbonplan.solve.status import Answer, Claim
from tests.solve import programs
from tests.solve.programs import EXACT, INFINITY, program

OPTIMUM = -82 / 3


def knapsack():
    """Best are 2 of the first, 2 of the second and 11/6 of the third: -10 - 10 - 22/3."""
    return program(
        [[4, 5, 3], [2, 1, 4]],
        [-INFINITY, -INFINITY],
        [23.5, 13.5],
        cost=[-5, -5, -4],
        upper=[3, 4, 5],
        integer=[True, True, False],
    )


def moved(column: int, by: float):
    def lie(answer: Answer) -> Answer:
        values = answer.values.copy()
        values[column] += by
        return replace(answer, values=values)

    return lie


def with_values(change):
    return lambda answer: replace(answer, values=change(answer.values))


def changed(**changes):
    return lambda answer: replace(
        answer,
        **{
            name: change(answer) if callable(change) else change
            for name, change in changes.items()
        },
    )


LIES = {
    "whole number at 0.999": moved(0, -0.001),
    "whole number at a half": moved(0, 0.5),
    "continuous value moved": moved(2, 0.1),
    "row violated": moved(1, 1.0),
    "below the lower bound": moved(0, -9.0),
    "above the upper bound": moved(0, 9.0),
    "values not a number": with_values(lambda values: values * np.nan),
    "values infinite": with_values(lambda values: values + np.inf),
    "values doubled": with_values(lambda values: values * 2),
    "values reversed": with_values(lambda values: values[::-1].copy()),
    "values too few": with_values(lambda values: values[:-1]),
    "values too many": with_values(lambda values: np.append(values, 0.0)),
    "values all zero": with_values(np.zeros_like),
    "no values": changed(values=None),
    "better objective": changed(objective=lambda answer: answer.objective - 1),
    "worse objective": changed(objective=lambda answer: answer.objective + 1),
    "objective not a number": changed(objective=np.nan),
    "no objective": changed(objective=None),
    "bound above the objective": changed(bound=lambda answer: answer.objective + 1),
    "bound a little above": changed(bound=lambda answer: answer.objective + 1e-2),
    "bound far below": changed(bound=lambda answer: answer.objective - 1e3),
    "bound not a number": changed(bound=np.nan),
    "bound infinite": changed(bound=np.inf),
    "no bound": changed(bound=None),
    "duals not a number": changed(
        duals=lambda a: None if a.duals is None else a.duals * np.nan
    ),
    "duals wrong": changed(duals=lambda a: None if a.duals is None else a.duals - 7.0),
    "duals too few": changed(duals=lambda a: None if a.duals is None else a.duals[:1]),
    "called infeasible": changed(claim=Claim.INFEASIBLE, values=None),
    "called infeasible with a plan": changed(claim=Claim.INFEASIBLE),
    "called unbounded": changed(claim=Claim.UNBOUNDED, values=None),
    "called failed": changed(claim=Claim.FAILED, values=None),
    "called empty": changed(claim=Claim.EMPTY, values=None),
    "called stopped": changed(claim=Claim.STOPPED),
}


def liar(monkeypatch, lie, lies_about):
    """Let HiGHS lie about the models for which ``lies_about`` holds."""
    honest = Model.run

    def run(self, watcher, *, time_limit_s=None):
        answer = honest(self, watcher, time_limit_s=time_limit_s)
        if answer.values is None or not lies_about(self):
            return answer
        return lie(answer)

    monkeypatch.setattr(Model, "run", run)


AUDIENCES = {
    "always": lambda _model: True,
    "about whole programs": lambda model: model.is_mip,
    "about relaxations with presolve": lambda model: (
        model.settings.presolve and not model.is_mip
    ),
}


def test_without_lies_the_optimum_is_proved():
    solution = solve(knapsack(), EXACT, isolated=False)
    assert solution.status is Status.OPTIMAL
    assert solution.objective == pytest.approx(OPTIMUM, rel=1e-9)


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("lie", LIES)
def test_no_lie_passes(lie, audience, monkeypatch):
    liar(monkeypatch, LIES[lie], AUDIENCES[audience])
    solution = solve(knapsack(), EXACT, isolated=False)
    assert solution.status is not Status.INFEASIBLE
    if solution.values is not None:
        assert plan_faults(arrays_of(knapsack()), solution.values) == ()
        assert solution.objective >= OPTIMUM - 1e-9
        assert solution.objective == pytest.approx(knapsack().cost @ solution.values)
    if solution.bound is not None and solution.objective is not None:
        assert solution.bound <= solution.objective
    if solution.status is Status.OPTIMAL:
        assert solution.objective == pytest.approx(OPTIMUM, rel=1e-6)


def test_a_lie_that_stops_without_presolve_costs_one_attempt_and_is_logged(monkeypatch):
    liar(monkeypatch, LIES["row violated"], lambda model: model.settings.presolve)
    solution = solve(knapsack(), EXACT, isolated=False)
    assert solution.status is Status.OPTIMAL
    assert any(step.startswith("first attempt:") for step in solution.steps)


def test_false_infeasibility_that_persists_is_unreliable_and_keeps_the_plan(monkeypatch):
    liar(monkeypatch, LIES["called infeasible"], AUDIENCES["about whole programs"])
    honest = Model.run

    def run(self, watcher, *, time_limit_s=None):
        """Tell the truth in the elastic solve, which has columns for the rows."""
        if self.arrays.columns_count > 3:
            return honest_run(self, watcher, time_limit_s=time_limit_s)
        return honest(self, watcher, time_limit_s=time_limit_s)

    monkeypatch.undo()
    honest_run = Model.run
    liar(monkeypatch, LIES["called infeasible"], AUDIENCES["about whole programs"])
    honest = Model.run
    monkeypatch.setattr(Model, "run", run)
    solution = solve(knapsack(), EXACT, isolated=False)
    assert solution.status is Status.UNRELIABLE
    assert plan_faults(arrays_of(knapsack()), solution.values) == ()
    assert any("there is a plan" in step for step in solution.steps)


def test_false_feasibility_of_an_impossible_program_is_never_a_plan(monkeypatch):
    invented = Answer(Claim.PROVED, "kOptimal", np.array([10.0, 10.0]), 50.0, 50.0, 0)
    honest = Model.run

    def run(self, watcher, *, time_limit_s=None):
        answer = honest(self, watcher, time_limit_s=time_limit_s)
        return invented if self.arrays.columns_count == 2 else answer

    monkeypatch.setattr(Model, "run", run)
    solution = solve(programs.impossible(), EXACT, isolated=False)
    assert solution.status is Status.UNRELIABLE
    assert solution.values is None


@pytest.mark.parametrize(
    ("error", "status"),
    [(SolverFault("kError"), Status.UNRELIABLE), (MemoryError(), Status.OUT_OF_MEMORY)],
)
def test_a_solver_that_always_fails_is_reported(error, status, monkeypatch):
    def run(*_arguments, **_options):
        raise error

    monkeypatch.setattr(Model, "run", run)
    solution = solve(knapsack(), EXACT, isolated=False)
    assert solution.status is status
    assert solution.values is None


def test_memory_that_runs_out_during_branch_and_bound_keeps_the_rounded_plan(monkeypatch):
    honest = Model.run

    def run(self, watcher, *, time_limit_s=None):
        if self.is_mip:
            raise MemoryError
        return honest(self, watcher, time_limit_s=time_limit_s)

    monkeypatch.setattr(Model, "run", run)
    served = program([[4, 1]], [7.5], [INFINITY], cost=[8, 3], integer=[True, False])
    solution = solve(served, Limits(gap=0.0), isolated=False)
    assert solution.status is Status.OUT_OF_MEMORY
    assert solution.objective == pytest.approx(16.0)
    assert solution.bound == pytest.approx(15.0)
