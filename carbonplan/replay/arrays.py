"""What a replay takes and returns: arrays in named tuples.

A *kind* is an engine in a region: replicas that are alike. A *group* is a request class of an
origin: requests that are routed alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FCFS, SRTF, EDF, LLF = range(4)  # order in which waiting requests are taken
PLANNED, SHORTEST, SHORTEST_ANYWHERE = range(3)  # how a request finds its replica
CLOSE, OPEN, SET_CLOCK = range(3)  # what a control does to a replica
MIXED, PREFILL, DECODE = range(3)  # roles
WAITING, DONE, REFUSED = range(3)  # what became of a request: unfinished, done, never fits
NOBODY = -1


class Requests(NamedTuple):
    """Requests in the order in which they reach the region, (request,).

    Attributes
    ----------
    release_s
        When a request reaches the region: arrival and network, or the release of batch work.
    expected
        Output tokens as the scheduler believes them.
    deadline_s
        By which it should be done, for the orders that know deadlines.
    token_s
        Time that a token is believed to take, for laxity.
    ttft_s, tpot_s
        Limits, infinite without; clock control watches them.
    draw
        Uniform in [0, 1): decides where a request goes among planned shares.
    """

    release_s: Floats
    prompt: Integers
    output: Integers
    expected: Floats
    deadline_s: Floats
    token_s: Floats
    priority: Integers
    ttft_s: Floats
    tpot_s: Floats
    group: Integers
    draw: Floats


class Kinds(NamedTuple):
    """Replicas that are alike, (kind,), and what a step of theirs takes.

    Attributes
    ----------
    first, last
        Replicas of a kind are numbered from first to last, exclusive.
    slots
        Sequences that run at once, at most.
    room_tokens
        KV cache in tokens.
    before_s, before_s_per_token, admission_s
        Of a request before its prompt is computed, which holds up nobody else, and for each of
        the prompt's tokens; and in the step in which it begins to be.
    moved_s_per_token
        Of a KV cache from a prefill replica to a decode replica.
    lowest_clock, highest_clock
        Shares of the boost clock at the first and the last level; levels lie evenly between.
    decode_s, decode_kw
        Step with so many sequences and such a mean context, and power above idle,
        (kind, level, batch, context).
    alone_s, work_s, work_kj
        A prompt alone; what it adds to a step beside others, and its energy above idle,
        (kind, level, tokens); admission excluded.
    context_scale, prompt_scale
        Tokens at the end of the axes; their points lie at scale · (i / last)².
    """

    role: Integers
    first: Integers
    last: Integers
    slots: Integers
    room_tokens: Integers
    before_s: Floats
    admission_s: Floats
    moved_s_per_token: Floats
    lowest_clock: Floats
    highest_clock: Floats
    decode_s: Floats
    decode_kw: Floats
    alone_s: Floats
    work_s: Floats
    work_kj: Floats
    context_scale: Floats
    prompt_scale: Floats
    before_s_per_token: Floats


class Controls(NamedTuple):
    """What happens to replicas whatever arrives, in order of time, (control,)."""

    time_s: Floats
    replica: Integers
    action: Integers
    clock: Floats


class Routes(NamedTuple):
    """Where requests of a group go.

    Attributes
    ----------
    shares
        Cumulated shares of the kinds, (group, slot, kind); those of a slot without a plan
        for the group are all 0.
    serves
        Whether a kind may serve a group, (group, kind).
    decode_of
        Shares of the kinds of decode replicas, (group, slot, kind). Those with a share of a
        group in any slot may stand in for others.
    hands_to
        Decode kinds that can read the caches of a prefill kind, (kind, kind); None: all.
    """

    shares: Floats
    serves: Flags
    decode_of: Floats
    slot_s: float
    hands_to: Flags | None = None


class Rules(NamedTuple):
    """How replicas are run.

    Attributes
    ----------
    order
        FCFS, SRTF, EDF or LLF.
    preempts
        Whether a waiting request may take the places of running ones that come after it.
    chunk_tokens
        Most tokens of an iteration, sequences and prompts together; one of a prompt at least.
        0: prompts are computed whole.
    routing
        PLANNED, SHORTEST (of the planned kind) or SHORTEST_ANYWHERE.
    adapts
        Whether clocks follow the load, each replica's at most every ``control_s``: times
        ``raise_by`` at risk, less ``lower_by`` otherwise.
    risk_share
        Share of a limit beyond which a request is at risk.
    minute_s
        Length of the bins of energy.
    keeps_cache
        Whether who is preempted keeps its cache, swapped to the host's memory at no cost,
        as long as it stays with its replica; without, the cache is computed again.
    looks_ahead
        Whether iterations that nothing can interrupt are taken as one event. What becomes of
        requests is the same without, and takes longer to find out.
    prompts_apart
        Whether prompts have iterations of their own, before sequences go on, as in SGLang;
        without, they are computed beside the sequences.
    prompts_whole
        Whether no prompt is cut, as in TensorRT-LLM: those that exceed ``chunk_tokens``
        together with others come later.
    looks_every
        Iterations of decoding from one time to the next that waiting requests may join.
    holds_steps, holds_tokens
        While fewer tokens than these wait and run, requests wait for others to join with them,
        but so many iterations at most.
    """

    order: int
    preempts: bool
    chunk_tokens: int
    routing: int
    adapts: bool
    raise_by: float
    lower_by: float
    control_s: float
    risk_share: float
    minute_s: float
    keeps_cache: bool = False
    looks_ahead: bool = True
    prompts_apart: bool = False
    prompts_whole: bool = False
    looks_every: int = 1
    holds_steps: int = 0
    holds_tokens: int = 0


class Outcomes(NamedTuple):
    """What became of each request, (request,), and what was drawn, (minute, kind).

    Attributes
    ----------
    replica
        The last at which it was.
    begun_s
        When it first joined a batch.
    first_s, done_s
        First and last token.
    longest_gap_s
        Between two of its tokens.
    energy_kj
        Above that of idle replicas, by the minute in which an iteration begins, and kind.
    steps, batch_s
        Iterations, and sequences times seconds, by kind.
    clock_s
        Clock times busy seconds, by kind; over ``busy_s`` the mean clock.
    """

    state: Integers
    replica: Integers
    begun_s: Floats
    first_s: Floats
    done_s: Floats
    longest_gap_s: Floats
    preemptions: Integers
    energy_kj: Floats
    busy_s: Floats
    batch_s: Floats
    clock_s: Floats
    steps: Integers
