"""Requests of a class as their users saw them, counted together; tallies can be added.

A replay keeps these in place of its requests, so that its memory does not grow with them.
Numbers, sums and what lies inside a limit are those of the requests themselves; only how
values are spread is known by bins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import Floats, Integers
from carbonplan.replay.spreads import Spread, spread
from carbonplan.replay.traffic import Served

LIMIT_ROUNDING = 1e-9  # relative; a limit that is met exactly is met
PROMISED = ("ttft", "tpot", "deadline")


@dataclass(frozen=True)
class ReplayedRequests:
    """Requests of a region of which nothing more is to come, (request,), by their release.

    Attributes
    ----------
    group
        Number of the request class.
    client
        Who sent it, of the clients that the region's online requests are dealt to.
    weight
        Requests of the horizon that one stands for [1].
    done
        Whether its last token was made; of others times are NaN.
    sent_s
        When it was sent, or released, from the beginning of the replay.
    ttft_s, latency_s
        First and last token since it was sent, network included.
    tpot_s
        Mean time of a token after the first.
    lateness_s
        Of batch work: completion after its deadline, negative in time; NaN of online work.
    """

    group: Integers
    client: Integers
    weight: Floats
    prompt: Integers
    output: Integers
    done: NDArray[np.bool_]
    sent_s: Floats
    ttft_s: Floats
    tpot_s: Floats
    latency_s: Floats
    lateness_s: Floats
    preemptions: Integers

    def __getitem__(self, chosen: NDArray) -> ReplayedRequests:
        return ReplayedRequests(*(getattr(self, one.name)[chosen] for one in fields(self)))


@dataclass(frozen=True)
class Measured:
    """One measure of requests beside its limit.

    Attributes
    ----------
    least_s, most_s
        Of the limits of all.
    kept
        Weight inside its limit.
    """

    least_s: float
    most_s: float
    kept: float
    values_s: Spread

    def __add__(self, other: Measured) -> Measured:
        return Measured(
            min(self.least_s, other.least_s),
            max(self.most_s, other.most_s),
            self.kept + other.kept,
            self.values_s + other.values_s,
        )


@dataclass(frozen=True)
class Tally:
    """Requests of a workload, counted.

    Attributes
    ----------
    requests
        How many they are.
    weight, squares
        Sums of what each stands for, and of its square.
    unfinished, inside, preemptions, prompt, output
        Sums over requests by weight: those that were not done or refused, those inside all
        their limits, how often they were preempted, and their tokens.
    planned_prompt, planned_output
        The same of the tokens that the plan expects.
    measures
        By name: ``ttft``, ``tpot`` and ``latency`` of online work, ``deadline`` of batch work.
    """

    requests: int
    weight: float
    squares: float
    unfinished: float
    inside: float
    preemptions: float
    prompt: float
    output: float
    planned_prompt: float
    planned_output: float
    measures: Mapping[str, Measured]

    def __add__(self, other: Tally) -> Tally:
        """The tally of the requests of both."""
        sums = (
            getattr(self, one.name) + getattr(other, one.name)
            for one in fields(self)
            if one.name != "measures"
        )
        both = {name: one + other.measures[name] for name, one in self.measures.items()}
        return Tally(*sums, both)


def tallied(requests: ReplayedRequests, classes: Sequence[Served]) -> dict[int, Tally]:
    """A tally of each class of which there is a request, by its number."""
    rows = {i: np.flatnonzero(requests.group == i) for i in range(len(classes))}
    return {i: _tally(requests[mine], classes[i]) for i, mine in rows.items() if len(mine)}


def added(one: Mapping[int, Tally], other: Mapping[int, Tally]) -> dict[int, Tally]:
    """Tallies of the requests of both, by class."""
    both = {i: one[i] + other[i] for i in one.keys() & other.keys()}
    return {**one, **other, **both}


def _tally(requests: ReplayedRequests, one: Served) -> Tally:
    """Requests of one class, counted."""
    weight = requests.weight
    limits_s = _limits_s(requests, one)
    values_s = {name: _values_s(requests, name) for name in limits_s}
    held = {
        name: values_s[name] <= limit_s * (1.0 + LIMIT_ROUNDING)
        for name, limit_s in limits_s.items()
    }
    inside = np.all([held[name] for name in PROMISED if name in held], axis=0)
    total = float(weight.sum())
    return Tally(
        requests=len(weight),
        weight=total,
        squares=_sum(weight, weight),
        unfinished=_sum(weight, ~requests.done),
        inside=_sum(weight, inside),
        preemptions=_sum(weight, requests.preemptions),
        prompt=_sum(weight, requests.prompt),
        output=_sum(weight, requests.output),
        planned_prompt=total * one.tokens[0],
        planned_output=total * one.tokens[1],
        measures={
            name: Measured(
                float(limit_s.min()),
                float(limit_s.max()),
                _sum(weight, held[name]),
                spread(values_s[name], weight),
            )
            for name, limit_s in limits_s.items()
        },
    )


def _sum(weight: Floats, values: NDArray) -> float:
    """Weighted sum; a product of vectors would start threads for it."""
    return float((weight * values).sum())


def _limits_s(requests: ReplayedRequests, one: Served) -> dict[str, Floats]:
    """Limit of each request, by measure; the last token's is that of all tokens together."""
    alike = np.ones(len(requests.group))
    if one.is_batch:
        return {"deadline": 0.0 * alike}
    more = requests.output - 1
    others_s = np.multiply(one.tpot_s, more, out=np.zeros(len(more)), where=more > 0)
    return {
        "ttft": one.ttft_s * alike,
        "tpot": one.tpot_s * alike,
        "latency": one.ttft_s + others_s,
    }


def _values_s(requests: ReplayedRequests, measure: str) -> Floats:
    """What each request had; without end where it was not done."""
    name = {"deadline": "lateness_s"}.get(measure, f"{measure}_s")
    return np.where(requests.done, getattr(requests, name), np.inf)
