"""KEDA: a ScaledObject of each pool whose replicas change over a day or a week.

Every trigger is a cron trigger in UTC. At any time at most one is active, so that what a pool
scales to is the plan's count of that slot, and zero where none is active. Scaling waits for
nothing: the plan has decided already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from carbonplan.export.crons import windows
from carbonplan.export.documents import header, yaml_bytes
from carbonplan.export.kubernetes import KUSTOMIZATION, workload_kind
from carbonplan.export.names import label, label_value
from carbonplan.export.records import Note
from carbonplan.export.resources import POOL_LABEL, REGION_LABEL

if TYPE_CHECKING:
    from carbonplan.export.records import Pool, Rollout

AT_ONCE = {"type": "Percent", "value": 100, "periodSeconds": 15}


def keda_files(rollout: Rollout) -> Iterator[tuple[str, bytes]]:
    """A ScaledObject of each pool and region in which it changes, and a list of them."""
    for region in rollout.regions:
        names = []
        folder = f"keda/{label(region)}"
        lines = header(rollout.identity, f"region {region}; times are UTC")
        for pool in rollout.in_region(region):
            if not _changes(rollout, pool, region):
                continue
            names.append(f"{label(pool.engine)}.yaml")
            scaled = scaled_object(rollout, pool, region)
            of_pool = [*lines, f"replicas of {pool.engine}, every {rollout.hours.period}"]
            yield f"{folder}/{names[-1]}", yaml_bytes(of_pool, scaled)
        if names:
            kustomization = {**KUSTOMIZATION, "resources": names}
            yield f"{folder}/kustomization.yaml", yaml_bytes(lines, kustomization)


def keda_notes(rollout: Rollout) -> Iterator[Note]:
    """Which schedules cannot be written, and what schedules take for granted."""
    hours, target = rollout.hours, "keda"
    if hours.period is None:
        yield Note(target, "schedules are left out", hours.reason)
        return
    constant = [
        (pool, region)
        for region in rollout.regions
        for pool in rollout.in_region(region)
        if not _changes(rollout, pool, region)
    ]
    for pool, region in constant:
        why = "its replicas never change; the overlay sets them"
        yield Note(target, "a schedule is not needed", why, f"{pool.engine} in {region}")
    if len(constant) < sum(len(rollout.in_region(region)) for region in rollout.regions):
        yield from _schedule_notes(rollout)


def _schedule_notes(rollout: Rollout) -> Iterator[Note]:
    target, hours = "keda", rollout.hours
    first = f"{hours.starts[0]:%Y-%m-%d}"
    why = f"the plan is of the {hours.period} from {first}; others are taken to be like it"
    yield Note(target, f"every {hours.period} is taken to be like the planned one", why)
    why = "replicas start when the plan needs them to answer; shift starts by the loading time"
    slowest_s = max(pool.start_s for pool in rollout.pools)
    yield Note(target, f"starts of up to {slowest_s / 60:.0f} min are not led", why)
    why = "applying an overlay again sets its counts until the next check of the scaler"
    yield Note(target, "a ScaledObject sets the replicas that an overlay also sets", why)


def scaled_object(rollout: Rollout, pool: Pool, region: str) -> dict[str, object]:
    """The ScaledObject of a pool in a region."""
    counts = pool.replicas[region]
    version, kind = workload_kind(pool)
    name = label(pool.engine)
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {
            "name": name,
            "labels": {POOL_LABEL: name, REGION_LABEL: label_value(region)},
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": version, "kind": kind, "name": name},
            "minReplicaCount": min(counts),
            "maxReplicaCount": max(counts),
            "cooldownPeriod": 0,
            "advanced": {
                "horizontalPodAutoscalerConfig": {
                    "behavior": {
                        "scaleUp": {"stabilizationWindowSeconds": 0, "policies": _up(counts)},
                        "scaleDown": {"stabilizationWindowSeconds": 0, "policies": [AT_ONCE]},
                    }
                }
            },
            "triggers": [
                {
                    "type": "cron",
                    "metadata": {
                        "timezone": "Etc/UTC",
                        "start": window.start,
                        "end": window.end,
                        "desiredReplicas": str(window.count),
                    },
                }
                for window in windows(rollout.hours, counts)
            ],
        },
    }


def _up(counts: tuple[int, ...]) -> list[dict[str, object]]:
    """Policies that let a pool grow to its most in one step."""
    return [{"type": "Pods", "value": max(counts), "periodSeconds": 15}]


def _changes(rollout: Rollout, pool: Pool, region: str) -> bool:
    """Whether a pool's replicas change over a period that recurs."""
    return rollout.hours.period is not None and len(set(pool.replicas[region])) > 1
