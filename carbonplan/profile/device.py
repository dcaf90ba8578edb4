"""What the measuring program needs of a device, whatever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from carbonplan.catalogue.records import ModelCard
from carbonplan.profile.plan import Run


class DoesNotFit(Exception):
    """The device ran out of memory in a run."""


@dataclass(frozen=True)
class Sample:
    """Repeats of one run: the time of each, and the mean power over all of them."""

    seconds: Sequence[float]
    power_w: float


class Device(Protocol):
    """An accelerator that runs a transformer and says what that takes."""

    memory_gb: float

    def description(self) -> Mapping[str, object]:
        """What it is, and what runs on it: for whoever reads the table later."""

    def lock_clock(self, fraction: float) -> None:
        """Hold the clock at a fraction of the highest; EnvironmentFailed if not allowed."""

    def unlock_clock(self) -> None:
        """Let the clock run as it did."""

    def load(self, card: ModelCard, precision: str) -> None:
        """Build an LLM with random weights; the one before is dropped."""

    def sample(self, run: Run, window_s: float) -> Sample:
        """Repeat a run for at least so long; DoesNotFit where memory is too small."""
