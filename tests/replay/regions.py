"""Small regions whose iteration times are plain formulas, so that answers can be worked out.

At the highest clock an iteration of B sequences with n tokens of context in all takes
``fixed_s + per_sequence_s * B + per_context_s * n`` seconds, a prompt adds
``per_prompt_s`` for each token, and ``alone_s`` where no sequence is decoded beside it; at the
lowest clock it is ``slowdown`` times as long. Tables are linear between points, so that they
hold these formulas without error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carbonplan.replay.arrays import (
    FCFS,
    MIXED,
    OPEN,
    PLANNED,
    Controls,
    Kinds,
    Requests,
    Routes,
    Rules,
)
from carbonplan.replay.steps import points

SCALE, POINTS = 4096.0, 9


@dataclass(frozen=True)
class Like:
    """Replicas that are alike; times at the highest clock."""

    role: int = MIXED
    replicas: int = 1
    slots: int = 1
    room: int = 1_000_000
    fixed_s: float = 1.0
    per_sequence_s: float = 0.0
    per_context_s: float = 0.0
    per_prompt_s: float = 0.0
    alone_s: float = 1.0
    admission_s: float = 0.0
    moved_s: float = 0.0
    kw: float = 1.0
    kj_per_prompt_token: float = 0.0
    clocks: tuple[float, float] = (1.0, 1.0)
    slowdown: float = 1.0


def kinds_of(likes: Sequence[Like]) -> Kinds:
    """Tables of kinds that are alike in shape."""
    last = np.cumsum([one.replicas for one in likes])
    batch = np.arange(max(one.slots for one in likes) + 1.0)[:, None]
    tokens = points(SCALE, POINTS)

    def tables(of) -> np.ndarray:
        return np.stack([np.stack([of(one, one.slowdown), of(one, 1.0)]) for one in likes])

    def column(name: str) -> np.ndarray:
        return np.array([getattr(one, name) for one in likes])

    return Kinds(
        role=column("role"),
        first=last - column("replicas"),
        last=last,
        slots=column("slots"),
        room_tokens=column("room"),
        before_s=np.zeros(len(likes)),
        before_s_per_token=np.zeros(len(likes)),
        admission_s=column("admission_s"),
        moved_s_per_token=column("moved_s"),
        lowest_clock=np.array([one.clocks[0] for one in likes]),
        highest_clock=np.array([one.clocks[1] for one in likes]),
        decode_s=tables(
            lambda one, slow: (
                slow * (one.fixed_s + batch * (one.per_sequence_s + one.per_context_s * tokens))
            )
        ),
        decode_kw=tables(lambda one, slow: one.kw + 0.0 * slow * batch * tokens),
        alone_s=tables(lambda one, slow: slow * (one.alone_s + one.per_prompt_s * tokens)),
        work_s=tables(lambda one, slow: slow * one.per_prompt_s * tokens),
        work_kj=tables(lambda one, slow: one.kj_per_prompt_token * tokens + 0.0 * slow),
        context_scale=np.full(len(likes), SCALE),
        prompt_scale=np.full(len(likes), SCALE),
    )


def requests_of(
    release_s: Sequence[float],
    prompt: Sequence[int] | int = 1,
    output: Sequence[int] | int = 1,
    **columns: Sequence[float] | float,
) -> Requests:
    """Requests of one group; what is not given has no limit, no priority, no error."""
    count = len(release_s)
    whole = {"priority": 0, "group": 0}
    plain = {"deadline_s": np.inf, "token_s": 1.0, "ttft_s": np.inf, "tpot_s": np.inf}
    values = {"expected": output, "draw": 0.0, **plain, **whole, **columns}
    kinds = {name: np.int64 if name in whole else np.float64 for name in values}
    return Requests(
        release_s=np.asarray(release_s, dtype=float),
        prompt=np.broadcast_to(prompt, count).astype(np.int64),
        output=np.broadcast_to(output, count).astype(np.int64),
        **{
            name: np.broadcast_to(value, count).astype(kinds[name])
            for name, value in values.items()
        },
    )


def all_open(kinds: Kinds) -> Controls:
    """Every replica opens at once."""
    count = int(kinds.last.max(initial=0))
    return Controls(np.zeros(count), np.arange(count), np.full(count, OPEN), np.ones(count))


def one_way(kinds: Kinds) -> Routes:
    """All requests go to the first kind, and caches to the last."""
    many = len(kinds.first)
    shares, decode_of = np.zeros((1, 1, many)), np.zeros((1, 1, many))
    serves = np.zeros((1, many), dtype=np.bool_)
    shares[...] = 1.0
    serves[0, 0] = True
    decode_of[..., -1] = 1.0
    return Routes(shares, serves, decode_of, 1e9)


def rules_of(**fields: object) -> Rules:
    """First come, first served, prompts whole, clocks as they are set."""
    plain = Rules(
        order=FCFS,
        preempts=False,
        chunk_tokens=0,
        routing=PLANNED,
        adapts=False,
        raise_by=1.5,
        lower_by=0.1,
        control_s=1.0,
        risk_share=0.8,
        minute_s=60.0,
    )
    return plain._replace(**fields)
