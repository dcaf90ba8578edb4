"""Requests that come in parts: memory for one part and for those on their way, however many.

What becomes of a request is the same as if all came at once. Before a part is taken up, those
of earlier parts that are not done move to the front of it, in their order, and every link to
them with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import (
    NOBODY,
    WAITING,
    Controls,
    Integers,
    Kinds,
    Outcomes,
    Requests,
    Routes,
    Rules,
)
from carbonplan.replay.engine import advance, ready
from carbonplan.replay.world import NEVER, World, new_world, outcomes_of, request_records


class Finished(NamedTuple):
    """Requests of which nothing more is to come.

    Attributes
    ----------
    numbers
        Their positions among all requests, in order.
    outcomes
        What became of them; and of the kinds so far.
    """

    numbers: Integers
    outcomes: Outcomes


def run_in_parts(
    parts: Iterable[Requests],
    kinds: Kinds,
    controls: Controls,
    routes: Routes,
    rules: Rules,
    minutes: int,
) -> Iterator[Finished]:
    """Take requests through as ``run`` does; each part begins where the one before ends.

    The last that is yielded holds those that never were done, too.
    """
    ready()
    numbers, world, count = np.zeros(0, dtype=np.int64), None, 0
    for part, following in pairwise(
        chain((one for one in parts if len(one.release_s)), [None])
    ):
        if world is None:
            world = new_world(part, kinds, controls, routes, rules, minutes)
        else:
            world = _with_more(world, request_records(part))
        numbers = np.append(numbers, np.arange(count, count + len(part.release_s)))
        count += len(part.release_s)
        advance(world, NEVER if following is None else float(following.release_s[0]))
        is_over = (world.requests["state"] != WAITING) | (following is None)
        yield Finished(numbers[is_over], outcomes_of(world.requests[is_over], world))
        numbers = numbers[~is_over]


def _with_more(world: World, part: NDArray) -> World:
    """The world with the requests that are not done, and others behind them."""
    stays = world.requests["state"] == WAITING
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
