"""The replay stated a second time, as processes of SimPy: slow, and only for small cases.

What it states. A replica repeats: put back the last in order while one more token of each
running request does not fit and more than one runs; let waiting requests in, in order, while
there is a place and memory, a preemptive one in the places of running ones that come after it
if these give it room; rest if nobody runs; else look at the clock, and run an iteration. In
it every request of which all but the last token of its context is in the cache makes a token;
of the others the missing part is computed, or of all of them together what a chunk leaves
beside the sequences, one token at least, in the order in which they joined; whose context is
complete makes a token. Prefill replicas send what is complete to decode replicas instead.
Under a rule that keeps prompts apart nobody makes a token beside one; under one that keeps
them whole a prompt that does not fit beside others waits. Requests are let in after every
iteration, or where replicas look up rarely after so many that decode, and after each with
prompts; or where they hold requests back when enough tokens wait and run, or after so many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, nan

import numpy as np
import simpy

from carbonplan.replay.arrays import (
    CLOSE,
    DECODE,
    DONE,
    EDF,
    LLF,
    OPEN,
    PLANNED,
    PREFILL,
    REFUSED,
    SHORTEST_ANYWHERE,
    SRTF,
    WAITING,
    Controls,
    Requests,
    Routes,
    Rules,
)
from tests.replay.regions import Like


@dataclass(eq=False)
class Request:
    """A request on its way."""

    number: int
    asks: dict[str, float]
    made: int = 0
    cached: int = 0
    origin: int | None = None
    state: int = WAITING
    replica: int = -1
    preemptions: int = 0
    begun_s: float = nan
    first_s: float = nan
    done_s: float = nan
    longest_gap_s: float = 0.0
    last_s: float = nan

    @property
    def context(self) -> int:
        return self.asks["prompt"] + self.made


@dataclass(eq=False)
class Replica:
    """A replica: who waits, who runs."""

    number: int
    kind: int
    like: Like
    clock: float
    is_open: bool = False
    waiting: list[Request] = field(default_factory=list)
    running: list[Request] = field(default_factory=list)
    bell: simpy.Event | None = None
    next_look_s: float = 0.0
    since: int = 0
    is_holding: bool = False

    def held(self, but: Sequence[Request] = ()) -> int:
        return sum(one.context + 1 for one in self.running if one not in but)


class Region:
    """All replicas of a region, and the processes that drive them."""

    def __init__(
        self,
        requests: Requests,
        likes: Sequence[Like],
        controls: Controls,
        routes: Routes,
        rules: Rules,
    ) -> None:
        self.env = simpy.Environment()
        self.likes, self.routes, self.rules = likes, routes, rules
        self.requests = [
            Request(n, {name: getattr(requests, name)[n].item() for name in requests._fields})
            for n in range(len(requests.release_s))
        ]
        self.replicas = []
        for kind, like in enumerate(likes):
            for _ in range(like.replicas):
                number = len(self.replicas)
                self.replicas.append(Replica(number, kind, like, like.clocks[1]))
        self.turns = [0] * len(likes)
        self.homeless: list[Request] = []
        self.energy_kj = [0.0] * len(likes)
        self.env.process(self._controls(controls))
        self.env.process(self._arrivals())
        for replica in self.replicas:
            self.env.process(self._serve(replica))
        self.env.run()

    def _controls(self, controls: Controls):
        for time_s, number, action, clock in zip(*controls_in_order(controls), strict=True):
            yield self.env.timeout(time_s - self.env.now)
            replica = self.replicas[number]
            if action == OPEN:
                replica.is_open = True
                self._send_all(self.homeless)
            elif action == CLOSE:
                replica.is_open = False
                self._send_all(replica.waiting)
            else:
                replica.clock = clock

    def _send_all(self, queue: list[Request]) -> None:
        leaving, queue[:] = sorted(queue, key=self._order), []
        for request in leaving:
            request.cached = 0
            self._place(request)

    def _arrivals(self):
        for request in self.requests:
            yield self.env.timeout(request.asks["release_s"] - self.env.now)
            self._place(request)

    def _order(self, request: Request) -> tuple[float, float, int]:
        asks, order = request.asks, self.rules.order
        remaining = max(asks["expected"] - request.made, 1.0)
        key = asks["release_s"]
        if order == SRTF:
            key = remaining
        elif order == EDF:
            key = asks["deadline_s"]
        elif order == LLF:
            key = asks["deadline_s"] - remaining * asks["token_s"]
        return asks["priority"], key, request.number

    # --- where a request goes

    def _place(self, request: Request) -> None:
        able = [k for k in range(len(self.likes)) if self._may(request, k)]
        if not able:
            request.state = REFUSED
            return
        replica = self._planned(request, able) or self._least(able)
        if replica is None:
            self.homeless.append(request)
            return
        request.replica = replica.number
        replica.waiting.append(request)
        if replica.bell is not None and not replica.bell.triggered:
            replica.bell.succeed()

    def _may(self, request: Request, kind: int) -> bool:
        like, asks = self.likes[kind], request.asks
        longest = asks["prompt"] + (1 if like.role == PREFILL else asks["output"])
        if request.origin is None:
            serves = self.routes.serves[asks["group"], kind]
        else:
            serves = self._takes(request, kind)
        return bool(serves) and longest <= like.room

    def _takes(self, request: Request, kind: int) -> bool:
        """Whether a decode kind is planned for a request, and reads what its origin made."""
        planned = self.routes.decode_of[request.asks["group"], :, kind].any()
        reads = self.routes.hands_to
        return bool(planned and (reads is None or reads[request.origin, kind]))

    def _planned(self, request: Request, able: Sequence[int]) -> Replica | None:
        if self.rules.routing == SHORTEST_ANYWHERE:
            return None
        slot = min(int(self.env.now // self.routes.slot_s), self.routes.shares.shape[1] - 1)
        draw, shares = request.asks["draw"], self.routes.shares[request.asks["group"], slot]
        if request.origin is not None:
            handed = self.routes.decode_of[request.asks["group"], slot]
            takes = [self._takes(request, kind) for kind in range(len(self.likes))]
            draw, shares = draw * 65536 % 1, np.cumsum(handed * takes)
        chosen = next((k for k, share in enumerate(shares) if draw * shares[-1] < share), None)
        if chosen not in able:
            return None
        if self.rules.routing != PLANNED:
            return self._least([chosen])
        mine = [one for one in self.replicas if one.kind == chosen]
        for _ in mine:
            replica = mine[self.turns[chosen]]
            self.turns[chosen] = (self.turns[chosen] + 1) % len(mine)
            if replica.is_open:
                return replica
        return None

    def _least(self, kinds: Sequence[int]) -> Replica | None:
        open_ones = [one for one in self.replicas if one.is_open and one.kind in kinds]
        if not open_ones:
            return None
        return min(
            open_ones, key=lambda one: (len(one.waiting) + len(one.running)) / one.like.slots
        )

    # --- what a replica does

    def _serve(self, replica: Replica):
        while True:
            like = replica.like
            while len(replica.running) > 1 and replica.held() > like.room:
                self._put_back(replica)
            if self._lets_in(replica):
                self._fill(replica)
            if not replica.running:
                replica.bell = self.env.event()
                yield replica.bell
                replica.bell = None
                continue
            if self.rules.adapts:
                self._look_at_clock(replica)
            yield from self._iterate(replica)

    def _lets_in(self, replica: Replica) -> bool:
        rules, replica.is_holding = self.rules, False
        if rules.looks_every > 1:
            if replica.running and replica.since < rules.looks_every:
                return False
        elif replica.running and replica.waiting and rules.holds_steps:
            first = min(replica.waiting, key=self._order)
            tokens = sum(one.context for one in replica.waiting) + len(replica.running)
            replica.is_holding = (
                self._has_place(replica, first.context + 1)
                and tokens < rules.holds_tokens
                and replica.since < rules.holds_steps
            )
        if not replica.is_holding:
            replica.since = 0
        return not replica.is_holding

    def _fill(self, replica: Replica) -> None:
        like = replica.like
        while replica.waiting:
            first = min(replica.waiting, key=self._order)
            needs = first.context + 1
            if not self._has_place(replica, needs):
                behind = [o for o in replica.running if self._order(o) > self._order(first)]
                helps = behind and replica.held(but=behind) + needs <= like.room
                if not (self.rules.preempts and helps):
                    return
                while not self._has_place(replica, needs):
                    self._put_back(replica)
            replica.waiting.remove(first)
            replica.running.append(first)
            if like.role == DECODE:
                first.cached = first.context - 1
            if first.begun_s != first.begun_s:
                first.begun_s = self.env.now

    def _has_place(self, replica: Replica, needs: int) -> bool:
        like = replica.like
        return len(replica.running) < like.slots and replica.held() + needs <= like.room

    def _put_back(self, replica: Replica) -> None:
        last = max(replica.running, key=self._order)
        replica.running.remove(last)
        replica.waiting.append(last)
        last.preemptions += 1
        if not self.rules.keeps_cache:
            last.cached = 0

    def _look_at_clock(self, replica: Replica) -> None:
        rules, now = self.rules, self.env.now
        if now < replica.next_look_s:
            return
        replica.next_look_s = now + rules.control_s
        first = sorted(replica.waiting, key=self._order)[:1]
        late = any(
            one.made == 0
            and now - one.asks["release_s"] > rules.risk_share * one.asks["ttft_s"]
            for one in first + replica.running
        )
        slow = any(
            one.made > 1
            and now - one.first_s > rules.risk_share * one.asks["tpot_s"] * (one.made - 1)
            for one in replica.running
        )
        lowest, highest = replica.like.clocks
        if late or slow:
            replica.clock = min(replica.clock * rules.raise_by, highest)
        else:
            replica.clock = max(replica.clock - rules.lower_by, lowest)

    def _iterate(self, replica: Replica):
        like, slow = replica.like, slowness(replica.like, replica.clock)
        sequences = [
            one
            for one in replica.running
            if one.cached == one.context - 1 and (one.cached > 0 or like.role == DECODE)
        ]
        ready = sequences
        if self.rules.prompts_apart and len(ready) < len(replica.running):
            sequences = []
        if len(ready) < len(replica.running):
            replica.since = max(replica.since, self.rules.looks_every - 1)
        replica.since += self.rules.looks_every > 1 or replica.is_holding
        budget = inf
        if self.rules.chunk_tokens:
            budget = max(self.rules.chunk_tokens - len(sequences), 1)
        seconds = energy = 0.0
        if sequences:
            context = sum(one.context for one in sequences)
            seconds = slow * (
                like.fixed_s
                + like.per_sequence_s * len(sequences)
                + like.per_context_s * context
            )
            energy = like.kw * seconds
        chunks = []
        for one in replica.running:
            missing = 0 if one in ready else one.context - one.cached
            chunk = int(min(missing, budget))
            if self.rules.prompts_whole and chunk < missing:
                chunk, budget = (0 if any(chunks) else missing), 0
            budget = max(budget - chunk, 0)
            chunks.append(chunk)
            if chunk:
                seconds += slow * like.per_prompt_s * chunk
                seconds += like.admission_s if one.cached == 0 else 0.0
                energy += like.kj_per_prompt_token * chunk
        if not sequences:
            seconds += slow * like.alone_s
        yield self.env.timeout(seconds)
        self.energy_kj[replica.kind] += energy
        parts = zip(list(replica.running), chunks, strict=True)
        for one, chunk in sorted(parts, key=lambda part: part[0].number):
            one.cached += 1 if one in sequences else chunk
            if one.cached == one.context:
                self._complete(replica, one)

    def _complete(self, replica: Replica, one: Request) -> None:
        now = self.env.now
        if replica.like.role == PREFILL:
            replica.running.remove(one)
            one.origin = replica.kind
            self.env.process(self._travel(one, replica.like.moved_s * one.asks["prompt"]))
            return
        if one.made == 0:
            one.first_s = now
        else:
            one.longest_gap_s = max(one.longest_gap_s, now - one.last_s)
        one.made += 1
        one.last_s = now
        if one.made == one.asks["output"]:
            replica.running.remove(one)
            one.state, one.done_s = DONE, now

    def _travel(self, one: Request, seconds: float):
        yield self.env.timeout(seconds)
        self._place(one)


def controls_in_order(controls: Controls) -> tuple[list, list, list, list]:
    """Columns of controls as plain values."""
    columns = controls.time_s, controls.replica, controls.action, controls.clock
    return tuple(column.tolist() for column in columns)


def slowness(like: Like, clock: float) -> float:
    """Times of a clock over those of the highest; linear between the ends."""
    lowest, highest = like.clocks
    if highest <= lowest:
        return 1.0
    share = (min(max(clock, lowest), highest) - lowest) / (highest - lowest)
    return like.slowdown + share * (1.0 - like.slowdown)
