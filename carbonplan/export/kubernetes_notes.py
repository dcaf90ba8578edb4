"""What the manifests leave to whoever applies them, and what they take for granted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from carbonplan.export.engines import engine_notes, engine_of
from carbonplan.export.records import Note
from carbonplan.export.resources import resource_of, why_no_resource

if TYPE_CHECKING:
    from carbonplan.export.records import Rollout

TARGET = "kubernetes"
ALWAYS = (
    (
        "draining of replicas that stop is left out",
        "a plan knows mean answers; set terminationGracePeriodSeconds to your longest",
    ),
    (
        "storage of weights and secrets are left out",
        "a plan knows neither; mount weights, or give the pods access to where they lie",
    ),
    (
        "nodes are chosen by the label carbonplan/sku",
        "label nodes carbonplan/sku=<value>; NodePools of --to karpenter do so themselves",
    ),
    (
        "nvidia.com/gpu.product is left out of node selectors",
        "the catalogue does not hold the names that drivers give to accelerators",
    ),
    (
        "shares of load between pools and regions are left out",
        "a Service spreads requests evenly; tables/load.csv of the plan says what goes where",
    ),
)


def kubernetes_notes(rollout: Rollout) -> Iterator[Note]:
    """Notes on images and arguments, on nodes and routes, on counts and on requests."""
    engine = engine_of(rollout)
    if rollout.options.image is None:
        yield Note(TARGET, "image is left out", "a plan names no image; give --image")
    if engine is None:
        why = "arguments are known of vLLM and SGLang alone"
        yield Note(TARGET, "command and arguments are left out", why, rollout.serving)
    else:
        yield from engine_notes(rollout, engine)
    for what, why in ALWAYS:
        yield Note(TARGET, what, why)
    yield from _count_notes(rollout)
    yield from _request_notes(rollout)


def _count_notes(rollout: Rollout) -> Iterator[Note]:
    if not rollout.whole:
        why = "replicas are planned as fractions, and are rounded up here"
        yield Note(TARGET, "more replicas than planned", why)
    if rollout.options.slot is None:
        why = "pools peak at different hours and would not all fit; --slot sets another"
        yield Note(TARGET, "counts are those of each region's busiest slot", why)
    for region in rollout.regions:
        for pool in rollout.in_region(region):
            if not rollout.count(pool, region):
                of = f"{pool.engine} in {region}"
                yield Note(TARGET, "a pool has no replicas", "it runs in other slots", of)
    for group in rollout.groups:
        lacking = rollout.lacking(group)
        if lacking:
            why = f"rounded up, replicas lack accelerators: {lacking} at the worst"
            of = f"{group.sku} in {group.region}"
            yield Note(TARGET, "some pods find no room in some slots", why, of)


def _request_notes(rollout: Rollout) -> Iterator[Note]:
    what = "requests for accelerators are left out"
    for machine in rollout.machines.values():
        used = any(pool.sku == machine.sku and not pool.cpus for pool in rollout.pools)
        if used and resource_of(machine) is None:
            yield Note(TARGET, what, why_no_resource(machine), machine.sku)
    spanning = [pool for pool in rollout.pools if pool.servers > 1]
    if not spanning:
        why = "every replica fits in one server, so that Deployments do"
        yield Note(TARGET, "no LeaderWorkerSet is needed", why)
    for pool in spanning:
        if pool.accelerators % pool.servers:
            why = "its accelerators do not divide into servers"
            yield Note(TARGET, what, why, pool.engine)
