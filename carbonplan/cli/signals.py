"""Ctrl-C and SIGTERM: the first ends the search and keeps the best plan, the second leaves."""

from __future__ import annotations

import os
import signal
from types import FrameType

SHELL_OFFSET = 128  # a shell reports a command that signal n ended as 128 + n


class StopRequests:
    """Signals that asked the command to stop, in the order in which they came."""

    def __init__(self) -> None:
        self._received: list[int] = []

    def listen(self) -> None:
        """Turn SIGINT, SIGTERM and SIGHUP into ``KeyboardInterrupt``."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)

    @property
    def exit_code(self) -> int | None:
        """130 after Ctrl-C, 143 after the other two, None if nothing asked to stop."""
        if not self._received:
            return None
        by_hand = self._received[0] == signal.SIGINT
        return SHELL_OFFSET + (signal.SIGINT if by_hand else signal.SIGTERM)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._received.append(number)
        if len(self._received) > 1:
            os._exit(SHELL_OFFSET + number)
        raise KeyboardInterrupt
