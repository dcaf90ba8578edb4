"""What a scenario can trade for what: its front over impacts, and its balanced point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from carbonplan.errors import UsageError, nearest
from carbonplan.scenario.fields import Impact
from carbonplan.steps import Report, Stopwatch

if TYPE_CHECKING:
    from carbonplan.pipeline import Options
    from carbonplan.scenario.loaded import LoadedScenario
    from carbonplan.solve.evolution import Evolved
    from carbonplan.solve.front import Front

IMPACTS: tuple[str, ...] = get_args(Impact)
FEWEST_IMPACTS, MOST_IMPACTS = 2, 3


@dataclass(frozen=True)
class Tradeoffs:
    """The front of a scenario, and what an evolutionary search found, if one was asked for."""

    front: Front
    evolved: Evolved | None
    timings_s: dict[str, float]


@dataclass(frozen=True)
class Evolution:
    """How long an evolutionary search may go on."""

    population: int
    generations: int


def asked_impacts(over: str) -> tuple[str, ...]:
    """Two or three impacts from their names, separated by commas.

    Raises
    ------
    UsageError
        A name that is no impact or is given twice, or a wrong number of them.
    """
    names = [name.strip() for name in over.split(",") if name.strip()]
    wrong = [
        f"no impact {name!r}{nearest(name, IMPACTS)} (impacts: {', '.join(IMPACTS)})"
        for name in names
        if name not in IMPACTS
    ]
    wrong += [
        f"{name} is given twice" for name in dict.fromkeys(names) if names.count(name) > 1
    ]
    if not wrong and not FEWEST_IMPACTS <= len(names) <= MOST_IMPACTS:
        wrong = [f"{len(names)} given, expected two or three impacts"]
    if wrong:
        raise UsageError(f'--over "{over}": ' + "; ".join(wrong))
    return tuple(names)


def counting(names: Sequence[str]) -> tuple[str, ...]:
    """Overrides with which every one of the impacts has a say in what a replica can be."""
    weights = ", ".join(f"{name}: 1" for name in names)
    return (
        "objective.minimise=null",
        "objective.lexicographic=null",
        "objective.carbon_price_usd_per_tonne=0",
        f"objective.weights={{{weights}}}",
    )


def balanced_overrides(front: Front, gap: float) -> tuple[str, ...]:
    """Overrides that make a scenario's plan the balanced point: limits on all but the first.

    Limits leave the gap as room, as far as any plan may be from its optimum.
    """
    point = front.points[front.balanced]
    limits = [
        f"{{impact: {name}, at_most: {float(value) * (1 + gap)!r}}}"
        for name, value in zip(front.names[1:], point.impacts[1:], strict=True)
    ]
    return (
        "objective.weights=null",
        "objective.lexicographic=null",
        f"objective.minimise={front.names[0]}",
        f"bounds=[{', '.join(limits)}]",
    )


def tradeoffs(
    loaded: LoadedScenario,
    names: Sequence[str],
    points: int,
    options: Options,
    *,
    evolution: Evolution | None = None,
    on_progress: Report | None = None,
) -> Tradeoffs:
    """Find the front of a scenario that was loaded with the overrides of ``counting``.

    Raises
    ------
    MissingDependency
        An evolutionary search was asked for, and pymoo is not installed.
    """
    from carbonplan.pipeline import prepare
    from carbonplan.solve.pareto import front

    if evolution is not None:
        from carbonplan.solve.evolution import require_pymoo

        require_pymoo()
    watch = Stopwatch()
    prepared = prepare(loaded, options, watch)
    program, limits = prepared.program, prepared.limits
    with watch.step("front"):
        found = front(program, names, points, limits, on_progress=on_progress)
    evolved = None
    if evolution is not None and found.interrupted_by is None:
        from carbonplan.solve.evolution import evolve

        with watch.step("evolution"):
            evolved = evolve(
                program,
                names,
                limits,
                population=evolution.population,
                generations=evolution.generations,
                on_progress=on_progress,
            )
    return Tradeoffs(found, evolved, dict(watch.seconds))
