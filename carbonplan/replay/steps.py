r"""How long an iteration takes and what it draws: tables of the technology models. Compiled.

With B sequences of mean context n̄ and prompts of which chunks from :math:`o_i` to
:math:`o_i + c_i` are computed, at one clock,

.. math::

    t &= t_{dec}(B, \bar n) + \sum_i [w(o_i + c_i) - w(o_i)] + m\,t_{admission} \\
    t_{dec}(0) &= \max\bigl(t_{alone}(C) - w(C), 0\bigr), \quad C = \sum_i c_i \\
    E &= P_{dec}(B, \bar n)\,t_{dec}(B, \bar n) + \sum_i [e(o_i + c_i) - e(o_i)]

with w and e the time and the energy that a prompt adds to a busy replica, m the prompts that
begin, and :math:`P_{dec}(0) = 0`. Between the points of the tables everything is linear;
contexts and prompts have more points where they are short. A request decodes when only its last
token is missing in the cache: after its first tokens, and when a chunk has left just one token
of its prompt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import DECODE, LLF, Floats
from carbonplan.replay.compiled import compiled
from carbonplan.replay.world import MANY, NEVER, World


@compiled
def begin_iteration(replica: int, now: float, world: World) -> None:
    """Set the end of a replica's next iteration, its energy above idle, and its chunks.

    Where sequences are decoded and nothing else, it is all iterations until something may
    change: the first of them is done, memory is full, the clock is looked at, a minute ends.
    """
    here, rules = world.replicas[replica], world.rules[0]
    here.began_s, here.clock = now, here.wanted_clock
    shortest = _look_through(replica, world)
    if here.sequences < here.running:
        if rules.prompts_apart:
            _hold_sequences(replica, world)
        _compute_prompts(replica, world)
        if rules.looks_every > 1:
            here.since = rules.looks_every
        return
    most = 1
    may_displace = here.waiting > 0 and rules.preempts and rules.order == LLF
    if rules.looks_ahead and not may_displace:
        room = world.kinds[here.kind].room_tokens - here.used
        most = max(min(min(shortest, here.patience), room // here.sequences + 1), 1)
    decode_on(replica, most, here.next_control_s if rules.adapts else NEVER, world)


@compiled
def _look_through(replica: int, world: World) -> int:
    """Count sequences and their context; iterations until the first may leave."""
    here = world.replicas[replica]
    decodes = world.kinds[here.kind].role == DECODE
    sequences, context, shortest = 0, 0, MANY
    for at in range(here.running):
        request = world.requests[world.sequence[replica, at]]
        tokens = request.prompt + request.made
        request.chunk = 0
        if _is_decoded(request, decodes):
            request.chunk = 1
            sequences += 1
            context += tokens
            shortest = min(shortest, request.output - request.made if request.made else 1)
    here.sequences, here.context = sequences, context
    return shortest


@compiled
def _is_decoded(request: NDArray, decodes: bool) -> bool:
    """Whether the next iteration takes a request one token further."""
    missing = request.prompt + request.made - request.computed
    return missing == 1 and (request.computed > 0 or decodes)


@compiled
def _hold_sequences(replica: int, world: World) -> None:
    """Let sequences wait for an iteration of prompts alone."""
    here = world.replicas[replica]
    for at in range(here.running):
        world.requests[world.sequence[replica, at]].chunk = 0
    here.sequences, here.context = 0, 0


@compiled
def decode_on(replica: int, most: int, until_s: float, world: World) -> None:
    """Let a replica decode its sequences: iterations that begin before a time, one at least.

    They all begin in one minute.
    """
    here = world.replicas[replica]
    k, sequences, minute_s = here.kind, here.sequences, world.rules[0].minute_s
    times, powers = world.decode_s[k], world.decode_kw[k]
    scale, last = world.kinds[k].context_scale, times.shape[2] - 1
    level, share = clock_level(here.clock, k, world)
    minute = int(here.began_s / minute_s)
    end_s, energy, longest, steps = here.began_s, 0.0, 0.0, 0
    while steps == 0 or (steps < most and end_s < until_s and int(end_s / minute_s) == minute):
        mean = (here.context + steps * sequences) / sequences
        i, part = position(mean, scale, last)
        step_s = _between(times, level, share, sequences, i, part)
        before_s = end_s
        end_s += step_s
        energy += step_s * _between(powers, level, share, sequences, i, part)
        if steps == 0:
            here.first_end_s = end_s
        else:
            longest = max(longest, end_s - before_s)
        steps += 1
    here.steps, here.end_s, here.drawn_kj = steps, end_s, energy
    here.longest_s = longest


@compiled
def _compute_prompts(replica: int, world: World) -> None:
    """One iteration with chunks of prompts beside the sequences."""
    here = world.replicas[replica]
    k, sequences = here.kind, here.sequences
    level, share = clock_level(here.clock, k, world)
    seconds, energy, total = _chunks(replica, level, share, world)
    if sequences == 0:
        alone_s = of_prompt(world.alone_s, k, level, share, total, world)
        work_s = of_prompt(world.work_s, k, level, share, total, world)
        seconds += max(alone_s - work_s, 0.0)
    else:
        times, powers = world.decode_s[k], world.decode_kw[k]
        i, part = position(
            here.context / sequences, world.kinds[k].context_scale, times.shape[2] - 1
        )
        step_s = _between(times, level, share, sequences, i, part)
        seconds += step_s
        energy += step_s * _between(powers, level, share, sequences, i, part)
    here.steps, here.drawn_kj = 1, energy
    here.end_s = here.first_end_s = here.began_s + seconds
    here.longest_s = 0.0


@compiled
def _chunks(replica: int, level: int, share: float, world: World) -> tuple[float, float, int]:
    """Time and energy that chunks of prompts add to an iteration, and their tokens."""
    here, rules = world.replicas[replica], world.rules[0]
    k, most = here.kind, rules.chunk_tokens
    left = max(most - here.sequences, 1) if most > 0 else MANY
    seconds, energy, total = 0.0, 0.0, 0
    for at in range(here.running):
        request = world.requests[world.sequence[replica, at]]
        if left == 0 or request.chunk == 1:
            continue
        if rules.prompts_apart and _is_decoded(request, False):
            continue
        before = request.computed
        request.chunk = request.prompt + request.made - before
        if request.chunk > left:
            request.chunk = _of_last(request.chunk, left, total, rules.prompts_whole)
            left = request.chunk
        left -= request.chunk
        total += request.chunk
        after = before + request.chunk
        seconds += of_prompt(world.work_s, k, level, share, after, world)
        seconds -= of_prompt(world.work_s, k, level, share, before, world)
        energy += of_prompt(world.work_kj, k, level, share, after, world)
        energy -= of_prompt(world.work_kj, k, level, share, before, world)
        if before == 0 and after > 0:
            seconds += world.kinds[k].admission_s
    return seconds, energy, total


@compiled
def _of_last(missing: int, left: int, total: int, is_whole: bool) -> int:
    """Tokens of a prompt that exceeds what is left of an iteration."""
    if not is_whole:
        return left
    return missing if total == 0 else 0


@compiled
def clock_level(clock: float, k: int, world: World) -> tuple[int, float]:
    """Level below a clock, and how far it is on the way to the next."""
    kind, last = world.kinds[k], world.decode_s.shape[1] - 1
    span = kind.highest_clock - kind.lowest_clock
    if last == 0 or span <= 0.0:
        return last, 0.0
    at = (clock - kind.lowest_clock) / span * last
    level = min(max(int(at), 0), last - 1)
    return level, min(max(at - level, 0.0), 1.0)


@compiled
def position(tokens: float, scale: float, last: int) -> tuple[int, float]:
    """Point of an axis below, and how far on the way to the next; past the end beyond 1."""
    i = min(int(np.sqrt(tokens / scale) * last), last - 1)
    step = scale / (last * last)
    low, high = step * i * i, step * (i + 1) * (i + 1)
    return i, (tokens - low) / (high - low)


@compiled
def of_prompt(
    tables: Floats, k: int, level: int, share: float, tokens: int, world: World
) -> float:
    """Value of a table over (kind, level, tokens)."""
    table = tables[k]
    i, part = position(tokens, world.kinds[k].prompt_scale, table.shape[1] - 1)
    low = table[level, i] + (table[level, i + 1] - table[level, i]) * part
    if share == 0.0:
        return low
    high = table[level + 1, i] + (table[level + 1, i + 1] - table[level + 1, i]) * part
    return low + share * (high - low)


@compiled
def _between(table: Floats, level: int, share: float, batch: int, i: int, part: float) -> float:
    """Value of a table over (level, batch, context) at a position."""
    low = table[level, batch, i]
    low += (table[level, batch, i + 1] - low) * part
    if share == 0.0:
        return low
    high = table[level + 1, batch, i]
    high += (table[level + 1, batch, i + 1] - high) * part
    return low + share * (high - low)


def points(scale: float, count: int) -> Floats:
    """Points of an axis, (count,)."""
    return scale * (np.arange(count) / (count - 1)) ** 2
