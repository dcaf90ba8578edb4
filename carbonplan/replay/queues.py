"""Waiting requests of a replica as a skew heap, what is to happen as a binary heap.

Both live in arrays of fixed length: a request waits at one place at a time, so two links for
each request are a heap for every replica. Compiled code.

Source
------
``sleator-1986`` (self-adjusting heaps).
"""

from __future__ import annotations

from numpy.typing import NDArray

from carbonplan.replay.arrays import NOBODY, Floats, Integers
from carbonplan.replay.compiled import compiled


@compiled
def comes_before(one: int, other: int, requests: NDArray) -> bool:
    """Whether a request is taken before another: by priority, key, and number."""
    a, b = requests[one], requests[other]
    if a.priority != b.priority:
        return a.priority < b.priority
    if a.key != b.key:
        return a.key < b.key
    return one < other


@compiled
def merged(one: int, other: int, requests: NDArray) -> int:
    """Root of two heaps of waiting requests made one."""
    if one == NOBODY:
        return other
    if other == NOBODY:
        return one
    if comes_before(other, one, requests):
        one, other = other, one
    root, above = one, one
    one = requests[above].right
    requests[above].right = requests[above].left
    while one != NOBODY and other != NOBODY:
        if comes_before(other, one, requests):
            one, other = other, one
        requests[above].left = one
        above = one
        one = requests[above].right
        requests[above].right = requests[above].left
    requests[above].left = one if other == NOBODY else other
    return root


@compiled
def without_first(root: int, requests: NDArray) -> int:
    """Root of a heap whose first has been taken."""
    left, right = requests[root].left, requests[root].right
    requests[root].left = requests[root].right = NOBODY
    return merged(left, right, requests)


@compiled
def sift_up(times: Floats, heap: Integers, places: Integers, at: int) -> None:
    """Move an entry of a binary heap up to where it belongs."""
    moving = heap[at]
    while at > 0:
        above = (at - 1) >> 1
        if not _earlier(times, moving, heap[above]):
            break
        heap[at] = heap[above]
        places[heap[at]] = at
        at = above
    heap[at] = moving
    places[moving] = at


@compiled
def sift_down(times: Floats, heap: Integers, places: Integers, at: int, count: int) -> None:
    """Move an entry of a binary heap down to where it belongs."""
    moving = heap[at]
    while True:
        below = 2 * at + 1
        if below >= count:
            break
        if below + 1 < count and _earlier(times, heap[below + 1], heap[below]):
            below += 1
        if not _earlier(times, heap[below], moving):
            break
        heap[at] = heap[below]
        places[heap[at]] = at
        at = below
    heap[at] = moving
    places[moving] = at


@compiled
def _earlier(times: Floats, one: int, other: int) -> bool:
    if times[one] != times[other]:
        return times[one] < times[other]
    return one < other
