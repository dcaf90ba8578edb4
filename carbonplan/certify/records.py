"""The rounds of a certification, and what it came to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from carbonplan.compare.intervals import Interval
from carbonplan.replay.judge import Promise

INTERRUPTED = "interrupted"  # status of a plan whose search was asked to stop


@dataclass(frozen=True)
class Source:
    """A trace that was replayed.

    Attributes
    ----------
    workload
        Empty: all that have no trace of their own.
    fits_lengths
        Whether lengths were scaled to what the plan expects.
    """

    workload: str
    path: str
    sha256: str
    fits_lengths: bool = False


@dataclass(frozen=True)
class Replayed:
    """What a replay said of a plan.

    Attributes
    ----------
    requests
        That were replayed.
    share
        Of the plan's replicas that they went through [1].
    slots, window_s
        Slots that were replayed, and how long each.
    unseen
        Workloads of which no request was replayed, so that nothing is known of them.
    """

    promises: tuple[Promise, ...]
    requests: int
    share: float
    slots: int
    window_s: float
    unseen: tuple[str, ...] = ()

    @property
    def missed(self) -> tuple[Promise, ...]:
        """Promises that did not hold."""
        return tuple(one for one in self.promises if not one.is_kept)


@dataclass(frozen=True)
class Round:
    """A plan at some head-room, and what its replay said.

    Attributes
    ----------
    headroom
        Of each workload.
    value, bound
        Of the objective; None where there is no plan, or no bound.
    replayed
        None where there is no plan, or it was not replayed.
    problem
        Why there is no plan; empty where there is one.
    """

    number: int
    headroom: Mapping[str, float]
    status: str = ""
    value: float | None = None
    bound: float | None = None
    replayed: Replayed | None = None
    problem: str = ""

    @property
    def holds(self) -> bool:
        """Whether there is a plan and every promise of every workload held."""
        found = self.replayed
        return found is not None and not found.missed and not found.unseen


@dataclass(frozen=True)
class Cost:
    """What certainty costs in one impact, or in the objective.

    Attributes
    ----------
    first, last
        Of the first plan, and of the one that was chosen.
    more
        Within which the difference of the least possible values lies, as far as it is proven;
        the difference of both plans where the impact is not what is minimised.
    """

    unit: str
    first: float
    last: float
    more: Interval
    is_proven: bool


@dataclass(frozen=True)
class Certification:
    """Whether a plan keeps its promises on a trace, what was tried, and what it costs.

    Attributes
    ----------
    chosen
        Number of the round whose plan it is.
    overrides
        Head-rooms that differ from the scenario's, to be pasted after ``--set``.
    reasons
        Why it is not certified; empty where it is.
    cost
        Of the objective under an empty name, and of each impact.
    """

    rounds: tuple[Round, ...]
    chosen: int
    overrides: tuple[str, ...]
    reasons: tuple[str, ...]
    sources: tuple[Source, ...]
    seed: int
    cost: Mapping[str, Cost]

    @property
    def round(self) -> Round:
        """The round whose plan it is."""
        return self.rounds[self.chosen - 1]

    @property
    def is_certified(self) -> bool:
        """Whether every promise held."""
        return self.round.holds

    @property
    def is_certain(self) -> bool:
        """Whether another draw of the requests would very likely say the same."""
        replayed = self.round.replayed
        return replayed is not None and all(one.is_certain for one in replayed.promises)

    def document(self) -> dict[str, object]:
        """The same as plain JSON values."""
        return {
            "certified": self.is_certified,
            "certain": self.is_certain,
            "reasons": list(self.reasons),
            "round": self.chosen,
            "headroom": dict(self.round.headroom),
            "overrides": list(self.overrides),
            "traces": [asdict(one) for one in self.sources],
            "seed": self.seed,
            "cost": {name or "objective": _cost(one) for name, one in self.cost.items()},
            "rounds": [_round(one) for one in self.rounds],
        }


def _cost(one: Cost) -> dict[str, object]:
    return {
        "unit": one.unit,
        "first": one.first,
        "last": one.last,
        "at_least": one.more.at_least,
        "at_most": one.more.at_most,
        "proven": one.is_proven,
    }


def _round(one: Round) -> dict[str, object]:
    found: dict[str, object] = {
        "number": one.number,
        "headroom": dict(one.headroom),
        "status": one.status or None,
        "objective": one.value,
        "bound": one.bound,
        "problem": one.problem or None,
        "replayed": None,
    }
    if one.replayed is not None:
        replayed = one.replayed
        found["replayed"] = {
            "requests": replayed.requests,
            "replica_share": replayed.share,
            "slots": replayed.slots,
            "window_s": replayed.window_s,
            "unseen": list(replayed.unseen),
            "promises": [_promise(promise) for promise in replayed.promises],
        }
    return found


def _promise(one: Promise) -> dict[str, object]:
    found = one.found
    at_promise_s = found.at_promise_s
    return {
        "workload": one.workload,
        "measure": found.measure,
        "limit_s": found.limit_s,
        "promised": found.promised,
        "share": found.share,
        "low": found.low,
        "high": found.high,
        "at_promise_s": at_promise_s if math.isfinite(at_promise_s) else None,
        "kept": one.is_kept,
        "certain": one.is_certain,
    }
