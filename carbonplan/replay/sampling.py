"""Which part of a plan is replayed: slots, how long each, and how many of the replicas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.errors import UsageError
from carbonplan.replay.records import Options, Sampling
from carbonplan.replay.samples import running_of
from carbonplan.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.replay.engines import Engine

BISECTIONS = 16
SHORTEST_WINDOW_S = 60.0
LEAST_SHARE = 1e-6
MOST_AT_ALL = 1e9
MOST_DRAWN = 50.0  # requests of all replicas, which are drawn, for one that is replayed


def sampling_of(data: xr.Dataset, engines: Mapping[str, Engine], options: Options) -> Sampling:
    """The part that was asked for, or that the budget of requests has room for.

    Replicas are left out first: each is much like the others. Where one of each kind is still
    too much, or the requests of all are very many, slots are replayed in part.
    """
    slots = _slots(data, options)
    whole_s = float(data["slot_hours"].isel(slot=list(slots)).min()) * SECONDS_PER_HOUR
    window_s = min(options.window_s or whole_s, whole_s)
    here = data.isel(slot=list(slots))
    if options.share is not None:
        _refuse_endless(requests_rps(here, engines, 1.0) * window_s)
        return Sampling(options.share, window_s, slots)
    shortest_s = min(SHORTEST_WINDOW_S, whole_s)
    if options.window_s is None:
        drawn_s = MOST_DRAWN * options.budget / requests_rps(here, engines, 1.0)
        window_s = min(whole_s, max(drawn_s, shortest_s))
    share = _share(here, engines, options.budget / window_s)
    if options.window_s is None:
        fitting_s = options.budget / requests_rps(here, engines, share)
        window_s = min(window_s, max(fitting_s, shortest_s))
    return Sampling(share, window_s, slots)


def _refuse_endless(drawn: float) -> None:
    """More requests than anyone waits for: those of all replicas are drawn, also of a share."""
    if drawn > MOST_AT_ALL:
        raise UsageError(
            f"{drawn:.2g} requests would be drawn, {MOST_AT_ALL:.2g} are allowed; --window "
            "shortens slots, --slots takes fewer"
        )


def requests_rps(here: xr.Dataset, engines: Mapping[str, Engine], share: float) -> float:
    """Requests that a share of the replicas serves, all slots and regions together [1/s]."""
    total = 0.0
    for region in here["region"].values.tolist():
        for one in running_of(here.sel(region=region), engines, share):
            if engines[one.engine].replica.role != "decode":
                total += float((one.load_rps.sum(axis=0) * one.part).sum())
    return total


def _share(here: xr.Dataset, engines: Mapping[str, Engine], at_most_rps: float) -> float:
    """Largest share with which no more requests come; the least where any is too many."""
    if requests_rps(here, engines, 1.0) <= at_most_rps:
        return 1.0
    low, high = np.log(LEAST_SHARE), 0.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        fits = requests_rps(here, engines, float(np.exp(middle))) <= at_most_rps
        low, high = (middle, high) if fits else (low, middle)
    return float(np.exp(low))


def _slots(data: xr.Dataset, options: Options) -> tuple[int, ...]:
    """Numbers of the slots that are replayed.

    Raises
    ------
    UsageError
        There is no such slot.
    """
    count = data.sizes["slot"]
    if options.slots == "all":
        return tuple(range(count))
    if options.slots == "worst":
        return _busiest(data)
    astray = [slot for slot in options.slots if not 0 <= slot < count]
    if astray:
        raise UsageError(f"--slots: the plan has slots 0..{count - 1}, found {astray[0]}")
    return tuple(options.slots)


def _busiest(data: xr.Dataset) -> tuple[int, ...]:
    """The slot of each region in which an engine's replicas have least to spare."""
    load = data["load_rps"].transpose("region", "request_class", "configuration", "slot")
    rate = data["rate_rps"].transpose("request_class", "configuration").values[..., None]
    replicas = data["replicas"].transpose("region", "engine", "slot").values
    engine_of, engines = data["configuration_engine"].values, data["engine"].values
    found = set()
    for number, of_region in enumerate(load.values):
        busy = np.where(rate > 0, of_region / np.where(rate > 0, rate, 1.0), 0.0).sum(axis=0)
        shares = [
            busy[engine_of == name].sum(axis=0) / np.maximum(replicas[number, i], 1e-9)
            for i, name in enumerate(engines)
            if busy[engine_of == name].any()
        ]
        if shares:
            found.add(int(np.max(shares, axis=0).argmax()))
    return tuple(sorted(found))
