"""Who is in a replica's batch: joining in order, being displaced, leaving. Compiled code.

Memory is counted in tokens of the KV cache. A running request holds its context and the token
to come; each iteration adds one for each sequence. Where they no longer fit, the last in order
are put back. Under a preemptive rule a waiting request takes the places of running ones that
come after it, if these are enough to make room for it. Who is put back loses its cache and has
it computed again, its own tokens included, unless the rule keeps caches; decode replicas, which
compute no prompts, always keep them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import DECODE, EDF, LLF, NOBODY, SRTF
from carbonplan.replay.compiled import compiled
from carbonplan.replay.queues import comes_before, merged, without_first
from carbonplan.replay.world import MANY, World


@compiled
def order_key(request: NDArray, order: int) -> float:
    """Place of a request in the order; what is common to all at one time is left out.

    Laxity is deadline less now less the time that remaining tokens take.
    """
    remaining = max(request.expected - request.made, 1.0)
    if order == SRTF:
        return remaining
    if order == LLF:
        return request.deadline_s - remaining * request.token_s
    if order == EDF:
        return request.deadline_s
    return request.release_s


@compiled
def put(number: int, replica: int, world: World) -> None:
    """Let a request wait at a replica."""
    here, request = world.replicas[replica], world.requests[number]
    request.key = order_key(request, world.rules[0].order)
    request.replica = replica
    here.root = merged(here.root, number, world.requests)
    here.waiting += 1
    here.awaited += request.prompt + request.made


@compiled
def make_room(replica: int, world: World) -> None:
    """Put the last requests back until one more token of each running one has room."""
    here = world.replicas[replica]
    room = world.kinds[here.kind].room_tokens
    while here.running > 1 and here.used > room:
        _refresh_keys(replica, world)
        _put_back(replica, _last_in_order(replica, world), world)


@compiled
def admit(replica: int, now: float, world: World) -> None:
    """Let waiting requests join the batch, in order, while there are places and memory."""
    here = world.replicas[replica]
    while here.root != NOBODY:
        number = here.root
        if not has_place(replica, number, world) and not _makes_way(replica, number, world):
            return
        here.root = without_first(number, world.requests)
        here.waiting -= 1
        here.awaited -= world.requests[number].prompt + world.requests[number].made
        _join_batch(number, replica, now, world)


@compiled
def lets_in(replica: int, world: World) -> bool:
    """Whether waiting requests may join now; else or if that is rare, when to look again."""
    here, rules = world.replicas[replica], world.rules[0]
    if rules.looks_every <= 1 and rules.holds_steps == 0:
        return True
    here.patience = MANY
    if rules.looks_every <= 1 and here.running == 0:
        here.since = 0
        return True
    if rules.looks_every > 1:
        is_due = here.running == 0 or here.since >= rules.looks_every
        here.since = 0 if is_due else here.since
        here.patience = rules.looks_every - here.since
        return is_due
    waits = here.root != NOBODY and has_place(replica, here.root, world)
    enough = here.awaited + here.running >= rules.holds_tokens
    if enough or not waits or here.since >= rules.holds_steps:
        here.since = 0
        return True
    here.patience = 1 if rules.preempts else rules.holds_steps - here.since
    return False


@compiled
def has_place(replica: int, number: int, world: World) -> bool:
    """Whether a waiting request finds a place and memory in the batch as it is."""
    here, request = world.replicas[replica], world.requests[number]
    kind = world.kinds[here.kind]
    needed = request.prompt + request.made + 1
    return here.running < kind.slots and here.used + needed <= kind.room_tokens


@compiled
def _join_batch(number: int, replica: int, now: float, world: World) -> None:
    """Take a request into the batch."""
    here, request = world.replicas[replica], world.requests[number]
    world.sequence[replica, here.running] = number
    here.running += 1
    here.used += request.prompt + request.made + 1
    if world.kinds[here.kind].role == DECODE:
        request.computed = request.prompt + request.made - 1
    if np.isnan(request.begun_s):
        request.begun_s = now


@compiled
def _makes_way(replica: int, first: int, world: World) -> bool:
    """Put running requests back, last first, that come after one that waits, if that helps."""
    if not world.rules[0].preempts:
        return False
    here = world.replicas[replica]
    _refresh_keys(replica, world)
    after, held = 0, 0
    for at in range(here.running):
        number = world.sequence[replica, at]
        if comes_before(first, number, world.requests):
            after += 1
            held += world.requests[number].prompt + world.requests[number].made + 1
    kind, request = world.kinds[here.kind], world.requests[first]
    needed = request.prompt + request.made + 1
    if after == 0 or here.used - held + needed > kind.room_tokens:
        return False
    while not has_place(replica, first, world):
        _put_back(replica, _last_in_order(replica, world), world)
    return True


@compiled
def _refresh_keys(replica: int, world: World) -> None:
    """Set the keys of running requests to what they are now."""
    for at in range(world.replicas[replica].running):
        request = world.requests[world.sequence[replica, at]]
        request.key = order_key(request, world.rules[0].order)


@compiled
def _last_in_order(replica: int, world: World) -> int:
    """Position of the running request that comes last."""
    last = 0
    for at in range(1, world.replicas[replica].running):
        if comes_before(
            world.sequence[replica, last], world.sequence[replica, at], world.requests
        ):
            last = at
    return last


@compiled
def _put_back(replica: int, at: int, world: World) -> None:
    """Preempt a running request."""
    number = world.sequence[replica, at]
    leave(replica, at, world)
    request = world.requests[number]
    request.preemptions += 1
    if not world.rules[0].keeps_cache:
        request.computed = 0
    put(number, replica, world)


@compiled
def leave(replica: int, at: int, world: World) -> None:
    """Take a request out of the batch; the others keep their order."""
    here = world.replicas[replica]
    request = world.requests[world.sequence[replica, at]]
    here.used -= request.prompt + request.made + 1
    here.running -= 1
    for position in range(at, here.running):
        world.sequence[replica, position] = world.sequence[replica, position + 1]
    world.sequence[replica, here.running] = NOBODY
