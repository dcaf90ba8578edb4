"""Continuous batching as a bare loop in Python, every iteration: first come, first served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Seconds that an iteration takes: its sum over what is in it."""

    fixed_s: float
    per_sequence_s: float
    per_context_s: float
    per_prompt_token_s: float
    admission_s: float
    slots: int


def replica_done_s(
    release_s: Sequence[float], prompt: Sequence[int], output: Sequence[int], times: Times
) -> list[float]:
    """When each request of one replica is done; prompts whole, memory without end."""
    done_s = [0.0] * len(release_s)
    running: list[list[int]] = []  # number, context, tokens to come
    now, coming, count = 0.0, 0, len(release_s)
    while running or coming < count:
        if not running:
            now = max(now, release_s[coming])
        seconds = times.fixed_s
        if running:
            context = sum(one[1] for one in running)
            seconds += times.per_sequence_s * len(running) + times.per_context_s * context
        while coming < count and release_s[coming] <= now and len(running) < times.slots:
            seconds += times.per_prompt_token_s * prompt[coming] + times.admission_s
            running.append([coming, prompt[coming], output[coming]])
            coming += 1
        now += seconds
        staying = []
        for one in running:
            one[1] += 1
            one[2] -= 1
            if one[2]:
                staying.append(one)
            else:
                done_s[one[0]] = now
        running = staying
    return done_s
