r"""An evolutionary search over the same program, to hold an exact front against.

NSGA-II for two impacts, NSGA-III for more, by pymoo. A genome is a fleet and a stance: how
many servers of each kind, between their bounds, and a weight for each impact. It is evaluated
by the exact dispatch, the program with that fleet held,

.. math:: \min_x \sum_i w_i F_i(x) / u_i \quad \text{subject to} \quad S = \text{genome}

with u the largest coefficient of each impact, so that every genome that serves the demand is a
real plan and the best for its fleet and stance. A fleet that cannot serve is infeasible by one
unit of constraint violation. The same seed gives the same front, unless time ends the search.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from carbonplan.errors import MissingDependency
from carbonplan.solve.arrays import FLEET, Floats
from carbonplan.solve.criteria import Criteria, criteria_of
from carbonplan.solve.faults import plan_faults
from carbonplan.solve.front import Front, covers, normalised
from carbonplan.solve.highs import Model, Settings
from carbonplan.solve.limits import Limits, Progress
from carbonplan.solve.signals import Flag, caught_signals
from carbonplan.solve.watching import Watcher

if TYPE_CHECKING:
    from carbonplan.program import Program

Report = Callable[[Progress], None]
SMALLEST_WEIGHT = 1e-3  # of any impact in a stance
REFERENCE = 1.1  # normalised impact of the point that hypervolume is counted from
NAMES = {"NSGA2": "NSGA-II", "NSGA3": "NSGA-III"}
EVALUATION = "exact dispatch for a fleet and weights of the impacts"


@dataclass(frozen=True)
class Evolved:
    """What an evolutionary search found.

    Attributes
    ----------
    impacts
        Of its plans that no other of them betters, (point, impact).
    """

    algorithm: str
    evaluation: str
    impacts: Floats
    seed: int
    population: int
    generations: int
    evaluations: int
    seconds: float


def require_pymoo() -> None:
    """Say how to get pymoo where it is not installed."""
    if find_spec("pymoo") is None:
        raise MissingDependency(
            "an evolutionary search needs pymoo: pip install carbonplan[pymoo]"
        )


def evolve(
    program: Program,
    names: Sequence[str],
    limits: Limits,
    *,
    population: int,
    generations: int,
    on_progress: Report | None = None,
) -> Evolved:
    """Search for a front by mutation and crossover; the time limit ends the search.

    Raises
    ------
    MissingDependency
        pymoo is not installed.
    """
    require_pymoo()
    started = time.monotonic()
    with caught_signals() as flag:
        dispatch = Dispatch(criteria_of(program, names), limits, flag, on_progress)
        algorithm = _algorithm(len(names), population)
        made = _minimise(dispatch, algorithm, limits.seed, generations)
    return Evolved(
        algorithm=NAMES[type(algorithm).__name__],
        evaluation=EVALUATION,
        impacts=_unbettered(dispatch.found),
        seed=limits.seed,
        population=population,
        generations=made,
        evaluations=dispatch.evaluations,
        seconds=time.monotonic() - started,
    )


def hypervolumes(front: Front, evolved: Evolved) -> tuple[float, float, Floats]:
    """Normalised hypervolumes of both fronts, and the reference point that they share.

    Impacts are normalised by ideal and nadir of the exact front; the reference lies a tenth of
    the range beyond its nadir, and what lies beyond the reference counts nothing.
    """
    from pymoo.indicators.hv import HV

    ideal, nadir = front.ideal, front.nadir
    exact = normalised(front.impacts, ideal, nadir)
    other = normalised(evolved.impacts, ideal, nadir).reshape(-1, len(front.names))
    corner = np.full(len(front.names), REFERENCE)
    indicator = HV(ref_point=corner)
    found = float(indicator(other)) if len(other) else 0.0
    return float(indicator(exact)), found, ideal + corner * (nadir - ideal)


class Dispatch:
    """Evaluates genomes: the best operation of a fleet, by weights of the impacts."""

    def __init__(
        self, criteria: Criteria, limits: Limits, flag: Flag, on_progress: Report | None
    ) -> None:
        self.criteria = criteria
        self.limits = limits
        self.flag = flag
        self.on_progress = on_progress
        arrays = criteria.arrays
        self.fleet = np.flatnonzero(arrays.integer & (arrays.slot == FLEET))
        self.lower = np.concatenate([arrays.lower[self.fleet], np.zeros(len(criteria.names))])
        self.upper = np.concatenate([arrays.upper[self.fleet], np.ones(len(criteria.names))])
        self.evaluations = 0
        self.found: list[Floats] = []
        self._started = time.monotonic()

    @property
    def seconds_left(self) -> float:
        """Time that the limit leaves [s]."""
        return max(self.limits.time_limit_s - (time.monotonic() - self._started), 0.0)

    @property
    def is_over(self) -> bool:
        """Whether no further genome may be evaluated."""
        return bool(self.flag) or self.seconds_left == 0.0

    def impacts(self, genome: Floats) -> Floats | None:
        """Impacts of a genome's plan; None where its fleet cannot serve."""
        if self.is_over:
            return None
        self.evaluations += 1
        count = len(self.criteria.names)
        weights = self.criteria.weighed(
            np.maximum(genome[-count:], SMALLEST_WEIGHT) * self.criteria.units
        )
        asked = self.criteria.limited(weights, np.full(count, np.inf))
        asked = asked.fixed(self.fleet, np.round(genome[:-count]))
        settings = Settings(
            time_limit_s=self.seconds_left,
            gap=self.limits.gap,
            threads=self.limits.threads,
            seed=self.limits.seed,
        )
        values = Model(asked, settings).run(Watcher(lambda: bool(self.flag))).values
        if values is None:
            return None
        plan = np.where(
            asked.integer, np.round(values), np.clip(values, asked.lower, asked.upper)
        )
        if plan_faults(asked, plan):
            return None
        found = self.criteria.impacts(plan)
        self.found.append(found)
        self._tell()
        return found

    def _tell(self) -> None:
        if self.on_progress is not None:
            seconds = time.monotonic() - self._started
            least = float(min(one[0] for one in self.found))
            phase = f"genome {self.evaluations}"
            self.on_progress(Progress(seconds, least, None, None, 0, phase))


def _algorithm(impacts: int, population: int) -> Any:
    """NSGA-II for two impacts, NSGA-III with evenly spread directions for more."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.algorithms.moo.nsga3 import NSGA3
    from pymoo.util.ref_dirs import get_reference_directions

    if impacts == 2:
        return NSGA2(pop_size=population)
    partitions = 1
    while comb(partitions + impacts, impacts - 1) <= population:
        partitions += 1
    directions = get_reference_directions("das-dennis", impacts, n_partitions=partitions)
    return NSGA3(ref_dirs=directions, pop_size=max(population, len(directions)))


def _minimise(dispatch: Dispatch, algorithm: Any, seed: int, generations: int) -> int:
    """Let generations pass and return how many did."""
    from pymoo.core.problem import ElementwiseProblem
    from pymoo.optimize import minimize

    count = len(dispatch.criteria.names)

    class Genomes(ElementwiseProblem):
        def _evaluate(self, x: Floats, out: dict, *_args: object, **_options: object) -> None:
            found = dispatch.impacts(x)
            is_missing = found is None
            out["F"] = np.zeros(count) if is_missing else found * dispatch.criteria.units
            out["G"] = [1.0 if is_missing else -1.0]

    problem = Genomes(
        n_var=len(dispatch.lower),
        n_obj=count,
        n_ieq_constr=1,
        xl=dispatch.lower,
        xu=np.maximum(dispatch.upper, dispatch.lower),
    )
    made = 0

    def ended(ongoing: Any) -> None:
        nonlocal made
        made += not dispatch.is_over
        if dispatch.is_over:
            ongoing.termination.terminate()

    minimize(problem, algorithm, ("n_gen", generations), seed=seed, callback=ended)
    return made


def _unbettered(found: Sequence[Floats]) -> Floats:
    """Impacts that no others cover, the first of equal ones, in order."""
    kept: list[Floats] = []
    for one in sorted(found, key=tuple):
        if not any(covers(other, one) for other in kept):
            kept = [other for other in kept if not covers(one, other)]
            kept.append(one)
    return np.array(kept)
