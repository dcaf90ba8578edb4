"""Ctrl-C and termination as a flag: the best plan so far is what they ask for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

CAUGHT = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@dataclass
class Flag:
    """The signal that asked to stop, if one did."""

    received: int | None = None

    def __bool__(self) -> bool:
        """Whether a signal asked to stop."""
        return self.received is not None

    @property
    def name(self) -> str | None:
        """Name of the signal, ``SIGINT`` for example."""
        return None if self.received is None else signal.Signals(self.received).name


@contextmanager
def caught_signals() -> Iterator[Flag]:
    """Turn the first signal into a flag; a second one has its usual effect at once.

    Handlers exist in the main thread only, and are put back afterwards. Signals that were
    ignored before stay ignored.
    """
    flag = Flag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    previous = {number: signal.getsignal(number) for number in CAUGHT}
    previous = {
        number: handler
        for number, handler in previous.items()
        if handler not in (signal.SIG_IGN, None)
    }

    def handle(number: int, _frame: FrameType | None) -> None:
        if flag.received is None:
            flag.received = number
            return
        signal.signal(number, previous[number])
        signal.raise_signal(number)

    for number in previous:
        signal.signal(number, handle)
    try:
        yield flag
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
