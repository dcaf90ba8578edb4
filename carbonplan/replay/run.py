"""A plan replayed on a trace: its regions one by one, or at once in several processes.

Regions share nothing, and the requests of each are drawn from a seed of its own: the same
comes out whatever the number of processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np

from carbonplan.errors import InvalidInput, nearest
from carbonplan.replay.arrays import Floats
from carbonplan.replay.classes import ages_of, classes_of
from carbonplan.replay.clients import Fairness
from carbonplan.replay.engines import Engine, engines_of
from carbonplan.replay.measured_range import refuse_unmeasured
from carbonplan.replay.records import Options, Policy, RegionReplay, Sampling
from carbonplan.replay.region import Job, replayed
from carbonplan.replay.sampling import sampling_of
from carbonplan.replay.site import Site, Terms, site_of
from carbonplan.replay.traffic import Served, Trace, Traces
from carbonplan.technology.planning import calibration_of

if TYPE_CHECKING:
    from carbonplan.catalogue.inputs import Inputs
    from carbonplan.plan import Plan

Report = Callable[[str], None]
LEAST_HOURS = 1e-9  # of slots that count for nothing, as those with a region lost may


@dataclass(frozen=True)
class Replay:
    """A plan as it was replayed with one policy.

    Attributes
    ----------
    classes
        Every request class of the plan, in its order.
    percentiles
        Share of the requests that a workload's limits are to hold for.
    hours
        Of the horizon that each slot stands for, (slot,).
    """

    policy: Policy
    options: Options
    sampling: Sampling
    trace_source: str
    classes: tuple[Served, ...]
    percentiles: dict[str, float]
    hours: Floats
    regions: tuple[RegionReplay, ...]

    @property
    def count(self) -> int:
        """Requests that were replayed."""
        return sum(one.count for one in self.regions)

    @property
    def fairness(self) -> Fairness:
        """Of the region where clients were served least alike, by each measure."""
        found = [one.fairness for one in self.regions]
        return Fairness(min(one.service for one in found), min(one.jain for one in found))


def replays(
    inputs: Inputs,
    plan: Plan,
    trace: Trace | Traces,
    options: Options,
    policies: Sequence[Policy] = (),
    on_progress: Report | None = None,
) -> Iterator[Replay]:
    """Replay a plan, once with each policy on the same requests; one after another is had.

    Parameters
    ----------
    trace
        Of all workloads, or a trace for each by its name; an empty name means all others.
    policies
        None: the one of the options.

    Raises
    ------
    InvalidInput
        Nothing in the trace, or nothing is served in the slots.
    UsageError
        The plan rests on what cannot be replayed, or there is no such slot.
    MissingDependency
        numba is not installed.
    """
    from carbonplan.replay.engine import ready

    traces = {"": trace} if isinstance(trace, Trace) else trace
    chosen = tuple(policies) or (options.policy,)
    engines = engines_of(inputs, plan.data)
    sampling = sampling_of(plan.data, engines, options)
    hours = (plan.data["weight"] * plan.data["slot_hours"]).values[list(sampling.slots)]
    hours = np.maximum(hours, LEAST_HOURS)
    study = _Study(inputs, plan, traces, options, engines, sampling, hours)
    jobs = [job for policy in chosen for job in study.jobs(policy)]
    if not jobs:
        raise InvalidInput(plan.scenario_name, ["nothing is served in the slots to replay"])
    _refuse_strangers(plan, traces, jobs)
    if not options.fits_lengths:
        sites = [job.site for job in jobs]
        refuse_unmeasured(plan.scenario_name, sites, jobs[0].classes, traces)
    ready()
    results = _all_replayed(jobs, options.jobs, on_progress)
    for policy in chosen:
        regions = tuple(islice(results, len(jobs) // len(chosen)))
        yield study.replay(policy, jobs[0].classes, regions)


def replay(
    inputs: Inputs,
    plan: Plan,
    trace: Trace | Traces,
    options: Options,
    on_progress: Report | None = None,
) -> Replay:
    """Replay a plan with the policy of the options; see :func:`replays`."""
    (found,) = replays(inputs, plan, trace, options, on_progress=on_progress)
    return found


@dataclass(frozen=True)
class _Study:
    """What the jobs of all policies have in common."""

    inputs: Inputs
    plan: Plan
    traces: Traces
    options: Options
    engines: dict[str, Engine]
    sampling: Sampling
    hours: Floats

    def replay(
        self, policy: Policy, classes: tuple[Served, ...], regions: tuple[RegionReplay, ...]
    ) -> Replay:
        """What came of a policy."""
        workloads = self.inputs.scenario.workloads
        return Replay(
            policy=policy,
            options=self.options,
            sampling=self.sampling,
            trace_source=", ".join(dict.fromkeys(one.source for one in self.traces.values())),
            classes=classes,
            percentiles={one.name: one.percentile for one in workloads},
            hours=self.hours,
            regions=regions,
        )

    def jobs(self, policy: Policy) -> Iterator[Job]:
        """A job for each region in which something is served."""
        data, slots = self.plan.data, self.sampling.slots
        ages = ages_of(self.inputs, data)
        calibration = calibration_of(self.inputs)
        terms = self._terms(policy)
        for number, region in enumerate(data["region"].values.tolist()):
            site: Site | None = site_of(data, region, self.engines, terms)
            if site is not None:
                yield Job(
                    site=site,
                    classes=classes_of(self.inputs, data, region, slots, ages),
                    traces=self.traces,
                    policy=policy,
                    expectation=self.options.expectation,
                    sampling=self.sampling,
                    hours=self.hours,
                    calibration=calibration,
                    seed=(self.options.seed, number),
                    fits_lengths=self.options.fits_lengths,
                )

    def _terms(self, policy: Policy) -> Terms:
        fleet = self.inputs.scenario.fleet
        clocks = min(fleet.clock_fractions), max(fleet.clock_fractions)
        return Terms(
            share=self.sampling.share,
            slots=self.sampling.slots,
            window_s=self.sampling.window_s,
            loads_on_demand=fleet.load_on_demand,
            clocks=clocks if policy.clock == "miad" else None,
            divides=policy.routing == "length",
        )


def _refuse_strangers(plan: Plan, traces: Traces, jobs: Sequence[Job]) -> None:
    """Every workload that is served has requests in a trace, and no trace is another's."""
    known = {one.workload for one in jobs[0].classes}
    served = {
        one.workload
        for job in jobs
        for one, rps in zip(job.classes, job.site.planned_rps, strict=True)
        if rps.any()
    }
    problems = [
        f'no workload is called "{name}"{nearest(name, known)}'
        for name in sorted(set(traces) - known - {""})
    ]
    for name in sorted(served):
        trace = traces.get(name, traces.get(""))
        if trace is None:
            problems.append(f'no trace for workload "{name}"')
            continue
        if not trace.is_of("", name).any():
            found = ", ".join(sorted(trace.names))
            problems.append(
                f'no request of workload "{name}" in {trace.source} (found: {found})'
            )
    if problems:
        raise InvalidInput(plan.scenario_name, problems)


def _all_replayed(
    jobs: Sequence[Job], processes: int, on_progress: Report | None
) -> Iterator[RegionReplay]:
    """Results in the order of the jobs."""
    if processes == 1 or len(jobs) == 1:
        results: Iterator[RegionReplay] = map(replayed, jobs)
        yield from _told(results, jobs, on_progress)
        return
    many = min(processes, len(jobs))
    with ProcessPoolExecutor(many, get_context("spawn")) as pool:
        yield from _told(pool.map(replayed, jobs), jobs, on_progress)


def _told(
    results: Iterator[RegionReplay], jobs: Sequence[Job], on_progress: Report | None
) -> Iterator[RegionReplay]:
    for job, result in zip(jobs, results, strict=True):
        if on_progress is not None:
            on_progress(
                f"{result.region} ({job.policy.name}): {result.count:,} requests in "
                f"{result.seconds:.1f} s"
            )
        yield result
