"""Requests that come in parts: memory for one part and for those on their way, however many.

What becomes of a request is the same as if all came at once. Before a part is taken up, those
of earlier parts that are not done move to the front of it, in their order, and every link to
them with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import (
    NOBODY,
    WAITING,
    Controls,
    Flags,
    Kinds,
    Routes,
    Rules,
)
from carbonplan.replay.arrivals import Arrivals, Part
from carbonplan.replay.engine import advance, ready
from carbonplan.replay.world import NEVER, World, new_world, request_records


class Taken(NamedTuple):
    """A region after it has taken a part; with the next part it changes.

    Attributes
    ----------
    world
        Its requests are those of the part, and before them those that were on their way.
    arrivals
        What else is known of these requests.
    is_over
        Of which of them nothing more is to come; the last part leaves none behind.
    end_s
        Before which everything has happened, and no other request comes.
    """

    world: World
    arrivals: Arrivals
    is_over: Flags
    end_s: float


def run_in_parts(
    parts: Iterable[Part],
    kinds: Kinds,
    controls: Controls,
    routes: Routes,
    rules: Rules,
    minutes: int,
) -> Iterator[Taken]:
    """Take requests through as ``run`` does; each part begins where the one before ends.

    Parameters
    ----------
    parts
        One at least; only the last has no end.
    """
    ready()
    world, arrivals = None, None
    for part in parts:
        if world is None:
            world = new_world(part.requests, kinds, controls, routes, rules, minutes)
            arrivals = part.arrivals
        else:
            stays = world.requests["state"] == WAITING
            world = _with_more(world, stays, request_records(part.requests))
            arrivals = _with_others(arrivals, stays, part.arrivals)
        advance(world, part.end_s)
        is_over = (world.requests["state"] != WAITING) | (part.end_s == NEVER)
        yield Taken(world, arrivals, is_over, part.end_s)


def _with_others(arrivals: Arrivals, stays: Flags, others: Arrivals) -> Arrivals:
    """What is known of requests that stay, and of others behind them."""
    pairs = zip(arrivals, others, strict=True)
    return Arrivals(*(np.concatenate([one[stays], other]) for one, other in pairs))


def _with_more(world: World, stays: Flags, part: NDArray) -> World:
    """The world with the requests that stay, and others behind them."""
    now_at = np.append(np.cumsum(stays) - 1, NOBODY)  # nobody, the last, stays nobody
    requests = np.concatenate([world.requests[stays], part])
    staying = requests[: int(stays.sum())]
    for name in ("left", "right"):
        staying[name] = now_at[staying[name]]
    world.replicas["root"] = now_at[world.replicas["root"]]
    world.progress["homeless"] = now_at[world.progress["homeless"]]
    world.progress["arrival"] = len(staying)
    moving = np.zeros(len(requests), dtype=np.int64)
    count = int(world.progress["moving"][0])
    moving[:count] = now_at[world.moving[:count]]
    return world._replace(requests=requests, moving=moving, sequence=now_at[world.sequence])
