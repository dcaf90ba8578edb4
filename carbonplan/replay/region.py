"""A region's requests through its replicas, and what that says of the whole region."""

from __future__ import annotations

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
    Floats,
    Integers,
    Kinds,
    Outcomes,
    Requests,
    Rules,
)
from carbonplan.replay.arrivals import Arrivals, requests_of
from carbonplan.replay.records import (
    ORDERS,
    KindUse,
    Policy,
    RegionReplay,
    ReplayedRequests,
    Sampling,
)
from carbonplan.replay.site import Site
from carbonplan.replay.tables import kinds_of
from carbonplan.replay.traffic import Expectation, Served, Traces
from carbonplan.technology.calibration import Calibration
from carbonplan.units import SECONDS_PER_HOUR

BIN_S = 60.0
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
    """Draw a region's requests and take them through."""
    from carbonplan.replay.engine import run

    site, window_s = job.site, job.sampling.window_s
    requests, arrivals = requests_of(
        job.traces,
        job.classes,
        site.planned_rps,
        window_s,
        job.expectation,
        np.random.default_rng(job.seed),
        fits_lengths=job.fits_lengths,
        deal=site.deal,
    )
    kinds = kinds_of(site.kinds, job.calibration)
    bins = max(1, round(window_s / BIN_S))
    rules = _rules(job.policy, window_s / bins)
    began = process_time()
    count = bins * len(job.sampling.slots) + 1  # the last is for what ends after all slots
    outcomes = run(requests, kinds, site.controls, site.routes, rules, count)
    seconds = process_time() - began
    energy = _energy(site, outcomes, job.sampling, bins)
    return RegionReplay(
        region=site.region,
        requests=_requests(job, requests, arrivals, outcomes, kinds),
        kinds=_uses(site, outcomes, job.sampling, energy.slots_kw),
        minutes_kw=energy.bins_kw,
        bin_s=window_s / bins,
        seconds=seconds,
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


def _requests(
    job: Job, requests: Requests, arrivals: Arrivals, outcomes: Outcomes, kinds: Kinds
) -> ReplayedRequests:
    """Times of each request as its user sees them, and how many others it stands for."""
    done = outcomes.state == DONE
    kind = np.searchsorted(kinds.last, np.maximum(outcomes.replica, 0), side="right")
    sent_s = requests.release_s - arrivals.network_s
    ttft_s = outcomes.first_s - sent_s + kinds.before_s[kind]
    latency_s = outcomes.done_s - sent_s + kinds.before_s[kind]
    after_first = np.maximum(requests.output - 1, 1)
    return ReplayedRequests(
        group=requests.group,
        slot=arrivals.slot,
        weight=_weights(job, requests.group, arrivals.slot, kind, outcomes.replica),
        prompt=requests.prompt,
        output=requests.output,
        done=done,
        sent_s=sent_s,
        ttft_s=ttft_s,
        tpot_s=(outcomes.done_s - outcomes.first_s) / after_first,
        latency_s=latency_s,
        lateness_s=latency_s - arrivals.left_s,
        longest_gap_s=outcomes.longest_gap_s,
        preemptions=outcomes.preemptions,
    )


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


def _energy(site: Site, outcomes: Outcomes, sampling: Sampling, bins: int) -> Energy:
    """From energy drawn by the sample to power; what ends after all slots is the last's."""
    many, kinds = len(sampling.slots), len(site.kinds)
    bin_s = sampling.window_s / bins
    in_slots = outcomes.energy_kj[:-1].reshape(many, bins, kinds)
    part = np.where(site.part > 0, site.part, 1.0)
    bins_kw = in_slots / part[:, None, :] / bin_s
    slots_kw = bins_kw.mean(axis=1)
    slots_kw[-1] += outcomes.energy_kj[-1] / part[-1] / sampling.window_s
    return Energy(bins_kw.reshape(many * bins, kinds), slots_kw)


def _uses(
    site: Site, outcomes: Outcomes, sampling: Sampling, slots_kw: Floats
) -> tuple[KindUse, ...]:
    uses = []
    for i, one in enumerate(site.running):
        busy_s = max(float(outcomes.busy_s[i]), 1e-12)
        there_s = float(one.sampled.sum()) * sampling.window_s
        uses.append(
            KindUse(
                engine=one.engine,
                planned=one.planned,
                sampled=one.sampled,
                planned_busy=float(one.busy.sum() / max(one.planned.sum(), 1e-12)),
                busy=float(outcomes.busy_s[i]) / there_s,
                batch=float(outcomes.batch_s[i]) / busy_s,
                clock=float(outcomes.clock_s[i]) / busy_s,
                steps=int(outcomes.steps[i]),
                planned_kw=one.planned_kw.sum(axis=0),
                replayed_kw=slots_kw[:, i],
            )
        )
    return tuple(uses)
