"""Where a request goes: a kind by planned shares, in it a replica. Compiled code.

A request that at its longest does not fit in the cache of a kind does not go there. Where no
replica is open that may serve it, it waits for the first that opens.
"""

from __future__ import annotations

from carbonplan.replay.arrays import NOBODY, PLANNED, PREFILL, SHORTEST_ANYWHERE
from carbonplan.replay.compiled import compiled
from carbonplan.replay.world import NEVER, World

SECOND_DRAW = 65536.0  # the lower digits of a draw are a draw of their own


@compiled
def route(number: int, now: float, world: World) -> int:
    """Replica to which a request goes, or its cache if that is made; nobody if none is open."""
    if world.rules[0].routing != SHORTEST_ANYWHERE:
        slot = min(int(now / world.slot_s[0]), world.shares.shape[1] - 1)
        k = _planned_kind(number, slot, world)
        if k != NOBODY and _may(number, k, world):
            found = _in_kind(k, world)
            if found != NOBODY:
                return found
    return _shortest(number, world)


@compiled
def _planned_kind(number: int, slot: int, world: World) -> int:
    """Kind to which the draw of a request leads; nobody where the slot has no plan for it."""
    request = world.requests[number]
    if request.origin != NOBODY:
        return _decode_kind(number, slot, world)
    shares = world.shares[request.group, slot]
    draw = request.draw * shares[-1]
    for k in range(len(shares)):
        if draw < shares[k]:
            return k
    return NOBODY


@compiled
def _decode_kind(number: int, slot: int, world: World) -> int:
    """The same of a cache, among the decode kinds that may take it."""
    request = world.requests[number]
    shares = world.decode_of[request.group, slot]
    stands_in = world.stands_in[request.group, request.origin]
    total = 0.0
    for k in range(len(shares)):
        if stands_in[k]:
            total += shares[k]
    draw = (request.draw * SECOND_DRAW) % 1.0 * total
    for k in range(len(shares)):
        if stands_in[k]:
            if draw < shares[k]:
                return k
            draw -= shares[k]
    return NOBODY


@compiled
def may_be_served(number: int, world: World) -> bool:
    """Whether there is a kind, open or not, that serves a request and can hold it."""
    for k in range(len(world.kinds)):  # noqa: SIM110 -- numba knows no generators
        if _may(number, k, world):
            return True
    return False


@compiled
def _may(number: int, k: int, world: World) -> bool:
    """Whether a kind serves a request and can hold it at its longest."""
    request, kind = world.requests[number], world.kinds[k]
    longest = request.prompt + (1 if kind.role == PREFILL else request.output)
    if longest > kind.room_tokens:
        return False
    if request.origin != NOBODY:
        return world.stands_in[request.group, request.origin, k]
    return world.serves[request.group, k]


@compiled
def _in_kind(k: int, world: World) -> int:
    """A replica of a kind that is open: each in turn, or the one with the shortest queue."""
    kind = world.kinds[k]
    count = kind.last - kind.first
    if world.rules[0].routing == PLANNED:
        for _ in range(count):
            replica = kind.first + kind.turn
            kind.turn = (kind.turn + 1) % count
            if world.replicas[replica].is_open:
                return replica
        return NOBODY
    return _least_loaded(k, world)[0]


@compiled
def _shortest(number: int, world: World) -> int:
    """The open replica with least load for its size, of kinds that may serve a request."""
    best, least = NOBODY, NEVER
    for k in range(len(world.kinds)):
        if _may(number, k, world):
            replica, load = _least_loaded(k, world)
            if load < least:
                best, least = replica, load
    return best


@compiled
def _least_loaded(k: int, world: World) -> tuple[int, float]:
    """The open replica of a kind with the fewest requests, and these over its places."""
    kind = world.kinds[k]
    best, least = NOBODY, NEVER
    for replica in range(kind.first, kind.last):
        here = world.replicas[replica]
        load = (here.waiting + here.running) / kind.slots
        if here.is_open and load < least:
            best, least = replica, load
    return best, least
