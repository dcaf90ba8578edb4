"""Everything that the event loop reads and changes, as records that compiled code takes.

Records of a request, of a replica, of a kind: one array each instead of one for every field.
Compiled code takes few arguments, and what is used together lies together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import (
    NOBODY,
    WAITING,
    Controls,
    Flags,
    Floats,
    Integers,
    Kinds,
    Outcomes,
    Requests,
    Routes,
    Rules,
)

NEVER, MANY = np.inf, np.iinfo(np.int64).max
F, I, B = np.float64, np.int64, np.bool_  # noqa: E741

REQUEST = np.dtype(
    [
        *((name, F) for name in ("release_s", "expected", "deadline_s", "token_s")),
        *((name, F) for name in ("ttft_s", "tpot_s", "draw")),
        *((name, I) for name in ("prompt", "output", "priority", "group")),
        *((name, F) for name in ("key", "last_s", "arrives_s")),
        *((name, I) for name in ("made", "computed", "chunk", "origin")),
        *((name, I) for name in ("left", "right", "place")),
        *((name, I) for name in ("state", "replica", "preemptions")),
        *((name, F) for name in ("begun_s", "first_s", "done_s", "longest_gap_s")),
    ]
)
REPLICA = np.dtype(
    [
        *((name, I) for name in ("kind", "is_open", "root", "waiting", "running", "used")),
        *((name, I) for name in ("steps", "sequences", "context", "place")),
        *((name, I) for name in ("awaited", "since", "patience")),
        *(
            (name, F)
            for name in ("clock", "wanted_clock", "end_s", "began_s", "next_control_s")
        ),
        *((name, F) for name in ("first_end_s", "longest_s", "drawn_kj")),
    ]
)
KIND = np.dtype(
    [
        *((name, I) for name in ("role", "first", "last", "slots", "room_tokens", "turn")),
        *((name, F) for name in ("admission_s", "moved_s_per_token")),
        *((name, F) for name in ("lowest_clock", "highest_clock")),
        *((name, F) for name in ("context_scale", "prompt_scale")),
        *((name, F) for name in ("busy_s", "batch_s", "clock_s")),
        ("steps", I),
    ]
)
CONTROL = np.dtype([("time_s", F), ("clock", F), ("replica", I), ("action", I)])
RULES = np.dtype(
    [
        *((name, I) for name in ("order", "chunk_tokens", "routing")),
        *((name, I) for name in ("looks_every", "holds_steps", "holds_tokens")),
        *((name, B) for name in ("preempts", "adapts", "keeps_cache", "looks_ahead")),
        *((name, B) for name in ("prompts_apart", "prompts_whole")),
        *((name, F) for name in ("raise_by", "lower_by", "control_s", "risk_share")),
        ("minute_s", F),
    ],
    align=True,
)
PROGRESS = np.dtype(
    [(name, I) for name in ("arrival", "control", "size", "moving", "homeless")]
)


class World(NamedTuple):
    """State of a region.

    Of a request
        ``key`` is its place in the order in which requests are taken, least first; ``made``
        its tokens, ``computed`` those of its context that are in the cache and ``chunk`` those
        that the iteration in progress adds; ``origin`` the prefill kind that has made its
        cache; ``left`` and ``right`` its links in the heap of those that wait with it;
        ``place`` that in the heap of caches on their way.
    Of a replica
        ``root`` is the first of those that wait; ``used`` the tokens of its cache, one to come
        of each running request included; ``clock`` that of the iteration in progress and
        ``wanted_clock`` that of the next; ``steps`` the iterations that it takes from
        ``began_s`` to ``end_s``, several where nothing but decoding happens in between:
        ``first_end_s`` is the end of the first, ``longest_s`` the length of the longest after
        it; ``sequences`` are decoded in them, with ``context`` tokens before the first;
        ``awaited`` are the tokens of those that wait, ``since`` the iterations since they
        might join, where that is not after each, and ``patience`` those until it is looked at.
    Arrays
        ``sequence`` holds the running requests of a replica in the order in which they joined,
        ``heap`` the replicas at work by the end of their iterations, ``moving`` the requests
        whose caches are on their way; ``stands_in`` says which kinds may decode what a kind
        has prefilled of a group, (group, kind, kind).
    """

    requests: NDArray
    replicas: NDArray
    kinds: NDArray
    controls: NDArray
    rules: NDArray
    progress: NDArray
    sequence: Integers
    heap: Integers
    moving: Integers
    shares: Floats
    decode_of: Floats
    serves: Flags
    stands_in: Flags
    slot_s: Floats
    decode_s: Floats
    decode_kw: Floats
    alone_s: Floats
    work_s: Floats
    work_kj: Floats
    energy_kj: Floats


def new_world(
    requests: Requests,
    kinds: Kinds,
    controls: Controls,
    routes: Routes,
    rules: Rules,
    minutes: int,
) -> World:
    """Nothing runs, nobody waits, every replica is closed at its highest clock.

    Raises
    ------
    ValueError
        Something is not in order of time, is no number, or points beyond an array: compiled
        code would not notice.
    """
    _check(requests, kinds, controls, routes)
    records = request_records(requests)
    replicas = _replica_records(kinds)
    progress = np.zeros(1, PROGRESS)
    progress["homeless"] = NOBODY
    return World(
        requests=records,
        replicas=replicas,
        kinds=_filled(KIND, kinds, len(kinds.first)),
        controls=_filled(CONTROL, controls, len(controls.time_s)),
        rules=_filled(RULES, rules, 1),
        progress=progress,
        sequence=np.full((len(replicas), int(kinds.slots.max(initial=1))), NOBODY),
        heap=np.zeros(len(replicas), dtype=np.int64),
        moving=np.zeros(len(records), dtype=np.int64),
        shares=_plain(routes.shares, F),
        decode_of=_plain(routes.decode_of, F),
        serves=_plain(routes.serves, B),
        stands_in=_plain(_stand_ins(routes), B),
        slot_s=np.array([routes.slot_s], dtype=F),
        decode_s=_plain(kinds.decode_s, F),
        decode_kw=_plain(kinds.decode_kw, F),
        alone_s=_plain(kinds.alone_s, F),
        work_s=_plain(kinds.work_s, F),
        work_kj=_plain(kinds.work_kj, F),
        energy_kj=np.zeros((max(minutes, 1), len(kinds.first))),
    )


def _check(requests: Requests, kinds: Kinds, controls: Controls, routes: Routes) -> None:
    """Refuse what compiled code may not see."""
    many, replicas = len(kinds.first), int(kinds.last.max(initial=0))
    groups, slots, _ = routes.shares.shape
    if slots == 0 or routes.decode_of.shape != (groups, slots, many):
        raise ValueError("shares of kinds are not given for the same slots")
    if routes.hands_to is not None and routes.hands_to.shape != (many, many):
        raise ValueError("who hands over to whom is not said of these kinds")
    if routes.shares.shape[2] != many or routes.serves.shape != (groups, many):
        raise ValueError("shares are not of these kinds")
    if requests.group.min(initial=0) < 0 or requests.group.max(initial=-1) >= groups:
        raise ValueError("a request is of no group")
    if controls.replica.min(initial=0) < 0 or controls.replica.max(initial=-1) >= replicas:
        raise ValueError("a control is of no replica")
    if kinds.slots.max(initial=0) >= max(kinds.decode_s.shape[2], 1):
        raise ValueError("a batch is larger than the tables")
    for times in (requests.release_s, controls.time_s):
        if not (np.diff(times) >= 0).all() or not np.isfinite(times).all():
            raise ValueError("requests or controls are not in order of time")
    for table in (kinds.decode_s, kinds.alone_s, kinds.work_s):
        if not np.isfinite(table).all() or (table < 0).any():
            raise ValueError("a table of times holds what is none")


def _stand_ins(routes: Routes) -> Flags:
    """Which kinds may decode what a kind has prefilled of a group, (group, kind, kind)."""
    decodes = (routes.decode_of > 0).any(axis=1)
    many = decodes.shape[-1]
    hands_to = np.ones((many, many)) if routes.hands_to is None else routes.hands_to
    return decodes[:, None, :] & (hands_to > 0)


def _plain(values: NDArray, of: type) -> NDArray:
    """A copy that is contiguous and may be written to, as compiled code expects of all."""
    return np.array(values, dtype=of, order="C")


def request_records(requests: Requests) -> NDArray:
    """Requests that have not come yet."""
    records = _filled(REQUEST, requests, len(requests.release_s))
    for name in ("left", "right", "replica", "origin"):
        records[name] = NOBODY
    for name in ("begun_s", "first_s", "done_s"):
        records[name] = np.nan
    records["arrives_s"] = NEVER
    records["state"] = WAITING
    return records


def _replica_records(kinds: Kinds) -> NDArray:
    """Replicas that are closed, at their highest clocks."""
    records = np.zeros(int(kinds.last.max(initial=0)), REPLICA)
    for k, (first, last) in enumerate(zip(kinds.first, kinds.last, strict=True)):
        records["kind"][first:last] = k
    records["wanted_clock"] = kinds.highest_clock[records["kind"]]
    records["root"] = NOBODY
    records["end_s"] = NEVER
    records["patience"] = MANY
    return records


def _filled(of: np.dtype, values: NamedTuple, count: int) -> NDArray:
    """Records with the fields that a tuple has."""
    records = np.zeros(count, of)
    for name in set(of.names or ()) & set(values._fields):
        records[name] = getattr(values, name)
    return records


def outcomes_of(requests: NDArray, world: World) -> Outcomes:
    """What became of requests, and of replicas so far."""
    of_requests = {
        name: np.ascontiguousarray(requests[name])
        for name in set(Outcomes._fields) & set(REQUEST.names or ())
    }
    of_kinds = {name: world.kinds[name].copy() for name in ("busy_s", "batch_s", "clock_s")}
    return Outcomes(
        **of_requests,
        **of_kinds,
        steps=world.kinds["steps"].copy(),
        energy_kj=world.energy_kj.copy(),
    )
