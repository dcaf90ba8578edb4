"""Progress of many cases on stderr: the whole, and where each case that runs stands."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from carbonplan.cli.options import ProgressMode
from carbonplan.cli.output import printable, say
from carbonplan.compare.pool import Ended, Event, Progressed, Started
from carbonplan.compare.records import CaseResult
from carbonplan.report.wording import NO_BREAK_SPACE, Scale, count, number
from carbonplan.solve.limits import Progress

PLAIN_INTERVAL_S = 10.0
LIVE_PER_SECOND = 4
BAR_SIGNS = 24
MOST_RUNNING = 12
GAPS = Scale(100.0, "", 2)


@dataclass
class Cases:
    """How far a sweep is.

    Attributes
    ----------
    say
        Prints a line that stays.
    running
        Since when each case runs, and the last that its solver said.
    """

    say: Callable[[str], object]
    total: int = 0
    done: int = 0
    failed: int = 0
    running: dict[str, tuple[float, Progress | None]] = field(default_factory=dict)

    def checked(self, cases: int, kept: int) -> None:
        """All cases are sound."""
        self.total, self.done = cases, kept
        all_of_them = count(cases, "case")
        self._tell(f"{all_of_them}: {number(kept)} kept, {number(cases - kept)} to plan")

    def event(self, event: Event) -> None:
        """A case was begun, has come further, or has ended."""
        name = event.task.case.name
        match event:
            case Started():
                self.running[name] = (time.monotonic(), None)
            case Progressed():
                self.running[name] = (self.running[name][0], event.progress)
            case Ended():
                self.running.pop(name, None)
                if event.is_lost:
                    self._tell(f"{name}: {event.answer.failure.message}")

    def result(self, result: CaseResult) -> None:
        """A case has its result."""
        self.done += 1
        self.failed += not result.has_plan
        unit = "" if result.unit in (None, "1") else f" {result.unit}"
        found = "" if result.value is None else f", {result.objective} {result.value:.6g}{unit}"
        proof = "" if result.gap is None else f", gap {GAPS.shown(result.gap)} %"
        self._tell(f"[{self.done}/{self.total}] {result.name}: {result.status}{found}{proof}")

    def _tell(self, line: str) -> None:
        self.say(line.replace(NO_BREAK_SPACE, " "))

    def standing(self) -> str:
        """The whole in one line."""
        filled = round(BAR_SIGNS * self.done / max(self.total, 1))
        bar = "━" * filled + "╌" * (BAR_SIGNS - filled)
        failed = f", {self.failed} without a plan" if self.failed else ""
        return f"{bar} {self.done}/{self.total}{failed}"

    def standing_of_each(self) -> Iterator[str]:
        """Each case that runs in a line."""
        now = time.monotonic()
        for name, (since, progress) in list(self.running.items())[:MOST_RUNNING]:
            known = progress is not None and progress.gap is not None
            gap = f"   gap {GAPS.shown(progress.gap)} %" if known else ""
            yield f"{now - since:7.1f} s   {name}{gap}".replace(NO_BREAK_SPACE, " ")


@contextmanager
def watching(mode: ProgressMode, *, quiet: bool) -> Iterator[Cases]:
    """Whoever shows how far a sweep is."""
    if quiet or mode is ProgressMode.NONE:
        yield Cases(lambda _line: None)
    elif mode is ProgressMode.AUTO and sys.stderr and sys.stderr.isatty():
        with _live() as cases:
            yield cases
    else:
        yield _Plain(say)


@dataclass
class _Plain(Cases):
    """Lines alone: results at once, where cases stand every few seconds."""

    said_s: float = field(default_factory=time.monotonic)

    def event(self, event: Event) -> None:
        """Also say where the cases stand, now and then."""
        super().event(event)
        now_s = time.monotonic()
        if now_s - self.said_s >= PLAIN_INTERVAL_S:
            self.said_s = now_s
            for line in self.standing_of_each():
                self.say(line)


@contextmanager
def _live() -> Iterator[Cases]:
    """Lines that are rewritten in place; results stay above them."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    cases = Cases(lambda line: console.print(Text(printable(line))))

    def shown() -> Text:
        lines = [cases.standing(), *cases.standing_of_each()] if cases.total else ["checking"]
        return Text(printable("\n".join(lines)))

    with Live(
        console=console,
        refresh_per_second=LIVE_PER_SECOND,
        transient=True,
        get_renderable=shown,
    ):
        yield cases
