"""Pods: what one server's part of a replica asks for, how it starts and when it is well."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from carbonplan.export.engines import engine_of
from carbonplan.export.names import label, label_value, one_line
from carbonplan.export.resources import (
    LLM_LABEL,
    POOL_LABEL,
    ROLE_LABEL,
    SKU_LABEL,
    requests_of,
)

if TYPE_CHECKING:
    from carbonplan.export.records import Pool, Rollout

PORT = 8000
CONFIG_FOLDER = "/etc/carbonplan"
PROBE_EVERY_S = 10
LEAST_START_S = 600.0
START_ALLOWANCE = 4.0  # of the planned time of a start, before a pod is given up


def labels_of(pool: Pool, role: str) -> dict[str, str]:
    return {
        POOL_LABEL: label(pool.engine),
        "app.kubernetes.io/part-of": "carbonplan",
        LLM_LABEL: label_value(pool.llm),
        SKU_LABEL: label_value(pool.sku),
        ROLE_LABEL: label_value(role),
    }


def metadata_of(rollout: Rollout, pool: Pool) -> dict[str, object]:
    identity = rollout.identity
    return {
        "name": label(pool.engine),
        "labels": labels_of(pool, pool.role),
        "annotations": {
            "carbonplan/engine": one_line(pool.engine),
            "carbonplan/plan": one_line(identity.scenario),
            "carbonplan/fingerprint": one_line(identity.fingerprint),
        },
    }


def pod_of(rollout: Rollout, pool: Pool, role: str) -> dict[str, object]:
    volumes: list[dict[str, object]] = []
    if engine_of(rollout) is not None:
        volumes.append({"name": "config", "configMap": {"name": config_name(pool)}})
    if pool.accelerators > 1:  # ranks of a replica talk over shared memory
        volumes.append({"name": "shared-memory", "emptyDir": {"medium": "Memory"}})
    spec = {
        "automountServiceAccountToken": False,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "nodeSelector": {SKU_LABEL: label_value(pool.sku)},
        "containers": [_container(rollout, pool, role)],
    }
    if volumes:
        spec["volumes"] = volumes
    return {"metadata": {"labels": labels_of(pool, role)}, "spec": spec}


def _container(rollout: Rollout, pool: Pool, role: str) -> dict[str, object]:
    engine, works = engine_of(rollout), role == "worker"
    container: dict[str, object] = {"name": "engine"}
    mounts: list[dict[str, object]] = []
    if rollout.options.image is not None:
        container["image"] = rollout.options.image
    if engine is not None:
        serving = ["--host", "0.0.0.0", "--port", str(PORT)]
        across = [*engine.across_servers, *(engine.workers if works else ())]
        container["command"] = list(engine.command)
        container["args"] = [
            *("--config", f"{CONFIG_FOLDER}/config.yaml"),
            *serving,
            *(across if pool.servers > 1 else ()),
        ]
        mounts.append({"name": "config", "mountPath": CONFIG_FOLDER, "readOnly": True})
    if pool.accelerators > 1:
        mounts.append({"name": "shared-memory", "mountPath": "/dev/shm"})
    if not works:
        container["ports"] = [{"name": "http", "containerPort": PORT}]
        container |= _probes(pool)
    requests = requests_of(pool, rollout.machines[pool.sku])
    if requests:
        container["resources"] = {"requests": requests, "limits": requests}
    container["securityContext"] = {"allowPrivilegeEscalation": False}
    return container | ({"volumeMounts": mounts} if mounts else {})


def _probes(pool: Pool) -> dict[str, object]:
    """Both engines answer ``/health``; the start gets several times as long as planned."""
    check = {"httpGet": {"path": "/health", "port": "http"}, "timeoutSeconds": 5}
    tries = math.ceil(start_allowed_s(pool) / PROBE_EVERY_S)
    started = {"periodSeconds": PROBE_EVERY_S, "failureThreshold": tries}
    running = {"periodSeconds": PROBE_EVERY_S, "failureThreshold": 3}
    return {
        "startupProbe": check | started,
        "readinessProbe": check | running,
        "livenessProbe": check | running,
    }


def start_allowed_s(pool: Pool) -> float:
    """Time after which a pod that does not answer is given up [s]."""
    return max(LEAST_START_S, START_ALLOWANCE * pool.start_s)


def config_name(pool: Pool) -> str:
    return f"{label(pool.engine)}-config"
