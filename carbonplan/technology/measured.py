r"""Times and power of a replica as its user measured them, between the points of the table.

Between two points a quantity follows the straight line through their logarithms,

.. math:: \ln y = \ln y_1 + \frac{\ln x - \ln x_1}{\ln x_2 - \ln x_1}\,(\ln y_2 - \ln y_1)

first over tokens for each measured batch, then over batches. Times never fall along either, so
a dip that is noise is lifted to what came before it. Outside the tokens that were measured
there is no answer; or, if asked for, the line goes on and its band widens with the distance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carbonplan.catalogue.measurements import Measurement
from carbonplan.technology.figures import Replica

WIDENING = (
    0.25  # of the band, in logarithms, for each e-fold beyond the measured range; assumed
)
CLOCK_DIGITS = 2  # of a clock fraction, as configurations are named
ROUNDING = 1e-9  # in logarithms: a class at the edge of the range is inside it

Place = tuple[str, str, int, int, str, float]


@dataclass(frozen=True)
class Curve:
    """A quantity over tokens or batches, in logarithms, (point,)."""

    log_x: NDArray[np.float64]
    log_y: NDArray[np.float64]

    @classmethod
    def through(cls, points: Mapping[float, Sequence[float]], *, rises: bool) -> Curve:
        """The curve through the medians of repeated points."""
        x = np.array(sorted(points), dtype=float)
        log_y = np.log([np.median(points[one]) for one in x])
        return cls(np.log(x), np.maximum.accumulate(log_y) if rises else log_y)

    def at(self, x: ArrayLike) -> NDArray[np.float64]:
        """Value at x, beyond the ends along the last piece."""
        log_x = np.log(x)
        if len(self.log_x) == 1:
            return np.full_like(log_x, np.exp(self.log_y[0]))
        last = len(self.log_x) - 2
        piece = np.clip(np.searchsorted(self.log_x, log_x) - 1, 0, last)
        slope = np.diff(self.log_y) / np.diff(self.log_x)
        return np.exp(self.log_y[piece] + slope[piece] * (log_x - self.log_x[piece]))

    def beyond(self, x: ArrayLike) -> NDArray[np.float64]:
        """How far x lies outside the measured range, in logarithms; 0 inside."""
        log_x = np.log(x)
        outside = np.maximum(self.log_x[0] - log_x, log_x - self.log_x[-1])
        return np.where(outside > ROUNDING, outside, 0.0)

    @property
    def range(self) -> tuple[float, float]:
        return float(np.exp(self.log_x[0])), float(np.exp(self.log_x[-1]))


@dataclass(frozen=True)
class MeasuredReplica:
    """What was measured of one replica: curves over tokens, of steps for each batch.

    Attributes
    ----------
    prefill_s
        Over the tokens of a prompt.
    step_s
        Over the context, by batch.
    prefill_w, step_w
        Power of one accelerator in the same way; ``None`` and empty where it was not measured.
    """

    source: str
    prefill_s: Curve
    step_s: Mapping[float, Curve]
    prefill_w: Curve | None
    step_w: Mapping[float, Curve]


@dataclass(frozen=True)
class ClassTimes:
    """A request class on a measured replica; steps over the batch, at the class's context."""

    prefill_s: float
    prefill_w: float | None
    step_s: Curve
    step_w: Curve | None

    @property
    def largest_batch(self) -> int:
        """The largest batch that was measured at the class's context."""
        return int(self.step_s.range[1] + ROUNDING)

    def step_at(self, batch: ArrayLike) -> NDArray[np.float64]:
        """Time of a step; below the smallest measured batch, that of the smallest [s]."""
        return self.step_s.at(np.maximum(batch, self.step_s.range[0]))


def place_of(row: Measurement) -> Place:
    """What must agree for two rows to be of the same replica."""
    return (
        row.accelerator,
        row.llm,
        row.tensor_parallel,
        row.pipeline_parallel,
        row.precision,
        round(row.clock_fraction, CLOCK_DIGITS),
    )


def place_of_replica(replica: Replica) -> Place:
    """By what a replica is sought among those that were measured."""
    return (
        replica.server.accelerator.accelerator,
        replica.llm.llm,
        replica.tensor_parallel,
        replica.pipeline_parallel,
        replica.precision,
        round(replica.clock_fraction, CLOCK_DIGITS),
    )


def measured_replicas(
    rows: Iterable[Measurement],
) -> tuple[dict[Place, MeasuredReplica], list[str]]:
    """Every replica of a table, and a line for each that lacks what a plan needs."""
    by_place: dict[Place, list[Measurement]] = {}
    for row in rows:
        by_place.setdefault(place_of(row), []).append(row)
    problems = [
        f"{_named(place)}: {problem}"
        for place, of_place in by_place.items()
        for problem in _lacking(of_place)
    ]
    if problems:
        return {}, problems
    return {place: _replica(of_place) for place, of_place in by_place.items()}, []


def class_times(
    replica: MeasuredReplica, input_tokens: float, context_tokens: float, *, widen: bool
) -> tuple[ClassTimes | None, list[str]]:
    """Times of a class, or why there are none.

    With ``widen`` times beyond the measured range are those of the slow end of a band that
    grows with the distance.
    """
    covers = bool(_covering(replica, context_tokens))
    problems = list(_outside(replica, input_tokens, context_tokens, covers=covers))
    if problems and not widen:
        return None, problems
    step_s, step_w = step_curves(replica, context_tokens)
    return ClassTimes(
        prefill_s=float(slow(replica.prefill_s, input_tokens)),
        prefill_w=None
        if replica.prefill_w is None
        else float(replica.prefill_w.at(input_tokens)),
        step_s=step_s,
        step_w=step_w,
    ), []


def step_curves(replica: MeasuredReplica, context_tokens: float) -> tuple[Curve, Curve | None]:
    """Time and power of a step over the batch at a context; no power where none is known.

    Batches that were measured on both sides of the context count, or else all of them, at the
    slow end of the band.
    """
    covering = _covering(replica, context_tokens) or replica.step_s
    steps = {b: [float(slow(c, context_tokens))] for b, c in covering.items()}
    powers = {b: [float(c.at(context_tokens))] for b, c in replica.step_w.items() if b in steps}
    return (
        Curve.through(steps, rises=True),
        Curve.through(powers, rises=False) if powers else None,
    )


def _covering(replica: MeasuredReplica, context_tokens: float) -> dict[float, Curve]:
    """Curves of the batches that were measured on both sides of a context."""
    return {b: c for b, c in replica.step_s.items() if not c.beyond(context_tokens)}


def slow(curve: Curve, tokens: ArrayLike) -> NDArray[np.float64]:
    """Value, at the slow end of the band beyond the measured range."""
    return curve.at(tokens) * np.exp(WIDENING * curve.beyond(tokens))


def _outside(
    replica: MeasuredReplica, input_tokens: float, context_tokens: float, *, covers: bool
) -> Iterator[str]:
    if replica.prefill_s.beyond(input_tokens):
        yield f"prompts of {input_tokens:.0f} tokens, {_range([replica.prefill_s])}"
    if not covers:
        yield f"a context of {context_tokens:.0f} tokens, {_range(replica.step_s.values())}"


def _range(curves: Iterable[Curve]) -> str:
    ends = [end for curve in curves for end in curve.range]
    return f"only from {min(ends):.0f} to {max(ends):.0f}"


def _lacking(rows: Sequence[Measurement]) -> Iterator[str]:
    """What a plan needs and the rows of one replica do not have."""
    prompts = {row.input_tokens for row in rows if row.quantity == "prefill_s"}
    if len(prompts) < 2:
        yield f"prefill_s at {len(prompts)} lengths; a profile needs at least 2"
    contexts: dict[float, set[float]] = {}
    for row in rows:
        if row.quantity == "step_s":
            contexts.setdefault(row.batch, set()).add(row.context_tokens)
    if not contexts:
        yield "no step_s; a profile needs them over batches and contexts"
    for batch, tokens in contexts.items():
        if len(tokens) < 2:
            yield f"step_s of batch {batch:g} at 1 context; a profile needs at least 2"


def _replica(rows: Sequence[Measurement]) -> MeasuredReplica:
    prompts = {q: _over_tokens(rows, q) for q in ("prefill_s", "prefill_power_w")}
    steps = {
        quantity: {
            batch: _over_tokens([row for row in rows if row.batch == batch], quantity)
            for batch in sorted({row.batch for row in rows if row.quantity == quantity})
        }
        for quantity in ("step_s", "step_power_w")
    }
    return MeasuredReplica(
        source=rows[0].source,
        prefill_s=Curve.through(prompts["prefill_s"], rises=True),
        step_s={b: Curve.through(points, rises=True) for b, points in steps["step_s"].items()},
        prefill_w=(
            Curve.through(prompts["prefill_power_w"], rises=False)
            if prompts["prefill_power_w"]
            else None
        ),
        step_w={
            b: Curve.through(points, rises=False) for b, points in steps["step_power_w"].items()
        },
    )


def _over_tokens(rows: Sequence[Measurement], quantity: str) -> dict[float, list[float]]:
    """Repeated values by the tokens of the prompt or of the context."""
    points: dict[float, list[float]] = {}
    for row in rows:
        if row.quantity == quantity:
            of_prompt = quantity.startswith("prefill")
            tokens = row.input_tokens if of_prompt else row.context_tokens
            points.setdefault(tokens, []).append(row.value)
    return points


def _named(place: Place) -> str:
    accelerator, llm, tensor_parallel, pipeline_parallel, precision, clock = place
    return (
        f"{llm} on {accelerator} (TP {tensor_parallel}, PP {pipeline_parallel}, {precision}, "
        f"clock {clock:g})"
    )
