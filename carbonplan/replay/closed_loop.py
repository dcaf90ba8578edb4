"""Benchmarks of a fixed concurrency: who is done is followed at once by the next request.

The event loop takes requests at times that are given. Here it is stopped at every event of the
one replica, as many requests as are done are followed by as many others, and it goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import (
    DONE,
    OPEN,
    Controls,
    Floats,
    Integers,
    Kinds,
    Requests,
    Routes,
    Rules,
)
from carbonplan.replay.engine import advance, ready
from carbonplan.replay.engine_settings import FOREVER_S
from carbonplan.replay.world import NEVER, World, new_world


@dataclass(frozen=True)
class ClosedLoop:
    """What clients saw of one replica.

    Attributes
    ----------
    ttft_s, tpot_s
        Since a request was sent, and mean of the tokens after its first, (request,); NaN of
        those that were not served, and of tokens after the first where there are none.
    sent_s, done_s
        When each was sent and had its last token, (request,).
    step_s, steps, tokens, ends_s, energy_kj
        Length of iterations that follow each other in one run, how many, the tokens after a
        first one that they made, when the run was over, and what it drew above an idle
        replica, (run,).
    """

    ttft_s: Floats
    tpot_s: Floats
    sent_s: Floats
    done_s: Floats
    step_s: Floats
    steps: Floats
    tokens: Floats
    ends_s: Floats
    energy_kj: Floats


@dataclass
class Door:
    """Where requests come in, one after the other, before a replica sees them.

    Attributes
    ----------
    before_s, turn_s
        From when a request's turn begins until its prompt may be computed, (request,), and
        until the turn of the next.
    sent_s
        When each was sent, (request,).
    free_s, last_s
        When the next turn may begin, and the last prompt may be computed.
    """

    before_s: Floats
    turn_s: Floats
    sent_s: Floats
    free_s: float = 0.0
    last_s: float = 0.0

    def let_in(self, release_s: Floats, first: int, last: int, now: float) -> None:
        """Send requests now; nobody overtakes."""
        for number in range(first, last):
            begin_s = max(now, self.free_s)
            self.free_s = begin_s + self.turn_s[number]
            self.last_s = max(self.last_s, begin_s + self.before_s[number])
            self.sent_s[number], release_s[number] = now, self.last_s


def closed_loop(
    prompt: Integers,
    output: Integers,
    concurrency: int,
    kinds: Kinds,
    rules: Rules,
    turn_s: Floats | float = 0.0,
) -> ClosedLoop:
    """Send requests to one replica, first come, first served, so many at a time.

    Parameters
    ----------
    prompt, output
        Tokens of each request, in the order in which they are sent.
    kinds
        One kind with one replica.
    rules
        Of the replica.
    turn_s
        Of the time before a prompt what nobody else can have at once, (request,).
    """
    ready()
    before_s = kinds.before_s[0] + kinds.before_s_per_token[0] * prompt
    turns_s = np.broadcast_to(np.asarray(turn_s, dtype=float), before_s.shape)
    door = Door(before_s, turns_s, np.full(len(prompt), NEVER))
    world = _world(prompt, output, kinds, rules)
    runs = _to_the_end(world, door, min(concurrency, len(prompt)))
    records, sent_s = world.requests, door.sent_s
    is_done = records["state"] == DONE
    after = np.where(is_done & (output > 1), output - 1.0, np.nan)
    return ClosedLoop(
        ttft_s=np.where(is_done, records["first_s"] - sent_s, np.nan),
        tpot_s=(records["done_s"] - records["first_s"]) / after,
        sent_s=sent_s,
        done_s=records["done_s"].copy(),
        step_s=runs[:, 0],
        steps=runs[:, 1],
        tokens=runs[:, 2],
        ends_s=runs[:, 3],
        energy_kj=runs[:, 4],
    )


def _to_the_end(world: World, door: Door, together: int) -> NDArray[np.float64]:
    """Send and serve all; step, steps, tokens, end and energy of every run, (run, 5)."""
    release_s, state = world.requests["release_s"], world.requests["state"]
    replica, progress = world.replicas[0], world.progress[0]
    door.let_in(release_s, 0, together, 0.0)
    sent, runs = together, []
    while True:
        arrival = int(progress["arrival"])
        next_s = release_s[arrival] if arrival < len(release_s) else NEVER
        now = min(float(replica["end_s"]), float(next_s))
        if now == NEVER:
            return np.array(runs).reshape(-1, 5)
        steps = int(replica["steps"]) if replica["end_s"] == now else 0
        if steps:
            step_s = (now - float(replica["began_s"])) / steps
            tokens = steps * int(replica["sequences"])
            runs.append((step_s, steps, tokens, now, float(replica["drawn_kj"])))
        advance(world, np.nextafter(now, NEVER))
        wanted = int(np.count_nonzero(state[:sent])) + together
        upto = min(wanted, len(release_s))
        door.let_in(release_s, sent, upto, now)
        sent = max(sent, upto)


def _world(prompt: Integers, output: Integers, kinds: Kinds, rules: Rules) -> World:
    """One open replica, and requests none of which is sent yet."""
    count = len(prompt)
    never, none = np.full(count, NEVER), np.zeros(count)
    group = np.zeros(count, dtype=np.int64)
    requests = Requests(
        release_s=none,
        prompt=prompt,
        output=output,
        expected=output.astype(float),
        deadline_s=never,
        token_s=none,
        priority=group,
        ttft_s=never,
        tpot_s=never,
        group=group,
        draw=none,
    )
    first = np.zeros(1, dtype=np.int64)
    controls = Controls(np.zeros(1), first, np.full(1, OPEN), np.ones(1))
    alone = np.ones((1, 1, 1))
    routes = Routes(alone, np.ones((1, 1), dtype=np.bool_), np.zeros((1, 1, 1)), FOREVER_S)
    world = new_world(requests, kinds, controls, routes, rules, 1)
    world.requests["release_s"] = NEVER
    return world
