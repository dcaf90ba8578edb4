r"""Replicas of a region that carry load, and the sample of them that is replayed.

A fleet of thousands is replayed as a sample: of the :math:`n` replicas of a kind in a slot

.. math:: m = \min\bigl(n, \max(1, \mathrm{round}(s\,n))\bigr)

take part, with :math:`m / n` of the kind's requests: those that they would get among all.
Prefill and decode replicas of a region work together and are sampled with one share of them
all, the least with which each has a replica; of each so many as carry that share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.replay.arrays import Floats

if TYPE_CHECKING:
    import xarray as xr

    from carbonplan.replay.engines import Engine

WHOLE = 1e-6  # below which a part of a replica is noise


@dataclass(frozen=True)
class Running:
    """Replicas that are alike, over the slots: of which engine, how many, and their load.

    Attributes
    ----------
    planned, sampled
        Replicas of the plan and of the sample, (slot,).
    part
        Of the load of the plan's that the sample carries, (slot,) [1].
    load_rps, busy
        Planned, of all replicas: requests, and replicas' worth of work, (class, slot).
    planned_kw
        Power above idle replicas as planned, of all replicas, (class, slot).
    """

    engine: str
    planned: Floats
    sampled: Floats
    part: Floats
    load_rps: Floats
    busy: Floats
    planned_kw: Floats


def running_of(here: xr.Dataset, engines: Mapping[str, Engine], share: float) -> list[Running]:
    """Engines of a region that carry load in some slot, and the sample that is replayed."""
    engine_of = here["configuration_engine"].values
    load = here["load_rps"].transpose("request_class", "configuration", "slot").values
    rate = here["rate_rps"].transpose("request_class", "configuration").values[..., None]
    busy = np.where(rate > 0, load / np.where(rate > 0, rate, 1.0), 0.0)
    energy = here["energy_kj_per_request"].transpose("request_class", "configuration").values
    power = load * energy[..., None]
    replicas = here["replicas"].transpose("engine", "slot")
    at_any_load = (here["working_kw"] * replicas).transpose("engine", "slot").values
    names = replicas["engine"].values.tolist()
    found = []
    for name, count, working in zip(names, replicas.values, at_any_load, strict=True):
        mine = engine_of == name
        if name in engines and (count > WHOLE).any() and load[:, mine].any():
            many = np.ceil(count - WHOLE)
            taken = np.minimum(many, np.maximum(1.0, np.round(share * many)))
            part = np.where(many > 0, taken / np.maximum(many, 1.0), 0.0)
            loads, work, kw = (array[:, mine].sum(axis=1) for array in (load, busy, power))
            kw += working * _portions(work)
            found.append(Running(name, many, taken, part, loads, work, kw))
    return _sampled_together(found, engines, share)


def _portions(work: Floats) -> Floats:
    """Of each class in the work of every slot, (class, slot); alike where there is none."""
    whole = work.sum(axis=0)
    return np.where(whole > 0.0, work / np.where(whole > 0.0, whole, 1.0), 1.0 / len(work))


def _sampled_together(
    running: list[Running], engines: Mapping[str, Engine], share: float
) -> list[Running]:
    """Replicas of one phase, sampled with one share of all of the region."""
    is_pooled = [engines[one.engine].replica.role != "mixed" for one in running]
    pools = [one for one, pooled in zip(running, is_pooled, strict=True) if pooled]
    if not pools:
        return running
    fewest = np.min([np.where(one.planned > 0, one.planned, np.inf) for one in pools], axis=0)
    part = np.maximum(share, 1.0 / fewest)
    return [
        replace(
            one,
            sampled=np.ceil(part * one.planned - WHOLE),
            part=part * (one.planned > 0),
        )
        if pooled
        else one
        for one, pooled in zip(running, is_pooled, strict=True)
    ]
