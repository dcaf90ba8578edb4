"""What a comparison is: a result for each case, and what the results amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from carbonplan.compare.intervals import Interval
from carbonplan.errors import (
    EnvironmentFailed,
    Interrupted,
    InvalidInput,
    MissingDependency,
    NoPlanExists,
    PlanDoesNotHold,
    StoppedAtLimit,
    StoppedWithoutPlan,
    Terminated,
    UnreliableAnswer,
    UsageError,
)
from carbonplan.plan.records import ImpactTotal

DONE, BUG = 0, 1
WORST_FIRST = (
    Terminated.exit_code,
    Interrupted.exit_code,
    BUG,
    PlanDoesNotHold.exit_code,
    UnreliableAnswer.exit_code,
    EnvironmentFailed.exit_code,
    MissingDependency.exit_code,
    InvalidInput.exit_code,
    UsageError.exit_code,
    StoppedWithoutPlan.exit_code,
    NoPlanExists.exit_code,
    StoppedAtLimit.exit_code,
    DONE,
)
"""Exit codes of cases from worst to best: a comparison ends with the worst of its cases."""


@dataclass(frozen=True)
class Failure:
    """Why there is no plan.

    Attributes
    ----------
    kind
        Class of the error; ``Lost`` and ``Hung`` where the process did not say.
    """

    kind: str
    exit_code: int
    message: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Servers:
    """Servers of a SKU in a region at the start of a stage."""

    stage: str
    sku: str
    region: str
    count: float
    purchased: float


@dataclass(frozen=True)
class CaseResult:
    """What came of a case.

    Attributes
    ----------
    labels, numbers
        Its point on each axis, and its place on those of numbers.
    status
        Of its plan, or in a word why there is none.
    folder
        Of its plan, within that of the comparison; None without a plan.
    objective, unit, value, bound, gap
        What is minimised, and how far that is proven.
    """

    name: str
    labels: Mapping[str, str]
    numbers: Mapping[str, float]
    status: str
    exit_code: int
    message: str | None = None
    folder: str | None = None
    fingerprint: str | None = None
    objective: str | None = None
    unit: str | None = None
    value: float | None = None
    bound: float | None = None
    gap: float | None = None
    impacts: Mapping[str, ImpactTotal] = field(default_factory=dict)
    servers: tuple[Servers, ...] = ()

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan to compare with others."""
        return bool(self.impacts)

    @property
    def servers_by_sku(self) -> dict[str, float]:
        """Servers of the first stage, over all regions."""
        found: dict[str, float] = {}
        for one in self.servers:
            if one.stage == self.servers[0].stage:
                found[one.sku] = found.get(one.sku, 0) + one.count
        return found


@dataclass(frozen=True)
class Difference:
    """How far a case lies above (below 0) the reference, by impact.

    Attributes
    ----------
    reference
        The case that it is compared with: of its own circumstances.
    carbon_price
        Price of carbon at which the plan with less carbon costs no more [USD/t]; None where
        one of the two has neither more carbon nor more cost.
    """

    case: str
    reference: str
    by_impact: Mapping[str, Interval]
    carbon_price: Interval | None


@dataclass(frozen=True)
class Standing:
    """Whether a case is worth a look over the impacts that were chosen.

    Attributes
    ----------
    dominated_by
        A case that is no worse in any of them and better in one; None on the front.
    proven
        Whether no plan of the case, however long it is searched for, could change that.
    """

    case: str
    dominated_by: str | None
    proven: bool = False


@dataclass(frozen=True)
class Winner:
    """The case with the least of an impact.

    Attributes
    ----------
    given
        The circumstances that all of these cases share, by axis.
    level
        Other cases that have as little.
    perhaps
        Cases with more whose gaps leave open whether they can have less.
    """

    given: Mapping[str, str]
    impact: str
    case: str
    value: float
    level: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()


@dataclass(frozen=True)
class PriceStep:
    """From a price of carbon on, the case with the least cost, carbon paid for.

    Attributes
    ----------
    given
        The circumstances that all of these cases share, by axis.
    from_usd_per_tonne
        Where the case before it is left; 0 for the first.
    """

    given: Mapping[str, str]
    case: str
    from_usd_per_tonne: float
    within: Interval


@dataclass(frozen=True)
class Crossing:
    """Where, along an axis of numbers, two options have equally much of an impact.

    Attributes
    ----------
    below, above
        The option with less of the impact on either side of the crossing.
    at
        By straight lines between neighbouring cases.
    within
        Where the crossing lies whatever the gaps hide; None where they leave open whether
        there is one.
    """

    axis: str
    impact: str
    below: str
    above: str
    at: float
    within: Interval | None


@dataclass(frozen=True)
class Comparison:
    """Cases side by side.

    Attributes
    ----------
    given
        Axes that are circumstances: who dominates whom and who has least is said among cases
        that share their points on these.
    """

    axes: tuple[str, ...]
    given: tuple[str, ...]
    impacts: tuple[str, ...]
    reference: str | None
    cases: tuple[CaseResult, ...]
    differences: tuple[Difference, ...]
    standings: tuple[Standing, ...]
    winners: tuple[Winner, ...]
    price_steps: tuple[PriceStep, ...]
    crossings: tuple[Crossing, ...]

    @property
    def exit_code(self) -> int:
        """The worst of all cases."""
        return worst(case.exit_code for case in self.cases)


def worst(codes: object) -> int:
    """The worst of some exit codes; one that is not known is a bug's."""
    found = {code if code in WORST_FIRST else BUG for code in codes}
    return next((code for code in WORST_FIRST if code in found), DONE)
