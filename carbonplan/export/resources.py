"""What a cluster calls accelerators, by their vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carbonplan.export.records import Machine, Pool

SKU_LABEL = "carbonplan/sku"
REGION_LABEL = "carbonplan/region"
LLM_LABEL = "carbonplan/llm"
ROLE_LABEL = "carbonplan/role"
POOL_LABEL = "app.kubernetes.io/name"

OF_VENDOR = {  # as the device plugins of the vendors register them
    "NVIDIA": "nvidia.com/gpu",
    "AMD": "amd.com/gpu",
    "Google": "google.com/tpu",
}
GAUDI = "habana.ai/gaudi"
TWO_DEVICES_EACH = ("mi250", "mi250x")  # cards whose driver shows their two dies one by one


def resource_of(machine: Machine) -> str | None:
    """Name of the resource of a machine's accelerators, where its vendor has one."""
    if machine.kind != "gpu" or machine.accelerator in TWO_DEVICES_EACH:
        return None
    if machine.vendor == "Intel" and machine.architecture.startswith("Gaudi"):
        return GAUDI
    return OF_VENDOR.get(machine.vendor)


def why_no_resource(machine: Machine) -> str:
    """Why a machine's accelerators have no such name."""
    if machine.accelerator in TWO_DEVICES_EACH:
        return "the driver shows two devices for each accelerator of the plan"
    return "no name of its vendor's device plugin is known"


def requests_of(pool: Pool, machine: Machine) -> dict[str, str]:
    """What each pod of a replica asks a cluster for; empty where that is not known."""
    if pool.cpus:
        memory = {"memory": f"{round(pool.dram_gb)}G"} if pool.dram_gb else {}
        return {"cpu": str(pool.cpus), **memory}
    resource = resource_of(machine)
    if resource is None or pool.accelerators % pool.servers:
        return {}
    return {resource: str(pool.accelerators // pool.servers)}
