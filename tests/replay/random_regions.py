"""Small regions, their requests and rules, drawn at random: every feature now and then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carbonplan.replay.arrays import (
    CLOSE,
    DECODE,
    MIXED,
    OPEN,
    PREFILL,
    SET_CLOCK,
    Controls,
    Requests,
    Routes,
    Rules,
)
from tests.replay.regions import Like, requests_of, rules_of

HORIZON_S = 40.0


@dataclass(frozen=True)
class Case:
    """All that a replay takes."""

    requests: Requests
    likes: list[Like]
    controls: Controls
    routes: Routes
    rules: Rules


def random_case(seed: int) -> Case:
    """A region of one to four kinds with up to forty requests."""
    draw = np.random.default_rng(seed)
    likes, groups = likes_of(draw), int(draw.integers(1, 3))
    return Case(
        random_requests(draw, groups),
        likes,
        random_controls(draw, likes),
        random_routes(draw, likes, groups),
        random_rules(draw),
    )


def likes_of(draw: np.random.Generator) -> list[Like]:
    """One or two mixed kinds, or one or two of prefill before as many of decode."""
    count = int(draw.integers(1, 3))
    roles = [MIXED] * count
    if draw.random() < 0.4:
        roles = [PREFILL] * count + [DECODE] * int(draw.integers(1, 3))
    return [
        Like(
            role=role,
            replicas=int(draw.integers(1, 4)),
            slots=int(draw.integers(1, 6)),
            room=int(draw.choice([50, 60, 90, 100_000])),
            fixed_s=draw.uniform(0.05, 0.3),
            per_sequence_s=draw.uniform(0.001, 0.05),
            per_context_s=draw.uniform(1e-5, 1e-3),
            per_prompt_s=draw.uniform(0.001, 0.02),
            alone_s=draw.uniform(0.05, 0.2),
            admission_s=draw.uniform(0.0, 0.05),
            moved_s=draw.uniform(0.001, 0.02),
            kw=draw.uniform(0.5, 3.0),
            kj_per_prompt_token=draw.uniform(0.01, 0.1),
            clocks=(draw.uniform(0.3, 0.6), draw.uniform(0.8, 1.0)),
            slowdown=draw.uniform(1.0, 3.0),
        )
        for role in roles
    ]


def random_requests(draw: np.random.Generator, groups: int) -> Requests:
    count = int(draw.integers(3, 40))
    release_s = np.sort(draw.uniform(0.0, HORIZON_S / 2, count))
    output = draw.integers(1, 25, count)
    return requests_of(
        release_s,
        prompt=draw.integers(1, 40, count),
        output=output,
        expected=output * draw.uniform(0.3, 3.0, count),
        deadline_s=release_s + draw.uniform(1.0, 30.0, count),
        token_s=draw.uniform(0.05, 0.5),
        priority=draw.integers(0, int(draw.integers(1, 4)), count),
        ttft_s=draw.uniform(0.2, 5.0),
        tpot_s=draw.uniform(0.1, 0.6),
        group=draw.integers(0, groups, count),
        draw=draw.random(count),
    )


def random_routes(draw: np.random.Generator, likes: list[Like], groups: int) -> Routes:
    decodes = np.array([one.role == DECODE for one in likes])
    slots, kinds = 3, len(likes)
    shares = draw.random((groups, slots, kinds)) * ~decodes * (draw.random(kinds) < 0.8)
    handed = draw.random((groups, slots, kinds)) * decodes * (draw.random(kinds) < 0.9)
    serves = (draw.random((groups, kinds)) < 0.9) & ~decodes
    hands_to = draw.random((kinds, kinds)) < 0.9
    return Routes(np.cumsum(shares, axis=-1), serves, handed, HORIZON_S / slots, hands_to)


def random_controls(draw: np.random.Generator, likes: list[Like]) -> Controls:
    """Most replicas open at once; some close, open again, or change their clock."""
    rows = []
    for n in range(sum(one.replicas for one in likes)):
        opens = 0.0 if draw.random() < 0.8 else draw.uniform(0.0, 10.0)
        rows.append((opens, n, OPEN, 1.0))
        if draw.random() < 0.4:
            closes = opens + draw.uniform(0.5, 15.0)
            rows.append((closes, n, CLOSE, 1.0))
            if draw.random() < 0.7:
                rows.append((closes + draw.uniform(0.5, 15.0), n, OPEN, 1.0))
        if draw.random() < 0.4:
            rows.append((draw.uniform(0.0, 20.0), n, SET_CLOCK, draw.uniform(0.2, 1.2)))
    rows.sort()
    time_s, replica, action, clock = (np.array(column) for column in zip(*rows, strict=True))
    return Controls(time_s, replica, action, clock)


def random_rules(draw: np.random.Generator) -> Rules:
    return rules_of(
        order=int(draw.integers(0, 4)),
        preempts=bool(draw.random() < 0.6),
        chunk_tokens=int(draw.choice([0, 0, 4, 16])),
        routing=int(draw.integers(0, 3)),
        adapts=bool(draw.random() < 0.4),
        raise_by=draw.uniform(1.1, 1.5),
        lower_by=draw.uniform(0.01, 0.1),
        control_s=draw.uniform(0.1, 2.0),
        risk_share=draw.uniform(0.5, 0.9),
        minute_s=draw.uniform(1.0, 7.0),
        keeps_cache=bool(draw.random() < 0.4),
        **random_joining(draw),
    )


def random_joining(draw: np.random.Generator) -> dict[str, int | bool]:
    """How prompts are computed, and when requests may join."""
    return {
        "prompts_apart": bool(draw.random() < 0.3),
        "prompts_whole": bool(draw.random() < 0.3),
        "looks_every": int(draw.choice([1, 1, 1, 2, 5])),
        "holds_steps": int(draw.choice([0, 0, 0, 1, 4])),
        "holds_tokens": int(draw.integers(1, 60)),
    }
