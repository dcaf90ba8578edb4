"""Progress of a solve on stderr: one live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carbonplan.cli.options import ProgressMode
from carbonplan.cli.output import printable, say

if TYPE_CHECKING:
    from carbonplan.solve import Progress

OnProgress = Callable[["Progress"], None]
PLAIN_INTERVAL_S = 5.0
LIVE_PER_SECOND = 4


@contextmanager
def shown(mode: ProgressMode, *, quiet: bool) -> Iterator[OnProgress]:
    """Show what the library logs and where the solver stands; yields the solver's callback."""
    if quiet or mode is ProgressMode.NONE:
        yield _ignored
    elif mode is ProgressMode.AUTO and sys.stderr and sys.stderr.isatty():
        with _live() as on_progress:
            yield on_progress
    else:
        with _logged_to(say):
            yield _plain()


def standing(progress: Progress) -> str:
    """Where the solver stands, in one line."""
    return (
        f"{progress.seconds:7.1f} s   incumbent {_number(progress.objective)}   "
        f"bound {_number(progress.bound)}   gap {_percent(progress.gap)}"
    )


def _plain() -> OnProgress:
    """A callback that prints a new incumbent at once and the bound every few seconds."""
    last_said_s = float("-inf")
    last_objective: float | None = None

    def on_progress(progress: Progress) -> None:
        nonlocal last_said_s, last_objective
        now_s = time.monotonic()
        if progress.objective == last_objective and now_s - last_said_s < PLAIN_INTERVAL_S:
            return
        last_said_s, last_objective = now_s, progress.objective
        say(standing(progress))

    return on_progress


@contextmanager
def _live() -> Iterator[OnProgress]:
    """One line that is rewritten in place; finished steps stay above it."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    with (
        Live(console=console, refresh_per_second=LIVE_PER_SECOND, transient=True) as live,
        _logged_to(lambda line: console.print(Text(printable(line)))),
    ):
        yield lambda progress: live.update(Text(standing(progress)))


@contextmanager
def _logged_to(write: Callable[[str], object]) -> Iterator[None]:
    """Pass the steps that the library logs on to ``write``."""
    logger = logging.getLogger("carbonplan")
    handler = _Lines(write)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


class _Lines(logging.Handler):
    """Each record as one line of text."""

    def __init__(self, write: Callable[[str], object]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        self._write(record.getMessage())


def _ignored(_progress: Progress) -> None:
    """Progress that nobody asked to see."""


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _percent(gap: float | None) -> str:
    return "none" if gap is None else f"{100 * gap:.3g} %"
