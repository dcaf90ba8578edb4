r"""How much head-room a workload gets after a round in which it missed a promise.

With the share m of the requests outside a limit and a = 1 - percentile allowed outside, the
worst promise of a workload is that with the largest ratio q = m / a. Head-room H is multiplied
by

.. math::

    f = \begin{cases}
        q^{1/4} & \text{at first} \\
        \exp\bigl((\ln 0.8 - \ln q)\,/\,s\bigr), \quad
        s = \Delta\ln q\,/\,\Delta\ln H & \text{then, where } s < -0.1
        \end{cases}

within 1.1 and 2: a secant on a logarithmic scale that aims at four fifths of what is allowed.
Where there was no plan with more head-room, the next is half-way, on the same scale, between
that and the last for which there was one. Once every promise holds, a head-room that is 1.3
times one with which its workload missed, or more, is tried half-way between the two, so that
certainty is not paid for twice. Head-rooms have four digits and lie within what the scenario's
field takes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from carbonplan.certify.records import Replayed, Round

FIRST_POWER = 0.25
AIM = 0.8  # of the share that may lie outside
FLATTEST = -0.1  # slope above which a raise did not help enough to be carried on
LEAST_STEP, LARGEST_STEP = 1.1, 2.0
WIDE = 1.3  # of a head-room that is kept over one that is missed, beyond which it is lowered
SAME = 1.02  # head-rooms that are no further apart are one
MOST = 100.0  # that the scenario's field takes

Headroom = Mapping[str, float]


def misses(replayed: Replayed) -> dict[str, float]:
    """Requests outside over those that may be, by workload that missed; its worst promise."""
    found: dict[str, float] = {}
    for one in replayed.missed:
        ratio = (1.0 - one.found.share) / (1.0 - one.found.promised)
        found[one.workload] = max(ratio, found.get(one.workload, 0.0))
    return found


def following(rounds: Sequence[Round], hopeless: Collection[str]) -> Headroom | None:
    """Head-rooms of the next round; None where none is left to be tried.

    Parameters
    ----------
    rounds
        All so far.
    hopeless
        Workloads that no head-room helps.
    """
    kept = [one for one in rounds if one.holds]
    if kept:
        return _lowered(rounds, kept[-1])
    without = [one for one in rounds if one.replayed is None]
    replayed = [one for one in rounds if one.replayed is not None]
    last = replayed[-1]
    if without:
        return _between(last.headroom, without[-1].headroom)
    found = {
        name: raised(name, replayed) if ratio and name not in hopeless else last.headroom[name]
        for name in last.headroom
        for ratio in (misses(last.replayed).get(name),)
    }
    return found if _apart(last.headroom, found) else None


def raised(name: str, replayed: Sequence[Round]) -> float:
    """The head-room of a workload that missed a promise in the last of the rounds."""
    last = replayed[-1]
    headroom, ratio = last.headroom[name], misses(last.replayed)[name]
    factor = ratio**FIRST_POWER
    for before in reversed(replayed[:-1]):
        was = misses(before.replayed).get(name)
        if was is not None and before.headroom[name] < headroom:
            slope = math.log(ratio / was) / math.log(headroom / before.headroom[name])
            if slope < FLATTEST:
                factor = math.exp((math.log(AIM) - math.log(ratio)) / slope)
            break
    factor = min(max(factor, LEAST_STEP), LARGEST_STEP)
    return _shown(min(headroom * factor, MOST))


def _lowered(rounds: Sequence[Round], kept: Round) -> Headroom | None:
    """Half-way to what was missed, where that is far below what is kept."""
    found = {}
    for name, high in kept.headroom.items():
        missed = [
            one.headroom[name]
            for one in rounds
            if one.replayed is not None and name in misses(one.replayed)
        ]
        low = max((one for one in missed if one < high), default=high)
        found[name] = _shown(math.sqrt(low * high)) if high / low >= WIDE else high
    return None if any(found == one.headroom for one in rounds) else found


def _between(planned: Headroom, failed: Headroom) -> Headroom | None:
    """Half-way between what could be planned and what could not."""
    found = {name: _shown(math.sqrt(planned[name] * failed[name])) for name in planned}
    return found if _apart(planned, found) else None


def _apart(one: Headroom, other: Headroom) -> bool:
    return any(max(one[n] / other[n], other[n] / one[n]) >= SAME for n in one)


def _shown(headroom: float) -> float:
    return float(f"{headroom:.4g}")
