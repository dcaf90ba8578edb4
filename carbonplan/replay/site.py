"""A region of a plan as the event loop sees it: kinds, when they are open, who goes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.replay.arrays import Controls, Flags, Floats, Routes
from carbonplan.replay.controls import Schedule, controls_of
from carbonplan.replay.partition import divided
from carbonplan.replay.samples import WHOLE, Running, running_of
from carbonplan.replay.tables import Kind
from carbonplan.replay.traffic import Deal
from carbonplan.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.replay.engines import Engine


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
        controls=controls_of(here, running, engines, _schedule(here, kinds, terms)),
        routes=_routes(here, kinds, running, terms.window_s),
    )


def _schedule(here: xr.Dataset, kinds: Sequence[Kind], terms: Terms) -> Schedule:
    """What the controls need to know beside the replicas."""
    is_whole = terms.window_s >= float(here["slot_hours"].max()) * SECONDS_PER_HOUR
    decodes = np.array([one.replica.role == "decode" for one in kinds])
    return Schedule(
        window_s=terms.window_s,
        loads_on_demand=is_whole and terms.loads_on_demand,
        serves=_serves(here, kinds),
        takes_over=decodes[:, None] == decodes[None, :],
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
    return Kind(
        engine=running.engine,
        replica=engine.replica,
        replicas=int(running.sampled.max()),
        clocks=engine.clocks_within(terms.clocks),
        slots=max(int(np.ceil(batch @ busy / busy.sum() - WHOLE)), 1),
        context_tokens=float(weight @ context),
        longest_tokens=float(engine.replica.llm.context_tokens),
        known=engine.known,
    )


def _routes(
    here: xr.Dataset, kinds: Sequence[Kind], running: Sequence[Running], window_s: float
) -> Routes:
    """Shares of kinds in each slot, and which may stand in for one another."""
    decodes = np.array([one.replica.role == "decode" for one in kinds])
    weights = np.array([f"{one.replica.llm.llm} {one.replica.precision}" for one in kinds])
    load = np.stack([one.load_rps * one.part for one in running], axis=-1)
    return Routes(
        shares=np.cumsum(np.where(decodes, 0.0, load), axis=-1),
        serves=_serves(here, kinds) & ~decodes,
        decode_of=np.where(decodes, load, 0.0),
        slot_s=window_s,
        hands_to=weights[:, None] == weights[None, :],
    )


def _serves(here: xr.Dataset, kinds: Sequence[Kind]) -> Flags:
    """Whether replicas of a kind can serve a class within its limits, (class, kind)."""
    rate = here["rate_rps"].transpose("request_class", "configuration").values
    engine_of = here["configuration_engine"].values
    return np.stack(
        [(rate[:, engine_of == one.engine] > 0).any(axis=1) for one in kinds], axis=-1
    )
