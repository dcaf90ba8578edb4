"""A region's requests through its replicas, and what that says of the whole region."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import process_time
from typing import NamedTuple

import numpy as np

from carbonplan.replay.arrays import (
    DONE,
    NOBODY,
    PLANNED,
    SHORTEST,
    SHORTEST_ANYWHERE,
    WAITING,
    Floats,
    Integers,
    Kinds,
    Rules,
)
from carbonplan.replay.arrivals import Arrivals, requests_in_parts
from carbonplan.replay.clients import Clients
from carbonplan.replay.fairness import Waiting
from carbonplan.replay.parts import Part, Taken, run_in_parts
from carbonplan.replay.records import ORDERS, KindUse, Policy, RegionReplay, Sampling
from carbonplan.replay.site import Site
from carbonplan.replay.tables import kinds_of
from carbonplan.replay.tallies import ReplayedRequests, Tally, added, tallied
from carbonplan.replay.traffic import Expectation, Served, Traces
from carbonplan.replay.world import World
from carbonplan.technology.calibration import Calibration
from carbonplan.units import SECONDS_PER_HOUR

BIN_S = 60.0
READ = (
    *("group", "prompt", "output", "preemptions", "state", "replica"),
    *("release_s", "first_s", "done_s"),
)
ROUTINGS = {
    "planned": PLANNED,
    "length": PLANNED,
    "shortest": SHORTEST,
    "anywhere": SHORTEST_ANYWHERE,
}


@dataclass(frozen=True)
class Job:
    """All that a region's replay needs; a process gets it and returns its result.

    Attributes
    ----------
    hours
        Of the horizon that each slot stands for, (slot,).
    seed
        Of the requests: the same for every policy.
    """

    site: Site
    classes: tuple[Served, ...]
    traces: Traces
    policy: Policy
    expectation: Expectation
    sampling: Sampling
    hours: Floats
    calibration: Calibration
    seed: tuple[int, ...]
    fits_lengths: bool


def replayed(job: Job) -> RegionReplay:
    """Draw a region's requests and take them through, part by part."""
    site, window_s = job.site, job.sampling.window_s
    began = process_time()
    kinds = kinds_of(site.kinds, job.calibration)
    bins = max(1, round(window_s / BIN_S))
    rules = _rules(job.policy, window_s / bins)
    count = bins * len(job.sampling.slots) + 1  # the last is for what ends after all slots
    tallies: dict[int, Tally] = {}
    clients = Clients(max(float(one.rtt_s.max(initial=0.0)) for one in job.classes))
    for taken in run_in_parts(_parts(job), kinds, site.controls, site.routes, rules, count):
        found = _requests(job, taken, kinds)
        tallies = added(tallies, tallied(found, job.classes))
        _add_online(clients, job, taken, found)
    energy = _energy(site, taken.world.energy_kj, job.sampling, bins)
    return RegionReplay(
        region=site.region,
        tallies=tallies,
        fairness=clients.fairness,
        kinds=_uses(site, taken.world, job.sampling, energy.slots_kw),
        minutes_kw=energy.bins_kw,
        bin_s=window_s / bins,
        seconds=process_time() - began,
    )


def _parts(job: Job) -> Iterator[Part]:
    """Requests of the region, drawn from its seed."""
    return requests_in_parts(
        job.traces,
        job.classes,
        job.site.planned_rps,
        job.sampling.window_s,
        job.expectation,
        np.random.default_rng(job.seed),
        fits_lengths=job.fits_lengths,
        deal=job.site.deal,
    )


def _rules(policy: Policy, bin_s: float) -> Rules:
    return Rules(
        order=ORDERS[policy.order],
        preempts=policy.preempts,
        chunk_tokens=policy.chunk_tokens,
        routing=ROUTINGS[policy.routing],
        adapts=policy.clock == "miad",
        raise_by=policy.raise_by,
        lower_by=policy.lower_by,
        control_s=policy.control_s,
        risk_share=policy.risk_share,
        minute_s=bin_s,
    )


def _requests(job: Job, taken: Taken, kinds: Kinds) -> ReplayedRequests:
    """Of which nothing more is to come: times as users see them, and what each stands for."""
    over = {name: taken.world.requests[name][taken.is_over] for name in READ}
    arrivals = Arrivals(*(column[taken.is_over] for column in taken.arrivals))
    kind = np.searchsorted(kinds.last, np.maximum(over["replica"], 0), side="right")
    before_s = kinds.before_s[kind] + kinds.before_s_per_token[kind] * over["prompt"]
    sent_s = over["release_s"] - arrivals.network_s
    latency_s = over["done_s"] - sent_s + before_s
    after_first = np.maximum(over["output"] - 1, 1)
    return ReplayedRequests(
        **{name: over[name] for name in ("group", "prompt", "output", "preemptions")},
        client=arrivals.client,
        weight=_weights(job, over["group"], arrivals.slot, kind, over["replica"]),
        done=over["state"] == DONE,
        sent_s=sent_s,
        ttft_s=over["first_s"] - sent_s + before_s,
        tpot_s=(over["done_s"] - over["first_s"]) / after_first,
        latency_s=latency_s,
        lateness_s=latency_s - arrivals.left_s,
    )


def _add_online(clients: Clients, job: Job, taken: Taken, found: ReplayedRequests) -> None:
    """Let clients know of the online requests that are done, and that wait or run."""
    is_online = np.array([not one.is_batch for one in job.classes])
    done = found[found.done & is_online[found.group]]
    requests = taken.world.requests
    waits = (requests["state"] == WAITING) & is_online[requests["group"]]
    sent_s = requests["release_s"][waits] - taken.arrivals.network_s[waits]
    waiting = Waiting(taken.arrivals.client[waits], sent_s)
    clients.add(done, waiting, taken.end_s)


def _weights(
    job: Job, group: Integers, slot: Integers, kind: Integers, replica: Integers
) -> Floats:
    """Requests of the horizon that each stands for: by its kind's part of the load.

    Of a request that reached no replica, by the part of its class.
    """
    site = job.site
    sampled, planned = site.sampled_rps[group, slot], site.planned_rps[group, slot]
    of_class = planned / np.where(sampled > 0, sampled, 1.0)
    part = site.part[slot, kind]
    stands_for = np.where(
        (replica == NOBODY) | (part <= 0), of_class, 1.0 / np.where(part > 0, part, 1.0)
    )
    return stands_for * (job.hours * SECONDS_PER_HOUR / job.sampling.window_s)[slot]


class Energy(NamedTuple):
    """Power above idle of all replicas of the plan [kW], (bin, kind) and (slot, kind)."""

    bins_kw: Floats
    slots_kw: Floats


def _energy(site: Site, energy_kj: Floats, sampling: Sampling, bins: int) -> Energy:
    """From energy drawn by the sample to power; what ends after all slots is the last's."""
    many, kinds = len(sampling.slots), len(site.kinds)
    bin_s = sampling.window_s / bins
    in_slots = energy_kj[:-1].reshape(many, bins, kinds)
    part = np.where(site.part > 0, site.part, 1.0)
    bins_kw = in_slots / part[:, None, :] / bin_s
    slots_kw = bins_kw.mean(axis=1)
    slots_kw[-1] += energy_kj[-1] / part[-1] / sampling.window_s
    return Energy(bins_kw.reshape(many * bins, kinds), slots_kw)


def _uses(
    site: Site, world: World, sampling: Sampling, slots_kw: Floats
) -> tuple[KindUse, ...]:
    uses = []
    for i, (one, did) in enumerate(zip(site.running, world.kinds, strict=True)):
        busy_s = max(float(did["busy_s"]), 1e-12)
        there_s = float(one.sampled.sum()) * sampling.window_s
        uses.append(
            KindUse(
                engine=one.engine,
                planned=one.planned,
                sampled=one.sampled,
                planned_busy=float(one.busy.sum() / max(one.planned.sum(), 1e-12)),
                busy=float(did["busy_s"]) / there_s,
                batch=float(did["batch_s"]) / busy_s,
                clock=float(did["clock_s"]) / busy_s,
                steps=int(did["steps"]),
                planned_kw=one.planned_kw.sum(axis=0),
                replayed_kw=slots_kw[:, i],
            )
        )
    return tuple(uses)
