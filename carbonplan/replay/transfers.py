"""Caches on their way from prefill to decode replicas. Compiled code."""

from __future__ import annotations

from carbonplan.replay.compiled import compiled
from carbonplan.replay.queues import sift_down, sift_up
from carbonplan.replay.world import World


@compiled
def send(number: int, arrives_s: float, world: World) -> None:
    """A cache sets out for a decode replica."""
    progress = world.progress[0]
    world.requests[number].arrives_s = arrives_s
    world.moving[progress.moving] = number
    progress.moving += 1
    times, places = world.requests.arrives_s, world.requests.place
    sift_up(times, world.moving, places, progress.moving - 1)


@compiled
def arrived(world: World) -> int:
    """Take the cache that arrives first."""
    number, progress = world.moving[0], world.progress[0]
    progress.moving -= 1
    if progress.moving:
        world.moving[0] = world.moving[progress.moving]
        times, places = world.requests.arrives_s, world.requests.place
        sift_down(times, world.moving, places, 0, progress.moving)
    return number
