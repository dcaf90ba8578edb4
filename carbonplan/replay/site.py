"""A region of a plan as the event loop sees it: kinds, when they are open, who goes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.replay.arrays import CLOSE, OPEN, SET_CLOCK, Controls, Floats, Routes
from carbonplan.replay.partition import divided
from carbonplan.replay.samples import WHOLE, Running, running_of
from carbonplan.replay.tables import Kind
from carbonplan.replay.traffic import Deal
from carbonplan.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.replay.engines import Engine

CLOCK_DIGITS = 9


@dataclass(frozen=True)
class Terms:
    """How much of a region is replayed, and what is not in the plan's arrays.

    Attributes
    ----------
    share
        Of replicas that are replayed, (0, 1].
    slots
        Numbers of the plan's slots that are replayed, one after another.
    window_s
        How long each slot is replayed; where that is less than the slot, replicas that start
        in it have started.
    loads_on_demand
        Whether a replica that starts loads its model when the slot begins; else it is loaded.
    clocks
        Lowest and highest that clocks may be set to; None: they stay as planned.
    divides
        Whether each class has replicas of its own.
    """

    share: float
    slots: tuple[int, ...]
    window_s: float
    loads_on_demand: bool = False
    clocks: tuple[float, float] | None = None
    divides: bool = False


@dataclass(frozen=True)
class Site:
    """Replicas of a region over the slots that are replayed, in the order of the kinds."""

    region: str
    kinds: tuple[Kind, ...]
    running: tuple[Running, ...]
    controls: Controls
    routes: Routes

    @property
    def part(self) -> Floats:
        """Part of the load of each kind that is replayed, (slot, kind) [1]."""
        return np.stack([one.part for one in self.running], axis=-1)

    @property
    def deal(self) -> Deal:
        """How requests are dealt to the kinds, and which part of them is replayed."""
        loads = [
            one.load_rps * enters for one, enters in zip(self.running, self.enters, strict=True)
        ]
        planned = np.cumsum(np.stack(loads, axis=-1), axis=-1)
        return Deal(planned, self.routes.shares, self.part)

    @property
    def enters(self) -> Floats:
        """1 for kinds that requests come to first, 0 for those that decode only, (kind,)."""
        return np.array([float(one.replica.role != "decode") for one in self.kinds])

    @property
    def sampled_rps(self) -> Floats:
        """Requests that are replayed, (class, slot)."""
        return self._requests_rps([one.load_rps * one.part for one in self.running])

    @property
    def planned_rps(self) -> Floats:
        """Requests of the plan, (class, slot)."""
        return self._requests_rps([one.load_rps for one in self.running])

    def _requests_rps(self, loads: Sequence[Floats]) -> Floats:
        return np.stack(loads, axis=-1) @ self.enters


def site_of(
    data: xr.Dataset, region: str, engines: Mapping[str, Engine], terms: Terms
) -> Site | None:
    """The replicas of a region, or None where nothing is served in these slots."""
    here = data.isel(slot=list(terms.slots)).sel(region=region)
    running = running_of(here, engines, terms.share)
    if not running:
        return None
    if terms.divides:
        tokens = here["input_tokens"].values + here["output_tokens"].values
        running = [
            part
            for one in running
            for part in divided(one, tokens, whole=engines[one.engine].replica.role == "decode")
        ]
    kinds = tuple(_kind(here, one, engines[one.engine], terms) for one in running)
    return Site(
        region=region,
        kinds=kinds,
        running=tuple(running),
        controls=_controls(here, running, engines, terms),
        routes=_routes(here, kinds, running, terms.window_s),
    )


def _kind(here: xr.Dataset, running: Running, engine: Engine, terms: Terms) -> Kind:
    r"""A kind, with room for the sequences in flight at the planned mix and the full rate.

    .. math:: B = \sum_k \phi_k B_k / \sum_k \phi_k

    with the time φ that its replicas spend on a class, and the class's largest batch.
    """
    served = running.load_rps.sum(axis=1)
    weight = served / served.sum()
    busy = running.busy.sum(axis=1)
    names = here["request_class"].values.tolist()
    batch = np.array([engine.batches.get(name, 1.0) for name in names])
    context = here["input_tokens"].values + here["output_tokens"].values / 2.0
    clocks = engine.clocks.values()
    return Kind(
        engine=running.engine,
        replica=engine.replica,
        replicas=int(running.sampled.max()),
        clocks=terms.clocks or (min(clocks), max(clocks)),
        slots=max(int(np.ceil(batch @ busy / busy.sum() - WHOLE)), 1),
        context_tokens=float(weight @ context),
        longest_tokens=float(engine.replica.llm.context_tokens),
    )


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


def _controls(
    here: xr.Dataset, running: Sequence[Running], engines: Mapping[str, Engine], terms: Terms
) -> Controls:
    """Replicas open and close as their number changes from slot to slot, and set clocks."""
    is_whole = terms.window_s >= float(here["slot_hours"].max()) * SECONDS_PER_HOUR
    rows: list[tuple[float, int, int, float]] = []
    first = 0
    for one in running:
        delay_s = 0.0
        if is_whole and terms.loads_on_demand:
            delay_s = float(here["start_hours"].sel(engine=one.engine)) * SECONDS_PER_HOUR
        clocks = _mean_clock(here, engines[one.engine])
        rows += _changes(one, clocks.tolist(), first, delay_s, terms.window_s)
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


def _changes(
    one: Running, clocks: Sequence[float], first: int, delay_s: float, window_s: float
) -> list[tuple[float, int, int, float]]:
    """Time, replica, action and clock of what happens to the replicas of a kind."""
    rows: list[tuple[float, int, int, float]] = []
    before, clock = 0, 0.0
    for slot, (count, now) in enumerate(zip(one.sampled.astype(int), clocks, strict=True)):
        start = slot * window_s
        late = start + (delay_s if slot else 0.0)
        setting = range(count) if now != clock else range(before, count)
        rows += [(start, first + n, SET_CLOCK, now) for n in setting]
        rows += [(late, first + n, OPEN, 0.0) for n in range(before, count)]
        rows += [(start, first + n, CLOSE, 0.0) for n in range(count, before)]
        before, clock = int(count), now
    return rows


def _routes(
    here: xr.Dataset, kinds: Sequence[Kind], running: Sequence[Running], window_s: float
) -> Routes:
    """Shares of kinds in each slot, and which may stand in for one another."""
    decodes = np.array([one.replica.role == "decode" for one in kinds])
    prefills = np.array([one.replica.role == "prefill" for one in kinds])
    weights = np.array([f"{one.replica.llm.llm} {one.replica.precision}" for one in kinds])
    load = np.stack([one.load_rps * one.part for one in running], axis=-1)
    rate = here["rate_rps"].transpose("request_class", "configuration").values
    engine_of = here["configuration_engine"].values
    serves = np.stack(
        [(rate[:, engine_of == one.engine] > 0).any(axis=1) for one in kinds], axis=-1
    )
    of_decode = np.where(decodes, load.sum(axis=0), 0.0)  # (slot, kind)
    same_weights = weights[:, None] == weights[None, :]
    handed = np.where(prefills[:, None, None], of_decode * same_weights[:, None, :], 0.0)
    return Routes(
        shares=np.cumsum(np.where(decodes, 0.0, load), axis=-1),
        serves=serves & ~decodes,
        decode_of=np.cumsum(handed, axis=-1),
        slot_s=window_s,
    )
