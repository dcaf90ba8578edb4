"""The event loop: requests through the replicas of a region, one iteration after another.

A replica runs iterations: each takes the sequences of its batch one token further, with prompts
computed beside them, whole or in chunks. At the end of an iteration sequences that are done
leave and waiting requests join. Within an iteration a replica changes nothing, so the loop goes
from one event to the next: a control, a cache that arrives, a request, the end of an iteration.
Of events at one time they come in that order, and of alike ones the lowest number first; so
who comes at the end of an iteration joins the next. A replica at rest looks up as soon as a
request comes, after all other events of that moment.

A replica that closes finishes those that it has begun; who waits there goes elsewhere.
"""

from __future__ import annotations

import functools
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import (
    DONE,
    NOBODY,
    OPEN,
    PREFILL,
    REFUSED,
    SET_CLOCK,
    Controls,
    Kinds,
    Outcomes,
    Requests,
    Routes,
    Rules,
)
from carbonplan.replay.batches import (
    admit,
    has_place,
    leave,
    lets_in,
    make_room,
    order_key,
    put,
)
from carbonplan.replay.clocks import adapt
from carbonplan.replay.compiled import compiled, kept, one_at_a_time
from carbonplan.replay.queues import merged, sift_down, sift_up, without_first
from carbonplan.replay.routing import may_be_served, route
from carbonplan.replay.steps import begin_iteration, decode_on
from carbonplan.replay.transfers import arrived, send
from carbonplan.replay.world import MANY, NEVER, World, new_world, outcomes_of


def run(
    requests: Requests,
    kinds: Kinds,
    controls: Controls,
    routes: Routes,
    rules: Rules,
    minutes: int,
) -> Outcomes:
    """Take requests, in the order of their release, through the replicas of a region.

    Parameters
    ----------
    minutes
        Bins of energy, each ``rules.minute_s`` long; what comes after the last counts in it.
    """
    ready()
    world = new_world(requests, kinds, controls, routes, rules, minutes)
    advance(world, NEVER)
    return outcomes_of(world.requests, world)


@functools.cache
def ready() -> None:
    """Compile the event loop, or load what an earlier process has compiled."""
    with one_at_a_time(), suppress(OSError):  # the disk is full: compiled, but not kept
        advance(_empty_world(), NEVER)


def _empty_world() -> World:
    """A world in which nothing happens, of the same types as any other."""
    none, whole = np.zeros(0), np.zeros(0, dtype=np.int64)
    tables = np.zeros((0, 1, 1, 2)), np.zeros((0, 1, 2))
    return new_world(
        Requests(none, whole, whole, none, none, none, whole, none, none, whole, none),
        Kinds(*(whole,) * 5, *(none,) * 5, *(tables[0],) * 2, *(tables[1],) * 3, *(none,) * 3),
        Controls(none, whole, whole, none),
        Routes(np.zeros((0, 1, 0)), np.zeros((0, 0), dtype=np.bool_), np.zeros((0, 1, 0)), 1.0),
        Rules(0, False, 0, 0, False, 1.0, 0.0, 1.0, 1.0, 60.0),
        1,
    )


@kept
def advance(world: World, until_s: float) -> None:
    """Let everything happen that happens before a time."""
    progress = world.progress[0]
    while True:
        control_s, moved_s, release_s, step_s = _next_times(world)
        now = min(min(control_s, moved_s), min(release_s, step_s))
        if now == NEVER or now >= until_s:
            return
        if control_s == now:
            progress.control += 1
            _control(progress.control - 1, now, world)
        elif moved_s == now:
            _find_place(arrived(world), now, world)
        elif release_s == now:
            progress.arrival += 1
            _find_place(progress.arrival - 1, now, world)
        else:
            replica = world.heap[0]
            _end_iterations(replica, now, world)
            _go_on(replica, now, world)


@compiled
def _next_times(world: World) -> tuple[float, float, float, float]:
    """When the next control, cache, request and end of an iteration come."""
    at = world.progress[0]
    control_s = moved_s = release_s = step_s = NEVER
    if at.control < len(world.controls):
        control_s = world.controls[at.control].time_s
    if at.moving > 0:
        moved_s = world.requests[world.moving[0]].arrives_s
    if at.arrival < len(world.requests):
        release_s = world.requests[at.arrival].release_s
    if at.size > 0:
        step_s = world.replicas[world.heap[0]].end_s
    return control_s, moved_s, release_s, step_s


@compiled
def _control(number: int, now: float, world: World) -> None:
    """Open or close a replica, or set its clock."""
    control = world.controls[number]
    replica = control.replica
    here = world.replicas[replica]
    if control.action == SET_CLOCK:
        _cut_short(replica, now, world)
        here.wanted_clock = control.clock
    elif control.action == OPEN:
        here.is_open = True
        root = world.progress[0].homeless
        world.progress[0].homeless = NOBODY
        _find_places(root, now, world)
    else:
        here.is_open = False
        root = here.root
        here.root, here.waiting, here.awaited = NOBODY, 0, 0
        _find_places(root, now, world)


@compiled
def _find_places(root: int, now: float, world: World) -> None:
    """Let all who wait together find other places, in order; caches stay behind."""
    while root != NOBODY:
        number = root
        root = without_first(number, world.requests)
        world.requests[number].computed = 0
        _find_place(number, now, world)


@compiled
def _find_place(number: int, now: float, world: World) -> None:
    """Let a request go to a replica, or wait until one opens."""
    replica = route(number, now, world)
    if replica != NOBODY:
        put(number, replica, world)
        _look_up(replica, now, world)
    elif may_be_served(number, world):
        request, progress = world.requests[number], world.progress[0]
        request.key = order_key(request, world.rules[0].order)
        progress.homeless = merged(progress.homeless, number, world.requests)
    else:
        world.requests[number].state = REFUSED


@compiled
def _look_up(replica: int, now: float, world: World) -> None:
    """Let a replica see who has come: now if it rests, else at the end of an iteration."""
    here = world.replicas[replica]
    if here.end_s == NEVER:
        here.end_s = now
        _queue(replica, world)
    elif world.rules[0].looks_every <= 1 and (
        world.rules[0].preempts or has_place(replica, here.root, world)
    ):
        _cut_short(replica, now, world)


@compiled
def _cut_short(replica: int, now: float, world: World) -> None:
    """Of iterations that are taken together, keep those that have begun."""
    here = world.replicas[replica]
    if here.steps > 1:
        decode_on(replica, here.steps, now, world)
        sift_up(world.replicas.end_s, world.heap, world.replicas.place, here.place)


@compiled
def _go_on(replica: int, now: float, world: World) -> None:
    """Fill the batch and begin the next iteration, or rest."""
    here = world.replicas[replica]
    make_room(replica, world)
    if lets_in(replica, world):
        admit(replica, now, world)
    if here.running == 0:
        _rest(replica, world)
        return
    if world.rules[0].adapts:
        adapt(replica, now, world)
    begin_iteration(replica, now, world)
    ends, places = world.replicas.end_s, world.replicas.place
    sift_down(ends, world.heap, places, here.place, world.progress[0].size)


@compiled
def _queue(replica: int, world: World) -> None:
    """Put a replica among those at work."""
    progress = world.progress[0]
    world.heap[progress.size] = replica
    progress.size += 1
    sift_up(world.replicas.end_s, world.heap, world.replicas.place, progress.size - 1)


@compiled
def _rest(replica: int, world: World) -> None:
    """Take a replica, the first in the heap, out of those at work."""
    here, progress = world.replicas[replica], world.progress[0]
    here.steps, here.end_s = 0, NEVER
    progress.size -= 1
    if progress.size:
        world.heap[0] = world.heap[progress.size]
        ends, places = world.replicas.end_s, world.replicas.place
        sift_down(ends, world.heap, places, 0, progress.size)


@compiled
def _end_iterations(replica: int, now: float, world: World) -> None:
    """Make the tokens of iterations; who is done leaves, prompts that are computed move on."""
    here = world.replicas[replica]
    if here.steps == 0:  # it rested
        return
    _account(replica, now, world)
    kind, more = world.kinds[here.kind], here.steps - 1
    if here.patience < MANY:
        here.since += here.steps
    here.used += here.sequences * more
    for at in range(here.running - 1, -1, -1):
        number = world.sequence[replica, at]
        request = world.requests[number]
        request.computed += request.chunk + more
        if request.computed < request.prompt + request.made + more:
            continue
        if kind.role == PREFILL:
            leave(replica, at, world)
            request.origin = here.kind
            send(number, now + kind.moved_s_per_token * request.prompt, world)
            continue
        _make_tokens(request, replica, now, world)
        if request.made >= request.output:
            leave(replica, at, world)
            request.state = DONE
            request.done_s = now


@compiled
def _make_tokens(request: NDArray, replica: int, now: float, world: World) -> None:
    """A request gains a token in each iteration."""
    here = world.replicas[replica]
    if request.made == 0:
        request.first_s = now
    else:
        gap_s = max(here.first_end_s - request.last_s, here.longest_s)
        request.longest_gap_s = max(request.longest_gap_s, gap_s)
    request.made += here.steps
    request.last_s = now
    here.used += 1


@compiled
def _account(replica: int, now: float, world: World) -> None:
    """Add what iterations took to what their kind has taken."""
    here = world.replicas[replica]
    kind, seconds = world.kinds[here.kind], now - here.began_s
    minute = min(int(here.began_s / world.rules[0].minute_s), world.energy_kj.shape[0] - 1)
    world.energy_kj[minute, here.kind] += here.drawn_kj
    kind.busy_s += seconds
    kind.batch_s += seconds * here.sequences
    kind.clock_s += seconds * here.clock
    kind.steps += here.steps
