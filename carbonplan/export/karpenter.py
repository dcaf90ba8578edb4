"""Karpenter: a NodePool of each SKU in a region, limited to the servers that stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from carbonplan.export.documents import header, yaml_bytes
from carbonplan.export.names import label, label_value
from carbonplan.export.records import Note
from carbonplan.export.resources import REGION_LABEL, SKU_LABEL, resource_of, why_no_resource

if TYPE_CHECKING:
    from carbonplan.export.records import Group, Machine, Rollout

INSTANCE_TYPES = {  # how the clouds that Karpenter runs on name types of instances
    "Amazon Web Services": re.compile(
        r"[a-z][a-z0-9-]{0,15}\.(?:metal|(?:\d{0,3}x?large|medium|small|micro|nano))", re.ASCII
    ),
    "Microsoft Azure": re.compile(r"Standard_[A-Za-z0-9_]{1,40}", re.ASCII),
}
NODE_CLASSES = {  # API group and kind
    "Amazon Web Services": ("karpenter.k8s.aws", "EC2NodeClass"),
    "Microsoft Azure": ("karpenter.azure.com", "AKSNodeClass"),
}


def karpenter_files(rollout: Rollout) -> Iterator[tuple[str, bytes]]:
    """A NodePool of each group of servers."""
    for group in rollout.groups:
        lines = header(
            rollout.identity, f"{group.sku} in {group.region}, servers: {group.servers}"
        )
        reference = _node_class(rollout, group)
        if reference is None:
            lines.append("left out: nodeClassRef; see EXPORT.md")
        path = f"karpenter/{label(group.region)}/{label(group.sku)}.yaml"
        yield path, yaml_bytes(lines, node_pool(rollout, group))


def karpenter_notes(rollout: Rollout) -> Iterator[Note]:
    """What the NodePools do not say."""
    target = "karpenter"
    for group in rollout.groups:
        of, machine = f"{group.sku} in {group.region}", rollout.machines[group.sku]
        if group.provider not in NODE_CLASSES:
            why = "the region's provider has no node class that is known here"
            yield Note(target, "nodeClassRef is left out", why, of)
        elif rollout.options.node_class is None:
            why = "a plan knows no node class; give --node-class NAME"
            yield Note(target, "nodeClassRef is left out", why, of)
        if _instance_type(group) is None:
            why = "the SKU is not called as an instance type of the region's provider"
            yield Note(target, "a requirement of instance types is left out", why, of)
        if machine.kind == "gpu" and resource_of(machine) is None:
            yield Note(
                target, "the limit of accelerators is left out", why_no_resource(machine), of
            )


def node_pool(rollout: Rollout, group: Group) -> dict[str, object]:
    """The NodePool of a group of servers."""
    instance_type = _instance_type(group)
    requirements = []
    if instance_type is not None:
        requirements.append(
            {
                "key": "node.kubernetes.io/instance-type",
                "operator": "In",
                "values": [instance_type],
            }
        )
    reference = _node_class(rollout, group)
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": label(group.sku)},
        "spec": {
            "limits": _limits(group, rollout.machines[group.sku]),
            "disruption": {
                "consolidationPolicy": "WhenEmpty",
                # the plan switches servers off as soon as nothing runs on them, or never
                "consolidateAfter": "0s" if rollout.switch_off else "Never",
            },
            "template": {
                "metadata": {
                    "labels": {
                        SKU_LABEL: label_value(group.sku),
                        REGION_LABEL: label_value(group.region),
                    }
                },
                "spec": {
                    "requirements": requirements,
                    **({} if reference is None else {"nodeClassRef": reference}),
                },
            },
        },
    }


def _limits(group: Group, machine: Machine) -> dict[str, str]:
    """What all servers of the group have together."""
    if machine.kind == "cpu":
        return {"cpu": str(group.servers * machine.cores)}
    resource = resource_of(machine)
    return {} if resource is None else {resource: str(group.servers * machine.accelerators)}


def _instance_type(group: Group) -> str | None:
    pattern = INSTANCE_TYPES.get(group.provider)
    return group.sku if pattern and pattern.fullmatch(group.sku) else None


def _node_class(rollout: Rollout, group: Group) -> dict[str, str] | None:
    name = rollout.options.node_class
    if name is None or group.provider not in NODE_CLASSES:
        return None
    api_group, kind = NODE_CLASSES[group.provider]
    return {"group": api_group, "kind": kind, "name": name}
