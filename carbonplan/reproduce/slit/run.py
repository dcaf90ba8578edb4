"""The front over four impacts, the searches that find it, and the plans beside it.

All plans are those of the shipped scenario ``reproduce-slit``, planned on the ordinary way and
verified: least in each impact, with what each lever saves; the balanced point of the front,
with models loaded ahead and on demand; SLIT's two baselines as far as they are known; and the
least carbon in epochs of 15 minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.errors import MissingDependency
from carbonplan.reproduce.cases import Case, Found, solve_cases
from carbonplan.reproduce.slit.routes import Shares, capacity_shares, fixed_routes
from carbonplan.tradeoffs import balanced_overrides, counting

if TYPE_CHECKING:
    from carbonplan.pipeline import Renderer
    from carbonplan.program import Program
    from carbonplan.solve.evolution import Evolved
    from carbonplan.solve.front import Front

SCENARIO = "reproduce-slit"
IMPACTS = ("latency", "carbon", "water", "cost")
SPLITWISE, HELIX = "splitwise-like", "helix-like"
SWITCHING = "-switching"  # the same baseline, whose servers are switched off when idle
SWITCHED_OFF = "fleet.switch_off=true"
BALANCED, ON_DEMAND, QUARTER_HOURS = "balanced", "on-demand", "quarter-hours"
SHORTEST_SEARCH_S = 10.0
ENDLESS = 100_000  # generations: time ends the evolutionary search


@dataclass(frozen=True)
class Effort:
    """How much is looked for.

    Attributes
    ----------
    points
        Plans of the front.
    population
        Genomes of the evolutionary search, which gets as long as the front took.
    levers_of
        Impacts for which every lever is let go in turn.
    overrides
        Of the scenario, in every plan.
    """

    points: int = 30
    population: int = 36
    levers_of: Sequence[str] = IMPACTS
    overrides: tuple[str, ...] = ()


QUICK = Effort(points=8, population=8, levers_of=("carbon",))


@dataclass(frozen=True)
class Answer:
    """What came of the question.

    Attributes
    ----------
    plans
        By name: ``least-<impact>``, ``balanced``, the same where models are loaded
        ``on-demand``, the baselines with and without switching servers off, and
        ``quarter-hours``.
    evolved
        None where pymoo is not installed.
    shares
        Fixed routes of the Helix-like baseline.
    """

    front: Front
    evolved: Evolved | None
    plans: Mapping[str, Found]
    shares: Shares

    @property
    def holds(self) -> bool:
        """Whether every plan that was found was verified without a violation."""
        return all(found.holds for found in self.plans.values() if found.impacts)


def reproduce(
    effort: Effort,
    processes: int,
    out: Path | None = None,
    render: Renderer | None = None,
    told: Callable[[str], None] | None = None,
) -> Answer:
    """Answer the whole question.

    Parameters
    ----------
    out, render
        Folder of the plans, each under its name, and what is written beside them.
    told
        Called with a line on every step that is done.
    """
    told = told or (lambda _line: None)
    front, evolved, shares, cases = _searched(effort, told)

    def said(found: Found) -> None:
        told(f"{found.case.name}: {found.status}")

    plans = solve_cases(cases, processes, out, render, said)
    return Answer(front, evolved, {found.case.name: found for found in plans}, shares)


def _searched(
    effort: Effort, told: Callable[[str], None]
) -> tuple[Front, Evolved | None, Shares, list[Case]]:
    """Both searches, and the plans that are to be made."""
    from carbonplan.catalogue.gather import gather
    from carbonplan.catalogue.shipped import scenarios_root
    from carbonplan.pipeline import Options
    from carbonplan.scenario import load
    from carbonplan.solve.pareto import front
    from carbonplan.steps import Stopwatch, formulate

    path = scenarios_root() / f"{SCENARIO}.yaml"
    inputs = gather(load(path, (*effort.overrides, *counting(IMPACTS))))
    limits = Options().limits(inputs)
    _configurations, problem, program = formulate(inputs, Stopwatch())
    found = front(program, IMPACTS, effort.points, limits)
    told(f"front: {len(found.points)} plans in {found.seconds:.1f} s")
    seconds = max(found.seconds, SHORTEST_SEARCH_S)
    evolved = _evolved(program, replace(limits, time_limit_s=seconds), effort.population)
    if evolved is not None:
        told(f"evolutionary search: {evolved.evaluations} plans in {evolved.seconds:.1f} s")
    shares = capacity_shares(inputs, problem)
    cases = cases_of(
        effort,
        balanced_overrides(found, limits.gap),
        fixed_routes(inputs.scenario, shares),
    )
    return found, evolved, shares, cases


def cases_of(effort: Effort, balancing: tuple[str, ...], routes: tuple[str, ...]) -> list[Case]:
    """The plans to be made, the longest first."""
    cases = [
        Case(
            f"least-{name}",
            f"Least {name}",
            SCENARIO,
            overrides=_minimising(name),
            ablation=name in effort.levers_of,
        )
        for name in IMPACTS
    ]
    cases += [
        Case(
            QUARTER_HOURS,
            "Least carbon, by 15 minutes",
            SCENARIO,
            QUARTER_HOURS,
            _minimising("carbon"),
        ),
        Case(SPLITWISE, "Splitwise-like", SCENARIO, SPLITWISE),
        Case(
            f"{SPLITWISE}{SWITCHING}",
            "Splitwise-like, switching off",
            SCENARIO,
            SPLITWISE,
            (SWITCHED_OFF,),
        ),
        Case(HELIX, "Helix-like", SCENARIO, HELIX, routes),
        Case(
            f"{HELIX}{SWITCHING}",
            "Helix-like, switching off",
            SCENARIO,
            HELIX,
            (*routes, SWITCHED_OFF),
        ),
        Case(BALANCED, "Balanced", SCENARIO, overrides=balancing),
        Case(
            ON_DEMAND,
            "Balanced, loading on demand",
            SCENARIO,
            overrides=(*balancing, "fleet.load_on_demand=true"),
        ),
    ]
    return [replace(case, overrides=(*effort.overrides, *case.overrides)) for case in cases]


def _minimising(impact: str) -> tuple[str, ...]:
    return ("objective.weights=null", f"objective.minimise={impact}")


def _evolved(program: Program, limits: object, population: int) -> Evolved | None:
    """What NSGA-III finds in the time, if pymoo is installed."""
    from carbonplan.solve.evolution import evolve

    try:
        return evolve(program, IMPACTS, limits, population=population, generations=ENDLESS)
    except MissingDependency:
        return None
