"""The scenario with some values changed, prepared anew, and whether it has a plan.

What is offered to a user is solved the way the user would solve it: as overrides of the file.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from carbonplan.catalogue.gather import gather
from carbonplan.configurations import enumerate_configurations
from carbonplan.diagnose.elastic import has_plan, plan_of
from carbonplan.diagnose.giving_way import unbounded
from carbonplan.diagnose.levers import Lever, item_path, levers
from carbonplan.errors import InvalidInput, NoPlanExists, UsageError
from carbonplan.problem import Problem, assemble
from carbonplan.program.stamping import stamp
from carbonplan.scenario import load
from carbonplan.solve import Status

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.configurations import Configurations
    from carbonplan.program import Program
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.scenario.schema import Scenario
    from carbonplan.solve import Limits, Solution

log = logging.getLogger(__name__)
SHORTEST_S = 1.0
SHARE = 0.5  # of the time that is left, for one solve


@dataclass(frozen=True)
class Case:
    """A scenario with changes, as far as it can be prepared.

    Attributes
    ----------
    configurations, problem
        None where nothing serves anything; where a class or an origin cannot be served.
    refused
        Why there is no problem, in the words of what refused it.
    """

    inputs: Inputs
    configurations: Configurations | None = None
    problem: Problem | None = None
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Relaxable:
    """A program whose levers can be relaxed, and the case that it is of."""

    case: Case
    program: Program
    levers: tuple[Lever, ...]


@dataclass
class Cases:
    """Changed scenarios, each prepared and solved once, and the time that is left for more."""

    loaded: LoadedScenario
    limits: Limits
    seconds: float
    steps: list[str] = field(default_factory=list, init=False)
    stands: bool | None = field(default=None, init=False)  # whether there is a plan as it is
    _prepared: dict[tuple[str, ...], Case | None] = field(default_factory=dict, init=False)
    _elastic: dict[tuple[str, ...], Relaxable | None] = field(default_factory=dict, init=False)
    _found: dict[tuple[str, ...], bool | None] = field(default_factory=dict, init=False)
    _started: float = field(default_factory=time.monotonic, init=False)

    @property
    def seconds_left(self) -> float:
        """Time that is left [s]."""
        return self.seconds - (time.monotonic() - self._started)

    @property
    def is_over(self) -> bool:
        """Whether no time is left for another solve."""
        return self.seconds_left <= 0

    @property
    def solve_limits(self) -> Limits:
        """Limits of the next solve: a share of the time that is left."""
        share_s = min(self.seconds_left * SHARE, self.limits.time_limit_s)
        left = max(share_s, SHORTEST_S)
        return replace(self.limits, time_limit_s=left)

    def prepared(self, *overrides: str) -> Case | None:
        """The scenario with overrides; None where these are not allowed."""
        if overrides not in self._prepared:
            try:
                asked = (*self.loaded.overrides, *overrides)
                loaded = load(
                    self.loaded.path, asked, self.loaded.variant, self.loaded.allowed_folders
                )
                self._prepared[overrides] = case_of(gather(loaded))
            except (InvalidInput, UsageError):
                self._prepared[overrides] = None
        return self._prepared[overrides]

    def elastic(self, *overrides: str) -> Relaxable | None:
        """The program of a changed scenario with its levers; None where nothing can be served.

        Bounds on its decisions know no limits, and what is limited to none at all has columns
        too, so that it can give way.
        """
        if overrides not in self._elastic:
            self._elastic[overrides] = self._lifted(overrides)
        return self._elastic[overrides]

    def _lifted(self, overrides: tuple[str, ...]) -> Relaxable | None:
        case = self.prepared(*overrides, *nothing_lifted(self.loaded.scenario, overrides))
        if case is None or case.problem is None:
            return None
        program = stamp(unbounded(case.problem))
        original = self.prepared(*overrides).inputs.scenario
        found = levers(case.inputs, original, program)
        upper = program.row_upper.copy()
        for lever in found:
            if lever.whole and lever.rises and lever.value == 0:
                upper[lever.rows] = 0.0
        return Relaxable(case, replace(program, row_upper=upper), tuple(found))

    def has_plan(self, *overrides: str) -> bool | None:
        """Whether the scenario has a plan with overrides; None where that is not known."""
        if overrides not in self._found:
            self._found[overrides] = self._solved(overrides)
        return self._found[overrides]

    def asked(self, what: str, solution: Solution) -> bool | None:
        """Note a solve in the steps, and whether there is a plan."""
        found = has_plan(solution)
        if solution.status is Status.INTERRUPTED:
            self.seconds = 0.0
        said = {True: "a plan", False: "no plan", None: "not known"}[found]
        self.steps.append(f"{what}: {said}")
        log.info("%s: %s", what, said)
        return found

    def _solved(self, overrides: Sequence[str]) -> bool | None:
        what = " ".join(overrides) or "as it stands"
        case = self.prepared(*overrides)
        if case is None:
            self.steps.append(f"{what}: not allowed")
            return False
        if case.problem is None:
            self.steps.append(f"{what}: no plan, before any solve")
            return False
        if self.is_over:
            return None
        return self.asked(what, plan_of(stamp(case.problem), self.solve_limits))


def nothing_lifted(scenario: Scenario, overrides: Sequence[str]) -> list[str]:
    """Overrides that allow one server wherever none is allowed, unless it is overridden."""
    stock = {
        f"{item_path(scenario, 'stock', i)}.servers"
        for i, one in enumerate(scenario.fleet.stock)
        if one.servers == 0
    }
    full = {
        f"regions[{site.region}].server_limit"
        for site in scenario.regions
        if site.server_limit == 0
    }
    changed = {override.partition("=")[0] for override in overrides}
    return [f"{path}=1" for path in sorted((stock | full) - changed)]


def case_of(inputs: Inputs) -> Case:
    """Inputs prepared as far as something can serve them."""
    try:
        configurations = enumerate_configurations(inputs)
    except NoPlanExists as error:
        return Case(inputs, refused=error.reasons)
    try:
        problem = assemble(inputs, configurations)
    except NoPlanExists as error:
        return Case(inputs, configurations, refused=error.reasons)
    return Case(inputs, configurations, problem)
