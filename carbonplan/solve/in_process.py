"""Attempts in this process: for small programs and tests, where a worker would cost more."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from carbonplan.solve.archive import save_incumbent
from carbonplan.solve.arrays import Arrays
from carbonplan.solve.job import Incumbent, Job, Listener, Outcome, Report
from carbonplan.solve.signals import Flag
from carbonplan.solve.strategy import attempt


@dataclass
class InProcess:
    """Runs attempts here; has no watchdog and survives no crash."""

    report: Report | None
    folder: Path | None
    flag: Flag
    best: Incumbent | None = field(default=None, init=False)

    def __enter__(self) -> InProcess:
        """Make the folder."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the folder to its owner."""

    def run(self, arrays: Arrays, job: Job, *, heedless: bool = False) -> Outcome:
        """Return what an attempt claims."""
        report = self.report if self.report is not None else lambda _progress: None
        flag = Flag() if heedless else self.flag
        listener = Listener(lambda: bool(flag), report, self._keep)
        log_file = None if self.folder is None else self.folder / "highs.log"
        return attempt(arrays, job, listener, log_file)

    def incumbent(self) -> Incumbent | None:
        """Return the best plan that any attempt has found."""
        return self.best

    def interrupted(self) -> bool:
        """Whether a signal asked to stop."""
        return bool(self.flag)

    def _keep(self, incumbent: Incumbent) -> None:
        if self.best is None or incumbent.objective < self.best.objective:
            self.best = incumbent
        if self.folder is not None:
            save_incumbent(self.folder / "incumbent.npz", incumbent)
