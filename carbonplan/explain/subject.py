"""A plan as values of the program that it answers, ready to be asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.errors import InvalidInput, UsageError
from carbonplan.explain.asking import Asker, Known
from carbonplan.plan.decisions import OF_RISK, variable_name, without_noise
from carbonplan.program.restricting import with_row
from carbonplan.program.stamping import stamp
from carbonplan.solve.arrays import arrays_of
from carbonplan.solve.faults import plan_faults
from carbonplan.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.plan import Plan
    from carbonplan.problem import Problem
    from carbonplan.program import Program

SAME = 1e-5  # relative difference at which two objectives are those of one plan
LEVELS = "earlier_levels_hold"

Levels = tuple[tuple[str, float], ...]  # impacts and the most that earlier levels left of them
Formulated = tuple["Configurations", "Problem", "Program"]


@dataclass(frozen=True)
class Subject:
    """A plan, its program, and how to formulate the scenario with changes.

    Attributes
    ----------
    name
        Of the scenario.
    values
        The plan, (column,).
    known
        Objective of the plan and the bound that was proven for it.
    objective, unit
        What is minimised.
    inputs, configurations, formulated
        None for a problem that no scenario stands behind. ``formulated`` takes overrides.
    levels
        Limits that the earlier levels of a lexicographic order set.
    """

    name: str
    problem: Problem
    program: Program
    values: NDArray[np.float64]
    known: Known
    objective: str
    unit: str
    inputs: Inputs | None = None
    configurations: Configurations | None = None
    formulated: Callable[[tuple[str, ...]], Formulated] | None = None
    levels: Levels = ()

    def program_of(self, problem: Problem) -> Program:
        """The program of another problem, within the limits of earlier levels."""
        return with_levels(stamp(problem), self.levels)

    def with_overrides(self, overrides: tuple[str, ...]) -> tuple[Problem, Program]:
        """Problem and program of the scenario with overrides."""
        _, problem, program = self.formulated(overrides)
        return problem, with_levels(program, self.levels)

    @property
    def horizon_hours(self) -> float:
        """Hours that the plan is for [h]."""
        return float(self.problem.data["hours"].sum())

    @property
    def per_year(self) -> float | None:
        """Horizons in a year; None where the objective has charges paid once [1/a]."""
        scenario = None if self.inputs is None else self.inputs.scenario
        once = scenario is not None and "purchase" in (
            scenario.embodied.charge,
            scenario.cost.charge,
        )
        return None if once else HOURS_PER_YEAR / self.horizon_hours


def with_levels(program: Program, levels: Levels) -> Program:
    """The program within the limits that earlier levels set."""
    for impact, at_most in levels:
        vector, constant = program.impacts[impact]
        upper = at_most - constant
        program = with_row(program, LEVELS, (impact,), vector, upper=upper, dims=("impact",))
    return program


def subject_of(
    plan: Plan,
    inputs: Inputs,
    formulated: Callable[[tuple[str, ...]], Formulated],
    asker: Asker,
) -> Subject:
    """The plan of a folder, as values of its scenario's program.

    Raises
    ------
    InvalidInput
        The plan is not one of the scenario as it is now.
    UsageError
        The plan was made without foresight, so that it is not best in its program.
    """
    if plan.summary.get("foresight"):
        raise UsageError(f"{plan.scenario_name}: a plan made with --myopic is not explained")
    configurations, problem, program = formulated(())
    stated = plan.summary["objective"]
    levels = tuple(
        (level["impact"], level["at_most"])
        for level in stated.get("levels") or ()
        if level["at_most"] is not None
    )
    program = with_levels(program, levels)
    values = values_of(plan, program, asker)
    objective = float(program.cost @ values) + program.offset
    if abs(objective - stated["value"]) > SAME * max(abs(objective), abs(stated["value"])):
        raise InvalidInput(
            plan.scenario_name,
            [
                f"the plan's objective is {stated['value']:.6g}, with the inputs as they are "
                f"now {objective:.6g}: they have changed; `carbonplan solve` plans again"
            ],
        )
    bound = plan.summary.get("bound")
    known = Known(stated["value"], None if bound is None else min(bound, stated["value"]))
    return Subject(
        name=plan.scenario_name,
        problem=problem,
        program=program,
        values=values,
        known=known,
        objective=stated["impact"],
        unit=stated["unit"],
        inputs=inputs,
        configurations=configurations,
        formulated=formulated,
        levels=levels,
    )


def values_of(plan: Plan, program: Program, asker: Asker) -> NDArray[np.float64]:
    """The values that a plan stands for, (column,); what it does not state is solved for.

    Raises
    ------
    InvalidInput
        The plan breaks a row of the program.
    """
    values = np.clip(0.0, program.column_lower, program.column_upper)
    try:
        for family, layout in program.columns.items():
            if family not in OF_RISK:
                values[layout.positions] = _stated(plan, family, layout)
    except KeyError as missing:
        raise _other_scenario(plan, f"it states no {missing}") from missing
    values = without_noise(program, values)
    faults = plan_faults(arrays_of(program), values)
    if not faults:
        return values
    whole = np.where(program.integer, np.round(values), 0.0)
    held = replace(
        program,
        column_lower=np.where(program.integer, whole, program.column_lower),
        column_upper=np.where(program.integer, whole, program.column_upper),
    )
    found = asker.solve(held)
    if found.values is None:
        raise _other_scenario(plan, "; ".join(faults))
    return found.values


def _stated(plan: Plan, family: str, layout: object) -> NDArray[np.float64]:
    """What a plan says of the decisions of a family, in the shape of its layout."""
    import xarray as xr

    array = plan.data[variable_name(family)]
    if not layout.labels:
        return np.zeros(layout.positions.shape)
    picks = {
        dim: xr.DataArray([label[axis] for label in layout.labels], dims="label")
        for axis, dim in enumerate(layout.dims)
    }
    picked = array.sel(picks)
    return picked.transpose("label", "slot").values if "slot" in picked.dims else picked.values


def _other_scenario(plan: Plan, why: str) -> InvalidInput:
    return InvalidInput(
        plan.scenario_name,
        [f"the plan is not one of this scenario as it is now ({why}); plan it again"],
    )
