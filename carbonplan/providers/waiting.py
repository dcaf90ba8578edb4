"""When to ask again: what the provider asks for, else longer each time, and never for ever."""

from __future__ import annotations

import random
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from carbonplan.providers.records import Rate

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
SECONDS = re.compile(r"\d{1,9}")


@dataclass(frozen=True)
class Timing:
    """Clocks, sleep and chance; tests bring their own.

    Attributes
    ----------
    clock
        Seconds that only go forward.
    wall
        Seconds since 1970, for the dates of providers and the age of what is kept.
    chance
        A number in [0, 1).
    """

    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


def pause_s(attempt: int, retry_after: str | None, timing: Timing) -> float:
    r"""How long to wait before the next try [s].

    .. math:: \max(r, (1 + u) / 2 \cdot \min(30, 2^a))

    Parameters
    ----------
    attempt
        :math:`a`, tries so far less one; :math:`u` is chance, so that many who were turned
        away together do not come back together.
    retry_after
        :math:`r`: seconds or a date, as the provider wrote it; without meaning, it is none.
    """
    own_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**attempt) * (1 + timing.chance()) / 2
    return max(own_s, asked_s(retry_after, timing.wall()))


def asked_s(retry_after: str | None, now_s: float) -> float:
    """Seconds that the header ``Retry-After`` asks for; 0 where it says nothing sensible."""
    text = (retry_after or "").strip()
    if SECONDS.fullmatch(text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now_s)
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0


class Budget:
    """Requests kept within a rate: one too many waits until the oldest has left the window."""

    def __init__(self, rate: Rate | None, timing: Timing) -> None:
        self._rate = rate
        self._timing = timing
        self._taken: deque[float] = deque()

    def take(self) -> None:
        """Wait until one more request is within the rate, and count it."""
        if self._rate is None:
            return
        if len(self._taken) == self._rate.requests:
            rest_s = self._taken.popleft() + self._rate.window_s - self._timing.clock()
            if rest_s > 0:
                self._timing.sleep(rest_s)
        self._taken.append(self._timing.clock())
