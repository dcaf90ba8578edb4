"""The measurements: every run of the plan, at every clock, as rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median

from carbonplan.catalogue.measurements import Measurement
from carbonplan.catalogue.records import ModelCard
from carbonplan.profile.device import Device, DoesNotFit, Sample
from carbonplan.profile.plan import Run, fits

FULL_CLOCK = 1.0  # the clock is left alone
ROWS_OF_A_RUN = 2  # its time and its power


@dataclass(frozen=True)
class Measured:
    """Rows of a table, and how many runs did not fit into memory."""

    rows: tuple[Measurement, ...]
    left_out: int


def measure(
    device: Device,
    accelerator: str,
    cards: Sequence[ModelCard],
    runs: Sequence[Run],
    *,
    clocks: Sequence[float] = (FULL_CLOCK,),
    precision: str = "bf16",
    window_s: float = 2.0,
    say: Callable[[str], None],
) -> Measured:
    """Measure every LLM in every run at every clock; clocks are let go in any case.

    Parameters
    ----------
    accelerator
        Name of the device in the catalogue, for the rows.
    clocks
        Fractions of the highest clock; 1 leaves the clock alone.
    window_s
        Least time over which a run is repeated: power meters are slow [s].
    say
        Called with a line for each LLM and clock.
    """
    rows: list[Measurement] = []
    left_out = 0
    for clock in clocks:
        with held_clock(device, clock):
            for card in cards:
                fitting = [run for run in runs if fits(card, run, device.memory_gb)]
                say(f"{card.llm} at clock {clock:g}: {len(fitting)} of {len(runs)} runs fit")
                place = _place(accelerator, card, precision, clock)
                samples = _samples(device, card, precision, fitting, window_s)
                found = [row for run, sample in samples for row in _rows(place, run, sample)]
                left_out += len(runs) - len(found) // ROWS_OF_A_RUN
                rows += found
    return Measured(tuple(rows), left_out)


@contextmanager
def held_clock(device: Device, fraction: float) -> Iterator[None]:
    """Hold a clock below the highest, and let it go whatever happens."""
    if fraction == FULL_CLOCK:
        yield
        return
    try:
        device.lock_clock(fraction)
        yield
    finally:
        device.unlock_clock()


def _samples(
    device: Device, card: ModelCard, precision: str, runs: Sequence[Run], window_s: float
) -> Iterator[tuple[Run, Sample]]:
    """Runs of one LLM that went through, each with its sample."""
    if runs:
        device.load(card, precision)
    for run in runs:
        with suppress(DoesNotFit):
            yield run, device.sample(run, window_s)


def _place(
    accelerator: str, card: ModelCard, precision: str, clock: float
) -> dict[str, object]:
    return {
        "accelerator": accelerator,
        "llm": card.llm,
        "precision": precision,
        "tensor_parallel": 1,
        "clock_fraction": clock,
    }


def _rows(place: dict[str, object], run: Run, sample: Sample) -> Iterator[Measurement]:
    """Median time and mean power of a run."""
    load = {**place, "batch": run.batch, "input_tokens": run.tokens, "output_tokens": 0}
    yield Measurement(**load, quantity=f"{run.phase}_s", value=median(sample.seconds))
    yield Measurement(**load, quantity=f"{run.phase}_power_w", value=sample.power_w)
