"""Kubernetes: a base for each pool and a Kustomize overlay for each region.

A replica that fits in one server is a pod of a Deployment; one that spans servers is a group of
a LeaderWorkerSet. An overlay is applied to the cluster of its region: it names the pools that
run there and how many replicas each has, and offers each LLM as a Service.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from carbonplan.export.documents import header, yaml_bytes
from carbonplan.export.engines import engine_config, engine_of
from carbonplan.export.names import label, label_value
from carbonplan.export.pods import (
    LEAST_START_S,
    PORT,
    config_name,
    metadata_of,
    pod_of,
    start_allowed_s,
)
from carbonplan.export.resources import LLM_LABEL, POOL_LABEL, REGION_LABEL, ROLE_LABEL

if TYPE_CHECKING:
    from carbonplan.export.records import Pool, Rollout

KUSTOMIZATION = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
APPS, LWS = "apps/v1", "leaderworkerset.x-k8s.io/v1"


def kubernetes_files(rollout: Rollout) -> Iterator[tuple[str, bytes]]:
    """Bases of the pools and overlays of the regions."""
    for pool in rollout.pools:
        yield from _base(rollout, pool)
    for region in rollout.regions:
        if rollout.in_region(region):
            yield from _overlay(rollout, region)


def workload_kind(pool: Pool) -> tuple[str, str]:
    """API version and kind of what runs a pool."""
    return (LWS, "LeaderWorkerSet") if pool.servers > 1 else (APPS, "Deployment")


def _base(rollout: Rollout, pool: Pool) -> Iterator[tuple[str, bytes]]:
    folder = f"kubernetes/base/{label(pool.engine)}"
    lines = header(rollout.identity, f"replicas of {pool.engine}")
    engine = engine_of(rollout)
    kustomization = {**KUSTOMIZATION, "resources": ["workload.yaml"]}
    if engine is not None:
        kustomization["configMapGenerator"] = [
            {"name": config_name(pool), "files": ["config.yaml"]}
        ]
        if pool.servers > 1:  # Kustomize does not follow names into a LeaderWorkerSet
            kustomization["generatorOptions"] = {"disableNameSuffixHash": True}
        yield f"{folder}/config.yaml", engine_config(rollout, pool, engine)
    yield f"{folder}/kustomization.yaml", yaml_bytes(lines, kustomization)
    if rollout.options.image is None:
        lines = [*lines, "left out: image; --image of export sets it"]
    workload = _leader_worker_set if pool.servers > 1 else _deployment
    yield f"{folder}/workload.yaml", yaml_bytes(lines, workload(rollout, pool))


def _deployment(rollout: Rollout, pool: Pool) -> dict[str, object]:
    name = label(pool.engine)
    return {
        "apiVersion": APPS,
        "kind": "Deployment",
        "metadata": metadata_of(rollout, pool),
        "spec": {
            "replicas": 0,  # overlays say how many
            "progressDeadlineSeconds": math.ceil(LEAST_START_S + start_allowed_s(pool)),
            # servers are full by plan: a new pod finds room where an old one has left
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
            },
            "selector": {"matchLabels": {POOL_LABEL: name}},
            "template": pod_of(rollout, pool, pool.role),
        },
    }


def _leader_worker_set(rollout: Rollout, pool: Pool) -> dict[str, object]:
    """Groups of pods, one pod on each server; the first one answers."""
    return {
        "apiVersion": LWS,
        "kind": "LeaderWorkerSet",
        "metadata": metadata_of(rollout, pool),
        "spec": {
            "replicas": 0,
            "rolloutStrategy": {
                "type": "RollingUpdate",
                "rollingUpdateConfiguration": {"maxSurge": 0, "maxUnavailable": 1},
            },
            "leaderWorkerTemplate": {
                "size": pool.servers,
                "restartPolicy": "RecreateGroupOnPodRestart",
                "leaderTemplate": pod_of(rollout, pool, pool.role),
                "workerTemplate": pod_of(rollout, pool, "worker"),
            },
        },
    }


def _overlay(rollout: Rollout, region: str) -> Iterator[tuple[str, bytes]]:
    pools = rollout.in_region(region)
    folder = f"kubernetes/overlays/{label(region)}"
    chosen = rollout.options.slot
    slot = rollout.busiest(region) if chosen is None else chosen
    lines = header(
        rollout.identity,
        f"region {region}; replicas of {'the busiest' if chosen is None else 'one'} slot, "
        f"from {rollout.hours.starts[slot]:%Y-%m-%d %H:%M} UTC",
        "apply to the cluster of this region: kubectl apply -k <this folder>",
    )
    plain = [pool for pool in pools if pool.servers == 1]
    grouped = [pool for pool in pools if pool.servers > 1]
    overlay: dict[str, object] = {
        **KUSTOMIZATION,
        "resources": [*(f"../../base/{label(pool.engine)}" for pool in pools), "services.yaml"],
        "labels": [{"pairs": {REGION_LABEL: label_value(region)}, "includeTemplates": True}],
    }
    if plain:
        overlay["replicas"] = [
            {"name": label(pool.engine), "count": rollout.count(pool, region)} for pool in plain
        ]
    if grouped:
        overlay["patches"] = [_scaled(pool, rollout.count(pool, region)) for pool in grouped]
    yield f"{folder}/kustomization.yaml", yaml_bytes(lines, overlay)
    yield f"{folder}/services.yaml", yaml_bytes(lines[:2], *_services(pools))


def _scaled(pool: Pool, count: int) -> dict[str, object]:
    """A patch of a LeaderWorkerSet, whose replicas Kustomize does not know to set."""
    patch = [{"op": "replace", "path": "/spec/replicas", "value": count}]
    target = {"group": "leaderworkerset.x-k8s.io", "kind": "LeaderWorkerSet"}
    return {"target": target | {"name": label(pool.engine)}, "patch": json.dumps(patch)}


def _services(pools: list[Pool]) -> list[dict[str, object]]:
    """Each LLM as one Service; phases of divided replicas as one each."""
    offered = dict.fromkeys((pool.llm, pool.role) for pool in pools)
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": label(llm if role == "mixed" else f"{llm}:{role}")},
            "spec": {
                "selector": {LLM_LABEL: label_value(llm), ROLE_LABEL: label_value(role)},
                "ports": [{"name": "http", "port": PORT, "targetPort": "http"}],
            },
        }
        for llm, role in offered
    ]
