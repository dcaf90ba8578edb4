"""Replicas divided among classes by length: short requests never stand behind long ones.

Classes in the order of their tokens are cut into as many groups of like work as there are
replicas, at most one for each class; every group gets replicas in each slot by its share of the
work, one at least.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.replay.arrays import Floats, Integers

if TYPE_CHECKING:
    from carbonplan.replay.samples import Running

BY_CLASS = ("load_rps", "busy", "planned_kw")


def divided(one: Running, tokens: Floats, *, whole: bool) -> Iterator[Running]:
    """The replicas of a kind by groups of classes; the kind itself where ``whole``.

    Parameters
    ----------
    tokens
        Mean tokens of a request of each class, prompt and answer, (class,).
    """
    served = np.flatnonzero(one.load_rps.sum(axis=1) > 0)
    fewest = int(one.sampled[one.sampled > 0].min())
    many = 1 if whole else min(len(served), fewest)
    if many == 1:
        yield one
        return
    ordered = served[np.argsort(tokens[served], kind="stable")]
    groups = _cut(ordered, one.busy.sum(axis=1)[ordered], many)
    busy = np.stack([one.busy[group].sum(axis=0) for group in groups], axis=-1)
    shared = np.array([apportioned(m, row) for m, row in zip(one.sampled, busy, strict=True)])
    for number, group in enumerate(groups):
        mine = np.isin(np.arange(len(tokens)), group)[:, None]
        yield replace(
            one,
            planned=one.planned * shared[:, number] / np.maximum(one.sampled, 1.0),
            sampled=shared[:, number],
            **{name: np.where(mine, getattr(one, name), 0.0) for name in BY_CLASS},
        )


def apportioned(replicas: float, work: Floats) -> Floats:
    """Replicas by work: one each, the others each next to whom most are missing."""
    if replicas <= 0:
        return np.zeros(len(work))
    total = work.sum()
    shares = work / total if total > 0 else np.full(len(work), 1.0 / len(work))
    given = np.ones(len(work))
    for _ in range(int(replicas) - len(work)):
        given[np.argmax(shares * replicas - given)] += 1.0
    return given


def _cut(ordered: Integers, work: Floats, many: int) -> list[Integers]:
    """Classes in order, cut where work is divided most evenly, none empty."""
    middle = (np.cumsum(work) - work / 2.0) / work.sum()
    group = np.minimum((middle * many).astype(int), many - 1)
    for i in range(len(group)):  # no number is left out, and each is reached in time
        least = many - (len(group) - i)
        group[i] = min(max(group[i], least, 0), group[i - 1] + 1 if i else 0)
    return [ordered[group == number] for number in range(many)]
