"""When replicas of a region open, close and change their clocks.

They do as their number and clocks change from slot to slot. Where a kind closes altogether and
nobody else who is open takes over its classes, its replicas stay a moment longer: for requests
that were sent before, and for those that wait.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.replay.arrays import CLOSE, OPEN, SET_CLOCK, Controls, Flags, Floats
from carbonplan.replay.samples import Running
from carbonplan.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.replay.engines import Engine

CLOCK_DIGITS = 9
LINGER_S = 10.0  # that the last stay longer, or half of the window

Row = tuple[float, int, int, float]  # time, replica, action, clock


@dataclass(frozen=True)
class Schedule:
    """What controls need to know beside the replicas.

    Attributes
    ----------
    window_s
        From the beginning of a slot to that of the next.
    loads_on_demand
        Whether a replica that starts loads its model when the slot begins.
    serves
        Whether a kind can serve a class, (class, kind).
    takes_over
        Whether a kind does the same part of the work as another, (kind, kind).
    """

    window_s: float
    loads_on_demand: bool
    serves: Flags
    takes_over: Flags


def controls_of(
    here: xr.Dataset,
    running: Sequence[Running],
    engines: Mapping[str, Engine],
    schedule: Schedule,
) -> Controls:
    """What happens to the replicas of a region, in order of time."""
    rows: list[Row] = []
    first = 0
    for kind, one in enumerate(running):
        delay_s = 0.0
        if schedule.loads_on_demand:
            delay_s = float(here["start_hours"].sel(engine=one.engine)) * SECONDS_PER_HOUR
        clocks = _mean_clock(here, engines[one.engine])
        linger_s = min(LINGER_S, schedule.window_s / 2.0) * _are_last(kind, running, schedule)
        rows += _changes(one, clocks, linger_s, first, delay_s, schedule.window_s)
        first += int(one.sampled.max())
    at_once = {SET_CLOCK: 0, OPEN: 1, CLOSE: 2}  # who is closed hands over to who is open
    rows.sort(key=lambda row: (row[0], at_once[row[2]], row[1]))
    time_s, replica, action, clock = zip(*rows, strict=True)
    return Controls(
        np.array(time_s, dtype=float),
        np.array(replica, dtype=np.int64),
        np.array(action, dtype=np.int64),
        np.array(clock, dtype=float),
    )


def _are_last(kind: int, running: Sequence[Running], schedule: Schedule) -> Flags:
    """Whether nobody who is open takes over a class that a kind had in the slot before.

    That is so in slots without replicas of the kind only; (slot,).
    """
    is_open = np.stack([one.sampled > 0 for one in running])
    others = is_open & schedule.takes_over[kind][:, None]
    covered = schedule.serves.astype(float) @ others > 0  # (class, slot)
    before = np.roll(running[kind].load_rps > 0, 1, axis=1)
    before[:, 0] = False
    return (before & ~covered).any(axis=0) & ~is_open[kind]


def _mean_clock(here: xr.Dataset, engine: Engine) -> Floats:
    """Clock of an engine's replicas in each slot: of their busy time, (slot,)."""
    names = list(engine.clocks)
    clocks = np.array([engine.clocks[name] for name in names])
    at = here.sel(configuration=names)
    load = at["load_rps"].transpose("request_class", "configuration", "slot").values
    rate = at["rate_rps"].transpose("request_class", "configuration").values[..., None]
    busy = np.where(rate > 0, load / np.where(rate > 0, rate, 1.0), 0.0).sum(axis=0)
    total = busy.sum(axis=0)
    mean = np.where(total > 0, clocks @ busy / np.where(total > 0, total, 1.0), clocks.max())
    return np.round(mean, CLOCK_DIGITS)


def _changes(
    one: Running, clocks: Floats, linger_s: Floats, first: int, delay_s: float, window_s: float
) -> list[Row]:
    """What happens to the replicas of a kind."""
    rows: list[Row] = []
    before, clock = 0, 0.0
    counts = one.sampled.astype(int).tolist()
    for slot, (count, now) in enumerate(zip(counts, clocks.tolist(), strict=True)):
        start = slot * window_s
        late = start + (delay_s if slot else 0.0)
        setting = range(count) if now != clock else range(before, count)
        rows += [(start, first + n, SET_CLOCK, now) for n in setting]
        rows += [(late, first + n, OPEN, 0.0) for n in range(before, count)]
        closes = start + float(linger_s[slot])
        rows += [(closes, first + n, CLOSE, 0.0) for n in range(count, before)]
        before, clock = count, now
    return rows
