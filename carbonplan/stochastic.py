r"""What planning over futures is worth: the stochastic solution, and perfect information.

With z the objective over all futures (expected, or with the mean of the worst as ``risk`` says)
and x the servers that are bought before it is known which future comes,

.. math:: RP = \min_x z(x), \quad EEV = z(\bar x), \quad WS = \rho_f(\min_x z_f(x))

where x̄ is best for the mean of all futures and ρ joins what each future costs when it is known
beforehand. The value of the stochastic solution is EEV - RP, the expected value of perfect
information RP - WS. Every solve ends within a gap, so that both are known within an interval.

Source
------
Birge and Louveaux, Introduction to Stochastic Programming (2011), chapter 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.catalogue.courses import by_name
from carbonplan.errors import InvalidInput, NoPlanExists
from carbonplan.plan.risk import joined, losses
from carbonplan.scenario.courses import Future
from carbonplan.solve import Limits, Solution
from carbonplan.steps import Report, Stopwatch, formulate, solved, unless_interrupted

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.problem import Problem
    from carbonplan.program import Program
    from carbonplan.program.fixing import Decided
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.scenario.schema import Scenario

EXPECTED = "expected"
FEWEST_FUTURES = 2
ANY_PLAN = 1e6  # gap at which every plan is good enough
CERTAIN = {"probability": 1.0}


@dataclass(frozen=True)
class Range:
    """A number that is known to lie between two others; None where one is not known."""

    at_least: float | None
    at_most: float | None

    def less(self, other: Range) -> Range:
        """How much more this is than another that is never more."""
        return Range(
            _difference(self.at_least, other.at_most), _difference(self.at_most, other.at_least)
        )


@dataclass(frozen=True)
class Worth:
    """What planning over futures is worth, in the objective's unit.

    Attributes
    ----------
    recourse
        The plan over all futures.
    by_future
        Its objective in each of them.
    known_before
        The objective of each future when it is known before servers are bought.
    wait_and_see
        These together, as ``risk`` joins them.
    expected_fleet
        All futures with the servers that are best for their mean; None if these cannot serve
        all of them.
    expected_fleet_lacks
        Futures that they cannot serve, each by itself.
    completed_fleet
        The same where servers may be bought in addition.
    """

    recourse: Range
    by_future: Mapping[str, float]
    known_before: Mapping[str, Range]
    wait_and_see: Range
    expected_fleet: Range | None
    expected_fleet_lacks: tuple[str, ...]
    completed_fleet: Range

    @property
    def stochastic_solution(self) -> Range | None:
        """Value of the stochastic solution; None where the expected fleet cannot serve."""
        return None if self.expected_fleet is None else self.expected_fleet.less(self.recourse)

    @property
    def completed(self) -> Range:
        """The same against the expected fleet with what it lacks."""
        return self.completed_fleet.less(self.recourse)

    @property
    def perfect_information(self) -> Range:
        """Expected value of perfect information."""
        return self.recourse.less(self.wait_and_see)


def worth(
    loaded: LoadedScenario,
    inputs: Inputs,
    limits: Limits,
    on_progress: Report | None = None,
) -> Worth:
    """Solve the futures together, each by itself, and with the fleet of their mean.

    Parameters
    ----------
    limits
        Of each solve.

    Raises
    ------
    InvalidInput
        The scenario has fewer than two futures.
    NoPlanExists
        No plan meets all futures.
    """
    from carbonplan.program.fixing import with_fleet, with_purchases

    scenario = loaded.scenario
    if len(scenario.futures) < FEWEST_FUTURES:
        problems = [f"futures: found {len(scenario.futures)}, expected two or more"]
        raise InvalidInput(str(loaded.path), problems)
    asked = Asked(loaded, limits, on_progress)
    together = asked.planned(inputs)
    alone = {f.name: asked.alone(f.model_copy(update=CERTAIN)) for f in scenario.futures}
    mean = asked.alone(expected_future(scenario))
    shared = {node.name for node in inputs.nodes if node.future is None}
    decided = mean.fleet()
    held = with_fleet(together.program, decided, shared)
    completed = with_purchases(together.program, decided, shared)
    known_before = {name: one.range() for name, one in alone.items()}
    try:
        expected_fleet, lacking = asked.again(together, held).range(), ()
    except NoPlanExists:
        expected_fleet, lacking = None, asked.futures_without_plan(together, held)
    return Worth(
        recourse=together.range(),
        by_future=losses(together.program, together.solution.values),
        known_before=known_before,
        wait_and_see=joined_ranges(known_before, scenario),
        expected_fleet=expected_fleet,
        expected_fleet_lacks=lacking,
        completed_fleet=asked.again(together, completed).range(),
    )


@dataclass(frozen=True)
class Planned:
    """A program and its solution."""

    inputs: Inputs
    problem: Problem
    program: Program
    solution: Solution

    def range(self) -> Range:
        """Where the optimum lies."""
        return Range(self.solution.bound, self.solution.objective)

    def fleet(self) -> Decided:
        """What is decided about the fleet."""
        from carbonplan.program.fixing import fleet_decisions

        return fleet_decisions(self.program, self.solution.values)


@dataclass(frozen=True)
class Asked:
    """A scenario and how its programs are solved."""

    loaded: LoadedScenario
    limits: Limits
    on_progress: Report | None

    def alone(self, future: Future) -> Planned:
        """The scenario with one future that is known to come."""
        from carbonplan.catalogue.gather import gather

        scenario = self.loaded.scenario.model_copy(update={"futures": [future]})
        return self.planned(gather(replace(self.loaded, scenario=scenario)))

    def planned(self, inputs: Inputs) -> Planned:
        """The plan of some inputs."""
        _, problem, program = formulate(inputs, Stopwatch())
        return self._solved(inputs, problem, program)

    def again(self, planned: Planned, program: Program) -> Planned:
        """The plan of the same inputs with some decisions held."""
        return self._solved(planned.inputs, planned.problem, program)

    def futures_without_plan(self, planned: Planned, held: Program) -> tuple[str, ...]:
        """Futures that cannot be met with the decisions that a program holds."""
        from carbonplan.program.fixing import without_slots

        of_slot = planned.inputs.series["future"].values
        briefly = replace(self, limits=replace(self.limits, gap=ANY_PLAN))
        lacking = []
        for future in self.loaded.scenario.futures:
            others = np.flatnonzero((of_slot != "") & (of_slot != future.name))
            try:
                briefly.again(planned, without_slots(held, others))
            except NoPlanExists:
                lacking.append(future.name)
        return tuple(lacking)

    def _solved(self, inputs: Inputs, problem: Problem, program: Program) -> Planned:
        solution = solved(problem, program, inputs, self.limits, self.on_progress)
        return Planned(inputs, problem, program, unless_interrupted(solution))


def expected_future(scenario: Scenario) -> Future:
    """The future whose factors are the means of all futures' factors."""
    regions = [site.region for site in scenario.regions]
    names = {
        "demand": [workload.name for workload in scenario.workloads],
        "intensity": regions,
        "price": regions,
    }
    probability = [future.probability for future in scenario.futures]
    means = {}
    for field, known in names.items():
        factors = [by_name(getattr(future, field), known) for future in scenario.futures]
        means[field] = dict(zip(known, np.dot(probability, factors).tolist(), strict=True))
    return Future(name=EXPECTED, probability=1.0, **means)


def joined_ranges(by_future: Mapping[str, Range], scenario: Scenario) -> Range:
    """What ranges of all futures amount to, as ``risk`` says."""
    found = list(by_future.values())
    ends = ([one.at_least for one in found], [one.at_most for one in found])
    return Range(*(None if None in end else joined(end, scenario) for end in ends))


def _difference(more: float | None, less: float | None) -> float | None:
    return None if more is None or less is None else max(more - less, 0.0)
