r"""Which inputs the choice of servers hangs on, and how far each is from changing it.

The choice is the set of places (a SKU in a region) at which servers are bought. At a factor f
on an input, z(f) is the least objective of all plans and z_S(f) of those that buy at the places
of the choice S and at no others. The choice is *kept* at f where a plan within the gap of the
best has it, and *flips* where it is proven that none has,

.. math:: \underline z_S(f) > z(f)

with the bound of the one and the plan found for the other. Between the two nothing is claimed.
Where the input moves costs alone, what a plan would cost at another factor is a dot product:
the factor at which the plans at both ends cost the same is where the next question is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.errors import CarbonplanError, Interrupted, NoPlanExists
from carbonplan.explain.asking import NOISE, Asker, OutOfTime
from carbonplan.explain.factors import Factor
from carbonplan.explain.places import Place, bought, choosing
from carbonplan.explain.subject import Subject

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from carbonplan.program import Program

log = logging.getLogger(__name__)
CLOSE = 1.03  # ratio of two factors between which a flip is known well enough
MOST_STEPS = 8  # questions to close in on a flip
BEYOND = 0.02  # share of what is left, in logarithms, that a question goes beyond a crossing
SHARES = (1.0, 0.5, 0.25)  # of the way to an end, in logarithms
TYPICAL = 0.3  # weight of an input that moves more than costs, among the others
EDGE = 0.05  # and that it keeps from either end
SMALL = 0.01  # change of an input by which its weight in the objective is taken


class Fate(StrEnum):
    """What becomes of the choice at a factor."""

    KEPT = "kept"
    FLIPS = "flips"
    OPEN = "open"  # the gaps leave it open
    NO_PLAN = "no plan"  # no plan meets the scenario there
    UNKNOWN = "not reached in the time"


@dataclass(frozen=True)
class Side:
    """What was found towards one end of a factor's range.

    Attributes
    ----------
    end
        Factor at the end of the range.
    fate
        Of the choice at the end; of a flip, at ``flips_at``.
    kept_at
        Farthest factor at which the choice is kept.
    flips_at
        Nearest factor at which it flips, with the places bought there.
    tested
        Every factor that was asked about.
    """

    end: float
    fate: Fate
    kept_at: float = 1.0
    flips_at: float | None = None
    choice: tuple[Place, ...] = ()
    tested: tuple[float, ...] = ()


@dataclass(frozen=True)
class Flip:
    """An input, its weight, and what becomes of the choice when it falls and rises.

    Attributes
    ----------
    weight
        Relative change of the plan's objective by relative change of the input, decisions
        held [1]; None where the input moves more than costs.
    counts
        Whether the input has a say in the program at all.
    is_spared
        Whether only other plans would pay for more of it, so that the choice is kept however
        much it rises.
    """

    factor: Factor
    weight: float | None
    counts: bool
    is_spared: bool = False
    falls: Side | None = None
    rises: Side | None = None


@dataclass(frozen=True)
class Probe:
    """The program at a factor, and its best plan."""

    fate: Fate
    choice: tuple[Place, ...] = ()
    values: NDArray[np.float64] | None = field(default=None, repr=False)


def flips(subject: Subject, of: Sequence[Factor], asker: Asker) -> list[Flip]:
    """What becomes of the choice as each input changes, the weightiest inputs first."""
    weighed = [_weighed(subject, factor) for factor in of]
    weighed.sort(key=lambda one: -abs(TYPICAL if one.weight is None else one.weight))
    return [_searched(subject, one, asker) for one in weighed]


def _weighed(subject: Subject, factor: Factor) -> Flip:
    if factor.scaled is None:
        return Flip(factor, None, counts=True)
    other = subject.program_of(factor.scaled(subject.problem, 1.0 + SMALL))
    here = subject.program
    if not _moves_costs_alone(here, other):
        return Flip(factor, None, counts=True)
    dearer = other.cost - here.cost
    rise, objective = float(dearer @ subject.values), abs(subject.known.objective or 0.0)
    return Flip(
        factor,
        weight=rise / SMALL / objective if objective else 0.0,
        counts=bool(np.any(dearer != 0)),
        is_spared=bool(np.all(dearer >= 0)) and abs(rise) <= NOISE * SMALL * objective,
    )


def _moves_costs_alone(here: Program, other: Program) -> bool:
    """Whether two programs have the same rows and bounds."""
    sides = ("row_lower", "row_upper", "column_lower", "column_upper")
    if here.matrix.shape != other.matrix.shape or (here.matrix != other.matrix).nnz:
        return False
    return all(np.array_equal(getattr(here, name), getattr(other, name)) for name in sides)


def _searched(subject: Subject, flip: Flip, asker: Asker) -> Flip:
    if not flip.counts:
        return flip
    log.info("changing %s", flip.factor.words)
    search = _Search(subject, flip, asker)
    highest = flip.factor.highest
    rises = Side(highest, Fate.KEPT, highest) if flip.is_spared else search.towards(highest)
    return replace(flip, falls=search.towards(flip.factor.lowest), rises=rises)


class _Search:
    """Closing in on the factor at which the choice flips, from 1 to one end."""

    def __init__(self, subject: Subject, flip: Flip, asker: Asker) -> None:
        self.subject = subject
        self.flip = flip
        self.asker = asker
        self.chosen = tuple(sorted(bought(subject.program, subject.values)))
        self.tested: list[float] = []

    def towards(self, end: float) -> Side | None:
        """What becomes of the choice between 1 and an end; None where there is no way."""
        if abs(np.log(end)) < np.log(CLOSE):
            return None
        self.tested = []
        for share in SHARES:  # where no plan exists at the end, nearer ones are asked about
            far_at = end**share
            far = self._probe(far_at)
            if far.fate is not Fate.NO_PLAN:
                break
        if far.fate is not Fate.FLIPS:
            fate = far.fate if far_at == end else Fate.NO_PLAN
            kept_at = far_at if far.fate is Fate.KEPT else 1.0
            return Side(end, fate, kept_at, tested=tuple(self.tested))
        near, flips_at, choice = 1.0, far_at, far.choice
        for _ in range(MOST_STEPS):
            if abs(np.log(flips_at / near)) <= np.log(CLOSE):
                break
            factor = self._between(near, flips_at, far)
            probe = self._probe(factor)
            if probe.fate is Fate.KEPT:
                near = factor
            elif probe.fate is Fate.FLIPS:
                far, flips_at, choice = probe, factor, probe.choice
            else:
                break
        return Side(end, Fate.FLIPS, near, flips_at, choice, tuple(self.tested))

    def _between(self, near: float, far_at: float, far: Probe) -> float:
        """Where to ask next: where both plans cost the same, else halfway."""
        middle = float(np.sqrt(near * far_at))
        if self.flip.weight is None or far.values is None:
            return middle
        at_near, at_far = (self._excess(factor, far.values) for factor in (near, far_at))
        if at_near * at_far >= 0:
            return middle
        crossing = near + (far_at - near) * at_near / (at_near - at_far)
        beyond = crossing * (far_at / near) ** BEYOND
        inside = sorted((near * (far_at / near) ** EDGE, far_at * (near / far_at) ** EDGE))
        return float(np.clip(beyond, *inside))

    def _excess(self, factor: float, values: NDArray) -> float:
        """What the plan costs more than other values at a factor: a dot product."""
        program = self.subject.program_of(self.flip.factor.scaled(self.subject.problem, factor))
        return float(program.cost @ (self.subject.values - values))

    def _probe(self, factor: float) -> Probe:
        """What becomes of the choice at a factor."""
        try:
            self.asker.require_time()
            self.tested.append(factor)
            program = self._program(factor)
            best = self.asker.solve(program, self.subject.values)
            if best.values is None:
                return Probe(Fate.NO_PLAN)
            choice = tuple(sorted(bought(program, best.values)))
            if choice == self.chosen:
                return Probe(Fate.KEPT, choice, best.values)
            of_choice = self.asker.solve(
                choosing(program, set(self.chosen)), self.subject.values
            )
            fate = self._fate(best.objective, best.bound, of_choice)
            return Probe(fate, choice, best.values)
        except (OutOfTime, NoPlanExists) as end:
            return Probe(Fate.UNKNOWN if isinstance(end, OutOfTime) else Fate.NO_PLAN)
        except Interrupted:
            raise
        except CarbonplanError:
            return Probe(Fate.NO_PLAN)

    def _fate(self, objective: float, bound: float | None, of_choice: object) -> Fate:
        """Whether the choice is still as good as any, by what both solves prove."""
        room = NOISE * abs(objective)
        if of_choice.values is None:
            return Fate.FLIPS
        if of_choice.bound is not None and of_choice.bound > objective + room:
            return Fate.FLIPS
        within = self.asker.limits.gap * abs(of_choice.objective) + room
        if bound is not None and of_choice.objective - bound <= within:
            return Fate.KEPT
        return Fate.OPEN

    def _program(self, factor: float) -> Program:
        of = self.flip.factor
        if of.scaled is not None:
            return self.subject.program_of(of.scaled(self.subject.problem, factor))
        return self.subject.with_overrides(of.overrides(factor))[1]
